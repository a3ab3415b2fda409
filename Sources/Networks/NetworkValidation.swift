import Activations
import Moments

extension Network {
  /// Checks the invariants of the type; call it after changing properties.
  ///
  /// - Throws: ``NetworkError`` naming the key, what is wrong and what is allowed.
  public func validate() throws(NetworkError) {
    try validate { _, _ in nil }
  }

  func validate(line: NetworkError.LineLookup) throws(NetworkError) {
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
    for index in [0, layers.count - 1] where !(layers[index] is DenseLayer) {
      let place = NetworkError.Place.layer(index + 1)
      throw .impossible(
        key: "kind", place: place, line: line("kind", place),
        problem: "the \(index == 0 ? "first" : "last") layer is \(type(of: layers[index]).title)",
        remedy: index == 0
          ? "The first layer takes the input and must be dense: put one before it."
          : "The last layer is the readout and must be dense: add one after it.")
    }
    for (index, layer) in layers.enumerated() {
      let position = LayerPosition.inNetwork(index, of: layers.count, inputDimension: inputDimension)
      try layer.validate(at: position, line: line)
    }
    if case .general(let a, let b, _) = parameterization {
      if let other = layers.firstIndex(where: { !($0 is DenseLayer) }) {
        throw .impossible(
          key: "parameterization", place: .network, line: line("parameterization", .network),
          problem: "exponents a, b are those of dense layers, and layer \(other + 1) is \(type(of: layers[other]).title)",
          remedy: "Write ntk, standard, mean-field or mup.")
      }
      for (key, exponents) in [("a", a), ("b", b)] where exponents.count != layers.count {
        throw .impossible(
          key: key, place: .parameterization, line: line(key, .parameterization),
          problem: "there are \(exponents.count) exponents for \(layers.count) layers",
          remedy: "Write one exponent for each layer, the readout included.")
      }
    }
  }
}
