import Activations
import Moments

extension ExpectationChain {
  /// `½ E[(φ(u) − φ(v))²]` to high relative accuracy, where a method knows how; nil otherwise.
  public static func halfSquaredDifference(
    _ activation: any Activation, _ pair: PreactivationPair
  ) throws -> Estimate? {
    if let gaussian = try pair.gaussianPair {
      return try GaussianDefectPlan(activation).halfSquaredDifference(gaussian)
    }
    return nil
  }

  /// `E φ(u)² − E φ(v)²` to high relative accuracy, where a method knows how; nil otherwise.
  public static func squareDifference(_ activation: any Activation, _ pair: PreactivationPair) throws -> Estimate? {
    if pair.hasGaussian, pair.summands.isEmpty, pair.offsetU == pair.offsetV, pair.gaussianUU == pair.gaussianVV {
      return .zero
    }
    return nil
  }
}

extension PreactivationPair {
  /// The pair as a Gaussian pair, if there is nothing else in it.
  var gaussianPair: GaussianPair? {
    get throws {
      guard summands.isEmpty else { return nil }
      return try GaussianPair(
        meanU: offsetU, meanV: offsetV, varianceU: gaussianUU, varianceV: gaussianVV, covariance: gaussianUV)
    }
  }
}
