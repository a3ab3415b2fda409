import Moments
import Yams

/// A YAML document of the plain kind that network files are: checked text, composed to nodes with line numbers.
struct YAMLText {
  /// The root of the only document.
  let root: Node

  static let maximumBytes = 9_000_000
  private static let maximumNesting = 32

  /// Reads a document without aliases, anchors, tags or deep nesting.
  ///
  /// - Throws: ``NetworkError``.
  init(bytes: some Collection<UInt8>) throws(NetworkError) {
    guard bytes.count <= Self.maximumBytes else { throw .tooLarge(bytes: bytes.count, limit: Self.maximumBytes) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .notUTF8(line: Self.lineOfInvalidByte(Array(bytes)))
    }
    // libyaml stops at 1000 levels and expands aliases without end: what is dangerous is refused before.
    try Self.screen(Array(text.utf8))
    do {
      let unmarked = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
      let parser = try Parser(yaml: unmarked, encoding: .utf8)
      guard let root = try parser.singleRoot() else { throw NetworkError.empty }
      // The nodes hold their anchors weakly: the parser keeps them until the check is done.
      try withExtendedLifetime(parser) { try Self.refuseAnchors(root) }
      self.root = root
    } catch let error as NetworkError {
      throw error
    } catch let error as YamlError {
      throw Self.translated(error)
    } catch {
      throw .syntax(line: nil, problem: "\(error)")
    }
  }

  private static func lineOfInvalidByte(_ bytes: [UInt8]) -> Int {
    var line = 1
    var rest = bytes[...]
    while let newline = rest.firstIndex(of: 0x0A) {
      guard String(validating: rest[..<newline], as: UTF8.self) != nil else { return line }
      rest = rest[(newline + 1)...]
      line += 1
    }
    return line
  }

  /// Refuses what stands where a node begins and is an anchor, an alias or a tag, and brackets nested too deeply.
  private static func screen(_ bytes: [UInt8]) throws(NetworkError) {
    var line = 1
    var depth = 0
    var quote: UInt8?
    // Whether the next character that is not blank begins a node.
    var atStart = true
    var previous: UInt8 = 0x0A
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      defer {
        previous = byte
        index += 1
      }
      if byte == 0x0A { line += 1 }
      if let open = quote {
        if open == UInt8(ascii: "\""), byte == UInt8(ascii: "\\") {
          index += 1
        } else if byte == open {
          quote = nil
        }
        continue
      }
      switch byte {
      case 0x0A, 0x0D: atStart = true
      case 0x20, 0x09: break
      case UInt8(ascii: "#") where previous == 0x20 || previous == 0x09 || previous == 0x0A:
        while index + 1 < bytes.count, bytes[index + 1] != 0x0A { index += 1 }
      case UInt8(ascii: "\"") where atStart, UInt8(ascii: "'") where atStart:
        quote = byte
        atStart = false
      case UInt8(ascii: "&") where atStart, UInt8(ascii: "*") where atStart:
        throw .notAccepted(line: line, feature: "an anchor or alias (& or *)", remedy: "Write the value out.")
      case UInt8(ascii: "!") where atStart:
        throw .notAccepted(line: line, feature: "a tag (!)", remedy: "Write the value without it.")
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        guard depth <= maximumNesting else {
          throw .notAccepted(
            line: line, feature: "nesting deeper than \(maximumNesting) levels",
            remedy: "A network is a mapping with a list of layers.")
        }
        atStart = true
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        depth = max(0, depth - 1)
        atStart = false
      case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "?"): atStart = true
      case UInt8(ascii: "-"): break  // a list item, or a sign: what follows begins as much as this did
      default: atStart = false
      }
    }
  }

  private static func refuseAnchors(_ node: Node) throws(NetworkError) {
    let anchored: Bool
    switch node {
    case .scalar(let scalar): anchored = scalar.anchor != nil
    case .alias: anchored = true
    case .sequence(let sequence):
      anchored = sequence.anchor != nil
      if !anchored { for child in sequence { try refuseAnchors(child) } }
    case .mapping(let mapping):
      anchored = mapping.anchor != nil
      if !anchored {
        for (key, value) in mapping {
          try refuseAnchors(key)
          try refuseAnchors(value)
        }
      }
    }
    if anchored {
      throw .notAccepted(line: node.line, feature: "an anchor or alias (& or *)", remedy: "Write the value out.")
    }
  }

  private static func translated(_ error: YamlError) -> NetworkError {
    switch error {
    case .duplicatedKeysInMapping(let duplicates, let context):
      return .duplicateKey(key: excerpt(duplicates.first ?? ""), line: context.mark.line)
    case .scanner(_, let problem, let mark, _):
      if problem.contains("cannot start any token") {
        return .syntax(line: mark.line, problem: "\(problem) (a tab? indent with spaces)")
      }
      return .syntax(line: mark.line, problem: problem)
    case .parser(_, let problem, let mark, _): return .syntax(line: mark.line, problem: problem)
    case .composer(_, let problem, let mark, _):
      if problem.contains("another document") {
        return .notAccepted(line: mark.line, feature: "a second document (---)", remedy: "Keep one network in a file.")
      }
      return .syntax(line: mark.line, problem: problem)
    case .reader(let problem, let offset, _, let yaml):
      let line = offset.map { yaml.prefix($0).count { $0.isNewline } + 1 }
      return .syntax(line: line, problem: problem)
    default: return .syntax(line: nil, problem: error.description.prefix { !$0.isNewline }.description)
    }
  }
}

/// Text of a file as a message may show it: one line, not long.
package func excerpt(_ text: some StringProtocol) -> String {
  let cleaned = String(text.prefix(40).map { $0.isNewline ? " " : $0 })
  return text.count > 40 ? cleaned + "…" : cleaned
}

extension Node {
  /// The line of the node's first character, from 1.
  var line: Int? { mark?.line }

  /// What the node is, for messages.
  var kindName: String {
    switch self {
    case .scalar(let scalar): scalar.isNull ? "without a value" : "the word '\(excerpt(scalar.string))'"
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .alias: "an alias"
    }
  }
}

extension Node.Scalar {
  /// Whether nothing stands here, or an unquoted null.
  var isNull: Bool { style == .plain && ["", "~", "null", "Null", "NULL"].contains(string) }
  /// Whether an unquoted null is written out.
  var isWrittenNull: Bool { isNull && !string.isEmpty }
}
