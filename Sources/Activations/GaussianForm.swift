/// A shape, other than piecewise polynomials and sums of exponentials, whose Gaussian expectations are elementary.
///
/// A descriptor of structure, not a list of activations: erf′ and the gaussian are both `.gaussian`.
public enum GaussianForm: Sendable, Equatable {
  /// `erf(scale · z)`.
  case errorFunction(scale: Double)
  /// `z Φ(z)`, Φ the standard normal distribution function.
  case gelu
  /// `Φ(z) + z Φ′(z)`.
  case geluDerivative
  /// `Σ coefficients[k] z^k · e^{−rate z²}`, `rate > 0`.
  case gaussian(coefficients: [Double], rate: Double)
  /// `level + slope · z` for `z > 0`, `offset + amplitude · e^{rate z}` for `z ≤ 0`, `rate > 0`: ELU and its kin.
  case halfExponential(level: Double, slope: Double, offset: Double, amplitude: Double, rate: Double)
}

extension ScalarFunction {
  /// The same function, with its Gaussian form.
  public func with(gaussianForm: GaussianForm) -> ScalarFunction {
    var result = self
    result.gaussianForm = gaussianForm
    return result
  }
}
