import Moments

/// The monomial `φ(z) = z^n`.
public struct Monomial: Activation {
  /// n.
  public let degree: Int
  public let value: ScalarFunction
  public let derivative: ScalarFunction

  /// - Throws: ``ActivationError/impossible(activation:problem:remedy:)`` unless 0 ≤ n ≤ 64.
  public init(degree: Int) throws(ActivationError) {
    self.degree = try Parameters.degree(ExactNumber(degree), of: "monomial")
    let name = "monomial(\(degree))"
    let power = Polynomial([ExactNumber](repeating: 0, count: degree) + [1])
    value = ScalarFunction(name: name, pieces: PiecewisePolynomial(power))
    derivative = ScalarFunction(name: name + "'", pieces: PiecewisePolynomial(power.derivative))
  }

  static let entry = ActivationEntry(
    name: "monomial", signature: "monomial(n) with an integer n from 0 to 64", summary: "z^n",
    examples: [0, 1, 7, 64].map { "monomial(\($0))" }, argumentCounts: 1...1
  ) { arguments throws(ActivationError) in try Monomial(degree: Parameters.degree(arguments[0], of: "monomial")) }

  public var description: String { value.name }
}
