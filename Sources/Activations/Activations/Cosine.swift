import Moments

/// The cosine, `φ(z) = cos(w z)`, with w = 1 unless given.
public struct Cosine: Activation {
  /// w.
  public let scale: ExactNumber
  public let value: ScalarFunction
  public let derivative: ScalarFunction

  /// - Throws: ``ActivationError/impossible(activation:problem:remedy:)`` for a scale of 0 or out of the range of doubles.
  public init(scale: ExactNumber = 1) throws(ActivationError) {
    let argument = try ScaledArgument(scale, of: "cos", constant: 1)
    self.scale = scale
    let name = argument.description("cos")
    let half = ExactNumber(1, 2)
    value = ScalarFunction(
      name: name, growth: .power(0),
      waves: [Wave(real: half, frequency: scale), Wave(real: half, frequency: -scale)], parity: .even,
      strip: .infinity
    ) { argument.cosine($0) }
    // −w sin(wz) = iw (e^{iwz} − e^{−iwz}) / 2
    derivative = ScalarFunction(
      name: name + "'", growth: .power(0),
      waves: [
        Wave(real: 0, imaginary: scale * half, frequency: scale),
        Wave(real: 0, imaginary: -(scale * half), frequency: -scale),
      ], parity: .odd, strip: .infinity
    ) { -argument.rounded * argument.sine($0) }
  }

  static let entry = ActivationEntry(
    name: "cos", signature: "cos or cos(w) for cos(w z)", summary: "cos(w z); w is 1 by default",
    examples: ["cos", "cos(sqrt(2))", "cos(-2)"], argumentCounts: 0...1
  ) { arguments throws(ActivationError) in try Cosine(scale: arguments.first ?? 1) }

  public var description: String { value.name }

  /// `−w² φ`.
  public var secondDerivative: ScalarFunction? {
    ScalarFunction(name: "-w²", pieces: PiecewisePolynomial(Polynomial([-(scale * scale)]))) * value
  }
}
