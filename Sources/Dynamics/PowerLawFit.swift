import Foundation
import GSL

/// A line through the logarithms of positive quantities against the logarithm of the width.
public struct PowerLawFit: Sendable, Equatable {
  /// The exponent.
  public let exponent: Double
  /// Its standard error.
  public let standardError: Double
  /// The logarithm of the factor in front of the power.
  public let intercept: Double
  /// The ends of the interval that holds the exponent with 95 % confidence if a power law holds.
  public let interval: ClosedRange<Double>
  /// The widths that went in.
  public let widths: [Int]
  /// `χ²` per degree of freedom of the fit; nil for two widths, which every line meets.
  public let reducedChiSquare: Double?

  /// One width: the mean of the logarithm of the quantity over networks, and its standard error.
  public struct Point: Sendable, Equatable {
    public var width: Int
    public var meanLogarithm: Double
    public var standardError: Double

    public init(width: Int, meanLogarithm: Double, standardError: Double) {
      self.width = width
      self.meanLogarithm = meanLogarithm
      self.standardError = standardError
    }
  }

  /// The fitted quantity at a width.
  public func value(at width: Double) -> Double { exp(intercept + exponent * log(width)) }

  /// Weighted least squares.
  ///
  /// The standard error comes from those of the points, widened by `√(χ²/ν)` where the points scatter more than they
  /// say, as quantities do that are no exact power. The interval is 1.96 standard errors to each side.
  ///
  /// - Returns: nil for fewer than two widths with a known error.
  public init?(_ points: [Point]) {
    let points = points.filter { $0.meanLogarithm.isFinite && $0.standardError > 0 && $0.standardError.isFinite }
    guard Set(points.map(\.width)).count >= 2 else { return nil }
    let x = points.map { log(Double($0.width)) }
    let weights = points.map { 1 / ($0.standardError * $0.standardError) }
    let total = weights.reduce(0, +)
    let meanX = zip(weights, x).reduce(0) { $0 + $1.0 * $1.1 } / total
    let meanY = zip(weights, points).reduce(0) { $0 + $1.0 * $1.1.meanLogarithm } / total
    var (spread, product) = (0.0, 0.0)
    for index in points.indices {
      let deviation = x[index] - meanX
      spread += weights[index] * deviation * deviation
      product += weights[index] * deviation * (points[index].meanLogarithm - meanY)
    }
    let slope = product / spread
    exponent = slope
    intercept = meanY - slope * meanX
    var error = (1 / spread).squareRoot()
    let freedom = points.count - 2
    if freedom > 0 {
      let square = points.indices.reduce(0) { sum, index in
        let residual = points[index].meanLogarithm - meanY - slope * (x[index] - meanX)
        return sum + weights[index] * residual * residual
      }
      reducedChiSquare = square / Double(freedom)
      error *= max(1, (square / Double(freedom)).squareRoot())
    } else {
      reducedChiSquare = nil
    }
    standardError = error
    interval = (slope - 1.96 * error)...(slope + 1.96 * error)
    widths = points.map(\.width)
  }
}
