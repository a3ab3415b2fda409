import Moments

/// The exponential linear unit, `φ(z) = z` for `z > 0` and `α (e^z − 1)` for `z ≤ 0`, with `φ′(0) = α`.
///
/// The kink at 0 stays at α = 1, where it is one of the second derivative.
public struct ELU: Activation {
  /// α.
  public let alpha: ExactNumber
  public let value: ScalarFunction
  public let derivative: ScalarFunction

  static let transitions: [Double] = [-40, -8, -1]

  /// - Throws: ``ActivationError/impossible(activation:problem:remedy:)`` for an α out of the range of doubles.
  public init(alpha: ExactNumber = 1) throws(ActivationError) {
    let name = "elu(\(alpha))"
    try Parameters.requireRepresentable(alpha, of: name)
    self.alpha = alpha
    let depth = alpha.doubleValue
    value = ScalarFunction(
      name: name, kinks: [0], transitions: ELU.transitions, growth: .power(1), leftGrowth: .power(0)
    ) { z in z > 0 ? z : depth * Libm.expm1(z) }
    .with(gaussianForm: .halfExponential(level: 0, slope: 1, offset: -depth, amplitude: depth, rate: 1))
    derivative = ScalarFunction(
      name: name + "'", kinks: [0], transitions: ELU.transitions, growth: .power(0), leftGrowth: .vanishing
    ) { z in z > 0 ? 1 : exponential(TwoTerm(z), times: depth) }
    .with(gaussianForm: .halfExponential(level: 1, slope: 0, offset: 0, amplitude: depth, rate: 1))
  }

  static let entry = ActivationEntry(
    name: "elu", signature: "elu or elu(alpha)", summary: "z for z > 0, else alpha (exp(z) - 1); alpha is 1 by default",
    examples: ["elu", "elu(3/10)", "elu(-1/2)"], argumentCounts: 0...1
  ) { arguments throws(ActivationError) in try ELU(alpha: arguments.first ?? 1) }

  public var description: String { value.name }
  public var gain: ExactNumber { ExactNumber(squareRootOf: 2) }

  /// 0 for `z > 0` and `α e^z` for `z < 0`; φ′ jumps by `1 − α` at 0.
  public var secondDerivative: ScalarFunction? {
    let depth = alpha.doubleValue
    return ScalarFunction(
      name: description + "''", kinks: [0], transitions: ELU.transitions, growth: .vanishing
    ) { z in z > 0 ? 0 : exponential(TwoTerm(z), times: depth) }
    .with(gaussianForm: .halfExponential(level: 0, slope: 0, offset: 0, amplitude: depth, rate: 1))
  }
}
