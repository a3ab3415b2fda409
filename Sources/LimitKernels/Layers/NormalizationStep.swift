import Expectation
import Moments
import Networks

/// The step of a layer normalization, `h′ᵢ = γᵢ (hᵢ − μ)/√(σ² + ε) + βᵢ`.
///
/// The mean and the variance over N neurons become `E h` and `C_xx = E h² − (E h)²`. With `s_x = √(C_xx + ε)`,
///
///     F̂ = C/(s_x s_y) ,   F′ = E[γ²] F̂ + E[β²] ,   Θ′ = E[γ²] Θ/(s_x s_y) + F̂ (gains) + 1 (biases) .
///
/// The derivative passes through the normalization as through a fixed factor. With `ĥ = (h − μ)/s`,
///
///     ∂h′ᵢ/∂hⱼ = (γᵢ/s) (δᵢⱼ − 1/N − ĥᵢ ĥⱼ/N) ,
///
/// the last two terms being the changes of μ and of s, which are averages over all neurons. An average over N neurons
/// has a gradient of squared length O(1/N), where that of one neuron is O(1): both terms change Θ by O(1/N).
///
/// The angular defect of F̂ is that of C over `s_x s_y`, so that nearly parallel inputs keep their accuracy.
///
/// **Source.** Ba et al. 2016; Yang, *Tensor Programs II*, 2020, for the limit; neural-tangents' `LayerNorm`, which
/// covers centred features.
struct NormalizationStep: KernelLayer {
  private let path: LayerPath
  private let layer: LayerNormalization
  private let epsilon: Estimate
  /// `E[γ²]`.
  private let gain: Quantity
  private let bias: (any Law)?
  let givesGaussian: Bool

  init(_ layer: LayerNormalization, in context: LayerContext) {
    self.layer = layer
    path = context.path
    epsilon = Estimate(exact: layer.epsilon)
    gain = layer.gain?.moment(2) ?? .exact(1)
    bias = context.biasSurvives ? layer.bias : nil
    let hasOneGain = layer.gain.map { $0.decomposition.constantValue != nil } ?? true
    givesGaussian = context.isGaussian && hasOneGain && (bias?.isCentredGaussian ?? true)
  }

  func step(from features: Features) throws -> LayerStep {
    let covariance = features.covariance
    let trained = layer.parameters(at: path).filter(\.isTrained).map(\.group)
    guard let xx = covariance.xx.estimate, covariance.xy.estimate != nil, let yy = covariance.yy.estimate,
      features.means != nil
    else {
      let missing = [covariance.xx, covariance.yy, covariance.xy].first { $0.estimate == nil } ?? .zero
      return LayerStep(
        undefined: "the features before \(path) have no variance: \(missing.reason ?? "")", groups: trained)
    }
    let (first, second) = (try inverse(xx, "x"), try inverse(yy, "y"))
    let factors = scale(first, second, covariance)
    let normalized = normalize(covariance, first, second, factors)

    var kernel = gain * normalized
    var means = PairMeans.zero
    if let bias {
      kernel = kernel + PairKernel(constant: bias.moment(2))
      if let mean = bias.moment(1).estimate { means = PairMeans(constant: mean) }
    }
    let groups = trained.map { group in
      (group: group, kernel: group.kind == .gain ? normalized : PairKernel(constant: .exact(1)))
    }
    return LayerStep(features: Features(kernel: kernel, means: means), transmission: gain * factors, groups: groups)
  }

  /// What the features of one input are divided by.
  private struct Inverse {
    /// `s² = C + ε`.
    let square: Estimate
    /// `1/s²`.
    let ofSquare: Estimate
    /// `1/s`.
    let ofRoot: Estimate
  }

  private func inverse(_ variance: Estimate, _ input: String) throws -> Inverse {
    let square = variance + epsilon
    if square.isExactlyZero { throw KernelError.constantFeatures(layer: path, point: input) }
    // A variance lost in the rounding of E h² − (E h)².
    guard square.value > 0, square.roundedError < square.value else {
      throw ExpectationError.notComputable(
        quantity: "The normalization of \(path)",
        reason: "the variance of the features over the neurons, \(square.value) with an error of \(square.error), is lost "
          + "in the rounding of their mean square; give the layer an epsilon, or shift the activation")
    }
    let spread = square.roundedError / (square.value - square.roundedError)
    let root = 1 / square.value.squareRoot()
    var ofSquare = Estimate(
      1 / square.value, error: (spread + 2 * 0x1p-53) / square.value, method: max(square.method, .closedForm))
    if let exact = square.exact, exact.bitWidth < Self.longestExact, let inverse = exact.reciprocal {
      ofSquare = Estimate(exact: inverse)
    }
    return Inverse(
      square: square, ofSquare: ofSquare,
      ofRoot: Estimate(root, error: root * (spread + 4 * 0x1p-53), method: max(square.method, .closedForm)))
  }

  /// `1/(s_x s_y)`.
  private func scale(_ first: Inverse, _ second: Inverse, _ covariance: PairKernel) -> PairKernel {
    // Equal spreads need no root.
    let areEqual = first.square.exact != nil && first.square.exact == second.square.exact
    let difference = covariance.knownDifference.map { -($0 * first.ofSquare * second.ofSquare) }
    return PairKernel(
      xx: .finite(first.ofSquare), xy: .finite(areEqual ? first.ofSquare : first.ofRoot * second.ofRoot),
      yy: .finite(second.ofSquare), angular: .zero, difference: difference)
  }

  private func normalize(
    _ covariance: PairKernel, _ first: Inverse, _ second: Inverse, _ factors: PairKernel
  ) -> PairKernel {
    let between = factors.xy.estimate ?? .one
    func whole(_ variance: Quantity, _ inverse: Inverse) -> Quantity {
      if epsilon.isExactlyZero { return .exact(1) }
      guard let variance = variance.estimate else { return .zero }
      if variance.exact != nil, inverse.ofSquare.exact != nil { return .finite(variance * inverse.ofSquare) }
      // v/(v + ε) moves by ε/(v + ε)² times an error of v.
      let (value, error, bottom) = (variance.value, variance.roundedError, inverse.square.value)
      let moved = error / (bottom - error) * (epsilon.value / bottom)
      return .finite(
        Estimate(value / bottom, error: moved + 3 * 0x1p-53 * value.magnitude / bottom, method: inverse.ofSquare.method))
    }
    let difference =
      epsilon.isExactlyZero
      ? .zero : covariance.knownDifference.map { epsilon * $0 * first.ofSquare * second.ofSquare }
    return PairKernel(
      xx: whole(covariance.xx, first), xy: product(.finite(between), covariance.xy), yy: whole(covariance.yy, second),
      angular: covariance.knownAngular.map { $0 * between }, difference: difference)
  }

  /// Fractions longer than this are rounded: products double the digits from layer to layer.
  private static let longestExact = 3000
}

extension LayerNormalization: LimitLayer {
  var readsMeans: Bool { true }

  func kernelLayer(in context: LayerContext) throws -> any KernelLayer { NormalizationStep(self, in: context) }
}
