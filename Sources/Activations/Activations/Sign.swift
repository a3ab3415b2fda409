import Moments

/// The sign, −1, 0 or 1.
///
/// Its derivative counts as 0 everywhere, as in automatic differentiation: no gradient passes through it.
public struct Sign: Activation {
  public init() {}

  static let entry = ActivationEntry(name: "sign", signature: "sign", summary: "-1, 0 or 1", examples: ["sign"]) { _ in
    Sign()
  }

  public var description: String { "sign" }

  private static let pieces = PiecewisePolynomial(
    breakpoints: [0], polynomials: [Polynomial([-1]), Polynomial([1])], breakpointValues: [0])

  public let value = ScalarFunction(name: "sign", pieces: Sign.pieces)
  public let derivative = ScalarFunction(name: "sign'", pieces: Sign.pieces.derivative())
}
