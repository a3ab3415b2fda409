/// The samples of one entry of one kernel at all widths, beside what theory says of them: what is judged.
public struct EntrySeries: Sendable {
  public var widths: [Int]
  /// One for each width; a width with fewer than two networks is passed over.
  public var statistics: [SampleStatistics]
  /// One for each width.
  public var prediction: [PredictedMoments]
  /// Whether theory says that the mean is the limit at every width.
  public var biasIsZero: Bool
  /// Whether the means hold the bias, and not only the limit.
  public var biasIsPredicted: Bool
  /// The power of N that the kernel's mean follows.
  public var exponent: Double

  public init(
    widths: [Int], statistics: [SampleStatistics], prediction: [PredictedMoments], biasIsZero: Bool = false,
    biasIsPredicted: Bool = true, exponent: Double = 0
  ) {
    precondition(widths.count == statistics.count && widths.count == prediction.count, "each width has samples")
    self.widths = widths
    self.statistics = statistics
    self.prediction = prediction
    self.biasIsZero = biasIsZero
    self.biasIsPredicted = biasIsPredicted
    self.exponent = exponent
  }

  /// The places of the widths that can be judged.
  public var usable: [Int] { widths.indices.filter { statistics[$0].count >= 2 } }

  /// The excess kurtosis of one network's entry at a width, for the error of the variance.
  ///
  /// Theory's fourth cumulant where it is known. Otherwise the sample's own value, or what all widths together say of it
  /// if it falls like 1/N as averages do; for a verdict, the least that is assumed where that is larger: a sample without
  /// its rare large values must not look surer than it is.
  func excessKurtosis(_ index: Int, forVerdict: Bool) -> Double {
    if let fourth = prediction[index].fourthCumulant.value, let variance = prediction[index].variance.value,
      variance > 0
    {
      return fourth / (variance * variance)
    }
    var (sum, total) = (0.0, 0.0)
    for other in usable {
      let value = statistics[other].excessKurtosis
      guard value.isFinite else { continue }
      sum += Double(statistics[other].count) * Double(widths[other]) * value
      total += Double(statistics[other].count)
    }
    let pooled = total > 0 ? sum / total / Double(widths[index]) : 0
    let own = statistics[index].excessKurtosis
    return max(forVerdict ? prediction[index].leastKurtosis : 0, own.isFinite ? own : 0, pooled)
  }

  /// `Var s²/σ⁴ = 2/(M−1) + g/M` with `g` the excess kurtosis, equation (1.8) of the finite-width theory.
  ///
  /// - Parameters:
  ///   - index: The number of the width.
  ///   - forVerdict: Whether a kurtosis that is not known may be larger than the sample's.
  public func relativeVarianceOfVariance(_ index: Int, forVerdict: Bool = false) -> Double {
    let samples = Double(statistics[index].count)
    return max(0, 2 / (samples - 1) + excessKurtosis(index, forVerdict: forVerdict) / samples)
  }

  /// The variance of one network's entry: theory's, or the sample's.
  func variance(_ index: Int) -> Double { prediction[index].variance.value ?? statistics[index].variance }

  /// Why there is no rate of 1/√N: the variance does not exist.
  public var heavyTail: String? {
    for prediction in prediction { if case .infinite(let reason) = prediction.variance { return reason } }
    return nil
  }
}
