import Moments

/// The absolute value, with `φ′(0) = 0`.
public struct AbsoluteValue: Activation {
  public init() {}

  static let entry = ActivationEntry(name: "abs", signature: "abs", summary: "|z|", examples: ["abs"]) { _ in
    AbsoluteValue()
  }

  public var description: String { "abs" }

  private static let pieces = PiecewisePolynomial(
    breakpoints: [0], polynomials: [Polynomial([0, -1]), Polynomial([0, 1])])

  public let value = ScalarFunction(name: "abs", pieces: AbsoluteValue.pieces)
  public let derivative = ScalarFunction(name: "abs'", pieces: AbsoluteValue.pieces.derivative())
}
