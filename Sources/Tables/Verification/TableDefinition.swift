import Foundation
import Moments
import Yams

/// What a committed table holds and how to compute it: the file `table.yaml` in the table's folder.
public struct TableDefinition: Sendable {
  /// The kinds of tables.
  public enum Content: Sendable {
    /// The limiting kernels of networks (files beside the definition) at all pairs of points.
    case kernels(networks: [String], points: [[ExactNumber]])
    /// The moments of laws up to an order.
    case moments(laws: [String], order: Int)
  }

  public var title: String
  public var content: Content

  /// The largest definition file, in bytes.
  private static let maximumBytes = 100_000
  /// The highest order of a moment in a table.
  public static let maximumOrder = 200

  /// Reads a definition.
  ///
  /// - Throws: ``TableError`` naming the file, the line and what is allowed.
  public init(contentsOf file: String) throws(TableError) {
    let text = try Self.text(of: file, limit: Self.maximumBytes)
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch {
      throw .malformed(
        file: file, line: nil, problem: "this is not YAML", remedy: "Restore the file, or write a definition.")
    }
    guard case .mapping(let mapping) = root else {
      throw .malformed(
        file: file, line: nil, problem: "this is not a mapping",
        remedy: "Write the keys title, kind, and networks and points, or laws and order.")
    }
    let reader = Reader(file: file, mapping: mapping)
    title = try reader.text("title", expected: "a line of text")
    let kind = try reader.text("kind", expected: "kernels or moments")
    switch kind {
    case "kernels":
      try reader.allow(["title", "kind", "networks", "points"])
      let networks = try reader.list("networks", expected: "a list of network files beside this one")
      var points: [[ExactNumber]] = []
      for node in try reader.nodes("points", expected: "a list of lists of numbers") {
        let coordinates = try reader.texts(node, key: "points", expected: "a list of lists of numbers")
        points.append(try coordinates.map { text throws(TableError) in try reader.number(text, node) })
      }
      content = .kernels(networks: networks, points: points)
    case "moments":
      try reader.allow(["title", "kind", "laws", "order"])
      let text = try reader.text("order", expected: "a whole number")
      guard let order = Int(text), (0...Self.maximumOrder).contains(order) else {
        throw reader.problem("order", "'\(text.prefix(40))' is not an order", "Write 0 to \(Self.maximumOrder).")
      }
      content = .moments(laws: try reader.list("laws", expected: "a list of laws"), order: order)
    default: throw reader.problem("kind", "'\(kind.prefix(40))' is no kind of table", "Write kernels or moments.")
    }
  }

  /// The text of a file of at most `limit` bytes.
  static func text(of file: String, limit: Int) throws(TableError) -> String {
    guard let handle = FileHandle(forReadingAtPath: file) else {
      throw .unreadable(file: file, reason: "there is no such file, or it cannot be opened")
    }
    defer { try? handle.close() }
    var data = Data()
    do {
      while data.count <= limit, let piece = try handle.read(upToCount: limit + 1 - data.count), !piece.isEmpty {
        data.append(piece)
      }
    } catch {
      throw .unreadable(file: file, reason: "reading it failed")
    }
    guard data.count <= limit else {
      throw .malformed(
        file: file, line: nil, problem: "it has more than \(limit) bytes", remedy: "Restore the file.")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw .malformed(file: file, line: nil, problem: "it is not UTF-8", remedy: "Restore the file.")
    }
    return text
  }
}

/// The mapping of a definition, read key by key.
private struct Reader {
  let file: String
  let mapping: Node.Mapping

  func problem(_ key: String, _ problem: String, _ remedy: String) -> TableError {
    let line = mapping[key]?.mark?.line
    return .malformed(file: file, line: line, problem: "'\(key)': \(problem)", remedy: remedy)
  }

  func allow(_ keys: [String]) throws(TableError) {
    for (key, _) in mapping {
      let name = key.string ?? "?"
      guard keys.contains(name) else {
        throw problem(name, "there is no such key", "Allowed are \(keys.joined(separator: ", ")).")
      }
    }
  }

  func node(_ key: String, expected: String) throws(TableError) -> Node {
    guard let node = mapping[key] else { throw problem(key, "the key is missing", "Write \(expected).") }
    return node
  }

  func text(_ key: String, expected: String) throws(TableError) -> String {
    guard case .scalar(let scalar) = try node(key, expected: expected) else {
      throw problem(key, "a word is expected", "Write \(expected).")
    }
    return scalar.string
  }

  func nodes(_ key: String, expected: String) throws(TableError) -> [Node] {
    guard case .sequence(let sequence) = try node(key, expected: expected), !sequence.isEmpty else {
      throw problem(key, "a list is expected", "Write \(expected).")
    }
    return Array(sequence)
  }

  func texts(_ node: Node, key: String, expected: String) throws(TableError) -> [String] {
    guard case .sequence(let sequence) = node else { throw problem(key, "a list is expected", "Write \(expected).") }
    var result: [String] = []
    for item in sequence {
      guard case .scalar(let scalar) = item else { throw problem(key, "a word is expected", "Write \(expected).") }
      result.append(scalar.string)
    }
    return result
  }

  func list(_ key: String, expected: String) throws(TableError) -> [String] {
    try texts(.sequence(.init(try nodes(key, expected: expected))), key: key, expected: expected)
  }

  func number(_ text: String, _ node: Node) throws(TableError) -> ExactNumber {
    do { return try ExactNumber(parsing: text) } catch {
      throw .malformed(file: file, line: node.mark?.line, problem: "'points'", remedy: error.description)
    }
  }
}
