import Moments

/// The identity clipped to [−1, 1], with `φ′(±1) = 0`.
public struct HardTanh: Activation {
  public init() {}

  static let entry = ActivationEntry(
    name: "hard-tanh", signature: "hard-tanh", summary: "z clipped to [-1, 1]", examples: ["hard-tanh"]
  ) { _ in HardTanh() }

  public var description: String { "hard-tanh" }

  private static let pieces = PiecewisePolynomial(
    breakpoints: [-1, 1], polynomials: [Polynomial([-1]), Polynomial([0, 1]), Polynomial([1])])

  public let value = ScalarFunction(name: "hard-tanh", pieces: HardTanh.pieces)
  public let derivative = ScalarFunction(name: "hard-tanh'", pieces: HardTanh.pieces.derivative())
}
