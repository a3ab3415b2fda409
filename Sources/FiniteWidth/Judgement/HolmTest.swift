/// Holm's step-down test of a family of hypotheses.
///
/// With `p₍₁₎ ≤ … ≤ p₍ₘ₎`, hypotheses are rejected in this order while `p₍ₖ₎ ≤ α/(m − k + 1)`. The probability of any
/// false rejection is at most `α` whatever the dependence of the tests, which here is strong: the entries of one
/// network are functions of the same weights.
///
/// **Source.** Holm 1979, *Scandinavian Journal of Statistics* 6, 65–70.
public struct HolmTest: Sendable, Equatable {
  /// The family-wise false-alarm rate, `α`.
  public let level: Double
  /// The probabilities in the order given.
  public let probabilities: [Double]
  /// Whether each hypothesis is rejected.
  public let rejected: [Bool]
  /// Holm's adjusted probabilities: a hypothesis is rejected at every level at or above its own.
  public let adjusted: [Double]

  public init(_ probabilities: [Double], level: Double) {
    self.level = level
    self.probabilities = probabilities
    let count = probabilities.count
    var adjusted = [Double](repeating: 1, count: count)
    var running = 0.0
    for (rank, index) in probabilities.indices.sorted(by: { probabilities[$0] < probabilities[$1] }).enumerated() {
      running = max(running, min(1, Double(count - rank) * probabilities[index]))
      adjusted[index] = running
    }
    self.adjusted = adjusted
    rejected = adjusted.map { $0 <= level }
  }
}
