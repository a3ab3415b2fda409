import CGSL

/// Distribution functions of GSL; none of them fails inside its domain.
public enum Distributions {
  /// `P(Z > z)` for a standard normal variable.
  public static func normalUpperTail(_ z: Double) -> Double { gsl_cdf_ugaussian_Q(z) }

  /// The `z` with `P(Z > z) = probability`, for 0 < probability < 1.
  public static func normalUpperQuantile(_ probability: Double) -> Double { gsl_cdf_ugaussian_Qinv(probability) }

  /// `P(X > x)` for Student's t with `degreesOfFreedom > 0`.
  public static func studentUpperTail(_ x: Double, degreesOfFreedom: Double) -> Double {
    gsl_cdf_tdist_Q(x, degreesOfFreedom)
  }

  /// `P(X > x)` for a chi-squared variable with `degreesOfFreedom > 0`.
  public static func chiSquaredUpperTail(_ x: Double, degreesOfFreedom: Double) -> Double {
    x <= 0 ? 1 : gsl_cdf_chisq_Q(x, degreesOfFreedom)
  }

  /// `P(X > x)` and `P(X < x)` for a gamma variable of this shape and scale 1.
  public static func gammaTails(_ x: Double, shape: Double) -> (upper: Double, lower: Double) {
    x <= 0 ? (1, 0) : (gsl_cdf_gamma_Q(x, shape, 1), gsl_cdf_gamma_P(x, shape, 1))
  }
}
