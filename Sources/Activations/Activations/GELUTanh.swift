import Moments

/// GELU's approximation by tanh, `φ(z) = z (1 + tanh(√(2/π)(z + 0.044715 z³)))/2`.
///
/// Computed as `z σ(y)` with `y = 2√(2/π)(z + 0.044715 z³)` in two terms, for the sum `1 + tanh` cancels on the left.
/// The nearest poles, where `y = ±πi`, lie at ±0.634368 ± 2.754770i.
public struct GELUTanh: Activation {
  public init() {}

  static let entry = ActivationEntry(
    name: "gelu-tanh", signature: "gelu-tanh", summary: "z (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))) / 2",
    examples: ["gelu-tanh"]
  ) { _ in GELUTanh() }

  public var description: String { "gelu-tanh" }
  public var gain: ExactNumber { ExactNumber(squareRootOf: 2) }

  /// `2√(2/π)` and `0.044715 · 2√(2/π)`.
  private static let linear = TwoTerm(1.5957691216057308, -9.96930880911092e-17)
  private static let cubic = TwoTerm(0.07135481627260025, -6.175149918155315e-19)

  /// y; meant for `|z| < 100`.
  private static func argument(_ z: Double) -> TwoTerm { (linear + cubic * TwoTerm.square(z)) * z }

  public let value = ScalarFunction(
    name: "gelu-tanh", transitions: [-9, -3, -1, 1, 3, 9], growth: .power(1), leftGrowth: .vanishing, parity: .none,
    strip: 2.754770601637983
  ) { z in
    // y(±40) = ±4630: e^{−|y|} is nothing.
    if z.magnitude > 40 { return z > 0 ? z : -0.0 }
    let y = argument(z)
    if z >= 0 { return z / (1 + Libm.exp(-y.high)) }
    return exponential(y, times: z / (1 + Libm.exp(y.high)))
  }
  public let derivative = ScalarFunction(
    name: "gelu-tanh'", transitions: [-9, -3, -1, 1, 3, 9], growth: .power(0), leftGrowth: .vanishing, parity: .none,
    strip: 2.754770601637983
  ) { z in
    if z.magnitude > 40 { return z > 0 ? 1 : -0.0 }
    if let near = SignChange.geluTanh.value(near: z) { return near }
    let y = argument(z)
    let steepness = z * (linear.high + 3 * cubic.high * z * z)  // z y′
    let small = Libm.exp(-y.high.magnitude)
    let denominator = (1 + small) * (1 + small)
    // σ(y) (1 + z y′ σ(−y)), over the smaller exponential.
    if z >= 0 { return (1 + small * (1 + steepness)) / denominator }
    return exponential(y, times: (1 + small + steepness) / denominator)
  }

  /// `σ′(y) (2y′ + z y″ + z y′² (1 − 2σ(y)))`.
  public var secondDerivative: ScalarFunction? {
    ScalarFunction(
      name: "gelu-tanh''", transitions: [-9, -3, -1, 1, 3, 9], growth: .vanishing, parity: .even,
      strip: 2.754770601637983
    ) { z in
      if z.magnitude > 40 { return 0 }
      let y = Self.argument(z).high
      let slope = Self.linear.high + 3 * Self.cubic.high * z * z
      let bend = 6 * Self.cubic.high * z
      // 1 − 2σ(y) = −tanh(y/2).
      return Logistic.derivative(y) * (2 * slope + z * bend - z * slope * slope * Libm.tanh(0.5 * y))
    }
  }
}
