import Moments

/// The continuously differentiable ELU, `φ(z) = z` for `z > 0` and `α (e^{z/α} − 1)` for `z ≤ 0`, with `φ′(0) = 1`.
///
/// Its second derivative jumps at 0.
public struct CELU: Activation {
  /// α, positive.
  public let alpha: ExactNumber
  public let value: ScalarFunction
  public let derivative: ScalarFunction

  /// - Throws: ``ActivationError/impossible(activation:problem:remedy:)`` unless α is positive and in the range of doubles.
  public init(alpha: ExactNumber = 1) throws(ActivationError) {
    let name = "celu(\(alpha))"
    guard alpha.signum > 0 else {
      throw .impossible(activation: name, problem: "alpha is not positive", remedy: "Write celu(alpha) with alpha > 0.")
    }
    try Parameters.requireRepresentable(alpha, of: name)
    self.alpha = alpha
    let scale = TwoTerm(alpha)
    let transitions = ELU.transitions.map { $0 * scale.high }
    value = ScalarFunction(
      name: name, kinks: [0], transitions: transitions, growth: .power(1), leftGrowth: .power(0)
    ) { z in
      if z > 0 { return z }
      let argument = z / scale.high
      // Below this the next term of the series is beyond the last digit; the quotient may underflow.
      return argument.magnitude < 0x1p-54 ? z : scale.high * Libm.expm1(argument)
    }
    .with(
      gaussianForm: .halfExponential(
        level: 0, slope: 1, offset: -scale.high, amplitude: scale.high, rate: 1 / scale.high))
    derivative = ScalarFunction(
      name: name + "'", kinks: [0], transitions: transitions, growth: .power(0), leftGrowth: .vanishing
    ) { z in z > 0 ? 1 : exponential(.quotient(z, scale)) }
    .with(gaussianForm: .halfExponential(level: 1, slope: 0, offset: 0, amplitude: 1, rate: 1 / scale.high))
  }

  static let entry = ActivationEntry(
    name: "celu", signature: "celu or celu(alpha) with alpha > 0",
    summary: "z for z > 0, else alpha (exp(z/alpha) - 1); alpha is 1 by default", examples: ["celu", "celu(3/10)"],
    argumentCounts: 0...1
  ) { arguments throws(ActivationError) in try CELU(alpha: arguments.first ?? 1) }

  public var description: String { value.name }
  public var gain: ExactNumber { ExactNumber(squareRootOf: 2) }

  /// 0 for `z > 0` and `e^{z/α}/α` for `z < 0`.
  public var secondDerivative: ScalarFunction? {
    let scale = TwoTerm(alpha)
    let inverse = 1 / scale.high
    return ScalarFunction(
      name: description + "''", kinks: [0], transitions: ELU.transitions.map { $0 * scale.high }, growth: .vanishing
    ) { z in z > 0 ? 0 : exponential(.quotient(z, scale), times: inverse) }
    .with(gaussianForm: .halfExponential(level: 0, slope: 0, offset: 0, amplitude: inverse, rate: inverse))
  }
}
