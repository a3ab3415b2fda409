/// The written form of a law or an activation: a name and its arguments, `uniform(-1, 1)`, `sparse(1/4, laplace(1))`.
public struct CallSyntax: Sendable, Equatable, CustomStringConvertible {
  /// One argument.
  public indirect enum Argument: Sendable, Equatable {
    /// A number, read exactly.
    case number(ExactNumber)
    /// A nested call.
    case call(CallSyntax)
    /// `value:probability`, as in `discrete`.
    case pair(ExactNumber, ExactNumber)
  }

  /// The name as written.
  public let name: String
  /// The arguments, in order; empty for `name` and for `name()`.
  public let arguments: [Argument]

  /// What is wrong with the text of a call.
  public enum SyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    case malformed(text: String, reason: String)
    case number(NumberError)

    public var description: String {
      switch self {
      case .malformed(let text, let reason):
        return "'\(text)' cannot be read: \(reason). Write a name with arguments, as in uniform(-1, 1)."
      case .number(let error): return error.description
      }
    }
  }

  /// The call in canonical spelling, `name(argument, …)`.
  public var description: String {
    let texts = arguments.map { argument in
      switch argument {
      case .number(let value): value.description
      case .call(let call): call.description
      case .pair(let value, let probability): "\(value):\(probability)"
      }
    }
    return "\(name)(\(texts.joined(separator: ", ")))"
  }

  static let maximumTextLength = 20_000
  static let maximumArguments = 1000
  private static let maximumDepth = 16

  /// Parses `name` or `name(argument, …)`.
  ///
  /// - Throws: ``SyntaxError`` naming the text and the trouble.
  public init(parsing text: some StringProtocol) throws(SyntaxError) {
    guard text.utf8.count <= Self.maximumTextLength else {
      throw .malformed(
        text: NumberError.excerpt(text), reason: "it is longer than \(Self.maximumTextLength) characters")
    }
    self = try Self.parse(Substring(text), depth: 0)
  }

  private static func parse(_ text: Substring, depth: Int) throws(SyntaxError) -> CallSyntax {
    let trimmed = trim(text)
    let shown = NumberError.excerpt(trimmed)
    guard depth < maximumDepth else { throw .malformed(text: shown, reason: "it is nested too deeply") }
    let name = trimmed.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    guard let first = name.first, first.isLetter else {
      throw .malformed(text: shown, reason: trimmed.isEmpty ? "it is empty" : "a name is expected first")
    }
    let rest = trim(trimmed[name.endIndex...])
    if rest.isEmpty { return CallSyntax(name: String(name), arguments: []) }
    guard rest.first == "(" else {
      throw .malformed(text: shown, reason: "'(' is expected after '\(NumberError.excerpt(name))'")
    }
    guard rest.last == ")" else { throw .malformed(text: shown, reason: "the closing parenthesis is missing") }
    let inside = rest.dropFirst().dropLast()
    let pieces = try splitAtCommas(inside, shown: shown)
    guard pieces.count <= maximumArguments else {
      throw .malformed(text: shown, reason: "it has more than \(maximumArguments) arguments")
    }
    var arguments: [Argument] = []
    for piece in pieces { arguments.append(try argument(piece, of: shown, depth: depth)) }
    return CallSyntax(name: String(name), arguments: arguments)
  }

  private init(name: String, arguments: [Argument]) {
    self.name = name
    self.arguments = arguments
  }

  private static func trim(_ text: Substring) -> Substring {
    var text = text.drop { $0.isWhitespace }
    while let last = text.last, last.isWhitespace { text = text.dropLast() }
    return text
  }

  private static func splitAtCommas(_ text: Substring, shown: String) throws(SyntaxError) -> [Substring] {
    if trim(text).isEmpty { return [] }
    var pieces: [Substring] = []
    var depth = 0
    var start = text.startIndex
    for index in text.indices {
      switch text[index] {
      case "(": depth += 1
      case ")":
        depth -= 1
        if depth < 0 { throw .malformed(text: shown, reason: "a parenthesis closes that was not opened") }
      case "," where depth == 0:
        pieces.append(text[start..<index])
        start = text.index(after: index)
      default: break
      }
    }
    guard depth == 0 else { throw .malformed(text: shown, reason: "a closing parenthesis is missing") }
    pieces.append(text[start...])
    return pieces
  }

  private static func argument(_ text: Substring, of shown: String, depth: Int) throws(SyntaxError) -> Argument {
    let trimmed = trim(text)
    guard let first = trimmed.first else {
      throw .malformed(text: shown, reason: "an argument is empty")
    }
    if first.isLetter && !trimmed.hasPrefix("sqrt") {
      return .call(try parse(trimmed, depth: depth + 1))
    }
    do {
      if let colon = trimmed.firstIndex(of: ":") {
        return .pair(
          try ExactNumber(parsing: trimmed[..<colon]), try ExactNumber(parsing: trimmed[trimmed.index(after: colon)...])
        )
      }
      return .number(try ExactNumber(parsing: trimmed))
    } catch {
      throw .number(error)
    }
  }
}

/// The entry of `names` that is nearest to `name` in edit distance, if it is near enough to be what was meant.
public func nearestName(to name: String, in names: [String]) -> String? {
  let word = Array(name.lowercased().prefix(64))
  func distance(_ other: [Character]) -> Int {
    var row = Array(0...other.count)
    for (i, a) in word.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in other.enumerated() {
        let substituted = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[other.count]
  }
  let best = names.map { (name: $0, distance: distance(Array($0))) }.min { $0.distance < $1.distance }
  guard let best, best.distance <= max(2, word.count / 2) else { return nil }
  return best.name
}
