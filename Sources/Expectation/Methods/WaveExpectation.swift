import Activations
import Moments
import Numerics

/// Sums of exponentials, `f(u) = Σ c e^{λ u}` with real or imaginary `λ` (exp, sin, cos): a closed form under every law.
///
///     E[e^{λ u + μ v}] = e^{λ u₀ + μ v₀ + (λ² Σ_uu + 2 λ μ Σ_uv + μ² Σ_vv)/2} Πⱼ E[e^{(λ αⱼ + μ βⱼ) Wⱼ}] ,
///
/// each factor a characteristic function or an exponential moment. Exponents are formed exactly. Applies where all
/// exponents of a product are real or all are imaginary.
struct WaveExpectation: ExpectationMethod {
  let name = "exponential sums"

  /// Whether every product of two terms has a real or an imaginary exponent.
  static func applies(to question: ExpectationQuestion) -> Bool {
    guard let first = question.f.waves, let second = question.g.waves, first.count * second.count <= 4096 else {
      return false
    }
    let all = first + second
    return all.allSatisfy(\.frequency.isZero) || all.allSatisfy(\.growthRate.isZero)
  }

  func evaluate(_ question: ExpectationQuestion) throws -> MethodAnswer? {
    guard Self.applies(to: question), let first = question.f.waves, let second = question.g.waves else { return nil }
    let pair = question.pair
    var sum = 0.0
    var error = 0.0
    for a in first {
      for b in second {
        let real = a.real * b.real - a.imaginary * b.imaginary
        let imaginary = a.real * b.imaginary + a.imaginary * b.real
        let rates = (a.growthRate, b.growthRate)
        let frequencies = (a.frequency, b.frequency)
        let isReal = frequencies.0.isZero && frequencies.1.isZero
        let (s, t) = isReal ? rates : frequencies
        let exponent = s * pair.offsetU + t * pair.offsetV
        let quadratic = (s * s * pair.gaussianUU + 2 * s * t * pair.gaussianUV + t * t * pair.gaussianVV) / 2
        if isReal {
          let growth = (exponent + quadratic).doubleValue
          var sensitivity = growth.magnitude
          var term = real.doubleValue
          for summand in pair.summands {
            let rate = s * summand.u + t * summand.v
            if rate.isZero { continue }
            guard Self.exists(summand.law, rate) else {
              return MethodAnswer(
                .infinite(positive: real.signum > 0, reason: "E exp(\(rate)·w) does not exist for \(summand.law)"))
            }
            term *= summand.law.exponentialMoment(rate.doubleValue)
            sensitivity += Self.sensitivity(summand.law, rate)
          }
          term *= .exp(growth)
          guard !term.isNaN else { throw ExpectationError.overflow(quantity: question.name) }
          sum += term
          error += term.magnitude * (Double(8 + 8 * pair.summands.count) + 4 * sensitivity) * 0x1p-53
          if term.magnitude < .leastNormalMagnitude { error += .leastNonzeroMagnitude }
        } else {
          let phase = exponent.doubleValue
          let damping = Double.exp(-quadratic.doubleValue)
          var term = Complex(real.doubleValue, imaginary.doubleValue) * Complex(.cos(phase), .sin(phase))
          var bound = 1.0
          for summand in pair.summands {
            let frequency = s * summand.u + t * summand.v
            if frequency.isZero { continue }
            let argument = frequency.doubleValue
            let factor = summand.law.characteristicFunction(argument)
            term = term * factor
            // What the rounding of the frequency, or of its product with a scale, can change.
            let near = [1 + 0x1p-30, 1 - 0x1p-30].map {
              (summand.law.characteristicFunction(argument * $0) - factor).length
            }
            bound += 4 + 2 * (near.max() ?? 0) * 0x1p30
          }
          // The sum over conjugate pairs is real.
          sum += damping * term.real
          let scale = damping * (real.magnitude.doubleValue + imaginary.magnitude.doubleValue)
          error += scale * (bound + 4 + phase.magnitude + quadratic.doubleValue) * 0x1p-52
        }
      }
    }
    return MethodAnswer(.finite(Estimate(sum, error: error, method: .closedForm)))
  }

  /// Whether `E e^{rate·W}` exists, decided exactly.
  private static func exists(_ law: any Law, _ rate: ExactNumber) -> Bool {
    switch law.tail {
    case .bounded, .gaussian: return true
    case .exponential(let limit): return rate.magnitude < limit
    case .power: return false
    }
  }

  /// `|d ln M / d ln rate|` for `M = E e^{rate·W}`: what relative errors of the rate are multiplied by.
  private static func sensitivity(_ law: any Law, _ rate: ExactNumber) -> Double {
    let argument = rate.doubleValue
    var step = 1e-4
    var pole = 0.0
    if case .exponential(let limit) = law.tail, let inverse = limit.reciprocal {
      // Poles of order 1 or less: M' / M ≤ 1/gap near them.
      let gap = (1 - rate.magnitude * inverse).doubleValue
      pole = 1 / gap
      step = min(step, gap / 4)
    }
    let high = Double.log(law.exponentialMoment(argument * (1 + step)))
    let low = Double.log(law.exponentialMoment(argument * (1 - step)))
    let slope = (high - low).magnitude / (2 * step)
    return slope.isFinite ? slope + pole : argument.magnitude + pole
  }
}
