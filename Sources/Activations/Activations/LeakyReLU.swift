import Moments

/// The leaky ReLU, `φ(z) = z` for `z > 0` and `α z` for `z ≤ 0`, with `φ′(0) = α`.
///
/// α is 1/100 unless given, as in PyTorch; 0 makes it ReLU, 1 the identity, −1 the absolute value but for `φ′(0)`.
public struct LeakyReLU: Activation {
  /// α.
  public let alpha: ExactNumber
  public let value: ScalarFunction
  public let derivative: ScalarFunction

  /// - Throws: ``ActivationError/impossible(activation:problem:remedy:)`` for an α out of the range of doubles.
  public init(alpha: ExactNumber = ExactNumber(1, 100)) throws(ActivationError) {
    let name = "leaky-relu(\(alpha))"
    try Parameters.requireRepresentable(alpha, of: name)
    self.alpha = alpha
    let pieces = PiecewisePolynomial(breakpoints: [0], polynomials: [Polynomial([0, alpha]), Polynomial([0, 1])])
      .simplified
    value = ScalarFunction(name: name, pieces: pieces)
    derivative = ScalarFunction(
      name: name + "'", pieces: pieces.derivative(breakpointValues: pieces.breakpoints.map { _ in alpha }))
  }

  static let entry = ActivationEntry(
    name: "leaky-relu", signature: "leaky-relu or leaky-relu(alpha)",
    summary: "z for z > 0, else alpha z; alpha is 1/100 by default",
    examples: ["leaky-relu", "leaky-relu(1/5)", "leaky-relu(1)", "leaky-relu(-1)"], argumentCounts: 0...1
  ) { arguments throws(ActivationError) in try LeakyReLU(alpha: arguments.first ?? ExactNumber(1, 100)) }

  public var description: String { value.name }
}
