import Foundation
import LinearAlgebra
import Moments

/// The error of the whole Gram matrix, `Δ = Θ_N − Θ`, over the widths.
///
///     E ‖Δ‖_F² = Σ_{ab} ( Var Θ_N(a,b) + bias(a,b)² )
///
/// over all ordered pairs, exactly wherever variance and bias are. The operator norm has no closed form: its prediction
/// is the mean over symmetric Gaussian matrices with the predicted covariances, its limit for large widths.
public struct GramErrorFit: Sendable {
  /// One width.
  public struct Width: Sendable, Equatable {
    public let width: Int
    /// `√(E ‖Δ‖_F²)`, with its standard error and its prediction.
    public let frobenius: Double
    public let frobeniusError: Double
    public let predictedFrobenius: Double?
    /// `E ‖Δ‖` in the operator norm.
    public let operatorNorm: Double
    public let operatorNormError: Double
    public let predictedOperatorNorm: Double?
  }

  public let widths: [Width]
  public let frobeniusRate: PowerFit?
  public let operatorNormRate: PowerFit?

  /// The random matrices of one width, their seed, and the largest covariance that is drawn from.
  private static let (draws, seed, largestOrder) = (4000, UInt64(0x6772_616D), 300)

  /// - Parameters:
  ///   - statistics: One for each width; those without networks or limits are passed over.
  ///   - series: The entries i ≤ j in order, with their predictions at the same widths.
  ///   - points: The number of points.
  ///   - covariances: The predicted covariances of the entries at each width; nil where they are not known.
  public init(statistics: [GramErrorStatistics?], series: [EntrySeries], points: Int, covariances: [Matrix?]) {
    var widths: [Width] = []
    for (index, statistics) in statistics.enumerated() {
      guard let statistics, statistics.squaredFrobenius.count >= 2, let first = series.first else { continue }
      let squared = statistics.squaredFrobenius
      let rms = squared.mean.squareRoot()
      widths.append(
        Width(
          width: first.widths[index], frobenius: rms,
          frobeniusError: rms > 0 ? squared.standardError / (2 * rms) : 0,
          predictedFrobenius: Self.frobenius(series, at: index, points: points),
          operatorNorm: statistics.operatorNorm.mean, operatorNormError: statistics.operatorNorm.standardError,
          predictedOperatorNorm: covariances[index].flatMap { Self.operatorNorm(series, at: index, points: points, $0) }
        ))
    }
    self.widths = widths
    frobeniusRate = PowerFit(widths.map { ($0.width, $0.frobenius, $0.frobeniusError / $0.frobenius) })
    operatorNormRate = PowerFit(widths.map { ($0.width, $0.operatorNorm, $0.operatorNormError / $0.operatorNorm) })
  }

  private static func bias(_ prediction: PredictedMoments) -> Double? {
    guard let mean = prediction.mean, let limit = prediction.limit else { return nil }
    return mean - limit
  }

  private static func frobenius(_ series: [EntrySeries], at index: Int, points: Int) -> Double? {
    var sum = 0.0
    for (pair, entry) in zip(PointPair.all(count: points), series) {
      guard let variance = entry.prediction[index].variance.value, let bias = bias(entry.prediction[index]) else {
        return nil
      }
      sum += (pair.first == pair.second ? 1 : 2) * (variance + bias * bias)
    }
    return sum.squareRoot()
  }

  private static func operatorNorm(_ series: [EntrySeries], at index: Int, points: Int, _ covariance: Matrix) -> Double?
  {
    let biases = series.compactMap { bias($0.prediction[index]) }
    guard biases.count == series.count, covariance.rows == series.count, covariance.rows <= largestOrder,
      let eigen = try? SymmetricEigen(covariance)
    else { return nil }
    // A singular covariance, of repeated inputs, has eigenvalues that are zero up to rounding.
    let root = eigen.map { max(0, $0).squareRoot() }
    var stream = RandomStream(seed: seed, stream: UInt64(index))
    var sum = 0.0
    for _ in 0..<draws {
      let normal = (0..<covariance.rows).map { _ in stream.normal() }
      let difference = zip(root * normal, biases).map { $0 + $1 }
      sum += GramError.norms(difference, points: points).operatorNorm
    }
    return sum / Double(draws)
  }
}
