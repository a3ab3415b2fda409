import Moments

/// The error function.
///
/// Entire, but not bounded off the real axis: its derivative `2 e^{−z²}/√π` grows like `e^{y²}` at height y.
public struct Erf: Activation {
  public init() {}

  static let entry = ActivationEntry(name: "erf", signature: "erf", summary: "the error function", examples: ["erf"]) {
    _ in Erf()
  }

  public var description: String { "erf" }

  public let value = ScalarFunction(
    name: "erf", transitions: [-6, -2, -0.5, 0.5, 2, 6], growth: .power(0), parity: .odd, strip: .infinity
  ) { Libm.erf($0) }
  .with(gaussianForm: .errorFunction(scale: 1))
  public let derivative = ScalarFunction(
    name: "erf'", transitions: [-6, -2, -0.5, 0.5, 2, 6], growth: .vanishing, parity: .even, strip: .infinity
  ) { z in
    let square = TwoTerm.square(z)
    return exponential(TwoTerm(-square.high, -square.low), times: 1.1283791670955126)  // 2/√π
  }
  .with(gaussianForm: .gaussian(coefficients: [1.1283791670955126], rate: 1))

  /// `−2 z φ′`.
  public var secondDerivative: ScalarFunction? {
    (ScalarFunction(name: "-2z", pieces: PiecewisePolynomial(Polynomial([0, -2]))) * derivative)
      .with(gaussianForm: .gaussian(coefficients: [0, -2.256758334191025], rate: 1))
  }
}
