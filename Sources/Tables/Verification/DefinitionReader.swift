import Activations
import Moments
import Networks
import Yams

/// The mapping of a table's definition, read key by key.
public struct DefinitionReader {
  let file: String
  let mapping: Node.Mapping

  func problem(_ key: String, _ problem: String, _ remedy: String) -> TableError {
    .malformed(file: file, line: mapping[key]?.mark?.line, problem: "'\(key)': \(problem)", remedy: remedy)
  }

  func allow(_ keys: [String]) throws(TableError) {
    for (key, _) in mapping {
      let name = key.string ?? "?"
      guard keys.contains(name) else {
        throw problem(excerpt(name), "there is no such key", "Allowed are \(keys.joined(separator: ", ")).")
      }
    }
  }

  private func node(_ key: String, expected: String) throws(TableError) -> Node {
    guard let node = mapping[key] else { throw problem(key, "the key is missing", "Write \(expected).") }
    return node
  }

  func text(_ key: String, expected: String) throws(TableError) -> String {
    guard case .scalar(let scalar) = try node(key, expected: expected) else {
      throw problem(key, "a word is expected", "Write \(expected).")
    }
    return scalar.string
  }

  /// A whole number in a range.
  func integer(_ key: String, in range: ClosedRange<Int>) throws(TableError) -> Int {
    let text = try text(key, expected: "a whole number")
    return try integer(text, key: key, in: range)
  }

  private func integer(_ text: String, key: String, in range: ClosedRange<Int>) throws(TableError) -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw problem(key, "'\(excerpt(text))' is out of range", "Write \(range.lowerBound) to \(range.upperBound).")
    }
    return number
  }

  private func nodes(_ key: String, expected: String) throws(TableError) -> [Node] {
    guard case .sequence(let sequence) = try node(key, expected: expected), !sequence.isEmpty else {
      throw problem(key, "a list is expected", "Write \(expected).")
    }
    return Array(sequence)
  }

  private func texts(_ node: Node, key: String, expected: String) throws(TableError) -> [String] {
    guard case .sequence(let sequence) = node else { throw problem(key, "a list is expected", "Write \(expected).") }
    var result: [String] = []
    for item in sequence {
      guard case .scalar(let scalar) = item else { throw problem(key, "a word is expected", "Write \(expected).") }
      result.append(scalar.string)
    }
    return result
  }

  /// A list of words.
  func list(_ key: String, expected: String) throws(TableError) -> [String] {
    try texts(.sequence(.init(try nodes(key, expected: expected))), key: key, expected: expected)
  }

  /// A list of whole numbers in a range.
  func integers(_ key: String, in range: ClosedRange<Int>) throws(TableError) -> [Int] {
    try list(key, expected: "a list of whole numbers").map { text throws(TableError) in
      try integer(text, key: key, in: range)
    }
  }

  /// A list of numbers, read exactly.
  func numbers(_ key: String) throws(TableError) -> [ExactNumber] {
    try list(key, expected: "a list of numbers").map { text throws(TableError) in
      try number(text, key: key, line: mapping[key]?.mark?.line)
    }
  }

  /// A list of lists of numbers, read exactly.
  func points(_ key: String) throws(TableError) -> [[ExactNumber]] {
    let expected = "a list of lists of numbers"
    return try nodes(key, expected: expected).map { node throws(TableError) in
      try texts(node, key: key, expected: expected).map { text throws(TableError) in
        try number(text, key: key, line: node.mark?.line)
      }
    }
  }

  /// A list of activations.
  func activations(_ key: String) throws(TableError) -> [any Activation] {
    try list(key, expected: "a list of activations").map { text throws(TableError) in
      do { return try ActivationRegistry.activation(parsing: text) } catch {
        throw problem(key, "'\(excerpt(text))' is no activation", "\(error)")
      }
    }
  }

  private func number(_ text: String, key: String, line: Int?) throws(TableError) -> ExactNumber {
    do { return try ExactNumber(parsing: text) } catch {
      throw .malformed(file: file, line: line, problem: "'\(key)'", remedy: error.description)
    }
  }
}
