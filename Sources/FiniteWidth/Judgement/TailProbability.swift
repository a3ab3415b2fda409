import Foundation
import GSL

/// Probabilities of deviations as large as the ones seen.
enum TailProbability {
  /// The skewness below which a Pearson curve is a normal one to 1 % in any tail that matters.
  static let negligibleSkewness = 1e-5
  /// The shape from which on the saddlepoint formula is right to a relative 1e-5.
  private static let largeShape = 100.0

  /// The two-sided probability of a standardized deviation `z` under the Pearson curve of type III (a shifted gamma
  /// law) of this skewness: twice the smaller tail.
  ///
  /// Means of skewed variables and sample variances are not normal in the far tails where a family of tests decides:
  /// with skewness γ the normal tail at z is off by about `exp(γ z³/6)`. The sample variance of M normal values has
  /// exactly this law, with `γ = √(8/(M−1))`.
  static func pearson(_ z: Double, skewness: Double) -> Double {
    guard z.isFinite else { return z.isNaN ? 1 : 0 }
    guard skewness.magnitude > negligibleSkewness else { return min(1, 2 * Distributions.normalUpperTail(z.magnitude)) }
    let (upper, lower) = gamma(skewness > 0 ? z : -z, shape: 4 / (skewness * skewness))
    return min(1, 2 * min(upper, lower))
  }

  /// The tails of a gamma variable at `shape + z √shape`.
  static func gamma(_ z: Double, shape: Double) -> (upper: Double, lower: Double) {
    if shape < largeShape, let tails = try? Distributions.gammaTails(shape + z * shape.squareRoot(), shape: shape) {
      return tails
    }
    return saddlepoint(z, shape: shape)
  }

  /// The formula of Lugannani and Rice (1980) for a gamma law of shape k.
  ///
  ///     P(X > k + z√k) ≈ Q(w) + φ(w) (1/z − 1/w) ,   w² = 2k (t − log(1 + t)) ,   t = z/√k ,   sign w = sign z .
  static func saddlepoint(_ z: Double, shape: Double) -> (upper: Double, lower: Double) {
    let root = shape.squareRoot()
    let t = z / root
    guard t > -1 else { return (1, 0) }
    // s = w/z: s² = 2 (t − log(1 + t))/t² = 1 − 2t/3 + t²/2 − …, and (1/z − 1/w) = (s − 1)/(s t √k).
    let excess: Double =
      t.magnitude < 1e-3 ? t * (-2.0 / 3 + t * (0.5 - t * (0.4 - t / 3))) : 2 * (t - log1p(t)) / (t * t) - 1
    let s = (1 + excess).squareRoot()
    let w = z * s
    let slope = t == 0 ? -2.0 / 3 : excess / t
    let correction = exp(-w * w / 2) / (2 * Double.pi).squareRoot() * slope / ((s + 1) * s * root)
    let upper = Distributions.normalUpperTail(w) + correction
    let lower = Distributions.normalUpperTail(-w) - correction
    return (min(1, max(0, upper)), min(1, max(0, lower)))
  }

  /// The upper tail of chi-squared.
  static func chiSquared(_ x: Double, degreesOfFreedom: Double) -> Double {
    let shape = degreesOfFreedom / 2
    return gamma((x / 2 - shape) / shape.squareRoot(), shape: shape).upper
  }

  /// The two-sided probability of Student's t.
  static func student(_ t: Double, degreesOfFreedom: Double) -> Double {
    guard t.isFinite else { return t.isNaN ? 1 : 0 }
    return min(1, 2 * Distributions.studentUpperTail(t.magnitude, degreesOfFreedom: degreesOfFreedom))
  }
}
