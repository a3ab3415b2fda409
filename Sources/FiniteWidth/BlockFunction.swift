import Activations
import CSampling

/// A function of one variable on many numbers at once.
///
/// Monomials, and two monomials that meet at 0 (relu, leaky-relu, abs, step and their derivatives), are vector loops
/// with the same values as the function's own evaluator; every other function is evaluated one by one.
struct BlockFunction: Sendable {
  private enum Shape: Sendable {
    case monomial(Double, degree: Int)
    case halfLines(left: Double, leftDegree: Int, center: Double, right: Double, rightDegree: Int)
    case general(@Sendable (Double) -> Double)
  }

  private let shape: Shape

  init(_ function: ScalarFunction) {
    shape = Self.shape(of: function.pieces) ?? .general(function.evaluate)
  }

  private static func shape(of pieces: PiecewisePolynomial?) -> Shape? {
    guard let pieces else { return nil }
    let monomials = pieces.polynomials.compactMap(monomial)
    guard monomials.count == pieces.polynomials.count else { return nil }
    if pieces.breakpoints.isEmpty { return .monomial(monomials[0].coefficient, degree: monomials[0].degree) }
    guard pieces.breakpoints.count == 1, pieces.breakpoints[0].isZero else { return nil }
    return .halfLines(
      left: monomials[0].coefficient, leftDegree: monomials[0].degree, center: pieces.breakpointValues[0].doubleValue,
      right: monomials[1].coefficient, rightDegree: monomials[1].degree)
  }

  /// The polynomial as `c zᵏ`, if it is one that is multiplied out.
  private static func monomial(_ polynomial: Polynomial) -> (coefficient: Double, degree: Int)? {
    guard let leading = polynomial.coefficients.last else { return (0, 0) }
    guard polynomial.degree <= 3, polynomial.coefficients.dropLast().allSatisfy(\.isZero) else { return nil }
    return (leading.doubleValue, polynomial.degree)
  }

  /// The time of one value over that of an addition, roughly.
  var cost: Int {
    switch shape {
    case .monomial, .halfLines: 4
    case .general: 100
    }
  }

  /// Writes the values at `count` numbers; `result` may be the numbers themselves.
  func evaluate(_ arguments: UnsafePointer<Double>, count: Int, into result: UnsafeMutablePointer<Double>) {
    switch shape {
    case .monomial(let coefficient, let degree):
      sampling_monomial(count, coefficient, Int32(degree), arguments, result)
    case .halfLines(let left, let leftDegree, let center, let right, let rightDegree):
      sampling_half_lines(count, left, Int32(leftDegree), center, right, Int32(rightDegree), arguments, result)
    case .general(let evaluate):
      for index in 0..<count { result[index] = evaluate(arguments[index]) }
    }
  }
}

/// An activation with its derivative, on many numbers at once.
struct BlockActivation: Sendable {
  let value: BlockFunction
  let derivative: BlockFunction

  /// The time of a value and a derivative over that of an addition, roughly.
  var cost: Int { value.cost + derivative.cost }

  init(_ activation: any Activation) {
    value = BlockFunction(activation.value)
    derivative = BlockFunction(activation.derivative)
  }
}
