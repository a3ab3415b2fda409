import Moments

/// The Gaussian, `φ(z) = e^{−z²}`.
///
/// Entire, but not bounded off the real axis: it is `e^{y²}` at height y.
public struct Gaussian: Activation {
  public init() {}

  static let entry = ActivationEntry(
    name: "gaussian", signature: "gaussian", summary: "exp(-z^2)", examples: ["gaussian"]
  ) { _ in Gaussian() }

  public var description: String { "gaussian" }

  public let value = ScalarFunction(
    name: "gaussian", transitions: [-6, -2, -0.5, 0.5, 2, 6], growth: .vanishing, parity: .even, strip: .infinity
  ) { z in
    let square = TwoTerm.square(z)
    return exponential(TwoTerm(-square.high, -square.low))
  }
  .with(gaussianForm: .gaussian(coefficients: [1], rate: 1))
  public let derivative = ScalarFunction(
    name: "gaussian'", transitions: [-6, -2, -0.5, 0.5, 2, 6], growth: .vanishing, parity: .odd, strip: .infinity
  ) { z in
    let square = TwoTerm.square(z)
    return exponential(TwoTerm(-square.high, -square.low), times: -2 * z)
  }
  .with(gaussianForm: .gaussian(coefficients: [0, -2], rate: 1))

  /// `(4z² − 2) φ`.
  public var secondDerivative: ScalarFunction? {
    (ScalarFunction(name: "(4z²-2)", pieces: PiecewisePolynomial(Polynomial([-2, 0, 4]))) * value)
      .with(gaussianForm: .gaussian(coefficients: [-2, 0, 4], rate: 1))
  }
}
