import Moments

/// The Heaviside step, 1 for `z > 0` and 0 for `z ≤ 0`.
///
/// Its derivative counts as 0 everywhere, as in automatic differentiation: no gradient passes through it.
public struct Step: Activation {
  public init() {}

  static let entry = ActivationEntry(
    name: "step", signature: "step", summary: "1 for z > 0, else 0", examples: ["step"]
  ) { _ in Step() }

  public var description: String { "step" }

  private static let pieces = PiecewisePolynomial(
    breakpoints: [0], polynomials: [.zero, Polynomial([1])], breakpointValues: [0])

  public let value = ScalarFunction(name: "step", pieces: Step.pieces)
  public let derivative = ScalarFunction(name: "step'", pieces: Step.pieces.derivative())
}
