import Moments

/// Checks of the numbers in an activation's parentheses.
enum Parameters {
  /// The largest degree of a polynomial activation.
  static let largestDegree = 64

  /// The number as a degree, an integer from 0 to 64.
  static func degree(_ number: ExactNumber, of activation: String) throws(ActivationError) -> Int {
    let value = number.doubleValue
    guard let degree = Int(exactly: value), ExactNumber(degree) == number, (0...largestDegree).contains(degree) else {
      throw .impossible(
        activation: "\(activation)(\(number))", problem: "the degree is not an integer from 0 to \(largestDegree)",
        remedy: "Write \(activation)(n) with such an n, as in \(activation)(3).")
    }
    return degree
  }

  /// Throws unless 1 ≤ |number| · 64 stays below the largest double, as the derivative's coefficients need.
  static func requireRepresentable(
    _ number: ExactNumber, factor: Int = largestDegree, of activation: String
  ) throws(ActivationError) {
    let rounded = number.doubleValue
    guard (rounded * Double(factor)).isFinite, rounded != 0 || number.isZero else {
      throw .impossible(
        activation: activation, problem: "a parameter is outside the range of double precision",
        remedy: "Magnitudes between 1e-300 and 1e300 are safe.")
    }
  }
}
