import Moments

/// What is predicted at each test input: a normal law.
public struct Prediction: Sendable {
  /// The means, each with an estimate of its error.
  public let mean: [Estimate]
  /// The variances, likewise; never negative.
  public let variance: [Estimate]

  public init(mean: [Estimate], variance: [Estimate]) {
    self.mean = mean
    self.variance = variance
  }

  /// The square roots of the variances.
  public var standardDeviation: [Estimate] {
    variance.map { variance in
      let root = variance.value.squareRoot()
      // √(v + e) − √v without cancellation; the other side is larger by no more than √e.
      let above = variance.error / ((variance.value + variance.error).squareRoot() + root)
      let below = root - max(0, variance.value - variance.error).squareRoot()
      let error = variance.error == 0 ? 0 : max(above, below)
      return Estimate(root, error: error + root * 0x1p-53, method: variance.method)
    }
  }

  /// A variance as it is computed, which rounding may have made negative.
  ///
  /// - Returns: nil where it is negative by more than its error.
  static func variance(_ value: Double, error: Double, method: EvaluationMethod) -> Estimate? {
    guard value + error >= 0, error.isFinite else { return nil }
    return value >= 0
      ? Estimate(value, error: error, method: method) : Estimate(0, error: max(error + value, -value), method: method)
  }
}

/// Checks what every prediction needs.
func checkRegression(targets: [Double], count: Int, ridge: Double) throws(RegressionError) {
  guard targets.count == count else { throw .targetCount(found: targets.count, expected: count) }
  for (row, value) in targets.enumerated() where !value.isFinite { throw .targetNotFinite(row: row, value: value) }
  guard ridge >= 0, ridge.isFinite else { throw .ridge(ridge) }
}
