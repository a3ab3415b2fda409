import Activations
import Moments

/// Duals of erf, GELU and Gaussian-times-polynomial functions.
///
/// All follow from tilting the Gaussian law by `e^{−βu² − γv²}` and from Stein's lemma. Every determinant is written
/// with `Δ = q₁q₂ − c²`, which the pair knows without cancellation.
///
/// **Accuracy.** *Measured*: relative error ≤ 8 ε, except within a few digits of a zero of the value.
enum ErrorFunctionDual {
  private static let halfInversePi = 0.5 / Double.pi

  /// `E[erf(au) erf(bv)] = (2/π) asin(2abc/√((1+2a²q₁)(1+2b²q₂)))`, centered (Williams 1997).
  ///
  /// As an arc tangent: the radicand `(1+2a²q₁)(1+2b²q₂) − (2abc)²` is a sum of positive terms.
  static func errorFunctions(_ a: Double, _ b: Double, _ pair: GaussianPair) -> Estimate {
    let (x, y) = (2 * a * a * pair.varianceU, 2 * b * b * pair.varianceV)
    let radicand = 1 + x + y + x * y * (pair.oneMinusRho * pair.onePlusRho)
    let angle = arcTangent(2 * a * b * pair.covariance, radicand.squareRoot())
    return Estimate(closedForm: 4 * halfInversePi * angle, ulps: 12)
  }

  /// What the GELU formulas share: `D = (1+q₁)(1+q₂) − c²` and its relatives.
  private struct GELUParameters {
    let c: Double
    let delta: Double
    let d: Double
    let root: Double
    /// `(q₁+Δ)/(1+q₂) = q₁ − c²/(1+q₂)`.
    let first: Double
    /// `(q₂+Δ)/(1+q₁) = q₂ − c²/(1+q₁)`.
    let second: Double

    init(_ pair: GaussianPair) {
      let (q1, q2) = (pair.varianceU, pair.varianceV)
      c = pair.covariance
      delta = pair.determinant
      d = 1 + q1 + q2 + delta
      root = d.squareRoot()
      first = (q1 + delta) / (1 + q2)
      second = (q2 + delta) / (1 + q1)
    }
  }

  /// `E[u Φ(u) v Φ(v)]`, centered.
  ///
  ///     2π E = c B + (Δ + c²/(1+q₁) + c²/(1+q₂)) / √D,     B = atan2(√D, −c)
  ///
  /// For `c < 0` and `x = √D/|c|` the leading parts cancel analytically and leave
  ///
  ///     2π E = |c| (x − atan x) − (1 + (q₁+Δ)/(1+q₂) + (q₂+Δ)/(1+q₁)) / √D.
  static func gelu(_ pair: GaussianPair) -> Estimate {
    let p = GELUParameters(pair)
    let (one, two): (Double, Double)
    if p.c >= 0 {
      one = p.c * arcTangent(p.root, -p.c)
      two = (p.delta + p.c * p.c / (1 + pair.varianceU) + p.c * p.c / (1 + pair.varianceV)) / p.root
    } else if p.root < -p.c {
      one = -p.c * arcTangentDefect(p.root / -p.c)
      two = -(1 + p.first + p.second) / p.root
    } else {
      one = p.c * arcTangent(p.root, -p.c)
      two = (p.delta + p.c * p.c / (1 + pair.varianceU) + p.c * p.c / (1 + pair.varianceV)) / p.root
    }
    let error = 16 * 0x1p-53 * (one.magnitude + two.magnitude) * halfInversePi
    return Estimate(halfInversePi * (one + two), error: error, method: .closedForm)
  }

  /// `E[g(u) g(v)]` for `g(z) = Φ(z) + z Φ′(z)`, centered.
  ///
  ///     2π E = B + c/((1+q₁)√D) + c/((1+q₂)√D) + c/D^{3/2}
  ///
  /// and for `c < 0`, where B and the next two terms cancel when the variances are large,
  ///
  ///     2π E = (1 + Δ + (q₁+Δ)/(1+q₂) + (q₂+Δ)/(1+q₁)) / (|c| √D) − (x − atan x) − |c|/D^{3/2}.
  static func geluDerivative(_ pair: GaussianPair) -> Estimate {
    let p = GELUParameters(pair)
    let (one, two, three): (Double, Double, Double)
    if p.c < 0, p.root < -p.c {
      one = (1 + p.delta + p.first + p.second) / (-p.c * p.root)
      two = -arcTangentDefect(p.root / -p.c)
    } else {
      one = arcTangent(p.root, -p.c)
      two = (p.c / (1 + pair.varianceU) + p.c / (1 + pair.varianceV)) / p.root
    }
    three = p.c / (p.d * p.root)
    let error = 16 * 0x1p-53 * (one.magnitude + two.magnitude + three.magnitude) * halfInversePi
    return Estimate(halfInversePi * (one + two + three), error: error, method: .closedForm)
  }

  /// `x − atan x` for `0 ≤ x ≤ 1`, by its power series where the difference would cancel.
  private static func arcTangentDefect(_ x: Double) -> Double {
    if x > 0.4 { return x - arcTangent(x, 1) }
    let square = x * x
    var sum = 0.0
    for n in stride(from: 39, through: 3, by: -2) { sum = 1 / Double(n) - square * sum }
    return x * square * sum
  }

  /// `E[p(u) e^{−βu²} q(v) e^{−γv²}]`, any means.
  ///
  /// With `B = diag(2β, 2γ)` the tilted law is Gaussian with covariance `Σ(I + BΣ)⁻¹` and mean `(I + ΣB)⁻¹ m`, and
  /// the factor is `det(I + ΣB)^{−1/2} exp(−½ mᵀ B (I + ΣB)⁻¹ m)`.
  static func gaussians(
    _ p: [Double], _ beta: Double, _ q: [Double], _ gamma: Double, _ pair: GaussianPair
  ) -> Estimate {
    let (q1, q2, c, delta) = (pair.varianceU, pair.varianceV, pair.covariance, pair.determinant)
    let d = 1 + 2 * beta * q1 + 2 * gamma * q2 + 4 * beta * gamma * delta
    let variances = ((q1 + 2 * gamma * delta) / d, (q2 + 2 * beta * delta) / d)
    var means = (0.0, 0.0)
    var factor = 1 / d.squareRoot()
    var exponent = 0.0
    if !pair.isCentered {
      let (m1, m2) = (pair.meanU, pair.meanV)
      means = (
        ((1 + 2 * gamma * q2) * m1 - 2 * gamma * c * m2) / d, ((1 + 2 * beta * q1) * m2 - 2 * beta * c * m1) / d
      )
      exponent = beta * m1 * means.0 + gamma * m2 * means.1
      factor *= exponential(-exponent)
    }
    let (value, magnitude, underflow) = PolynomialDual.sum(p, q, means: means, variances: variances, covariance: c / d)
    let size = pair.isCentered ? 1 : 1 + (beta * pair.meanU * pair.meanU + gamma * pair.meanV * pair.meanV)
    let ulps = Double(8 + 4 * (p.count + q.count)) + 4 * size
    // The factor is at most 1, so that it may underflow as well where there is something to multiply.
    let least = magnitude > 0 ? Estimate.underflow(of: factor * magnitude) : 0
    return Estimate(
      factor * value, error: ulps * 0x1p-53 * factor * magnitude + underflow + least, method: .closedForm)
  }
}
