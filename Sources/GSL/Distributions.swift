import CGSL

/// Distribution functions of GSL.
public enum Distributions {
  /// `P(Z > z)` for a standard normal variable.
  public static func normalUpperTail(_ z: Double) -> Double { gsl_cdf_ugaussian_Q(z) }

  /// The `z` with `P(Z > z) = probability`, for 0 < probability < 1.
  public static func normalUpperQuantile(_ probability: Double) -> Double { gsl_cdf_ugaussian_Qinv(probability) }

  /// `P(X > x)` for Student's t with `degreesOfFreedom > 0`.
  public static func studentUpperTail(_ x: Double, degreesOfFreedom: Double) -> Double {
    gsl_cdf_tdist_Q(x, degreesOfFreedom)
  }

  /// `P(X > x)` and `P(X < x)` for a gamma variable of this shape and scale 1.
  ///
  /// - Throws: ``GSLError`` where GSL's expansions do not converge, which happens for large shapes.
  public static func gammaTails(_ x: Double, shape: Double) throws(GSLError) -> (upper: Double, lower: Double) {
    guard x > 0 else { return (1, 0) }
    GSLRuntime.prepare()
    var (upper, lower) = (gsl_sf_result(), gsl_sf_result())
    for (status, routine) in [
      (gsl_sf_gamma_inc_Q_e(shape, x, &upper), "gsl_sf_gamma_inc_Q_e"),
      (gsl_sf_gamma_inc_P_e(shape, x, &lower), "gsl_sf_gamma_inc_P_e"),
    ] where status != Int32(GSL_EUNDRFLW) {
      try GSLRuntime.check(status, routine)
    }
    return (upper.val, lower.val)
  }
}
