import Moments

/// The probabilists' Hermite polynomial `He_n`, orthogonal under the standard normal law, with `He_n′ = n He_{n−1}`.
///
/// Up to degree 20 the exact coefficients are evaluated as if with twice the digits. Beyond that they cancel too much
/// where the polynomial oscillates, `|z| < 2√n ≤ 16`, and the recurrence `He_{k+1} = z He_k − k He_{k−1}` takes over:
/// its error is a few ulps of the envelope there, not of a value near a root.
public struct Hermite: Activation {
  /// n.
  public let degree: Int
  public let value: ScalarFunction
  public let derivative: ScalarFunction

  /// - Throws: ``ActivationError/impossible(activation:problem:remedy:)`` unless 0 ≤ n ≤ 64.
  public init(degree: Int) throws(ActivationError) {
    self.degree = try Parameters.degree(ExactNumber(degree), of: "hermite")
    let name = "hermite(\(degree))"
    value = Self.function(name, degree: degree, factor: 1)
    derivative = Self.function(name + "'", degree: degree - 1, factor: degree)
  }

  /// The polynomial `He_n`, zero for negative n.
  public static func polynomial(degree: Int) -> Polynomial {
    if degree < 0 { return .zero }
    var (previous, current) = (Polynomial.zero, Polynomial([1]))
    for k in 0..<degree {
      (previous, current) = (current, Polynomial([0, 1]) * current - Polynomial([ExactNumber(k)]) * previous)
    }
    return current
  }

  private static func function(_ name: String, degree: Int, factor: Int) -> ScalarFunction {
    let pieces = PiecewisePolynomial(Polynomial([ExactNumber(factor)]) * polynomial(degree: degree))
    if degree <= 20 { return ScalarFunction(name: name, pieces: pieces) }
    let (expanded, scale) = (pieces.evaluator, Double(factor))
    return ScalarFunction(
      name: name, pieces: pieces,
      evaluate: { z in
        if z.magnitude > 64 { return expanded(z) }
        var (previous, current) = (0.0, 1.0)
        for k in 0..<degree { (previous, current) = (current, z * current - Double(k) * previous) }
        return scale * current
      })
  }

  static let entry = ActivationEntry(
    name: "hermite", signature: "hermite(n) with an integer n from 0 to 64", summary: "the probabilists' He_n",
    examples: [0, 1, 2, 3, 12, 41].map { "hermite(\($0))" }, argumentCounts: 1...1
  ) { arguments throws(ActivationError) in try Hermite(degree: Parameters.degree(arguments[0], of: "hermite")) }

  public var description: String { value.name }
}
