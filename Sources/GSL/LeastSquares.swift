import CGSL

/// A straight line fitted to points with known errors.
public struct LineFit: Sendable, Equatable {
  /// The value at x = 0.
  public let intercept: Double
  public let slope: Double
  /// The standard error of the intercept, from the weights alone.
  public let interceptError: Double
  /// The standard error of the slope, from the weights alone.
  public let slopeError: Double
  /// `Σ wᵢ (yᵢ − a − b xᵢ)²`, of order `n − 2` if the weights are right.
  public let chiSquared: Double
}

/// Weighted least squares through `(xᵢ, yᵢ)`, each with the weight `wᵢ = 1/Var yᵢ`, by GSL's `gsl_fit_wlinear`.
///
/// - Parameters:
///   - x: At least two different abscissae.
///   - y: An ordinate for each.
///   - weights: Positive and finite.
/// - Throws: ``GSLError`` if GSL reports a failure.
public func fitLine(x: [Double], y: [Double], weights: [Double]) throws(GSLError) -> LineFit {
  precondition(x.count == y.count && x.count == weights.count, "a point has an x, a y and a weight")
  precondition(Set(x).count >= 2, "a line needs two different abscissae")
  GSLRuntime.prepare()
  // The weights' common factor is taken out: GSL squares sums of them.
  let unit = weights.max() ?? 1
  let scaled = weights.map { $0 / unit }
  var (c0, c1, cov00, cov01, cov11, chi) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
  let status = gsl_fit_wlinear(x, 1, scaled, 1, y, 1, x.count, &c0, &c1, &cov00, &cov01, &cov11, &chi)
  try GSLRuntime.check(status, "gsl_fit_wlinear")
  return LineFit(
    intercept: c0, slope: c1, interceptError: (cov00 / unit).squareRoot(), slopeError: (cov11 / unit).squareRoot(),
    chiSquared: chi * unit)
}
