import Moments

/// A JSON value that keeps the order of its keys.
public indirect enum JSONNode: Sendable, Equatable {
  /// One key of an object with its value.
  public struct Member: Sendable, Equatable {
    public var key: String
    public var value: JSONNode

    public init(_ key: String, _ value: JSONNode) {
      self.key = key
      self.value = value
    }
  }

  case null
  case boolean(Bool)
  case integer(Int)
  /// A double, written so that it reads back identically; not a number and the infinities become `null`.
  case number(Double)
  case string(String)
  case array([JSONNode])
  case object([Member])

  /// An object from its members in order.
  public static func object(_ members: (String, JSONNode)...) -> JSONNode {
    .object(members.map { Member($0.0, $0.1) })
  }

  /// The value of a key of an object.
  public subscript(key: String) -> JSONNode? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }
}

// MARK: Writing

extension JSONNode {
  /// The widest container that is written on one line.
  private static let lineWidth = 116

  /// The JSON text: containers that fit on a line stand on one, others are broken and indented.
  public var text: String {
    var output = ""
    write(to: &output, indentation: 0, prefix: 0)
    return output
  }

  /// The JSON text on one line.
  public var compact: String {
    var output = ""
    _ = writeCompact(to: &output, limit: .max)
    return output
  }

  private func write(to output: inout String, indentation: Int, prefix: Int) {
    var line = ""
    if writeCompact(to: &line, limit: Self.lineWidth - indentation - prefix) {
      output += line
      return
    }
    let inner = String(repeating: " ", count: indentation + 2)
    let outer = String(repeating: " ", count: indentation)
    switch self {
    case .array(let elements):
      output += "["
      for (index, element) in elements.enumerated() {
        output += index == 0 ? "\n\(inner)" : ",\n\(inner)"
        element.write(to: &output, indentation: indentation + 2, prefix: 0)
      }
      output += "\n\(outer)]"
    case .object(let members):
      output += "{"
      for (index, member) in members.enumerated() {
        output += index == 0 ? "\n\(inner)" : ",\n\(inner)"
        let key = Self.quoted(member.key)
        output += "\(key): "
        member.value.write(to: &output, indentation: indentation + 2, prefix: key.utf8.count + 2)
      }
      output += "\n\(outer)}"
    default: output += compact
    }
  }

  /// Writes on one line, and gives up (false) as soon as a container exceeds `limit`.
  private func writeCompact(to output: inout String, limit: Int) -> Bool {
    switch self {
    case .null: output += "null"
    case .boolean(let flag): output += flag ? "true" : "false"
    case .integer(let value): output += String(value)
    case .number(let value): output += value.isFinite ? NumberText.shortest(value) : "null"
    case .string(let value): output += Self.quoted(value)
    case .array(let elements):
      output += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { output += ", " }
        guard element.writeCompact(to: &output, limit: limit), output.utf8.count <= limit else { return false }
      }
      output += "]"
    case .object(let members):
      output += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { output += ", " }
        output += Self.quoted(member.key) + ": "
        guard member.value.writeCompact(to: &output, limit: limit), output.utf8.count <= limit else { return false }
      }
      output += "}"
    }
    return true
  }

  /// A JSON string: quotation marks, backslashes and control characters escaped.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

// MARK: The interface's objects

extension JSONNode {
  /// A quantity as the interface writes it: value, error, method, and the exact form where there is one; or `null`
  /// with the status and the reason.
  public init(_ quantity: Quantity) { self = .object(Self.members(of: quantity)) }

  /// The members of a quantity's object, for objects that carry further keys.
  public static func members(of quantity: Quantity) -> [Member] {
    guard let estimate = quantity.estimate else {
      return [
        Member("value", .null), Member("status", .string(quantity.status ?? "undefined")),
        Member("reason", .string(quantity.reason ?? "")),
      ]
    }
    var members = [
      Member("value", .number(estimate.value)), Member("error", .number(estimate.error)),
      Member("method", .string(estimate.method.rawValue)),
    ]
    if let exact = estimate.exact { members.append(Member("exact", .string(exact.description))) }
    if !estimate.value.isFinite {
      members.append(Member("status", .string("overflow")))
      members.append(Member("reason", .string("the value exceeds the range of double precision")))
    }
    return members
  }

  /// The coordinates of a point as numbers.
  public init(point: [ExactNumber]) { self = .array(point.map { .number($0.doubleValue) }) }

  /// The members `name` and, if a coordinate is not a double, `nameExact` with the exact spellings.
  public static func members(of point: [ExactNumber], named name: String) -> [Member] {
    var members = [Member(name, JSONNode(point: point))]
    if point.contains(where: { ExactNumber(exactly: $0.doubleValue) != $0 }) {
      members.append(Member("\(name)Exact", .array(point.map { .string($0.description) })))
    }
    return members
  }
}
