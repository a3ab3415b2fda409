import Activations
import Expectation
import Moments
import Networks

/// A neuron of the first layer under its true law, `z_a = m_w s w·x_a + m_b b`.
///
/// Monomials of one or two distinct inputs go to the chain of expectation methods, exact where it is; those of three
/// or four to ``ManyInputMean``.
struct FirstLayerNeuron: NeuronLaw, Sendable {
  let activation: any Activation
  let layer: DenseLayer
  /// `m_w s`.
  let weightScale: ExactNumber
  let points: [[ExactNumber]]
  /// For each point the first one that equals it.
  private let representative: [Int]

  init(_ layer: DenseLayer, activation: any Activation, inputScale: ExactNumber, points: [[ExactNumber]]) {
    self.layer = layer
    self.activation = activation
    self.points = points
    weightScale = layer.weightMultiplier * inputScale
    representative = points.indices.map { index in points.firstIndex(of: points[index]) ?? index }
  }

  func mean(_ monomial: NeuronMonomial) throws -> Quantity {
    let monomial = monomial.renamed { representative[$0] }
    let inputs = monomial.inputs
    switch inputs.count {
    case 0: return .finite(.one)
    case 1, 2:
      let (first, last) = (inputs[0], inputs[inputs.count - 1])
      let pair = PreactivationPair(
        weights: layer.weights, bias: layer.bias, weightScale: weightScale, biasScale: layer.biasMultiplier,
        x: points[first], y: points[last])
      let f = monomial.function(of: first, activation)
      let g = inputs.count == 1 ? .one : monomial.function(of: last, activation)
      return try ExpectationChain.expectation(ExpectationQuestion(f, g, inputs.count == 1 ? pair.marginalU : pair))
    default:
      return try ManyInputMean(
        functions: inputs.map { monomial.function(of: $0, activation) }, summands: summands(inputs)
      ).value()
    }
  }

  /// The independent summands of the preactivations, each with its coefficient at every input.
  private func summands(_ inputs: [Int]) -> [ManyInputMean.Summand] {
    var result: [ManyInputMean.Summand] = []
    for coordinate in points[0].indices {
      let coefficients = inputs.map { weightScale * points[$0][coordinate] }
      if coefficients.contains(where: { !$0.isZero }) { result.append((layer.weights, coefficients)) }
    }
    if let bias = layer.bias { result.append((bias, inputs.map { _ in layer.biasMultiplier })) }
    return result
  }
}
