import Moments

/// A polynomial, `φ(z) = c₀ + c₁ z + c₂ z² + …`, with exact coefficients.
public struct PolynomialActivation: Activation {
  /// The polynomial.
  public let polynomial: Polynomial
  public let description: String
  public let value: ScalarFunction
  public let derivative: ScalarFunction

  /// - Parameter coefficients: c₀, c₁, …, at least one of them.
  /// - Throws: ``ActivationError/impossible(activation:problem:remedy:)`` for a degree above 64 or a coefficient out
  ///   of the range of doubles.
  public init(_ coefficients: [ExactNumber]) throws(ActivationError) {
    polynomial = Polynomial(coefficients)
    guard polynomial.degree <= Parameters.largestDegree else {
      throw .impossible(
        activation: "polynomial", problem: "its degree \(polynomial.degree) is above \(Parameters.largestDegree)",
        remedy: "Write at most \(Parameters.largestDegree + 1) coefficients.")
    }
    for coefficient in coefficients { try Parameters.requireRepresentable(coefficient, of: "polynomial") }
    let shown = polynomial.coefficients.isEmpty ? [.zero] : polynomial.coefficients
    description = "polynomial(\(shown.map(\.description).joined(separator: ", ")))"
    value = ScalarFunction(name: description, pieces: PiecewisePolynomial(polynomial))
    derivative = ScalarFunction(name: description + "'", pieces: PiecewisePolynomial(polynomial.derivative))
  }

  static let entry = ActivationEntry(
    name: "polynomial", signature: "polynomial(c0, c1, …) with 1 to 65 coefficients", summary: "c0 + c1 z + c2 z^2 + …",
    examples: ["polynomial(1/3, -2, 0, 1)", "polynomial(2)", "polynomial(0)", "polynomial(0.1, sqrt(2)/3)"],
    argumentCounts: 1...Int.max
  ) { arguments throws(ActivationError) in try PolynomialActivation(arguments) }
}
