import Foundation
import GSL

/// What a study says of the bias, the distance of the mean from the limit.
///
/// Where theory says that it is zero, nothing is fitted: the slope of log |mean − limit| would be that of noise, −1/2.
/// Otherwise `N · bias / scale` is a line in 1/N, and its value at 1/N = 0 is the coefficient of 1/N: the logarithm of a
/// noisy number that may change its sign is never taken.
public struct BiasFit: Sendable, Equatable {
  /// What can be said.
  public enum Status: String, Sendable {
    /// Zero at every width in theory.
    case zero
    /// The coefficient is more than three standard errors from zero.
    case resolved
    /// It would take more networks.
    case unresolved
    /// There is no limit to be biased from, or the variance is infinite.
    case none
  }

  public let status: Status
  /// The fitted coefficient of 1/N, relative to the power of N that the mean follows; nil where nothing is fitted.
  public let coefficient: Double?
  public let standardError: Double?
  /// The slope of N · bias in 1/N, the coefficient of 1/N², from three widths on.
  public let secondOrder: Double?
  public let secondOrderError: Double?
  /// Theory's coefficient at the smallest width.
  public let predicted: Double?
  /// How many networks of the smallest width would show the predicted bias at level 0.05 with probability 0.9.
  public let networksNeeded: Double?

  /// `(z₀.₉₇₅ + z₀.₉)²`, equation (5.1).
  private static let detection = 10.507_426
  private static let resolution = 3.0

  public init(_ series: EntrySeries) {
    let places = series.usable.filter { series.prediction[$0].limit != nil }.sorted {
      series.widths[$0] < series.widths[$1]
    }
    guard let first = places.first, series.heavyTail == nil, !series.biasIsZero else {
      self.init(series.biasIsZero && series.heavyTail == nil ? .zero : .none)
      return
    }
    // The power of N of the mean is taken out, so that the bias is a coefficient of 1/N relative to it.
    func unit(_ place: Int) -> Double { pow(Double(series.widths[place]), series.exponent) }
    var (x, y, weights): ([Double], [Double], [Double]) = ([], [], [])
    for place in places {
      let n = Double(series.widths[place])
      let bias = series.statistics[place].mean - (series.prediction[place].limit ?? 0)
      let error = (series.variance(place) / Double(series.statistics[place].count)).squareRoot()
      guard error > 0, error.isFinite else { continue }
      x.append(1 / n)
      y.append(n * bias / unit(place))
      weights.append(pow(unit(place) / (n * error), 2))
    }
    guard !x.isEmpty else {
      self.init(.none)
      return
    }
    let n = Double(series.widths[first])
    let mean = series.biasIsPredicted ? series.prediction[first].mean : nil
    let predicted = mean.map { n * ($0 - (series.prediction[first].limit ?? 0)) / unit(first) }
    var coefficient = zip(y, weights).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)
    var error = (1 / weights.reduce(0, +)).squareRoot()
    var second: (value: Double, error: Double)?
    if x.count >= 3, let fit = try? fitLine(x: x, y: y, weights: weights) {
      (coefficient, error) = (fit.intercept, fit.interceptError)
      second = (fit.slope, fit.slopeError)
    }
    let isResolved = coefficient.magnitude > Self.resolution * error
    let expected = predicted ?? coefficient
    let variance = series.variance(first) / (unit(first) * unit(first))
    let needed = isResolved || expected == 0 ? nil : Self.detection * n * n * variance / (expected * expected)
    self.init(
      isResolved ? .resolved : .unresolved, coefficient: coefficient, standardError: error, second: second,
      predicted: predicted, networksNeeded: needed)
  }

  private init(
    _ status: Status, coefficient: Double? = nil, standardError: Double? = nil,
    second: (value: Double, error: Double)? = nil,
    predicted: Double? = nil, networksNeeded: Double? = nil
  ) {
    self.status = status
    self.coefficient = coefficient
    self.standardError = standardError
    secondOrder = second?.value
    secondOrderError = second?.error
    self.predicted = predicted
    self.networksNeeded = networksNeeded
  }
}
