import Foundation
import Moments
import Testing

/// A JSON value, as the reference files hold them.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  public init(any: Any) {
    switch any {
    case let text as String: self = .string(text)
    case let number as NSNumber:
      self = CFBooleanLike.isBoolean(number) ? .bool(number.boolValue) : .number(number.doubleValue)
    case let array as [Any]: self = .array(array.map(JSONValue.init(any:)))
    case let object as [String: Any]: self = .object(object.mapValues(JSONValue.init(any:)))
    default: self = .null
    }
  }

  public subscript(key: String) -> JSONValue? {
    if case .object(let object) = self, let value = object[key], value != .null { return value }
    return nil
  }
  public var string: String? { if case .string(let text) = self { text } else { nil } }
  public var number: Double? { if case .number(let number) = self { number } else { nil } }
  public var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  public var array: [JSONValue]? { if case .array(let array) = self { array } else { nil } }
  public var object: [String: JSONValue]? { if case .object(let object) = self { object } else { nil } }
}

private enum CFBooleanLike {
  static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}

/// One case of a reference family; `Tests/Reference/README.md` says where the numbers come from.
public struct ReferenceCase: Sendable, CustomTestStringConvertible {
  public let id: String
  public let family: String
  /// The whole case.
  public let json: JSONValue
  /// Decimal strings by quantity.
  public let expected: [String: String]
  /// `p/q` by quantity, where the value is rational.
  public let exact: [String: String]
  /// Trusted digits of one quantity.
  public func digits(_ key: String) -> Int {
    Int(json["digits_each"]?[key]?.number ?? json["digits"]?.number ?? 0)
  }
  public var testDescription: String { "\(family) \(id)" }
}

public enum ReferenceError: Error { case unreadable(String) }

/// The folder `Tests/Reference`.
public let referenceFolder = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Reference")

/// Reads `family_NAME.json`.
public func referenceFamily(_ name: String) throws -> [ReferenceCase] {
  try referenceCases(file: "family_\(name)", family: name)
}

/// Reads `FILE.json`, a file of the same form.
public func referenceCases(file: String, family name: String? = nil) throws -> [ReferenceCase] {
  let name = name ?? file
  let data = try Data(contentsOf: referenceFolder.appendingPathComponent("\(file).json"))
  let root = JSONValue(any: try JSONSerialization.jsonObject(with: data))
  guard let cases = root["cases"]?.array else { throw ReferenceError.unreadable(name) }
  return try cases.map { json in
    guard let id = json["id"]?.string, let expected = json["expected"]?.object else {
      throw ReferenceError.unreadable(name)
    }
    return ReferenceCase(
      id: id, family: name, json: json, expected: expected.compactMapValues(\.string),
      exact: (json["exact"]?.object ?? [:]).compactMapValues(\.string))
  }
}

/// The interface's spelling of a law of the reference files; `none` for no law.
public func lawText(_ json: JSONValue?) throws -> String {
  guard let json, let name = json["law"]?.string else { return "none" }
  func text(_ key: String) throws -> String {
    guard let value = json[key]?.string else { throw ReferenceError.unreadable("\(name).\(key)") }
    return value
  }
  func list(_ key: String) -> [String] { (json[key]?.array ?? []).compactMap(\.string) }
  switch name {
  case "uniform": return "uniform(\(try text("a")), \(try text("b")))"
  case "symmetric_uniform": return "uniform(\(try text("h")))"
  case "normal": return "normal(\(try text("mean")), \(try text("sd")))"
  case "truncated_normal":
    let (c, scale) = (try text("c"), try text("scale"))
    return "scaled(\(scale), truncated-normal(0, 1, -\(c), \(c)))"
  case "rademacher": return "scaled(\(json["scale"]?.string ?? "1"), rademacher())"
  case "laplace", "logistic": return "\(name)(\(try text("scale")))"
  case "student_t": return "student-t(\(try text("nu")), \(try text("scale")))"
  case "triangular", "arcsine": return "\(name)(\(try text("h")))"
  case "discrete":
    return "discrete(" + zip(list("values"), list("probs")).map { "\($0):\($1)" }.joined(separator: ", ") + ")"
  case "constant": return "constant(\(try text("c")))"
  case "zero": return "constant(0)"
  case "sparse": return "sparse(\(try text("p")), \(try lawText(json["base"])))"
  default: throw ReferenceError.unreadable(name)
  }
}

/// The interface's spelling of an activation of the reference files.
public func activationText(_ json: JSONValue?) throws -> String {
  if let text = json?.string { return text }
  guard let json, let name = json["name"]?.string else { throw ReferenceError.unreadable("activation") }
  if let parameters = json["params"]?.array?.compactMap(\.string), !parameters.isEmpty {
    return "\(name.replacingOccurrences(of: "_", with: "-"))(\(parameters.joined(separator: ", ")))"
  }
  switch name {
  case "polynomial":
    let coefficients = (json["coefficients"]?.array ?? []).compactMap(\.string)
    return "polynomial(\(coefficients.joined(separator: ", ")))"
  case "leaky_relu": return "leaky-relu(\(json["alpha"]?.string ?? ""))"
  case "elu", "celu": return "\(name)(\(json["alpha"]?.string ?? "1"))"
  case "hermite3": return "hermite(3)"
  case "relu2": return "rectified-power(2)"
  case "relu3": return "rectified-power(3)"
  default: return name.replacingOccurrences(of: "_", with: "-")
  }
}

/// `|value − expected| / |expected|`, the difference formed exactly; the absolute error where `expected` is 0.
public func relativeError(_ value: Double, _ expected: String) throws -> Double {
  guard let computed = ExactNumber(exactly: value) else { return .infinity }
  let truth = try ExactNumber(parsing: expected)
  let difference = (computed - truth).magnitude
  guard let reciprocal = truth.magnitude.reciprocal else { return difference.doubleValue }
  return (difference * reciprocal).doubleValue
}

/// `|value − expected|`, the difference formed exactly.
public func absoluteError(_ value: Double, _ expected: String) throws -> Double {
  guard let computed = ExactNumber(exactly: value) else { return .infinity }
  return (computed - (try ExactNumber(parsing: expected))).magnitude.doubleValue
}
