import Moments

/// The cube, `φ(z) = z³`.
public struct Cube: Activation {
  public init() {}

  static let entry = ActivationEntry(name: "cube", signature: "cube", summary: "z^3", examples: ["cube"]) { _ in Cube()
  }

  public var description: String { "cube" }

  private static let pieces = PiecewisePolynomial(Polynomial([0, 0, 0, 1]))

  public let value = ScalarFunction(name: "cube", pieces: Cube.pieces)
  public let derivative = ScalarFunction(name: "cube'", pieces: Cube.pieces.derivative())
}
