import CGSL

/// Special functions of GSL that the mathematics above needs, each in its own domain without a failing status.
public enum SpecialFunctions {
  /// Evaluates a GSL function that reports a status; underflow counts as the value 0.
  private static func evaluate(
    _ routine: String, _ body: (UnsafeMutablePointer<gsl_sf_result>) -> Int32
  ) throws(GSLError) -> Double {
    GSLRuntime.prepare()
    var result = gsl_sf_result(val: 0, err: 0)
    let status = body(&result)
    if status == Int32(GSL_EUNDRFLW) { return 0 }
    try GSLRuntime.check(status, routine)
    return result.val
  }

  /// `ln Γ(x)` for `x > 0`.
  public static func logGamma(_ x: Double) throws(GSLError) -> Double {
    try evaluate("gsl_sf_lngamma_e") { gsl_sf_lngamma_e(x, $0) }
  }

  /// The gamma function without its Stirling factor, `Γ*(x) = Γ(x) / (√(2π) x^{x−1/2} e^{−x})`, `x > 0`.
  public static func gammaStar(_ x: Double) throws(GSLError) -> Double {
    try evaluate("gsl_sf_gammastar_e") { gsl_sf_gammastar_e(x, $0) }
  }

  /// `ln erfc(x)`, without underflow for large `x`.
  public static func logErfc(_ x: Double) throws(GSLError) -> Double {
    try evaluate("gsl_sf_log_erfc_e") { gsl_sf_log_erfc_e(x, $0) }
  }

  /// The Bessel function `J₀(x)`.
  public static func besselJ0(_ x: Double) throws(GSLError) -> Double {
    try evaluate("gsl_sf_bessel_J0_e") { gsl_sf_bessel_J0_e(x, $0) }
  }

  /// The scaled modified Bessel function `e^{−|x|} I₀(x)`.
  public static func scaledBesselI0(_ x: Double) throws(GSLError) -> Double {
    try evaluate("gsl_sf_bessel_I0_scaled_e") { gsl_sf_bessel_I0_scaled_e(x, $0) }
  }

  /// The logarithm of the modified Bessel function of the second kind, `ln K_ν(x)`, `x > 0`, `ν ≥ 0`.
  public static func logBesselK(order: Double, _ x: Double) throws(GSLError) -> Double {
    try evaluate("gsl_sf_bessel_lnKnu_e") { gsl_sf_bessel_lnKnu_e(order, x, $0) }
  }

  /// The quantile of the standard normal law at `0 < p < 1`.
  public static func normalQuantile(_ p: Double) -> Double { gsl_cdf_ugaussian_Pinv(p) }

  /// `ζ(n) − 1` for integers `n ≥ 2`.
  public static func zetaMinusOne(_ n: Int) throws(GSLError) -> Double {
    try evaluate("gsl_sf_zetam1_int_e") { gsl_sf_zetam1_int_e(Int32(n), $0) }
  }
}
