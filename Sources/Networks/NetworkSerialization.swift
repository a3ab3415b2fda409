import Activations
import Foundation
import Moments

/// A tree of words, whole numbers, lists and ordered mappings: what a network looks like in YAML and in JSON.
public indirect enum ConfigurationValue: Sendable, Equatable {
  case text(String)
  case integer(Int)
  case list([ConfigurationValue])
  case mapping([ConfigurationEntry])

  /// The value on one line of JSON.
  public var json: String {
    switch self {
    case .text(let text): return Self.quoted(text)
    case .integer(let number): return "\(number)"
    case .list(let items): return "[" + items.map(\.json).joined(separator: ",") + "]"
    case .mapping(let entries):
      return "{" + entries.map { "\(Self.quoted($0.key)):\($0.value.json)" }.joined(separator: ",") + "}"
    }
  }

  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _
      where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028
        || scalar.value == 0x2029 || scalar.value == 0xFEFF:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// The lines of block YAML; a list of plain words stays on one line.
  fileprivate func yamlLines() -> [String] {
    switch self {
    case .text(let text): return [Self.isPlain(text) ? text : Self.quoted(text)]
    case .integer(let number): return ["\(number)"]
    case .list(let items):
      if items.allSatisfy(\.isScalar) {
        return ["[" + items.map(\.flowText).joined(separator: ", ") + "]"]
      }
      return items.flatMap { item in
        item.yamlLines().enumerated().map { ($0.offset == 0 ? "- " : "  ") + $0.element }
      }
    case .mapping(let entries):
      return entries.flatMap { entry -> [String] in
        let lines = entry.value.yamlLines()
        if lines.count == 1, !entry.value.isBlock { return ["\(entry.key): \(lines[0])"] }
        return ["\(entry.key):"] + lines.map { "  " + $0 }
      }
    }
  }

  /// The value in YAML.
  public var yaml: String { yamlLines().joined(separator: "\n") + "\n" }

  private var isScalar: Bool {
    switch self {
    case .text, .integer: true
    case .list, .mapping: false
    }
  }

  private var isBlock: Bool {
    switch self {
    case .text, .integer: false
    case .list(let items): !items.allSatisfy(\.isScalar)
    case .mapping: true
    }
  }

  private var flowText: String {
    if case .text(let text) = self { return Self.isPlain(text) && !text.contains(",") ? text : Self.quoted(text) }
    return json
  }

  /// Whether YAML reads the text back as it stands: the words, calls and numbers of a network file.
  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last, last != 0x20 else { return false }
    func isWordCharacter(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
    let startsWell =
      isWordCharacter(first) || (first == UInt8(ascii: "-") && text.utf8.count > 1 && !text.hasPrefix("- "))
    let inner = Set("-_/.,()*+ :".utf8)
    return startsWell && text.utf8.allSatisfy { isWordCharacter($0) || inner.contains($0) }
      && !text.contains(": ") && last != UInt8(ascii: ":") && !text.hasPrefix("--")
      && !["null", "Null", "NULL"].contains(text)
  }
}

/// One key with its value.
public struct ConfigurationEntry: Sendable, Equatable {
  public var key: String
  public var value: ConfigurationValue

  public init(_ key: String, _ value: ConfigurationValue) {
    self.key = key
    self.value = value
  }
}

extension Network {
  /// The network as its file says it, in canonical spelling; reading it again gives the same network.
  ///
  /// Laws and activations are written as they describe themselves, so that `uniform(1)` becomes `uniform(-1, 1)` and
  /// a fan-scaled initializer becomes the law it means. Multipliers of 1 and `trainable: all` are left out.
  public var configuration: ConfigurationValue {
    var entries: [ConfigurationEntry] = []
    if let name { entries.append(ConfigurationEntry("name", .text(name))) }
    entries.append(ConfigurationEntry("input-dimension", .integer(inputDimension)))
    if inputScale != 1 || inputDimension != 1 {
      let isDefault = inputScale == Self.defaultInputScale(dimension: inputDimension)
      entries.append(ConfigurationEntry("input-scale", .text(isDefault ? "1/sqrt(d)" : inputScale.description)))
    }
    entries.append(ConfigurationEntry("parameterization", parameterization.configuration))
    entries.append(ConfigurationEntry("layers", .list(layers.map(\.configuration))))
    return .mapping(entries)
  }

  /// The canonical network file.
  public var yaml: String { configuration.yaml }

  /// The canonical network on one line of JSON.
  public var json: String { configuration.json }
}

extension Parameterization {
  var configuration: ConfigurationValue {
    if case .general(let a, let b, let c) = self {
      func list(_ values: [ExactNumber]) -> ConfigurationValue { .list(values.map { .text($0.description) }) }
      return .mapping([
        ConfigurationEntry("a", list(a)), ConfigurationEntry("b", list(b)),
        ConfigurationEntry("c", .text(c.description)),
      ])
    }
    return .text(name ?? "")
  }
}

extension Network: Equatable {
  /// Whether the two have the same canonical description.
  public static func == (a: Network, b: Network) -> Bool { a.configuration == b.configuration }
}
