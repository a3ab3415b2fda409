import Foundation
import GSL

/// How far the average of independent networks strays from its expectation: the quantiles that tolerances are made of.
public enum AverageTail {
  /// The smallest probability whose quantile is found.
  public static let smallestProbability = 1e-200

  /// The `z` that a standardized variable of this skewness exceeds with `probability`, if it follows a Pearson curve of
  /// type III (a shifted gamma law) with its longer tail upwards.
  ///
  /// The curve has skewness γ and excess kurtosis 3γ²/2. For a variable of skewness γ₃ and excess kurtosis g the caller
  /// takes ``dominatingSkewness(skewness:excessKurtosis:)``, and has a law with at least both of them. It is an
  /// extrapolation from four moments and no bound; ``chebyshev(probability:)`` is one.
  ///
  /// - Parameters:
  ///   - probability: Of one tail, in (0, 1/2).
  ///   - skewness: At least 0.
  public static func quantile(probability: Double, skewness: Double) -> Double {
    precondition(probability >= smallestProbability && probability < 0.5, "a probability of one tail")
    let normal = Distributions.normalUpperQuantile(probability)
    guard skewness > TailProbability.negligibleSkewness, skewness.isFinite else { return normal }
    let shape = 4 / (skewness * skewness)
    func upper(_ z: Double) -> Double { TailProbability.gamma(z, shape: shape).upper }
    // The median of a gamma law lies below its mean: a tail of less than 1/2 may begin below 0.
    var (low, high) = (-1.0, max(1, normal))
    while upper(high) > probability, high < 1e9 { (low, high) = (high, 2 * high) }
    while high - low > 1e-13 * max(1, high.magnitude) {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { break }
      if upper(middle) > probability { low = middle } else { high = middle }
    }
    return high
  }

  /// The skewness of the gamma law that has at least this skewness, of whatever sign, and this excess kurtosis.
  public static func dominatingSkewness(skewness: Double, excessKurtosis: Double) -> Double {
    max(skewness.magnitude, (max(0, excessKurtosis) * 2 / 3).squareRoot())
  }

  /// The deviation, in standard deviations, that no law exceeds with more than `probability` on both sides together.
  public static func chebyshev(probability: Double) -> Double { (1 / probability).squareRoot() }
}
