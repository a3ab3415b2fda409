import Activations

/// `E[g(v)]`, `v ~ N(μ, τ²)`, for a function that is linear on the right of 0 and an exponential on the left.
///
/// With `t = μ/τ`, `s = t + λτ` and Q the upper tail of the standard normal law φ,
///
///     E[e^{λv}; v < 0] = e^{λμ + λ²τ²/2} Q(s) = φ(t) Q(s)/φ(s),
///
/// the second form where s is large. Where `λτ` is small, `offset + amplitude e^{λv}` may cancel near 0: then the
/// exponential is expanded about 0, `Σ (−λτ)^j/j! · I_j(t)`, with the `I_j` of ``ConditionalMean``.
struct HalfExponentialMean: Sendable {
  private let level: Double
  private let slope: Double
  private let offset: Double
  private let amplitude: Double
  private let rate: Double

  init?(_ form: GaussianForm?) {
    guard case .halfExponential(let level, let slope, let offset, let amplitude, let rate)? = form else { return nil }
    (self.level, self.slope, self.offset, self.amplitude, self.rate) = (level, slope, offset, amplitude, rate)
  }

  /// The mean with its rounding bound and a bound for `E|g|`.
  func callAsFunction(mean: Double, deviation: Double) -> IntegrandSample {
    let t = mean / deviation
    let (right, rightSizes) = ConditionalMean.repeatedIntegrals(-t, degree: 1)
    var value = level * right[0] + slope * deviation * right[1]
    var moduli = level.magnitude * right[0] + (slope * deviation).magnitude * rightSizes[1]
    let step = rate * deviation
    if step < 0.5, rate * mean > -1 {
      let (sum, size) = expansion(t, step)
      value += sum
      moduli += size
    } else {
      let below = Self.upperTail(t)
      let power = amplitude * exponentialPart(t, step, rate * mean)
      value += offset * below + power
      // The exponent's rounding becomes a relative error of the power.
      moduli += (offset * below).magnitude + power.magnitude * (1 + (rate * mean).magnitude + min(step * step, t * t))
    }
    return IntegrandSample(value: value, error: 8 * 0x1p-53 * moduli, magnitude: max(value.magnitude, 0x1p-6 * moduli))
  }

  /// `E[offset + amplitude e^{λv}; v < 0]` by powers of v.
  private func expansion(_ t: Double, _ step: Double) -> (value: Double, moduli: Double) {
    let density = GaussianQuadrature.density(t)
    var (previous, current) = (density, Self.upperTail(t))
    var (previousSize, currentSize) = (density, current)
    var value = (offset + amplitude) * current
    var moduli = value.magnitude
    var factor = amplitude
    for j in 1...40 {
      // I_1 = φ − t I_0, I_j = (j−1) I_{j−2} − t I_{j−1}
      let weight = Double(max(1, j - 1))
      (previous, current) = (current, weight * previous - t * current)
      (previousSize, currentSize) = (currentSize, weight * previousSize + t.magnitude * currentSize)
      factor *= -step / Double(j)
      value += factor * current
      let size = factor.magnitude * currentSize
      moduli += size
      if size <= 0x1p-58 * moduli { break }
    }
    return (value, moduli)
  }

  /// `e^{λμ + λ²τ²/2} Q(s)`.
  private func exponentialPart(_ t: Double, _ step: Double, _ shift: Double) -> Double {
    let s = t + step
    if s < 3 { return exponential(shift + 0.5 * step * step) * Self.upperTail(s) }
    return GaussianQuadrature.density(t) * Self.millsRatio(s)
  }

  private static func upperTail(_ t: Double) -> Double {
    0.5 * complementaryErrorFunction(t * 0.707_106_781_186_547_524_40)
  }

  /// `Q(s)/φ(s)` for `s ≥ 3`, by the continued fraction `1/(s + 1/(s + 2/(s + 3/(s + …))))`.
  static func millsRatio(_ s: Double) -> Double {
    // The error falls like exp(−2 s √(2n)).
    let root = 20 / s
    var fraction = s
    for n in stride(from: Int(root * root) + 20, through: 1, by: -1) { fraction = s + Double(n) / fraction }
    return 1 / fraction
  }
}
