import FiniteWidth
import FiniteWidthTheory
import Foundation
import LimitKernels
import Moments
import Networks

/// Turns the finite-width theory of a network into what its tests expect.
struct FinitePredictions {
  let network: Network
  let prediction: FiniteWidthPrediction
  let points: [[ExactNumber]]
  let rule: ToleranceRule

  private var pairs: [PointPair] { PointPair.all(count: points.count) }

  private func kernel(_ kernel: FixtureKernel, _ entry: Int) -> KernelPrediction {
    kernel == .ntk ? prediction.entries[entry].ntk : prediction.entries[entry].nngp
  }

  /// The mean without its corrections: the limits of all groups with their own powers of the width.
  private func powerLaws(_ choice: FixtureKernel, _ entry: Int, width: Int) -> Double {
    let parts = choice == .ntk ? prediction.entries[entry].groups : [prediction.entries[entry].nngp]
    return parts.reduce(0) { sum, part in
      sum + pow(Double(width), part.exponent.doubleValue) * (part.limit.estimate?.value ?? 0)
    }
  }

  private func spelled(_ point: Int) -> String { points[point].map(\.description).joined(separator: ", ") }

  /// - Throws: ``FixtureError`` where an entry has no mean, no variance or no double.
  func expectations(_ choice: FixtureKernel, width: Int) throws(FixtureError) -> [FiniteExpectation] {
    var known: [(mean: Estimate, variance: Estimate, limit: Double)] = []
    for (entry, pair) in pairs.enumerated() {
      let prediction = kernel(choice, entry)
      let (x, y) = (spelled(pair.first), spelled(pair.second))
      let mean = prediction.mean(width: width)
      guard let value = mean.estimate else {
        throw .noValue(kernel: choice.name, x: x, y: y, reason: mean.reason ?? "it has no mean")
      }
      let variance = prediction.variance(width: width)
      guard let spread = variance.estimate else {
        throw .noTolerance(
          kernel: choice.name, x: x, y: y, width: width,
          reason: "the variance of a network's kernel is \(variance.status ?? "undefined"): \(variance.reason ?? "")")
      }
      guard value.value.isFinite, spread.value.isFinite, value.error.isFinite, spread.error.isFinite else {
        throw .overflow(kernel: choice.name, x: x, y: y, width: width)
      }
      known.append((value, spread, powerLaws(choice, entry, width: width)))
    }
    func scale(_ entry: Int) -> Double {
      func diagonal(_ point: Int) -> Double {
        known[PointPair(point, point).index(count: points.count)].mean.value.magnitude
      }
      let pair = pairs[entry]
      let product = (diagonal(pair.first) * diagonal(pair.second)).squareRoot()
      return max(product, known[entry].mean.value.magnitude)
    }
    var (expansion, correction) = (0.0, 0.0)
    for (entry, moments) in known.enumerated() where scale(entry) > 0 {
      let size = scale(entry)
      expansion = max(expansion, moments.variance.value / (size * size))
      correction = max(correction, (moments.mean.value - moments.limit).magnitude / size)
    }
    var result: [FiniteExpectation] = []
    for (entry, pair) in pairs.enumerated() {
      let prediction = kernel(choice, entry)
      let theory: FixtureTheory =
        switch prediction.order {
        case .exact: .exact
        case .leading: .firstOrder
        case .halfOrder: .halfOrder
        }
      let size = scale(entry)
      let moments = ToleranceRule.Moments(
        kernel: choice, width: width, i: pair.first, j: pair.second, mean: known[entry].mean,
        variance: known[entry].variance, theory: theory,
        shape: shape(prediction, choice, width: width, variance: known[entry].variance.value, expansion: expansion),
        expansion: theory == .exact ? 0 : expansion,
        unknownMean: expansion * (theory == .halfOrder ? 1 : correction) * size, scale: size)
      let expectation = rule.expectation(moments)
      guard expectation.tolerance.isFinite else {
        throw .overflow(kernel: choice.name, x: spelled(pair.first), y: spelled(pair.second), width: width)
      }
      result.append(expectation)
    }
    return result
  }

  /// Skewness and excess kurtosis of one network's entry; nil where they are infinite.
  private func shape(
    _ prediction: KernelPrediction, _ choice: FixtureKernel, width: Int, variance: Double, expansion: Double
  ) -> (skewness: Double, excessKurtosis: Double)? {
    guard variance > 0 else { return (0, 0) }
    if let third = prediction.thirdCumulant(width: width), let fourth = prediction.fourthCumulant(width: width) {
      guard let third = third.estimate, let fourth = fourth.estimate else { return nil }
      let (skewness, kurtosis) = (third.value / pow(variance, 1.5), fourth.value / (variance * variance))
      return skewness.isFinite && kurtosis.isFinite ? (skewness, kurtosis) : nil
    }
    let deep = ToleranceRule.logNormalShape(expansion)
    guard choice == .nngp, let bias = network.readout.bias, !(bias.moment(2).estimate?.isExactlyZero ?? false) else {
      return deep
    }
    // The square of the readout's bias is a summand of its own; the standardized cumulants of a sum are at most those of
    // its summands together.
    let raw = (0...4).map { bias.moment(2 * $0).estimate?.value ?? .infinity }
    let second = raw[2] - raw[1] * raw[1]
    let third = raw[3] - 3 * raw[1] * raw[2] + 2 * pow(raw[1], 3)
    let fourth =
      raw[4] - 4 * raw[1] * raw[3] - 3 * raw[2] * raw[2] + 12 * raw[1] * raw[1] * raw[2] - 6 * pow(raw[1], 4)
    guard fourth.isFinite else { return nil }
    guard second > 0 else { return deep }
    return (
      deep.skewness + third.magnitude / pow(second, 1.5), deep.excessKurtosis + max(0, fourth) / (second * second)
    )
  }
}
