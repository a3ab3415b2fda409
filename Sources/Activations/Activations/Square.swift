import Moments

/// The square, `φ(z) = z²`.
public struct Square: Activation {
  public init() {}

  static let entry = ActivationEntry(name: "square", signature: "square", summary: "z^2", examples: ["square"]) { _ in
    Square()
  }

  public var description: String { "square" }

  private static let pieces = PiecewisePolynomial(Polynomial([0, 0, 1]))

  public let value = ScalarFunction(name: "square", pieces: Square.pieces)
  public let derivative = ScalarFunction(name: "square'", pieces: Square.pieces.derivative())
}
