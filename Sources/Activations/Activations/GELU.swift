import Moments

/// The Gaussian error linear unit, `φ(z) = z Φ(z)`, with `φ′(z) = Φ(z) + z φ₁(z)`, φ₁ the standard normal density.
///
/// Entire; it grows like `e^{y²/2}` at height y. In the left tail, below −26, both come from the asymptotic series of
/// Mills' ratio, which underflows as late as the result does; around the sign change of φ′ at −0.7518 the
/// derivative is a Taylor polynomial about the root, since Φ(z) and z φ₁(z) cancel there.
public struct GELU: Activation {
  public init() {}

  static let entry = ActivationEntry(name: "gelu", signature: "gelu", summary: "z Phi(z)", examples: ["gelu"]) { _ in
    GELU()
  }

  public var description: String { "gelu" }
  public var gain: ExactNumber { ExactNumber(squareRootOf: 2) }

  public let value = ScalarFunction(
    name: "gelu", transitions: [-9, -3, -1, 1, 3, 9], growth: .power(1), leftGrowth: .vanishing, parity: .none,
    strip: .infinity
  ) { z in
    if z < NormalFunctions.asymptoticBound {
      return NormalFunctions.density(z, times: -NormalFunctions.millsFactor(z))
    }
    return z * NormalFunctions.distribution(z)
  }
  .with(gaussianForm: .gelu)
  public let derivative = ScalarFunction(
    name: "gelu'", transitions: [-9, -3, -1, 1, 3, 9], growth: .power(0), leftGrowth: .vanishing, parity: .none,
    strip: .infinity
  ) { z in
    if z < NormalFunctions.asymptoticBound {
      return NormalFunctions.density(z, times: z - NormalFunctions.millsFactor(z) / z)
    }
    if let near = SignChange.gelu.value(near: z) { return near }
    return NormalFunctions.distribution(z) + NormalFunctions.density(z, times: z)
  }
  .with(gaussianForm: .geluDerivative)

  /// `(2 − z²) e^{−z²/2}/√(2π)`.
  public var secondDerivative: ScalarFunction? {
    let height = 0.3989422804014327
    return ScalarFunction(
      name: "gelu''", transitions: [-6, -2, -0.5, 0.5, 2, 6], growth: .vanishing, parity: .even, strip: .infinity
    ) { z in height * (2 - z * z) * Libm.exp(-0.5 * z * z) }
    .with(gaussianForm: .gaussian(coefficients: [2 * height, 0, -height], rate: 0.5))
  }
}
