import Activations
import Expectation
import Moments

/// Derivatives of a Gaussian expectation by parts, `⟨∂_u^i ∂_v^j f g⟩ = E[f(u) g(v) H_ij(G)]`.
///
/// The Hermite polynomials of Σ follow from `H_{α+e} = y_e H_α − ∂_e H_α`, `y = Σ⁻¹ G`, and each of their monomials is a dual
/// activation of `f(u) G_u^k` and `g(v) G_v^l`. No derivative of f or g is needed, and closed forms of the duals hold
/// at every correlation; rounding is amplified like `(1 − ρ²)^(−(i+j)/2)`. It stands in for Mehler's series where two inputs
/// are nearly parallel in front of a kink.
struct PartsFormula {
  /// A monomial `G_u^u G_v^v`.
  private struct Power: Hashable {
    let u: Int
    let v: Int
  }

  let f: ScalarFunction
  let g: ScalarFunction
  /// Σ_uu, Σ_vv, Σ_uv.
  let covariance: (uu: Double, vv: Double, uv: Double)
  /// The mean of both preactivations.
  let shift: Double

  /// The value and a bound on its error; infinite where Σ is singular.
  func value(_ i: Int, _ j: Int) throws -> (value: Double, error: Double) {
    let pair = try GaussianPair(
      meanU: shift, meanV: shift, varianceU: covariance.uu, varianceV: covariance.vv, covariance: covariance.uv)
    let determinant = pair.determinant
    if determinant <= 0, i + j > 0 { return (0, .infinity) }
    let inverse = (uu: covariance.vv / determinant, uv: -covariance.uv / determinant, vv: covariance.uu / determinant)
    var hermite = [Power(u: 0, v: 0): 1.0]
    for index in 0..<(i + j) {
      hermite = Self.raised(hermite, alongU: index < i, index < i ? (inverse.uu, inverse.uv) : (inverse.uv, inverse.vv))
    }
    let mean = ExactNumber(exactly: shift) ?? 0
    let line = ScalarFunction(name: "z", pieces: PiecewisePolynomial(Polynomial([-mean, 1])))
    func times(_ function: ScalarFunction, _ power: Int) -> ScalarFunction {
      (0..<power).reduce(function) { result, _ in result * line }
    }
    var (value, error) = (0.0, 0.0)
    // A fixed order: sums must not depend on hashing.
    for (power, c) in hermite.sorted(by: { ($0.key.u, $0.key.v) < ($1.key.u, $1.key.v) }) where c != 0 {
      let dual = try GaussianDual.expectation(times(f, power.u), times(g, power.v), pair)
      value += c * dual.value
      error += c.magnitude * (dual.roundedError + 16 * 0x1p-53 * dual.value.magnitude)
    }
    return (value, error)
  }

  private static func raised(
    _ polynomial: [Power: Double], alongU: Bool, _ y: (Double, Double)
  ) -> [Power: Double] {
    var next: [Power: Double] = [:]
    for (power, c) in polynomial {
      next[Power(u: power.u + 1, v: power.v), default: 0] += c * y.0
      next[Power(u: power.u, v: power.v + 1), default: 0] += c * y.1
      if alongU, power.u > 0 { next[Power(u: power.u - 1, v: power.v), default: 0] -= c * Double(power.u) }
      if !alongU, power.v > 0 { next[Power(u: power.u, v: power.v - 1), default: 0] -= c * Double(power.v) }
    }
    return next
  }
}
