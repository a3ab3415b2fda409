import Moments

/// The logistic function, `φ(z) = 1/(1 + e^{−z})`; its nearest poles are ±πi.
public struct Sigmoid: Activation {
  public init() {}

  static let entry = ActivationEntry(
    name: "sigmoid", signature: "sigmoid", summary: "1 / (1 + exp(-z))", examples: ["sigmoid"]
  ) { _ in Sigmoid() }

  public var description: String { "sigmoid" }

  public let value = ScalarFunction(
    name: "sigmoid", transitions: [-40, -8, -2, 2, 8, 40], growth: .power(0), leftGrowth: .vanishing, parity: .none,
    strip: .pi
  ) { Logistic.value($0) }
  public let derivative = ScalarFunction(
    name: "sigmoid'", transitions: [-40, -8, -2, 2, 8, 40], growth: .vanishing, parity: .even, strip: .pi
  ) { Logistic.derivative($0) }

  /// `−φ′ tanh(z/2)`.
  public var secondDerivative: ScalarFunction? {
    ScalarFunction(
      name: "sigmoid''", transitions: [-40, -8, -2, 2, 8, 40], growth: .vanishing, parity: .odd, strip: .pi
    ) { z in -Logistic.derivative(z) * Libm.tanh(0.5 * z) }
  }
}
