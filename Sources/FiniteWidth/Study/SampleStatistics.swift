/// Mean and central moments of a sample, accumulated in one pass and mergeable.
///
/// **Source.** Chan, Golub and LeVeque 1983 for the variance; Pébay 2008 (Sandia report SAND2008-6212) for the third
/// and fourth moments.
public struct SampleStatistics: Sendable, Equatable {
  /// The number of samples.
  public private(set) var count = 0
  /// The mean; 0 without samples.
  public private(set) var mean = 0.0
  /// `Σ (x − mean)^k` for k = 2, 3, 4.
  private(set) var sum2 = 0.0
  private(set) var sum3 = 0.0
  private(set) var sum4 = 0.0

  public init() {}

  /// The accumulation that a file holds.
  init(count: Int, mean: Double, sum2: Double, sum3: Double, sum4: Double) {
    self.count = count
    self.mean = mean
    self.sum2 = sum2
    self.sum3 = sum3
    self.sum4 = sum4
  }

  /// Takes one sample in.
  public mutating func add(_ x: Double) {
    merge(SampleStatistics(single: x))
  }

  init(single x: Double) {
    count = 1
    mean = x
  }

  /// Takes the samples of another accumulation in.
  public mutating func merge(_ other: SampleStatistics) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    let (a, b) = (Double(count), Double(other.count))
    let n = a + b
    let delta = other.mean - mean
    let step = delta / n
    let product = a * b
    let quadratic = delta * step * product
    let fourth =
      quadratic * step * step * (a * a - product + b * b)
      + 6 * step * step * (a * a * other.sum2 + b * b * sum2) + 4 * step * (a * other.sum3 - b * sum3)
    let third = quadratic * step * (a - b) + 3 * step * (a * other.sum2 - b * sum2)
    sum4 += other.sum4 + fourth
    sum3 += other.sum3 + third
    sum2 += other.sum2 + quadratic
    mean += b * step
    count += other.count
  }

  /// The unbiased variance, with the divisor `count − 1`; NaN for fewer than two samples.
  public var variance: Double { count > 1 ? sum2 / Double(count - 1) : .nan }

  /// The square root of the variance.
  public var standardDeviation: Double { variance.squareRoot() }

  /// The standard error of the mean.
  public var standardError: Double { (variance / Double(count)).squareRoot() }

  /// The fourth central moment of the sample.
  public var fourthCentralMoment: Double { sum4 / Double(count) }

  /// The skewness of the sample; NaN for a sample without scatter.
  public var skewness: Double { Double(count).squareRoot() * sum3 / (sum2 * sum2.squareRoot()) }

  /// The excess kurtosis of the sample; NaN for a sample without scatter.
  public var excessKurtosis: Double { Double(count) * sum4 / (sum2 * sum2) - 3 }

  /// The standard error of ``variance``, `√((m₄ − s⁴ (M−3)/(M−1)) / M)`, from the sample's own moments.
  public var standardErrorOfVariance: Double {
    let m = Double(count)
    return (max(0, fourthCentralMoment - variance * variance * (m - 3) / (m - 1)) / m).squareRoot()
  }

  /// How many standard errors the mean lies above `limit`.
  ///
  /// - Parameters:
  ///   - limit: What the mean is compared with.
  ///   - standardDeviation: The true standard deviation of one sample, where theory knows it; nil takes the sample's own.
  ///     A rounding error of `2⁻⁴⁸ |mean|` is added to it, so that a sample without scatter is judged as double precision
  ///     allows.
  public func zScore(limit: Double, standardDeviation: Double? = nil) -> Double {
    let scatter = standardDeviation.map { $0 / Double(count).squareRoot() } ?? standardError
    let rounding = 0x1p-48 * max(mean.magnitude, limit.magnitude)
    let scale = (scatter * scatter + rounding * rounding).squareRoot()
    return mean == limit ? 0 : (mean - limit) / scale
  }
}
