import Activations
import Moments

/// What separates an activation at two preactivations under their true law, to relative accuracy however close they are.
///
/// The kernels `E φ(u)²`, `E φ(v)²` and `E φ(u) φ(v)` of nearly equal preactivations agree in all but their last digits;
/// their combinations below are integrated by themselves instead, with `u − v` as a sum of its own.
public struct PreactivationDifference: Sendable {
  /// `½ E[(φ(u) − φ(v))²]`.
  public let halfSquared: Estimate
  /// `E[φ(u)²] − E[φ(v)²]`.
  public let ofSquares: Estimate
  /// Whether `φ(v)` stands for `φ(−v)`: an even φ does not tell the two apart, and −v is closer to u.
  public let isReflected: Bool

  /// - Parameters:
  ///   - function: φ, whose kernels must exist.
  ///   - derivative: φ′ away from kinks.
  ///   - pair: The law of (u, v).
  ///   - relativeTolerance: The relative error to aim at.
  /// - Returns: nil where the law has more than three continuous variables or too many atoms for nested quadrature.
  /// - Throws: `GSLError` if an integration fails.
  public init?(
    _ function: ScalarFunction, derivative: ScalarFunction, _ pair: PreactivationPair, relativeTolerance: Double = 1e-12
  ) throws {
    isReflected = function.parity == .even && pair.reflected.spread < pair.spread
    let pair = isReflected ? pair.reflected : pair
    let method = NestedQuadrature(maximumVariables: 3)
    func expectation(_ integrand: PairIntegrand) throws -> Estimate? {
      if pair.spread.isZero { return .zero }
      let answer = try method.expectation(of: integrand, pair, relativeTolerance: relativeTolerance)
      return answer?.quantity.estimate
    }
    guard let half = try expectation(.halfSquaredDifference(function, derivative: derivative)),
      let squares = try expectation(.differenceOfSquares(function, derivative: derivative))
    else { return nil }
    halfSquared = half
    ofSquares = squares
  }
}

extension PreactivationPair {
  /// The pair (u, −v).
  fileprivate var reflected: PreactivationPair {
    var result = PreactivationPair()
    result.addOffset(u: offsetU, v: -offsetV)
    result.addGaussian(uu: gaussianUU, uv: -gaussianUV, vv: gaussianVV)
    for summand in summands { result.add(summand.law, u: summand.u, v: -summand.v) }
    return result
  }

  /// The sum of the squared coefficients of `u − v`: zero exactly where u and v are one variable.
  fileprivate var spread: ExactNumber {
    let gap = offsetU - offsetV
    return summands.reduce(gap * gap + gaussianUU - 2 * gaussianUV + gaussianVV) {
      $0 + ($1.u - $1.v) * ($1.u - $1.v)
    }
  }
}
