import Moments

/// The identity clipped to [0, 6], with `φ′(0) = φ′(6) = 0`.
public struct ReLU6: Activation {
  public init() {}

  static let entry = ActivationEntry(
    name: "relu6", signature: "relu6", summary: "z clipped to [0, 6]", examples: ["relu6"]
  ) { _ in ReLU6() }

  public var description: String { "relu6" }

  private static let pieces = PiecewisePolynomial(
    breakpoints: [0, 6], polynomials: [.zero, Polynomial([0, 1]), Polynomial([6])])

  public let value = ScalarFunction(name: "relu6", pieces: ReLU6.pieces)
  public let derivative = ScalarFunction(name: "relu6'", pieces: ReLU6.pieces.derivative())
}
