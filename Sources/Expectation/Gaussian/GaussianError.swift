import GSL
import Moments

/// Why a Gaussian expectation has no value.
public enum GaussianError: Error, Sendable, Equatable, CustomStringConvertible {
  /// `c² > q₁q₂`: no pair of random variables has this covariance.
  case indefinite(varianceU: Double, varianceV: Double, covariance: Double)
  /// A negative variance.
  case negativeVariance(Double)
  /// `1 − ρ` outside [0, 2].
  case impossibleCorrelation(oneMinusRho: Double)
  /// A parameter that is NaN, infinite, or beyond the range of `Double`.
  case notFinite(parameter: String)
  /// The function has an infinite or undefined value where the Gaussian law has weight.
  case notIntegrable(function: String)
  /// GSL reported a failure.
  case library(GSLError)

  public var description: String {
    switch self {
    case .indefinite(let varianceU, let varianceV, let covariance):
      return "The covariance \(covariance) is impossible for the variances \(varianceU) and \(varianceV): "
        + "take |c| <= sqrt(q1*q2)."
    case .negativeVariance(let variance): return "The variance \(variance) is negative: take a variance >= 0."
    case .impossibleCorrelation(let oneMinusRho):
      return "1 - rho = \(oneMinusRho) is impossible: a correlation needs 0 <= 1 - rho <= 2."
    case .notFinite(let parameter):
      return "The \(parameter) is not a finite double: take numbers between about 1e-150 and 1e150."
    case .notIntegrable(let function):
      return "The expectation of '\(function)' is not finite as a double: the function overflows under this variance."
    case .library(let error): return "Numerical integration failed. \(error.description)"
    }
  }
}
