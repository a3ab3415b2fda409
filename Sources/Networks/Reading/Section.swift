import Foundation
import Moments
import Yams

/// One mapping of a network file: its keys are checked once, its values are taken by name.
struct Section {
  let place: NetworkError.Place
  private let line: Int?
  private var values: [String: Node] = [:]
  private var keyLines: [String: Int] = [:]

  init(_ node: Node, key: String?, place: NetworkError.Place, allowed: [String]) throws(NetworkError) {
    guard case .mapping(let mapping) = node else {
      if case .scalar(let scalar) = node, scalar.isNull, key == nil, place == .network { throw .empty }
      throw .notAMapping(place: place, line: node.line, found: node.kindName, allowed: allowed)
    }
    self.place = place
    line = mapping.mark?.line ?? node.line
    for (keyNode, value) in mapping {
      guard case .scalar(let scalar) = keyNode else {
        throw .notAccepted(line: keyNode.line, feature: "\(keyNode.kindName) as a key", remedy: "Keys are words.")
      }
      let name = scalar.string
      guard allowed.contains(name) else {
        throw .unknownKey(
          key: excerpt(name), place: place, line: keyNode.line, nearest: nearestName(to: name, in: allowed),
          allowed: allowed)
      }
      guard values[name] == nil else { throw .duplicateKey(key: name, line: keyNode.line) }
      values[name] = value
      keyLines[name] = keyNode.line
    }
  }

  /// The line of a key, or of the mapping where the key is absent.
  func line(_ key: String) -> Int? { keyLines[key] ?? line }

  func wrongType(_ key: String, _ node: Node, expected: String) -> NetworkError {
    .wrongType(key: key, place: place, line: node.line ?? line(key), found: node.kindName, expected: expected)
  }

  func impossible(_ key: String, _ problem: String, _ remedy: String = "") -> NetworkError {
    .impossible(key: key, place: place, line: values[key]?.line ?? line(key), problem: problem, remedy: remedy)
  }

  /// The value of a key that must be there.
  func required(_ key: String, expected: String) throws(NetworkError) -> Node {
    guard let node = values[key] else {
      throw .missingKey(key: key, place: place, line: line, expected: expected)
    }
    return node
  }

  /// The text of a scalar that holds something; nil where the key is absent.
  func optionalText(_ key: String, expected: String) throws(NetworkError) -> String? {
    guard let node = values[key] else { return nil }
    guard case .scalar(let scalar) = node, !scalar.isNull else { throw wrongType(key, node, expected: expected) }
    return scalar.string
  }

  /// The text of a scalar that must be there.
  func text(_ key: String, expected: String) throws(NetworkError) -> String {
    let node = try required(key, expected: expected)
    guard case .scalar(let scalar) = node, !scalar.isNull else { throw wrongType(key, node, expected: expected) }
    return scalar.string
  }

  /// Whether the key holds the word `none`, or null written out.
  func isNone(_ key: String) -> Bool {
    guard case .scalar(let scalar) = values[key] else { return false }
    return scalar.string == "none" || scalar.isWrittenNull
  }

  /// A number that may be absent.
  func number(_ key: String, default value: ExactNumber) throws(NetworkError) -> ExactNumber {
    guard let text = try optionalText(key, expected: "a number, as in 1/2") else { return value }
    return try number(key, text)
  }

  func number(_ key: String, _ text: String) throws(NetworkError) -> ExactNumber {
    do { return try ExactNumber(parsing: text) } catch { throw impossible(key, error.description) }
  }

  /// A list of numbers that must be there.
  func numbers(_ key: String, expected: String) throws(NetworkError) -> [ExactNumber] {
    let node = try required(key, expected: expected)
    guard case .sequence(let items) = node else { throw wrongType(key, node, expected: expected) }
    var result: [ExactNumber] = []
    for item in items {
      guard case .scalar(let scalar) = item, !scalar.isNull else { throw wrongType(key, item, expected: expected) }
      result.append(try number(key, scalar.string))
    }
    return result
  }

  func dimension() throws(NetworkError) -> Int {
    let key = "input-dimension"
    let expected = "a whole number from 1 to \(Network.maximumInputDimension)"
    let text = try text(key, expected: expected)
    guard let number = try? ExactNumber(parsing: text), let value = number.rational, value.isInteger else {
      throw impossible(key, "'\(excerpt(text))' is not a whole number", "Write \(expected).")
    }
    guard number >= 1, number <= ExactNumber(Network.maximumInputDimension) else {
      throw impossible(key, "\(excerpt(text)) is out of range", "Write \(expected).")
    }
    return Int(value.numerator)
  }

  func inputScale(dimension: Int) throws(NetworkError) -> ExactNumber {
    let key = "input-scale"
    let expected = "a number, as in 1/2, or 1/sqrt(d)"
    guard let text = try optionalText(key, expected: expected) else {
      return Network.defaultInputScale(dimension: dimension)
    }
    return try number(key, Self.substituting(dimension, in: text))
  }

  /// Puts the input dimension where the symbol `d` stands alone.
  private static func substituting(_ dimension: Int, in text: String) -> String {
    let characters = Array(text)
    func isPartOfNumber(_ index: Int) -> Bool {
      guard characters.indices.contains(index) else { return false }
      let character = characters[index]
      return character.isLetter || character.isNumber || character == "."
    }
    return characters.indices.map { index in
      let isSymbol = characters[index] == "d" && !isPartOfNumber(index - 1) && !isPartOfNumber(index + 1)
      return isSymbol ? "\(dimension)" : String(characters[index])
    }.joined()
  }
}
