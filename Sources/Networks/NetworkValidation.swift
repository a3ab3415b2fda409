import Activations
import Moments

extension Network {
  /// Where a problem of a network is: the line of a file, if there is one.
  typealias LineLookup = (_ key: String, _ place: NetworkError.Place) -> Int?

  /// Checks the invariants of the type; call it after changing properties.
  ///
  /// - Throws: ``NetworkError`` naming the key, what is wrong and what is allowed.
  public func validate() throws(NetworkError) {
    try validate { _, _ in nil }
  }

  func validate(line: LineLookup) throws(NetworkError) {
    guard (1...Self.maximumInputDimension).contains(inputDimension) else {
      throw .impossible(
        key: "input-dimension", place: .network, line: line("input-dimension", .network),
        problem: "\(inputDimension) is out of range",
        remedy: "Write a whole number from 1 to \(Self.maximumInputDimension).")
    }
    guard !inputScale.isZero else {
      throw .impossible(
        key: "input-scale", place: .network, line: line("input-scale", .network),
        problem: "with 0 the network does not see its input",
        remedy: "Write a number that is not zero, or leave the key out for 1/sqrt(d).")
    }
    guard (2...Self.maximumLayerCount).contains(layers.count) else {
      throw .impossible(
        key: "layers", place: .network, line: line("layers", .network),
        problem: layers.count > 2
          ? "\(layers.count) layers are too many"
          : "there \(layers.count == 1 ? "is 1 layer" : "are no layers"), and a network has a hidden layer and a readout",
        remedy: "Write 2 to \(Self.maximumLayerCount) layers, the last of them without an activation.")
    }
    for (index, layer) in layers.enumerated() { try validate(layer, index: index, line: line) }
    if case .general(let a, let b, _) = parameterization {
      for (key, exponents) in [("a", a), ("b", b)] where exponents.count != layers.count {
        throw .impossible(
          key: key, place: .parameterization, line: line(key, .parameterization),
          problem: "there are \(exponents.count) exponents for \(layers.count) layers",
          remedy: "Write one exponent for each layer, the readout included.")
      }
    }
  }

  private func validate(_ layer: DenseLayer, index: Int, line: LineLookup) throws(NetworkError) {
    let place = NetworkError.Place.layer(index + 1)
    let isReadout = index == layers.count - 1
    if isReadout, let activation = layer.activation {
      throw .impossible(
        key: "activation", place: place, line: line("activation", place),
        problem: "the last layer is the readout, which has no activation, but '\(activation.description)' stands here",
        remedy: "Take the key out, or add a readout layer after this one.")
    }
    if !isReadout, layer.activation == nil {
      throw .missingKey(
        key: "activation", place: place, line: line("activation", place),
        expected: "an activation, as in relu; only the last layer, the readout, has none")
    }
    if index > 0, let mean = layer.weights.moment(1).estimate, mean.value.magnitude > mean.error {
      let shown = mean.exact?.description ?? "\(mean.value)"
      throw .impossible(
        key: "weights", place: place, line: line("weights", place),
        problem:
          "\(layer.weights.description) has the mean \(shown), and the preactivations would grow with the width N",
        remedy: "Weights after the first layer must have mean zero.")
    }
  }
}
