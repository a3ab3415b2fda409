import Activations
import Expectation
import Moments
import Networks

/// The first layer under its true law: d inputs, no Gaussian approximation.
struct FirstLayer {
  let kernelState: KernelState

  init(
    _ network: Network, _ x: [ExactNumber], _ y: [ExactNumber], _ exponents: WidthExponents, required: Double?
  ) throws {
    let layer = network.layers[0]
    let weightScale = layer.weightMultiplier * network.inputScale
    let pair = PreactivationPair(
      weights: layer.weights, bias: exponents.biasSurvives[0] ? layer.bias : nil, weightScale: weightScale,
      biasScale: layer.biasMultiplier, x: x, y: y)
    var groups: [(group: ParameterGroup, kernel: Quantity)] = []
    if layer.trainable.trainsWeights {
      // Under the standard parameterization the input scale sits in the initial weights, not in the gradient.
      let factor = network.parameterization.placesInputScaleInInitialization ? layer.weightMultiplier : weightScale
      let dot = zip(x, y).reduce(ExactNumber.zero) { $0 + $1.0 * $1.1 }
      groups.append((ParameterGroup(layer: 0, kind: .weights), .exact(factor * factor * dot)))
    }
    if layer.bias != nil, layer.trainable.trainsBias {
      groups.append(
        (ParameterGroup(layer: 0, kind: .bias), .exact(layer.biasMultiplier * layer.biasMultiplier)))
    }
    guard let activation = layer.activation else {
      throw NetworkStructureError.missingActivation(layer: 1)
    }
    let value = ExpectationQuestion(activation.value, activation.value, pair)
    let derivative = ExpectationQuestion(activation.derivative, activation.derivative, pair)
    // The derivative matters only where a trained group stands before the activation.
    let isNeeded = groups.contains { !($0.kernel.estimate?.isExactlyZero ?? false) }
    kernelState = KernelState(
      featureKernel: try ExpectationChain.expectation(value, required: required),
      derivativeKernel: isNeeded ? try ExpectationChain.expectation(derivative, required: required) : .zero,
      groups: groups)
  }
}

/// An invariant of `Network` that does not hold: a network built by hand, not by its initializer.
enum NetworkStructureError: Error, CustomStringConvertible {
  case missingActivation(layer: Int)

  var description: String {
    switch self {
    case .missingActivation(let layer): return "Hidden layer \(layer) has no activation. Give it one."
    }
  }
}
