import Moments

/// The softplus, `φ(z) = ln(1 + e^z)`, a smooth ReLU; its nearest branch points are ±πi.
///
/// PyTorch switches to z above its threshold of 20; the two differ by less than 2·10⁻⁹ there, and here nothing is cut.
public struct Softplus: Activation {
  public init() {}

  static let entry = ActivationEntry(
    name: "softplus", signature: "softplus", summary: "log(1 + exp(z))", examples: ["softplus"]
  ) { _ in Softplus() }

  public var description: String { "softplus" }
  public var gain: ExactNumber { ExactNumber(squareRootOf: 2) }

  public let value = ScalarFunction(
    name: "softplus", transitions: [-40, -8, -2, 2, 8, 40], growth: .power(1), leftGrowth: .vanishing, parity: .none,
    strip: .pi
  ) { z in
    z > 0 ? z + Libm.log1p(Libm.exp(-z)) : Libm.log1p(Libm.exp(z))
  }
  public let derivative = ScalarFunction(
    name: "softplus'", transitions: [-40, -8, -2, 2, 8, 40], growth: .power(0), leftGrowth: .vanishing, parity: .none,
    strip: .pi
  ) { Logistic.value($0) }

  /// `e^z/(1 + e^z)²`.
  public var secondDerivative: ScalarFunction? {
    ScalarFunction(
      name: "softplus''", transitions: [-40, -8, -2, 2, 8, 40], growth: .vanishing, parity: .even, strip: .pi
    ) { Logistic.derivative($0) }
  }
}
