import Activations
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
    var layers: [DenseLayer] = []
    var sections: [Section] = []
    for (index, node) in layerNodes.prefix(Self.maximumLayerCount + 1).enumerated() {
      let layer = try DenseLayer.read(
        node, index: index, isReadout: index == layerNodes.count - 1, dimension: dimension)
      layers.append(layer.layer)
      sections.append(layer.section)
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
      case .layer(let number): return sections[number - 1].line(key)
      }
    }
  }
}

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

  fileprivate func dimension() throws(NetworkError) -> Int {
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

  fileprivate func inputScale(dimension: Int) throws(NetworkError) -> ExactNumber {
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

extension DenseLayer {
  private static let keys = [
    "weights", "bias", "activation", "weight-multiplier", "bias-multiplier", "trainable",
  ]

  fileprivate static func read(
    _ node: Node, index: Int, isReadout: Bool, dimension: Int
  ) throws(NetworkError) -> (layer: DenseLayer, section: Section) {
    let section = try Section(node, key: "layers", place: .layer(index + 1), allowed: keys)
    let example = "a law, as in uniform(-1, 1)"
    let weights = try section.law("weights", try section.text("weights", expected: example), context: .weights)
    var bias: (any Law)?
    if !section.isNone("bias") {
      let text = try section.text("bias", expected: example + ", or none")
      bias = try section.law("bias", text, context: .bias(fanIn: index == 0 ? dimension : nil))
    }
    var activation: (any Activation)?
    if !section.isNone("activation") {
      let text =
        isReadout
        ? try section.optionalText("activation", expected: "no activation in the readout")
        : try section.text(
          "activation", expected: "an activation, as in relu; only the last layer, the readout, has none")
      if let text {
        do { activation = try ActivationRegistry.activation(parsing: text) } catch {
          throw section.impossible("activation", error.description)
        }
      }
    }
    var trainable = TrainableParameters.all
    if let word = try section.optionalText("trainable", expected: "all, weights, bias or none") {
      guard let value = TrainableParameters(rawValue: word) else {
        throw section.impossible("trainable", "'\(excerpt(word))' is not known", "Write all, weights, bias or none.")
      }
      trainable = value
    }
    let layer = DenseLayer(
      weights: weights, bias: bias, weightMultiplier: try section.number("weight-multiplier", default: 1),
      biasMultiplier: try section.number("bias-multiplier", default: 1), trainable: trainable, activation: activation)
    return (layer, section)
  }
}

extension Section {
  fileprivate func law(_ key: String, _ text: String, context: LawContext) throws(NetworkError) -> any Law {
    do { return try LawRegistry.law(parsing: text, context: context) } catch {
      throw impossible(key, error.description)
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
