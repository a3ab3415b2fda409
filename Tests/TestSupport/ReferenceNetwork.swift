import Activations
import Moments
import Networks
import Testing

/// The network and the two inputs of a reference case, in any of the files' three spellings.
public func referenceNetwork(_ reference: ReferenceCase) throws -> (Network, x: [ExactNumber], y: [ExactNumber]) {
  func numbers(_ json: JSONValue?) throws -> [ExactNumber] {
    try (json?.array ?? []).compactMap(\.string).map { try ExactNumber(parsing: $0) }
  }
  func law(_ json: JSONValue?) throws -> (any Law)? {
    let text = try lawText(json)
    return text == "none" ? nil : try LawRegistry.law(parsing: text)
  }
  if let spec = reference.json["spec"] {
    let x = try numbers(spec["x"])
    if let layers = spec["layers"]?.array {
      let activation = try ActivationRegistry.activation(parsing: try activationText(spec["activation"]))
      var dense: [DenseLayer] = []
      for (index, layer) in layers.enumerated() {
        let trainsBias = layer["bias_trainable"]?.bool ?? false
        let isAbsent = layer["B"]?["law"]?.string == "zero" && !trainsBias
        dense.append(
          DenseLayer(
            weights: try #require(try law(layer["W"])), bias: isAbsent ? nil : try law(layer["B"]),
            trainable: trainsBias ? .all : .weights, activation: index == layers.count - 1 ? nil : activation))
      }
      let scale = try ExactNumber(parsing: try #require(spec["s"]?.string))
      return (try Network(inputDimension: x.count, inputScale: scale, layers: dense), x, try numbers(spec["xp"]))
    }
    let activation = try ActivationRegistry.activation(parsing: try activationText(spec["activation"]))
    func trainable(_ key: String) -> TrainableParameters { spec[key]?.bool ?? false ? .all : .weights }
    let network = try Network(
      inputDimension: x.count, inputScale: try ExactNumber(parsing: try #require(spec["input_scale"]?.string)),
      layers: [
        DenseLayer(
          weights: try #require(try law(spec["weights1"])), bias: try law(spec["bias1"]),
          trainable: trainable("bias1_trainable"), activation: activation),
        DenseLayer(
          weights: try #require(try law(spec["weights2"])), bias: try law(spec["bias2"]),
          trainable: trainable("bias2_trainable")),
      ])
    return (network, x, try numbers(spec["y"]))
  }
  let network = try #require(reference.json["network"])
  return (
    try Network(yaml: yamlText(network)), try numbers(reference.json["x"]), try numbers(reference.json["y"])
  )
}

/// A JSON value as JSON text, which is YAML.
public func yamlText(_ json: JSONValue) -> String {
  switch json {
  case .null: return "null"
  case .bool(let flag): return "\(flag)"
  case .number(let number): return number == number.rounded() ? "\(Int(number))" : "\(number)"
  case .string(let text): return "\"\(text)\""
  case .array(let values): return "[" + values.map(yamlText).joined(separator: ", ") + "]"
  case .object(let pairs):
    return "{" + pairs.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \(yamlText($0.value))" }.joined(separator: ", ")
      + "}"
  }
}
