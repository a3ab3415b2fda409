import Foundation
import GSL

/// A power of the width fitted to positive numbers, `y = e^a N^b`: weighted least squares through `(log N, log y)`.
public struct PowerFit: Sendable, Equatable {
  /// The exponent `b`.
  public let slope: Double
  /// From the weights alone; the widths' networks are independent.
  public let standardError: Double
  /// `a`.
  public let intercept: Double
  /// `χ²` of the fit, of order ``degreesOfFreedom`` if a power describes the numbers.
  public let chiSquared: Double
  public let degreesOfFreedom: Int

  /// The exponent's 95 % confidence interval.
  public var interval: ClosedRange<Double> {
    let half = Self.normal975 * standardError
    return (slope - half)...(slope + half)
  }
  private static let normal975 = 1.959963984540054

  /// - Parameter points: Widths with a positive number each and its relative standard error.
  /// - Returns: nil with fewer than two widths, or where a number is not known to two standard errors: the logarithm of
  ///   noise has no slope.
  public init?(_ points: [(width: Int, value: Double, relativeError: Double)]) {
    let points = points.filter {
      $0.value > 0 && $0.value.isFinite && $0.relativeError > 0 && $0.relativeError.isFinite
    }
    guard Set(points.map(\.width)).count >= 2, points.allSatisfy({ $0.relativeError < 0.5 }) else { return nil }
    guard
      let fit = try? fitLine(
        x: points.map { log(Double($0.width)) }, y: points.map { log($0.value) },
        weights: points.map { 1 / ($0.relativeError * $0.relativeError) })
    else { return nil }
    slope = fit.slope
    standardError = fit.slopeError
    intercept = fit.intercept
    chiSquared = fit.chiSquared
    degreesOfFreedom = points.count - 2
  }

  /// The rate of the standard deviation: `Var log s = (2/(M−1) + g/M)/4` with `g` the excess kurtosis.
  public static func deviation(_ series: EntrySeries) -> PowerFit? {
    PowerFit(
      series.usable.map { index in
        (
          series.widths[index], series.statistics[index].standardDeviation,
          series.relativeVarianceOfVariance(index).squareRoot() / 2
        )
      })
  }

  /// The rate of the mean's magnitude.
  public static func mean(_ series: EntrySeries) -> PowerFit? {
    let places = series.usable
    let signs = Set(places.map { series.statistics[$0].mean.sign })
    guard signs.count == 1 else { return nil }
    return PowerFit(
      places.map { index in
        let statistics = series.statistics[index]
        let error = max(statistics.standardError, 0x1p-52 * statistics.mean.magnitude)
        return (series.widths[index], statistics.mean.magnitude, error / statistics.mean.magnitude)
      })
  }

  /// The slope of the predicted means at the same widths, with the same weights.
  ///
  /// It is what ``mean(_:)`` would find without noise: terms of lower powers of N bend it away from the asymptotic exponent.
  public static func predictedMean(_ series: EntrySeries) -> PowerFit? {
    PowerFit(
      series.usable.compactMap { index in
        guard let mean = series.prediction[index].mean, mean != 0 else { return nil }
        let statistics = series.statistics[index]
        let error = max(statistics.standardError, 0x1p-52 * statistics.mean.magnitude)
        return (series.widths[index], mean.magnitude, error / statistics.mean.magnitude)
      })
  }
}
