import Moments

/// The rectified power, `φ(z) = z^n` for `z > 0` and 0 for `z ≤ 0`: the step for n = 0, ReLU for n = 1.
///
/// Its Gaussian duals are the arc-cosine kernels. The n-th derivative jumps at 0; `φ′(0) = 0` for every n.
public struct RectifiedPower: Activation {
  /// n.
  public let degree: Int
  public let value: ScalarFunction
  public let derivative: ScalarFunction

  /// - Throws: ``ActivationError/impossible(activation:problem:remedy:)`` unless 0 ≤ n ≤ 64.
  public init(degree: Int) throws(ActivationError) {
    self.degree = try Parameters.degree(ExactNumber(degree), of: "rectified-power")
    let name = "rectified-power(\(degree))"
    let power = Polynomial([ExactNumber](repeating: 0, count: degree) + [1])
    let pieces = PiecewisePolynomial(breakpoints: [0], polynomials: [.zero, power], breakpointValues: [0])
    value = ScalarFunction(name: name, pieces: pieces)
    derivative = ScalarFunction(name: name + "'", pieces: pieces.derivative())
  }

  static let entry = ActivationEntry(
    name: "rectified-power", signature: "rectified-power(n) with an integer n from 0 to 64",
    summary: "z^n for z > 0, else 0", examples: [0, 1, 2, 3, 9].map { "rectified-power(\($0))" }, argumentCounts: 1...1
  ) { arguments throws(ActivationError) in
    try RectifiedPower(degree: Parameters.degree(arguments[0], of: "rectified-power"))
  }

  public var description: String { value.name }
}
