import GSL

/// Probabilities of deviations as large as the ones seen.
enum TailProbability {
  /// The skewness below which a Pearson curve is a normal one to 1 % in any tail that matters.
  private static let negligibleSkewness = 1e-5

  /// The two-sided probability of a standardized deviation `z` under the Pearson curve of type III (a shifted gamma
  /// law) of this skewness: twice the smaller tail.
  ///
  /// Means of skewed variables and sample variances are not normal in the far tails where a family of tests decides:
  /// with skewness γ the normal tail at z is off by about `exp(γ z³/6)`. The sample variance of M normal values has
  /// exactly this law, with `γ = √(8/(M−1))`.
  static func pearson(_ z: Double, skewness: Double) -> Double {
    guard z.isFinite else { return z.isNaN ? 1 : 0 }
    guard skewness.magnitude > negligibleSkewness else { return min(1, 2 * Distributions.normalUpperTail(z.magnitude)) }
    let shape = 4 / (skewness * skewness)
    let mirrored = skewness > 0 ? z : -z
    let (upper, lower) = Distributions.gammaTails(shape + mirrored * shape.squareRoot(), shape: shape)
    return min(1, 2 * min(upper, lower))
  }

  /// The two-sided probability of Student's t.
  static func student(_ t: Double, degreesOfFreedom: Double) -> Double {
    guard t.isFinite else { return t.isNaN ? 1 : 0 }
    return min(1, 2 * Distributions.studentUpperTail(t.magnitude, degreesOfFreedom: degreesOfFreedom))
  }
}
