import Moments

/// The sigmoid linear unit (swish), `φ(z) = z σ(z)`; its nearest poles are ±πi.
///
/// Around the sign change of `φ′(z) = σ(z)(1 + z σ(−z))` at −1.2785 the derivative is a Taylor polynomial about the
/// root, since the two terms cancel there.
public struct SiLU: Activation {
  public init() {}

  static let entry = ActivationEntry(name: "silu", signature: "silu", summary: "z / (1 + exp(-z))", examples: ["silu"])
  {
    _ in SiLU()
  }

  public var description: String { "silu" }
  public var gain: ExactNumber { ExactNumber(squareRootOf: 2) }

  public let value = ScalarFunction(
    name: "silu", transitions: [-40, -8, -2, 2, 8, 40], growth: .power(1), leftGrowth: .vanishing, parity: .none,
    strip: .pi
  ) { z in
    if z >= 0 { return z / (1 + Libm.exp(-z)) }
    return exponential(TwoTerm(z), times: z / (1 + Libm.exp(z)))
  }
  public let derivative = ScalarFunction(
    name: "silu'", transitions: [-40, -8, -2, 2, 8, 40], growth: .power(0), leftGrowth: .vanishing, parity: .none,
    strip: .pi
  ) { z in
    if let near = SignChange.silu.value(near: z) { return near }
    let small = Libm.exp(-z.magnitude)
    let denominator = (1 + small) * (1 + small)
    if z >= 0 { return (1 + small + z * small) / denominator }
    return exponential(TwoTerm(z), times: (1 + small + z) / denominator)
  }

  /// `σ′(z) (2 − z tanh(z/2))`.
  public var secondDerivative: ScalarFunction? {
    ScalarFunction(
      name: "silu''", transitions: [-40, -8, -2, 2, 8, 40], growth: .vanishing, parity: .even, strip: .pi
    ) { z in
      let slope = Logistic.derivative(z)
      return slope == 0 ? 0 : slope * (2 - z * Libm.tanh(0.5 * z))
    }
  }
}
