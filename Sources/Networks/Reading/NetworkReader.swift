import Foundation
import Moments
import Yams

extension Network {
  /// Reads a network from YAML or JSON.
  ///
  /// Numbers are read from their text, so that `0.1` is one tenth.
  ///
  /// - Throws: ``NetworkError`` naming the key, the line and what is allowed.
  public init(yaml text: String) throws(NetworkError) {
    try self.init(root: YAMLText(bytes: text.utf8).root)
  }

  /// Reads the network file at `path`.
  ///
  /// - Throws: ``NetworkError/inFile(path:_:)`` with what is wrong.
  public init(contentsOf path: String) throws(NetworkError) {
    do throws(NetworkError) {
      let bytes: Data
      do { bytes = try readFile(path, limit: YAMLText.maximumBytes) } catch { throw error.networkError }
      try self.init(root: YAMLText(bytes: bytes).root)
    } catch {
      throw .inFile(path: path, error)
    }
  }

  private init(root: Node) throws(NetworkError) {
    let keys = ["name", "input-dimension", "input-scale", "parameterization", "layers"]
    let section = try Section(root, key: nil, place: .network, allowed: keys)
    let name = try section.optionalText("name", expected: "a word")
    let dimension = try section.dimension()
    let scale = try section.inputScale(dimension: dimension)
    let parameterizationNode = try section.required(
      "parameterization", expected: "ntk, standard, mean-field, mup, or exponents {a: [..], b: [..], c: ..}")
    let layersNode = try section.required("layers", expected: "a list of layers, the last of them the readout")
    guard case .sequence(let layerNodes) = layersNode else {
      throw section.wrongType("layers", layersNode, expected: "a list of layers")
    }
    var layers: [any NetworkLayer] = []
    var lines = LayerLines()
    for (index, node) in layerNodes.prefix(Self.maximumLayerCount + 1).enumerated() {
      let position = LayerPosition.inNetwork(index, of: layerNodes.count, inputDimension: dimension)
      layers.append(try LayerRegistry.read(node, at: position, lines: &lines))
    }
    let parameterization = try Parameterization.read(parameterizationNode)

    self.name = name
    inputDimension = dimension
    inputScale = scale
    self.parameterization = parameterization.value
    self.layers = layers
    try validate { key, place in
      switch place {
      case .network: return section.line(key)
      case .parameterization: return parameterization.section?.line(key)
      case .layer: return lines.line(key, place)
      }
    }
  }
}

extension Parameterization {
  fileprivate static func read(_ node: Node) throws(NetworkError) -> (value: Parameterization, section: Section?) {
    let allowed = "ntk, standard, mean-field, mup, or exponents {a: [..], b: [..], c: ..}"
    switch node {
    case .scalar(let scalar) where !scalar.isNull:
      if let value = Parameterization(name: scalar.string) { return (value, nil) }
      let hint = nearestName(to: scalar.string, in: names).map { "Did you mean '\($0)'? " } ?? ""
      throw .impossible(
        key: "parameterization", place: .network, line: node.line,
        problem: "'\(excerpt(scalar.string))' is not known", remedy: "\(hint)Write \(allowed).")
    case .mapping:
      let section = try Section(node, key: "parameterization", place: .parameterization, allowed: ["a", "b", "c"])
      let expected = "one exponent of N for each layer, as in [0, 1/2]"
      let a = try section.numbers("a", expected: expected)
      let b = try section.numbers("b", expected: expected)
      let c = try section.number("c", try section.text("c", expected: "one exponent of N, as in 0"))
      return (.general(a: a, b: b, c: c), section)
    default:
      throw .wrongType(
        key: "parameterization", place: .network, line: node.line, found: node.kindName, expected: allowed)
    }
  }
}
