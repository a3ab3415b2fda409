import Moments

/// PyTorch's hard sigmoid, `φ(z) = relu6(z + 3)/6`, with `φ′(±3) = 0`.
public struct HardSigmoid: Activation {
  public init() {}

  static let entry = ActivationEntry(
    name: "hard-sigmoid", signature: "hard-sigmoid", summary: "relu6(z + 3) / 6", examples: ["hard-sigmoid"]
  ) { _ in HardSigmoid() }

  public var description: String { "hard-sigmoid" }

  private static let pieces = PiecewisePolynomial(
    breakpoints: [-3, 3], polynomials: [.zero, Polynomial([ExactNumber(1, 2), ExactNumber(1, 6)]), Polynomial([1])])

  public let value = ScalarFunction(name: "hard-sigmoid", pieces: HardSigmoid.pieces)
  public let derivative = ScalarFunction(name: "hard-sigmoid'", pieces: HardSigmoid.pieces.derivative())
}
