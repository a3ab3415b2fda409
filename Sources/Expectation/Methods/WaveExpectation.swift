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

  func evaluate(_ question: ExpectationQuestion) throws -> MethodAnswer? {
    guard let first = question.f.waves, let second = question.g.waves, first.count * second.count <= 4096 else {
      return nil
    }
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
        guard isReal || (rates.0.isZero && rates.1.isZero) else { return nil }
        let (s, t) = isReal ? rates : frequencies
        let exponent = s * pair.offsetU + t * pair.offsetV
        let quadratic = (s * s * pair.gaussianUU + 2 * s * t * pair.gaussianUV + t * t * pair.gaussianVV) / 2
        if isReal {
          var growth = (exponent + quadratic).doubleValue
          var term = real.doubleValue
          for summand in pair.summands {
            let rate = s * summand.u + t * summand.v
            if rate.isZero { continue }
            let factor = summand.law.exponentialMoment(rate.doubleValue)
            guard factor.isFinite else {
              return MethodAnswer(
                .infinite(positive: real.signum > 0, reason: "E exp(\(rate)·w) does not exist for \(summand.law)"))
            }
            term *= factor
          }
          term *= .exp(growth)
          growth = growth.magnitude
          sum += term
          error += term.magnitude * Double(8 + 8 * pair.summands.count) * (1 + growth) * 0x1p-53
        } else {
          let phase = exponent.doubleValue
          let damping = Double.exp(-quadratic.doubleValue)
          var term = Complex(real.doubleValue, imaginary.doubleValue) * Complex(.cos(phase), .sin(phase))
          var bound = 1.0
          for summand in pair.summands {
            let frequency = s * summand.u + t * summand.v
            if frequency.isZero { continue }
            term = term * summand.law.characteristicFunction(frequency.doubleValue)
            bound += 4
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
}
