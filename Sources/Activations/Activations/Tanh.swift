import Moments

/// The hyperbolic tangent; its nearest poles are ±πi/2.
public struct Tanh: Activation {
  public init() {}

  static let entry = ActivationEntry(
    name: "tanh", signature: "tanh", summary: "the hyperbolic tangent", examples: ["tanh"]
  ) { _ in Tanh() }

  public var description: String { "tanh" }

  public let value = ScalarFunction(
    name: "tanh", transitions: [-20, -4, -1, 1, 4, 20], growth: .power(0), parity: .odd, strip: .pi / 2
  ) { Libm.tanh($0) }
  public let derivative = ScalarFunction(
    name: "tanh'", transitions: [-20, -4, -1, 1, 4, 20], growth: .vanishing, parity: .even, strip: .pi / 2
  ) { z in
    // 1 − tanh² cancels and cosh² overflows: 4 e^{−2|z|} / (1 + e^{−2|z|})².
    let argument = -2 * z.magnitude
    let power = 1 + Libm.exp(argument)
    return exponential(TwoTerm(argument), times: 4 / (power * power))
  }

  /// `−2 φ φ′`.
  public var secondDerivative: ScalarFunction? {
    ScalarFunction(name: "-2", pieces: PiecewisePolynomial(Polynomial([-2]))) * value * derivative
  }
}
