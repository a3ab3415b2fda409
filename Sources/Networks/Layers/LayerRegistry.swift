import Moments
import Yams

/// A kind of layer as a network file names it.
struct LayerKind: Sendable {
  /// The value of the key `kind`.
  let name: String
  /// Reads a layer from its keys.
  let read: @Sendable (Node, LayerPosition, inout LayerLines) throws(NetworkError) -> any NetworkLayer
}

/// The kinds of layers that a network file may hold.
enum LayerRegistry {
  /// All kinds; a layer without the key `kind` is of the first.
  static let all: [LayerKind] = [DenseLayer.kind, ResidualBlock.kind, LayerNormalization.kind]

  static var names: [String] { all.map(\.name) }

  /// Reads one item of a list of layers.
  ///
  /// - Parameter lines: Takes down where the keys of each layer stand.
  static func read(
    _ node: Node, at position: LayerPosition, lines: inout LayerLines
  ) throws(NetworkError) -> any NetworkLayer {
    try kind(of: node, at: position).read(node, position, &lines)
  }

  private static func kind(of node: Node, at position: LayerPosition) throws(NetworkError) -> LayerKind {
    guard case .mapping(let mapping) = node, let value = mapping["kind"] else { return all[0] }
    let allowed = names.dropLast().joined(separator: ", ") + (names.count > 1 ? " or " : "") + names[names.count - 1]
    guard case .scalar(let scalar) = value, !scalar.isNull else {
      throw .wrongType(
        key: "kind", place: position.place, line: value.line, found: value.kindName, expected: allowed)
    }
    guard let kind = all.first(where: { $0.name == scalar.string }) else {
      let hint = nearestName(to: scalar.string, in: names).map { "Did you mean '\($0)'? " } ?? ""
      throw .impossible(
        key: "kind", place: position.place, line: value.line,
        problem: "'\(excerpt(scalar.string))' is not known", remedy: "\(hint)Write \(allowed).")
    }
    return kind
  }
}

/// Where the keys of the layers of a file stand.
struct LayerLines {
  private var sections: [NetworkError.Place: Section] = [:]

  mutating func note(_ section: Section) { sections[section.place] = section }

  func line(_ key: String, _ place: NetworkError.Place) -> Int? { sections[place]?.line(key) }
}
