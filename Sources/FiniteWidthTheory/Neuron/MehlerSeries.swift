import Foundation
import Moments

/// Mehler's series for derivatives of two functions of correlated Gaussian preactivations,
///
///     E[f⁽ⁱ⁾(u) g⁽ʲ⁾(v)] = σ_u^(−i) σ_v^(−j) Σ_k ρ^k √((k+i)! (k+j)!)/k! · α_{k+i} β_{k+j} ,
///
/// derivatives in the sense of distributions: it is what shifting the arguments does to `E[f(u) g(v)]`.
///
/// **Accuracy.** With `w_k` the factor of the products, the tail beyond K is at most `max_{k>K} w_k √(τ_f τ_g)`,
/// `τ_f = E f² − Σ_{k≤K} α_k²` (Cauchy and Schwarz; *proved*). For analytic functions, whose coefficients fall so fast
/// that rounding hides τ, it is *estimated* by the last sixteen terms.
enum MehlerSeries {
  /// One function with the order of its derivative.
  struct Factor {
    let row: HermiteTable.Row
    let deviation: Double
    let derivative: Int
  }

  /// The highest order worth computing.
  static let limit = 1500

  /// The highest order needed for a correlation: terms fall like `|ρ|^k`, faster for analytic functions.
  ///
  /// - Parameter width: The half-width of analyticity in units of σ, summed over both functions; 0 with kinks.
  static func order(correlation: Double, width: Double) -> Int {
    let decay = correlation == 0 ? 40 : -logarithm(min(1, correlation.magnitude))
    var order = 24
    while order < limit, width * (2 * Double(order)).squareRoot() + Double(order) * decay < 46 { order += 8 }
    return min(limit, order + 16)
  }

  private static func logarithm(_ x: Double) -> Double { log(x) }

  /// The sum with its error.
  static func sum(_ f: Factor, _ g: Factor, correlation: Double) -> (value: Double, error: Double) {
    let (i, j) = (f.derivative, g.derivative)
    if f.deviation == 0 && i > 0 || g.deviation == 0 && j > 0 { return (0, 0) }
    let (alpha, beta) = (f.row.coefficients, g.row.coefficients)
    let count = min(alpha.count - i, beta.count - j)
    guard count > 0 else { return (0, .infinity) }
    var weight = 1.0
    for m in 1...max(i, 1) where m <= i { weight *= Double(m) }
    for m in 1...max(j, 1) where m <= j { weight *= Double(m) }
    weight = weight.squareRoot()
    var total = 0.0
    var error = 0.0
    var last = 0.0
    var (squareF, squareG) = (0.0, 0.0)
    for k in 0..<min(i, alpha.count) { squareF += alpha[k] * alpha[k] }
    for k in 0..<min(j, beta.count) { squareG += beta[k] * beta[k] }
    for k in 0..<count {
      let (a, b) = (alpha[k + i], beta[k + j])
      let term = weight * a * b
      total += term
      error += weight.magnitude * (a.magnitude * g.row.error + b.magnitude * f.row.error + f.row.error * g.row.error)
      error += 4 * 0x1p-53 * term.magnitude
      if k >= count - 16 { last += term.magnitude }
      squareF += a * a
      squareG += b * b
      // w_{k+1}/w_k = ρ √((k+1+i)(k+1+j))/(k+1)
      let next = Double(k + 1)
      weight *= correlation * ((next + Double(i)) * (next + Double(j))).squareRoot() / next
    }
    let noise = 64 * 0x1p-53
    let restF = max(0, f.row.square - squareF) + noise * f.row.square
    let restG = max(0, g.row.square - squareG) + noise * g.row.square
    // Beyond the last term the factors fall as soon as ρ (1 + (i+j)/(2K)) < 1.
    let growth = correlation.magnitude * (1 + Double(i + j) / (2 * Double(count)))
    let proved = growth < 1 ? weight.magnitude * (restF * restG).squareRoot() : .infinity
    let isAnalytic = f.row.isAnalytic && g.row.isAnalytic
    let tail = isAnalytic ? min(proved, 4 * last) : proved
    // A constant factor ends the series.
    let ends = f.deviation == 0 || g.deviation == 0 || correlation == 0
    let scale = power(f.deviation, -i) * power(g.deviation, -j)
    return (scale * total, scale * (error + (ends ? 0 : tail)))
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    exponent == 0 ? 1 : pow(base, Double(exponent))
  }
}
