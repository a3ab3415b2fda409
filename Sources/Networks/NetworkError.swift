import Moments

/// What is wrong with a network or with its file.
public enum NetworkError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A part of a network.
  public enum Place: Sendable, Hashable, CustomStringConvertible {
    case network
    /// A layer, counted from 1, and its place in each branch on the way, counted likewise.
    case layer(Int, branch: [Int] = [])
    /// The exponents of a general parameterization.
    case parameterization

    public var description: String {
      switch self {
      case .network: "the network"
      case .layer(let number, let branch): "layer \(number)" + branch.map { " branch layer \($0)" }.joined()
      case .parameterization: "the parameterization"
      }
    }
  }

  /// Finds the line of a key in the file, if there is one.
  public typealias LineLookup = (_ key: String, _ place: Place) -> Int?

  /// The file cannot be read.
  case unreadable(reason: String)
  /// The text is longer than a network can be.
  case tooLarge(bytes: Int, limit: Int)
  /// The bytes are not UTF-8.
  case notUTF8(line: Int)
  /// There is no network in the text.
  case empty
  /// The text is not YAML.
  case syntax(line: Int?, problem: String)
  /// The text is YAML of a kind that is not accepted.
  case notAccepted(line: Int?, feature: String, remedy: String)
  /// A word or a list where keys with values should stand.
  case notAMapping(place: Place, line: Int?, found: String, allowed: [String])
  /// A key that means nothing.
  case unknownKey(key: String, place: Place, line: Int?, nearest: String?, allowed: [String])
  /// A key that must be there.
  case missingKey(key: String, place: Place, line: Int?, expected: String)
  /// A key that occurs more than once.
  case duplicateKey(key: String, line: Int?)
  /// A list where a number should stand, and the like.
  case wrongType(key: String, place: Place, line: Int?, found: String, expected: String)
  /// A value that is not allowed.
  case impossible(key: String, place: Place, line: Int?, problem: String, remedy: String)
  /// The text of a preset that means none.
  case preset(text: String, problem: String, remedy: String)
  /// What covers dense layers only meets a layer of another kind.
  case denseOnly(place: Place, found: String, purpose: String)
  /// An error in a file.
  indirect case inFile(path: String, NetworkError)

  public var description: String {
    switch self {
    case .unreadable(let reason):
      return "The network cannot be read: \(reason)\(reason.hasSuffix("?") ? "" : ".")"
    case .tooLarge(let bytes, let limit):
      return "The network has \(bytes) bytes; a network file has at most \(limit)."
    case .notUTF8(let line): return "line \(line): the text is not UTF-8. Save the file in that encoding."
    case .empty: return "The network is empty. Write at least the keys input-dimension, parameterization and layers."
    case .syntax(let line, let problem): return "\(Self.prefix(line))this is not YAML: \(problem)."
    case .notAccepted(let line, let feature, let remedy):
      return "\(Self.prefix(line))\(feature) cannot be used in a network file. \(remedy)"
    case .notAMapping(let place, let line, let found, let allowed):
      return
        "\(Self.prefix(line))\(place) is \(found). Write keys with values; allowed are \(allowed.joined(separator: ", "))."
    case .unknownKey(let key, let place, let line, let nearest, let allowed):
      // A law cut at its comma by YAML's braces.
      let isCut = key.filter { $0 == ")" }.count > key.filter { $0 == "(" }.count
      let hint =
        isCut
        ? "Between { and } a law that has a comma needs quotes, as in \"normal(0, 2)\". "
        : nearest.map { "Did you mean '\($0)'? " } ?? ""
      return
        "\(Self.prefix(line))'\(key)' is not a key of \(place). \(hint)Allowed are \(allowed.joined(separator: ", "))."
    case .missingKey(let key, let place, let line, let expected):
      return "\(Self.prefix(line))the key '\(key)' of \(place) is missing. Write \(expected)."
    case .duplicateKey(let key, let line):
      return "\(Self.prefix(line))the key '\(key)' occurs more than once. Keep one of them."
    case .wrongType(let key, let place, let line, let found, let expected):
      return "\(Self.prefix(line))'\(key)' of \(place) is \(found). Write \(expected)."
    case .impossible(let key, let place, let line, let problem, let remedy):
      let end = problem.hasSuffix(".") || problem.hasSuffix("?") ? "" : "."
      let advice = remedy.isEmpty ? "" : " \(remedy)"
      return "\(Self.prefix(line))'\(key)' of \(place): \(problem)\(end)\(advice)"
    case .preset(let text, let problem, let remedy): return "preset '\(text)': \(problem). \(remedy)"
    case .denseOnly(let place, let found, let purpose):
      return
        "\(place) is \(found), and only dense layers are covered by \(purpose). Take a network of layers with weights and activations."
    case .inFile(let path, let error): return "\(path): \(error.description)"
    }
  }

  private static func prefix(_ line: Int?) -> String { line.map { "line \($0): " } ?? "" }
}
