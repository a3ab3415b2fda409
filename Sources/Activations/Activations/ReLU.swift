import Moments

/// The rectified linear unit, `φ(z) = max(z, 0)`, with `φ′(0) = 0`.
public struct ReLU: Activation {
  public init() {}

  static let entry = ActivationEntry(
    name: "relu", signature: "relu", summary: "max(z, 0)", examples: ["relu"]
  ) { _ in ReLU() }

  public var description: String { "relu" }

  private static let pieces = PiecewisePolynomial(breakpoints: [0], polynomials: [.zero, Polynomial([0, 1])])

  public let value = ScalarFunction(name: "relu", pieces: ReLU.pieces)
  public let derivative = ScalarFunction(name: "relu'", pieces: ReLU.pieces.derivative())
}
