import FiniteWidth
import Foundation
import LimitKernels
import LinearAlgebra
import Moments
import Networks

/// The kernel that a study compares.
public enum KernelChoice: String, Sendable, CaseIterable {
  case ntk, nngp, groups
}

/// One kernel with its samples and its theory, ready to be judged.
public struct StudiedKernel: Sendable {
  public let theory: KernelTheory
  /// The pairs i ≤ j in order.
  public let series: [EntrySeries]

  /// Puts samples beside theory, with the sizes of what the theory leaves out.
  ///
  /// Let `ε` be the largest relative variance `V/(N Θ(x,x) Θ(y,y))` of an entry at width N: the parameter of the
  /// expansion (for relu it is about 11 L/(3N)). Beyond the exact theory the mean's first term left out has the size `ε`
  /// times the 1/N correction, the largest relative one of all entries; the variance's, `ε` times the variance. (For
  /// relu with one input the variance's true terms are 0.3 ε at L = 2 and 0.4 ε at L = 3, for squares at L = 2 about
  /// 1.4 ε.) Where only the limit is known, the 1/N term has the size `ε Θ` and the next `ε² Θ`.
  public init(_ theory: KernelTheory, statistics: [[SampleStatistics]], widths: [Int], points: Int) {
    self.theory = theory
    let pairs = PointPair.all(count: points)
    func scale(_ entry: Int, _ width: Int) -> Double {
      func diagonal(_ point: Int) -> Double {
        theory.entries[PointPair(point, point).index(count: points)].limits[width]?.magnitude ?? 0
      }
      let pair = pairs[entry]
      let product = (diagonal(pair.first) * diagonal(pair.second)).squareRoot()
      return max(product, theory.entries[entry].limits[width]?.magnitude ?? 0)
    }
    func variance(_ entry: Int, _ width: Int) -> Double {
      if let predicted = theory.entries[entry].variances[width] { return predicted.estimate?.value ?? 0 }
      let sample = statistics[entry][width]
      return sample.count >= 2 ? sample.variance : 0
    }
    let expansion = widths.indices.map { width in
      pairs.indices.map { entry -> Double in
        let size = scale(entry, width)
        return size > 0 ? variance(entry, width) / (size * size) : 0
      }.max() ?? 0
    }
    // The largest correction of a mean that theory knows, relative to the kernel's scale.
    let correction = widths.indices.map { width in
      pairs.indices.map { entry -> Double in
        guard let mean = theory.entries[entry].means[width], let limit = theory.entries[entry].limits[width] else {
          return 0
        }
        let size = scale(entry, width)
        return size > 0 ? (mean.value - limit).magnitude / size : 0
      }.max() ?? 0
    }
    series = pairs.indices.map { entry in
      let own = theory.entries[entry]
      let prediction = widths.indices.map { width -> PredictedMoments in
        let (size, epsilon) = (scale(entry, width), expansion[width])
        let terms: [Double] =
          switch own.order {
          case .exact: []
          case .leading: [epsilon * correction[width] * size]
          case .halfOrder: [epsilon * size]
          case .limit: [epsilon * size, epsilon * epsilon * size]
          }
        return PredictedMoments(
          mean: own.means[width]?.value, meanError: own.means[width]?.roundedError ?? 0, meanTerms: terms,
          variance: Self.number(own.variances[width]), varianceTerm: own.order == .exact ? 0 : epsilon,
          fourthCumulant: Self.number(own.fourthCumulants[width]), scale: size > 0 ? size : 1,
          limit: own.limits[width])
      }
      let isUnbiased =
        own.order == .exact
        && prediction.allSatisfy { moments in
          guard let mean = moments.mean, let limit = moments.limit else { return false }
          return (mean - limit).magnitude <= 2 * moments.meanError + 0x1p-50 * limit.magnitude
        }
      return EntrySeries(
        widths: widths, statistics: statistics[entry], prediction: prediction, biasIsZero: isUnbiased,
        biasIsPredicted: own.order != .limit,
        exponent: own.exponent)
    }
  }

  private static func number(_ quantity: PredictedQuantity) -> PredictedNumber {
    switch quantity {
    case .finite(let estimate): .value(estimate.value)
    case .infinite(_, let reason), .undefined(let reason): .infinite(reason: reason)
    case nil: .unknown
    }
  }
}
