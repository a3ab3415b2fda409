import Moments

/// The sine, `φ(z) = sin(w z)`, with w = 1 unless given.
public struct Sine: Activation {
  /// w.
  public let scale: ExactNumber
  public let value: ScalarFunction
  public let derivative: ScalarFunction

  /// - Throws: ``ActivationError/impossible(activation:problem:remedy:)`` for a scale of 0 or out of the range of doubles.
  public init(scale: ExactNumber = 1) throws(ActivationError) {
    let argument = try ScaledArgument(scale, of: "sin", constant: 0)
    self.scale = scale
    let name = argument.description("sin")
    let half = ExactNumber(1, 2)
    // sin(wz) = (e^{iwz} − e^{−iwz}) / 2i
    value = ScalarFunction(
      name: name, growth: .power(0),
      waves: [
        Wave(real: 0, imaginary: -half, frequency: scale), Wave(real: 0, imaginary: half, frequency: -scale),
      ], parity: .odd, strip: .infinity
    ) { argument.sine($0) }
    derivative = ScalarFunction(
      name: name + "'", growth: .power(0),
      waves: [Wave(real: scale * half, frequency: scale), Wave(real: scale * half, frequency: -scale)],
      parity: .even, strip: .infinity
    ) { argument.rounded * argument.cosine($0) }
  }

  static let entry = ActivationEntry(
    name: "sin", signature: "sin or sin(w) for sin(w z)", summary: "sin(w z); w is 1 by default",
    examples: ["sin", "sin(1/3)", "sin(-sqrt(2))"], argumentCounts: 0...1
  ) { arguments throws(ActivationError) in try Sine(scale: arguments.first ?? 1) }

  public var description: String { value.name }

  /// `−w² φ`.
  public var secondDerivative: ScalarFunction? {
    ScalarFunction(name: "-w²", pieces: PiecewisePolynomial(Polynomial([-(scale * scale)]))) * value
  }
}
