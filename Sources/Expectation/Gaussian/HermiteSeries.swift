import Activations

/// The Mehler series of a dual: `E[f(u) g(v)] = Σ_k a_k b_k ρ^k` with the Hermite coefficients
/// `a_k = E[f(m₁ + σ₁Z) h_k(Z)]`, `b_k = E[g(m₂ + σ₂Z) h_k(Z)]`, `h_k = He_k/√k!`, Z standard normal.
///
/// For a function analytic in a strip of half-width s the coefficients fall like `exp(−(s/σ) √(2k))`, so the series
/// serves every ρ, ±1 included, as long as `s/σ` is not small. The coefficients come from the trapezoidal rule, which
/// converges exponentially for such integrands.
///
/// **Accuracy.** The tail after K terms is at most `|ρ|^{K+1} √(T_f T_g)`, `T_f = E f² − Σ_{k≤K} a_k²` (Cauchy and
/// Schwarz; *proved*). The error of the coefficients is *estimated* by the difference between the rule and the rule
/// of twice the step, of which it is about the square.
enum HermiteSeries {
  /// The longest series worth summing.
  static let limit = 400

  /// The half-width of analyticity in units of σ that decides the step; entire functions vary on the scale 1.
  static func width(_ f: ScalarFunction, _ deviation: Double) -> Double {
    min(f.strip, 1.5) / max(deviation, 1e-3)
  }

  /// Nil if the functions are not analytic enough for a short series.
  static func expectation(
    _ f: ScalarFunction, _ g: ScalarFunction, _ pair: GaussianPair, relative: Double
  ) -> (value: Double, error: Double, magnitude: Double)? {
    guard f.strip > 0, g.strip > 0, pair.deviationU > 0, pair.deviationV > 0 else { return nil }
    let widthU = min(width(f, pair.deviationU), 3)
    let widthV = min(width(g, pair.deviationV), 3)
    // Terms: (w₁ + w₂) √(2K) + K |ln ρ| ≥ 42.
    let decay = pair.correlation == 0 ? 40 : -naturalLogarithm(min(1, pair.correlation.magnitude))
    func exponent(_ k: Int) -> Double { (widthU + widthV) * (2 * Double(k)).squareRoot() + Double(k) * decay }
    var terms = 4
    while exponent(terms) < 42 {
      terms += 4
      if terms > limit { return nil }
    }
    let width = min(widthU, widthV)
    // Under a wide law the trapezoidal rule would need thousands of nodes.
    if width < 0.2 { return nil }
    let frequency = 2 * Double(terms).squareRoot() + max(20, 40 / width)
    // Exponential growth moves the mass to λσ.
    var shift = 0.0
    for (function, deviation) in [(f, pair.deviationU), (g, pair.deviationV)] {
      switch function.growth {
      case .power(let degree): shift = max(shift, 0.5 * Double(max(0, degree)).squareRoot())
      case .vanishing: break
      case .exponential(let rate): shift = max(shift, 2 * rate.doubleValue * deviation)
      }
    }
    if shift > 8 { return nil }
    let reach = 12.5 + shift
    let intervals = 2 * Int((reach * frequency / (2 * Double.pi)).rounded(.up))
    let step = reach / Double(intervals)
    let count = 2 * intervals + 1

    var first = [Double](repeating: 0, count: count)
    var second = first
    var nodes = first
    for index in 0..<count {
      let z = Double(index - intervals) * step
      nodes[index] = z
      let weight = step * GaussianQuadrature.density(z)
      first[index] = weight * f.evaluate(pair.meanU + pair.deviationU * z)
      second[index] = weight * g.evaluate(pair.meanV + pair.deviationV * z)
    }
    // ∫f², from which the tail is bounded.
    var normF = 0.0
    var normG = 0.0
    for index in 0..<count {
      let z = nodes[index]
      let density = step * GaussianQuadrature.density(z)
      if density > 0 {
        normF += first[index] * first[index] / density
        normG += second[index] * second[index] / density
      }
    }
    guard normF.isFinite, normG.isFinite else { return nil }

    var previous = [Double](repeating: 0, count: count)
    var current = [Double](repeating: 1, count: count)
    var total = 0.0
    var coarseTotal = 0.0
    var magnitude = 0.0
    var partF = 0.0
    var partG = 0.0
    var power = 1.0
    for k in 0...terms {
      // Even indices from the center are the rule of twice the step.
      var (a, b, coarseA, coarseB) = (0.0, 0.0, 0.0, 0.0)
      let parity = intervals & 1
      for index in 0..<count {
        let x = first[index] * current[index]
        let y = second[index] * current[index]
        a += x
        b += y
        if index & 1 == parity {
          coarseA += x
          coarseB += y
        }
      }
      total += a * b * power
      coarseTotal += 4 * coarseA * coarseB * power
      magnitude += (a * b * power).magnitude
      partF += a * a
      partG += b * b
      power *= pair.correlation
      let (root, next) = (Double(k).squareRoot(), 1 / Double(k + 1).squareRoot())
      for index in 0..<count {
        let value = (nodes[index] * current[index] - root * previous[index]) * next
        previous[index] = current[index]
        current[index] = value
      }
    }
    let noise = 64 * 0x1p-53
    let tailF = max(0, normF - partF) + noise * normF
    let tailG = max(0, normG - partG) + noise * normG
    let scale = (normF * normG).squareRoot()
    let tail = power.magnitude * (tailF * tailG).squareRoot()
    // The halved rule has about the square of the coarse rule's relative error.
    let coarse = (total - coarseTotal).magnitude / max(scale, Double.leastNormalMagnitude)
    if coarse > 1e-8 { return nil }
    // Sums of `count` terms: rounding errors add like a random walk.
    let rounding = (16 + 2 * Double(count).squareRoot()) * 0x1p-53
    let error = tail + scale * (100 * coarse * coarse + rounding) + rounding * magnitude
    return (total, error, scale)
  }
}
