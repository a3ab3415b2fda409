import Moments

/// The exponential, `φ(z) = e^{w z}`, with w = 1 unless given; infinite where it overflows.
public struct Exponential: Activation {
  /// w.
  public let scale: ExactNumber
  public let value: ScalarFunction
  public let derivative: ScalarFunction

  /// - Throws: ``ActivationError/impossible(activation:problem:remedy:)`` for a scale of 0 or out of the range of doubles.
  public init(scale: ExactNumber = 1) throws(ActivationError) {
    let argument = try ScaledArgument(scale, of: "exp", constant: 1)
    self.scale = scale
    let name = argument.description("exp")
    let slope = argument.rounded
    // Beyond these it is nothing on one side, and out of range soon after on the other.
    let transitions = [-40.0, -8, -1, 1, 8, 40].map { $0 / slope.magnitude }
    let rising = Growth.exponential(rate: scale.magnitude)
    let (right, left) = scale.signum > 0 ? (rising, Growth.vanishing) : (.vanishing, rising)
    value = ScalarFunction(
      name: name, transitions: transitions, growth: right, leftGrowth: left, waves: [Wave(real: 1, growthRate: scale)],
      strip: .infinity
    ) { exponential(argument($0)) }
    derivative = ScalarFunction(
      name: name + "'", transitions: transitions, growth: right, leftGrowth: left,
      waves: [Wave(real: scale, growthRate: scale)],
      strip: .infinity
    ) { exponential(argument($0), times: slope) }
  }

  static let entry = ActivationEntry(
    name: "exp", signature: "exp or exp(w) for exp(w z)", summary: "exp(w z); w is 1 by default",
    examples: ["exp", "exp(-1/3)"], argumentCounts: 0...1
  ) { arguments throws(ActivationError) in try Exponential(scale: arguments.first ?? 1) }

  public var description: String { value.name }

  /// `w² φ`.
  public var secondDerivative: ScalarFunction? {
    ScalarFunction(name: "w²", pieces: PiecewisePolynomial(Polynomial([scale * scale]))) * value
  }
}
