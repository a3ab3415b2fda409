import Expectation
import Moments

/// The Gaussian law of two preactivations as the duals need it: variances and angle, each with its error.
struct PairGeometry: Sendable {
  let first: Estimate
  let second: Estimate
  /// `q₁ − q₂`.
  let difference: Estimate
  let oneMinusRho: Estimate
  let onePlusRho: Estimate

  /// Nil unless the covariance is finite.
  init?(_ covariance: PairKernel) {
    guard let first = covariance.xx.estimate, let second = covariance.yy.estimate,
      covariance.xy.estimate != nil, let difference = covariance.knownDifference
    else { return nil }
    self.first = first
    self.second = second
    self.difference = difference
    oneMinusRho = covariance.correlationGap ?? .one
    onePlusRho = covariance.onePlusCorrelation ?? .one
  }

  var isIdentical: Bool { difference.value == 0 && oneMinusRho.value == 0 }

  /// The largest relative error of a variance.
  var relativeError: Double { max(Self.relative(first), Self.relative(second)) }
  /// The relative error of `1 − ρ`.
  var relativeAngleError: Double { min(1, Self.relative(oneMinusRho)) }
  var relativeDifferenceError: Double { min(1, Self.relative(difference)) }
  var method: EvaluationMethod { max(first.method, second.method, oneMinusRho.method) }

  private static func relative(_ estimate: Estimate) -> Double {
    if estimate.roundedError == 0 { return 0 }
    return estimate.value == 0 ? 1 : estimate.roundedError / estimate.value.magnitude
  }

  /// The pair at a common mean; nearly opposite preactivations keep `1 + ρ`.
  func pair(_ q: Double, _ p: Double, shift: Double) throws -> GaussianPair {
    if onePlusRho.value < 0.5 {
      return try GaussianPair(
        meanU: shift, meanV: -shift, varianceU: q, varianceV: p, oneMinusRho: onePlusRho.value
      ).reflected
    }
    return try GaussianPair(
      meanU: shift, meanV: shift, varianceU: q, varianceV: p, oneMinusRho: oneMinusRho.value)
  }

  func xy(_ shift: Double) throws -> GaussianPair {
    try pair(first.value, second.value, shift: shift).with(varianceDifference: difference.value)
  }
  func xx(_ shift: Double) throws -> GaussianPair { try Self.diagonal(first.value, shift) }
  func yy(_ shift: Double) throws -> GaussianPair { try Self.diagonal(second.value, shift) }

  static func diagonal(_ q: Double, _ shift: Double) throws -> GaussianPair {
    try GaussianPair(meanU: shift, meanV: shift, varianceU: q, varianceV: q, oneMinusRho: 0.0)
  }
}
