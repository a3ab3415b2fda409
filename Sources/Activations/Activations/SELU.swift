import Moments

/// The scaled exponential linear unit, `φ(z) = λ z` for `z > 0` and `λ α (e^z − 1)` for `z ≤ 0`; `φ′(0) = λ α`.
///
/// `α = 1.6732632423543772848170429916717` and `λ = 1.0507009873554804934193349852946`, taken as these decimals; they
/// make a network of standard normal preactivations keep mean 0 and variance 1.
///
/// **Source.** Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", 2017.
public struct SELU: Activation {
  /// α.
  public static let alpha =
    ExactNumber(
      Rational(16_732_632_423_543_772) * Rational(1_000_000_000_000_000) + Rational(848_170_429_916_717))
    / Rational(10).power(31)
  /// λ.
  public static let scale =
    ExactNumber(
      Rational(10_507_009_873_554_804) * Rational(1_000_000_000_000_000) + Rational(934_193_349_852_946))
    / Rational(10).power(31)

  public let value: ScalarFunction
  public let derivative: ScalarFunction

  public init() {
    let slope = Self.scale.doubleValue
    let depth = (Self.scale * Self.alpha).doubleValue
    value = ScalarFunction(
      name: "selu", kinks: [0], transitions: ELU.transitions, growth: .power(1), leftGrowth: .power(0)
    ) { z in z > 0 ? slope * z : depth * Libm.expm1(z) }
    .with(gaussianForm: .halfExponential(level: 0, slope: slope, offset: -depth, amplitude: depth, rate: 1))
    derivative = ScalarFunction(
      name: "selu'", kinks: [0], transitions: ELU.transitions, growth: .power(0), leftGrowth: .vanishing
    ) { z in z > 0 ? slope : exponential(TwoTerm(z), times: depth) }
    .with(gaussianForm: .halfExponential(level: slope, slope: 0, offset: 0, amplitude: depth, rate: 1))
  }

  static let entry = ActivationEntry(
    name: "selu", signature: "selu", summary: "lambda z for z > 0, else lambda alpha (exp(z) - 1)", examples: ["selu"]
  ) { _ in SELU() }

  public var description: String { "selu" }

  /// 0 for `z > 0` and `λ α e^z` for `z < 0`; φ′ jumps by `λ (1 − α)` at 0.
  public var secondDerivative: ScalarFunction? {
    let depth = (Self.scale * Self.alpha).doubleValue
    return ScalarFunction(
      name: "selu''", kinks: [0], transitions: ELU.transitions, growth: .vanishing
    ) { z in z > 0 ? 0 : exponential(TwoTerm(z), times: depth) }
    .with(gaussianForm: .halfExponential(level: 0, slope: 0, offset: 0, amplitude: depth, rate: 1))
  }
}
