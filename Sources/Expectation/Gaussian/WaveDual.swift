import Activations
import Moments

/// Duals of real sums of exponentials: trigonometric sums on both sides, or real exponentials on both sides.
struct WaveDual: Sendable {
  /// `cosine · cos(ωz) + sine · sin(ωz)` or `coefficient · e^{λz}`.
  struct Term: Sendable {
    var rate: Double
    var cosine: Double
    var sine: Double
  }

  private let first: [Term]
  private let second: [Term]
  private let isTrigonometric: Bool

  /// Nil if the functions mix growth and oscillation.
  init?(_ f: [Wave], _ g: [Wave]) {
    if let a = Self.trigonometric(f), let b = Self.trigonometric(g) {
      (first, second, isTrigonometric) = (a, b, true)
    } else if let a = Self.real(f), let b = Self.real(g) {
      (first, second, isTrigonometric) = (a, b, false)
    } else {
      return nil
    }
  }

  private static func real(_ waves: [Wave]) -> [Term]? {
    var terms: [Term] = []
    for wave in waves {
      guard wave.frequency.isZero, wave.imaginary.isZero else { return nil }
      terms.append(Term(rate: wave.growthRate.doubleValue, cosine: wave.real.doubleValue, sine: 0))
    }
    return terms
  }

  private static func trigonometric(_ waves: [Wave]) -> [Term]? {
    var terms: [Term] = []
    for wave in waves {
      guard wave.growthRate.isZero else { return nil }
      // The real part of (r + is) e^{iωz}; the imaginary parts of a real function cancel.
      let frequency = wave.frequency.doubleValue
      let sign: Double = frequency < 0 ? -1 : 1
      let (cosine, sine) = (wave.real.doubleValue, -sign * wave.imaginary.doubleValue)
      if let index = terms.firstIndex(where: { $0.rate == frequency.magnitude }) {
        terms[index].cosine += cosine
        terms[index].sine += sine
      } else {
        terms.append(Term(rate: frequency.magnitude, cosine: cosine, sine: sine))
      }
    }
    return terms
  }

  /// `Var(au + bv) = (|a|σ₁ − |b|σ₂)² + 2|ab|σ₁σ₂(1 ± ρ)`, sums of squares.
  ///
  /// The difference of deviations is formed from the variances, which are closer to what was given.
  @inline(__always)
  private static func variance(_ a: Double, _ b: Double, _ pair: GaussianPair) -> Double {
    let (x, y) = (a.magnitude * pair.deviationU, b.magnitude * pair.deviationV)
    let squares = a * a * pair.varianceU - b * b * pair.varianceV
    let difference = x + y > 0 ? squares / (x + y) : 0
    return difference * difference + 2 * x * y * (a * b < 0 ? pair.oneMinusRho : pair.onePlusRho)
  }

  func expectation(_ pair: GaussianPair) -> Estimate {
    var total = 0.0
    var error = 0.0
    for a in first {
      for b in second {
        let (value, bound) = isTrigonometric ? Self.oscillation(a, b, pair) : Self.growth(a, b, pair)
        total += value
        error += bound
      }
    }
    return Estimate(total, error: 0x1p-53 * (error + 4 * total.magnitude), method: .closedForm)
  }

  /// `E[e^{au + bv}] = exp(am₁ + bm₂ + Var(au + bv)/2)`; the bound is in units of ε/2.
  private static func growth(_ a: Term, _ b: Term, _ pair: GaussianPair) -> (Double, Double) {
    let half = 0.5 * variance(a.rate, b.rate, pair)
    let shift = a.rate * pair.meanU + b.rate * pair.meanV
    let value = a.cosine * b.cosine * exponential(half + shift)
    let spread = (a.rate * pair.meanU).magnitude + (b.rate * pair.meanV).magnitude
    // The variances are rounded inputs: near c < 0 half is what is left of larger terms.
    let scale = 0.5 * (a.rate * a.rate * pair.varianceU - b.rate * b.rate * pair.varianceV).magnitude
    return (value, value.magnitude * (8 + 8 * half + 4 * spread + 4 * min(scale, 1e3 * half + scale)))
  }

  private static func oscillation(_ a: Term, _ b: Term, _ pair: GaussianPair) -> (Double, Double) {
    let minus = 0.5 * variance(a.rate, -b.rate, pair)
    let plus = 0.5 * variance(a.rate, b.rate, pair)
    let (low, high) = (exponential(-minus), exponential(-plus))
    // E₋ − E₊ without cancellation: plus − minus = 2ωνc.
    let gap = 2 * a.rate * b.rate * pair.covariance
    let difference = gap >= 0 ? -low * exponentialMinusOne(-gap) : high * exponentialMinusOne(gap)
    let sum = low + high
    if pair.isCentered {
      let value = 0.5 * (a.cosine * b.cosine * sum + a.sine * b.sine * difference)
      let size = 0.5 * ((a.cosine * b.cosine).magnitude * sum + (a.sine * b.sine * difference).magnitude)
      return (value, size * (8 + 8 * min(minus, plus)))
    }
    let (x, y) = (a.rate * pair.meanU, b.rate * pair.meanV)
    let (cosX, sinX, cosY, sinY) = (cosine(x), Expectation.sine(x), cosine(y), Expectation.sine(y))
    // E[cos cos], E[sin sin], E[sin cos], E[cos sin] by the addition theorems.
    let cc = cosX * cosY * sum + sinX * sinY * difference
    let ss = cosX * cosY * difference + sinX * sinY * sum
    let sc = sinX * cosY * sum - cosX * sinY * difference
    let cs = cosX * sinY * sum - sinX * cosY * difference
    let value =
      0.5 * (a.cosine * b.cosine * cc + a.sine * b.sine * ss + a.sine * b.cosine * sc + a.cosine * b.sine * cs)
    let size = (a.cosine.magnitude + a.sine.magnitude) * (b.cosine.magnitude + b.sine.magnitude) * sum
    return (value, size * (8 + 8 * min(minus, plus) + 2 * (x.magnitude + y.magnitude)))
  }
}
