import LinearAlgebra

/// The test of all means of one width together, `χ² = (m − μ)ᵀ (C/M)⁻¹ (m − μ)`.
///
/// It sees deviations that no single entry shows, since it divides by the smallest of the correlated entries' scatters;
/// for the same reason it trusts the predicted covariance to all digits, and is reported beside the verdict, not in it.
public struct GlobalTest: Sendable, Equatable {
  public let width: Int
  public let chiSquared: Double
  /// The rank of the covariance: eigenvalues below 1e-10 of the largest are left out.
  public let degreesOfFreedom: Int
  public let probability: Double

  /// The relative size of the eigenvalues that are taken for zero: inputs that repeat or depend on each other.
  static let cutoff = 1e-10

  /// - Parameters:
  ///   - series: The entries.
  ///   - index: The number of the width.
  ///   - covariance: The predicted covariance of the entries of one network.
  ///   - error: A bound on the errors of the covariance's elements: eigenvalues that it may have made up are left out as
  ///     well.
  /// - Returns: nil where a mean or the covariance is not predicted, or no networks are there.
  public init?(series: [EntrySeries], at index: Int, covariance: Matrix?, error: Double) {
    guard let covariance, covariance.rows == series.count, let first = series.first else { return nil }
    let samples = first.statistics[index].count
    let differences = series.compactMap { entry in
      entry.prediction[index].mean.map { entry.statistics[index].mean - $0 }
    }
    guard samples >= 2, differences.count == series.count, let eigen = try? SymmetricEigen(covariance),
      let largest = eigen.values.last, largest > 0
    else { return nil }
    var (sum, rank) = (0.0, 0)
    let least = max(Self.cutoff * largest, 100 * Double(series.count) * error)
    for (number, value) in eigen.values.enumerated() where value > least {
      let projection = zip(eigen.vectors.row(number), differences).reduce(0) { $0 + $1.0 * $1.1 }
      sum += Double(samples) * projection * projection / value
      rank += 1
    }
    guard rank > 0 else { return nil }
    width = first.widths[index]
    chiSquared = sum
    degreesOfFreedom = rank
    probability = TailProbability.chiSquared(sum, degreesOfFreedom: Double(rank))
  }
}
