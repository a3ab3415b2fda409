import Moments

/// Mish, `φ(z) = z tanh(ln(1 + e^z))`.
///
/// With `e = e^z`, `tanh(ln(1 + e)) = e(e + 2)/(e(e + 2) + 2)`, a ratio of positive terms, and
///
///     φ′(z) = e (e³ + 4e² + 6e + 4 + 4z(e + 1)) / (e(e + 2) + 2)²,
///
/// on the right with numerator and denominator over powers of e. Around the sign change at −1.1924 the derivative is
/// a Taylor polynomial about the root. The poles, where `(1 + e^z)² = −1`, lie at `ln √2 ± 3πi/4` and above.
public struct Mish: Activation {
  public init() {}

  static let entry = ActivationEntry(
    name: "mish", signature: "mish", summary: "z tanh(log(1 + exp(z)))", examples: ["mish"]
  ) { _ in Mish() }

  public var description: String { "mish" }
  public var gain: ExactNumber { ExactNumber(squareRootOf: 2) }

  public let value = ScalarFunction(
    name: "mish", transitions: [-40, -8, -2, 2, 8, 40], growth: .power(1), leftGrowth: .vanishing, parity: .none,
    strip: 0.75 * .pi
  ) { z in
    let small = Libm.exp(-z.magnitude)
    if z >= 0 {
      let numerator = 1 + 2 * small
      return z * (numerator / (numerator + 2 * small * small))
    }
    return exponential(TwoTerm(z), times: z * (small + 2) / (small * (small + 2) + 2))
  }
  public let derivative = ScalarFunction(
    name: "mish'", transitions: [-40, -8, -2, 2, 8, 40], growth: .power(0), leftGrowth: .vanishing, parity: .none,
    strip: 0.75 * .pi
  ) { z in
    if let near = SignChange.mish.value(near: z) { return near }
    let small = Libm.exp(-z.magnitude)
    if z >= 0 {
      let denominator = 1 + 2 * small * (1 + small)
      // Where the exponential has vanished, z times it has too.
      let numerator = 1 + small * (4 + small * (6 + 4 * small)) + 4 * (z * small) * small * (1 + small)
      return numerator / (denominator * denominator)
    }
    let denominator = small * (small + 2) + 2
    let numerator = small * (small * (small + 4) + 6) + 4 + 4 * z * (small + 1)
    return exponential(TwoTerm(z), times: numerator / (denominator * denominator))
  }

  /// `s (2 + z (1 − σ − 2 t σ))`, `σ = e/(1 + e)`, `t = tanh(ln(1 + e))` and `s = (1 − t²) σ = 4 e (1 + e)/(e(e + 2) + 2)²`.
  public var secondDerivative: ScalarFunction? {
    ScalarFunction(
      name: "mish''", transitions: [-40, -8, -2, 2, 8, 40], growth: .vanishing, parity: .none, strip: 0.75 * .pi
    ) { z in
      let small = Libm.exp(-z.magnitude)
      let sigma = Logistic.value(z)
      if z >= 0 {
        // Numerators and denominators over powers of e.
        let denominator = 1 + 2 * small * (1 + small)
        let t = (1 + 2 * small) / denominator
        let slope = 4 * small * small * (1 + small) / (denominator * denominator)
        return slope * (2 + z * (1 - sigma - 2 * t * sigma))
      }
      let denominator = small * (small + 2) + 2
      let t = small * (small + 2) / denominator
      let slope = 4 * (1 + small) / (denominator * denominator)
      return exponential(TwoTerm(z), times: slope * (2 + z * (1 - sigma - 2 * t * sigma)))
    }
  }
}
