import Foundation

/// A JSON value whose numbers keep their text, so that they can be read exactly, and whose parts know their lines.
///
/// (Foundation's reader turns `0.1` into a double; a YAML reader takes a hundred times as long for large files.)
public struct JSONText: Sendable {
  public indirect enum Value: Sendable {
    case null
    case bool(Bool)
    /// The number as written.
    case number(String)
    case string(String)
    case list([JSONText])
    /// The members in order; keys are distinct.
    case object([(key: String, value: JSONText)])
  }

  public let value: Value
  /// The line where the value begins, from 1.
  public let line: Int

  /// What is wrong with the text.
  public struct SyntaxError: Error, Sendable, Equatable {
    public let line: Int
    public let problem: String
  }

  /// The deepest nesting of lists and objects.
  public static let maximumNesting = 32

  /// Reads a whole document.
  public init(parsing bytes: [UInt8]) throws(SyntaxError) {
    var scanner = Scanner(bytes: bytes)
    // A byte order mark is not JSON, but editors write it.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { scanner.position = 3 }
    self = try scanner.value(depth: 0)
    scanner.skipBlanks()
    guard scanner.current == nil else { throw scanner.fail("there is something after the end") }
  }

  fileprivate init(_ value: Value, line: Int) {
    self.value = value
    self.line = line
  }

  /// What the value is, for messages.
  public var kindName: String {
    switch value {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .number(let text): "the number \(excerpt(text))"
    case .string(let text): "the text '\(excerpt(text))'"
    case .list: "a list"
    case .object: "an object"
    }
  }

  public var list: [JSONText]? { if case .list(let items) = value { items } else { nil } }

  var isNumber: Bool { if case .number = value { true } else { false } }

  /// The member of an object.
  public subscript(key: String) -> JSONText? {
    if case .object(let members) = value { return members.first { $0.key == key }?.value }
    return nil
  }

  private struct Scanner {
    let bytes: [UInt8]
    var position = 0
    var line = 1

    init(bytes: [UInt8]) { self.bytes = bytes }

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    func fail(_ problem: String) -> SyntaxError { SyntaxError(line: line, problem: problem) }

    mutating func skipBlanks() {
      while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
        if byte == 0x0A { line += 1 }
        position += 1
      }
    }

    mutating func take(_ byte: UInt8) -> Bool {
      skipBlanks()
      guard current == byte else { return false }
      position += 1
      return true
    }

    mutating func value(depth: Int) throws(SyntaxError) -> JSONText {
      skipBlanks()
      let start = line
      guard let byte = current else { throw fail("it ends too early") }
      guard depth <= JSONText.maximumNesting else {
        throw fail("it is nested deeper than \(JSONText.maximumNesting) levels")
      }
      switch byte {
      case UInt8(ascii: "["):
        position += 1
        var items: [JSONText] = []
        if take(UInt8(ascii: "]")) { return JSONText(.list(items), line: start) }
        repeat { items.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw unexpected("',' or ']'") }
        return JSONText(.list(items), line: start)
      case UInt8(ascii: "{"):
        position += 1
        var members: [(key: String, value: JSONText)] = []
        var keys: Set<String> = []
        if take(UInt8(ascii: "}")) { return JSONText(.object(members), line: start) }
        repeat {
          skipBlanks()
          guard current == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
          let key = try string()
          guard keys.insert(key).inserted else { throw fail("the key '\(excerpt(key))' occurs more than once") }
          guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
          members.append((key, try value(depth: depth + 1)))
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw unexpected("',' or '}'") }
        return JSONText(.object(members), line: start)
      case UInt8(ascii: "\""): return JSONText(.string(try string()), line: start)
      case UInt8(ascii: "-"), 0x30...0x39: return JSONText(.number(try number()), line: start)
      default:
        for (word, value) in [("true", Value.bool(true)), ("false", .bool(false)), ("null", .null)]
        where bytes[position...].starts(with: word.utf8) {
          position += word.utf8.count
          return JSONText(value, line: start)
        }
        throw unexpected("a value")
      }
    }

    func unexpected(_ expected: String) -> SyntaxError {
      guard current != nil else { return fail("it ends where \(expected) should stand") }
      let found = String(decoding: bytes[position..<min(bytes.count, position + 12)], as: UTF8.self)
      return fail("\(expected) should stand before '\(excerpt(found))'")
    }

    mutating func number() throws(SyntaxError) -> String {
      let start = position
      if current == UInt8(ascii: "-") { position += 1 }
      func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
      func skipDigits(_ position: inout Int) -> Bool {
        let first = position
        while position < bytes.count, isDigit(bytes[position]) { position += 1 }
        return position > first
      }
      guard skipDigits(&position) else { throw unexpected("a digit") }
      if current == UInt8(ascii: ".") {
        position += 1
        guard skipDigits(&position) else { throw unexpected("a digit") }
      }
      if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
        position += 1
        if current == UInt8(ascii: "-") || current == UInt8(ascii: "+") { position += 1 }
        guard skipDigits(&position) else { throw unexpected("a digit of the exponent") }
      }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func string() throws(SyntaxError) -> String {
      position += 1
      var text: [UInt8] = []
      while let byte = current {
        position += 1
        switch byte {
        case UInt8(ascii: "\""):
          guard let result = String(validating: text, as: UTF8.self) else { throw fail("a text is not UTF-8") }
          return result
        case UInt8(ascii: "\\"): text += Array(String(try escape()).utf8)
        case 0..<0x20: throw fail("a text goes on past the end of the line")
        default: text.append(byte)
        }
      }
      throw fail("a text has no closing quote")
    }

    private mutating func escape() throws(SyntaxError) -> Unicode.Scalar {
      guard let byte = current else { throw fail("it ends within a text") }
      position += 1
      switch byte {
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
      case UInt8(ascii: "u"):
        let high = try codeUnit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        // A surrogate pair.
        guard high < 0xDC00, bytes[position...].starts(with: "\\u".utf8) else { throw fail("half a surrogate pair") }
        position += 2
        let low = try codeUnit()
        guard (0xDC00...0xDFFF).contains(low),
          let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw fail("half a surrogate pair") }
        return scalar
      default: throw fail("an unknown escape in a text")
      }
    }

    private mutating func codeUnit() throws(SyntaxError) -> UInt32 {
      guard position + 4 <= bytes.count,
        let unit = UInt32(String(decoding: bytes[position..<(position + 4)], as: UTF8.self), radix: 16)
      else { throw fail("\\u needs four hexadecimal digits") }
      position += 4
      return unit
    }
  }
}
