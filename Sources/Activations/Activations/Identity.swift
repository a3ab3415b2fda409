import Moments

/// The identity, `φ(z) = z`: a linear network.
public struct Identity: Activation {
  public init() {}

  static let entry = ActivationEntry(name: "identity", signature: "identity", summary: "z", examples: ["identity"]) {
    _ in Identity()
  }

  public var description: String { "identity" }

  private static let pieces = PiecewisePolynomial(Polynomial([0, 1]))

  public let value = ScalarFunction(name: "identity", pieces: Identity.pieces)
  public let derivative = ScalarFunction(name: "identity'", pieces: Identity.pieces.derivative())
}
