import Activations
import Expectation
import Moments
import Networks

/// A first layer whose preactivations are not Gaussian: its expectations come from the chain of methods, pair by pair.
struct FirstLayerLaw: Sendable {
  private let weights: any Law
  private let bias: (any Law)?
  private let weightScale: ExactNumber
  private let biasScale: ExactNumber
  private let activation: any Activation

  /// nil for centred Gaussian weights with a Gaussian, constant or no bias.
  init?(_ network: Network, _ layer: DenseLayer, biasSurvives: Bool) throws {
    func isGaussian(_ law: any Law) -> Bool {
      let parts = law.decomposition
      return parts.atoms.isEmpty && parts.densities.count == 1 && parts.densities[0].gaussian != nil
    }
    let hasSimpleBias = layer.bias.map { isGaussian($0) || $0.decomposition.constantValue != nil } ?? true
    if isGaussian(layer.weights), layer.weights.isSymmetric, hasSimpleBias { return nil }
    guard let activation = layer.activation else {
      throw GramError.noLimit(kernel: "NNGP kernel", reason: "hidden layer 1 has no activation")
    }
    weights = layer.weights
    bias = biasSurvives ? layer.bias : nil
    weightScale = layer.weightMultiplier * network.inputScale
    biasScale = layer.biasMultiplier
    self.activation = activation
  }

  /// `E[φ(u) φ(v)]` and `E[φ′(u) φ′(v)]` at two inputs, with their errors.
  func duals(
    _ x: ArraySlice<Double>, _ y: ArraySlice<Double>, needsSlopes: Bool
  ) throws -> (value: Estimate, slope: Estimate) {
    let pair = PreactivationPair(
      weights: weights, bias: bias, weightScale: weightScale, biasScale: biasScale,
      x: x.compactMap { ExactNumber(exactly: $0) }, y: y.compactMap { ExactNumber(exactly: $0) })
    func expectation(_ f: ScalarFunction, _ kernel: String) throws -> Estimate {
      let quantity = try ExpectationChain.expectation(ExpectationQuestion(f, f, pair))
      guard let estimate = quantity.estimate else {
        throw GramError.noLimit(kernel: kernel, reason: quantity.reason ?? "it does not exist")
      }
      return estimate
    }
    return (
      try expectation(activation.value, "NNGP kernel"),
      needsSlopes ? try expectation(activation.derivative, "NTK") : .zero
    )
  }
}
