import Moments
import Networks

/// A weighting of the trained groups, in which the NTK is linear.
///
/// The recursion carries several side by side: one for each power of N that occurs among the groups, whose sum is the
/// NTK at every width, and one for each group alone.
struct Channel: Sendable {
  /// `ew_l` of each layer, the input scale of the first layer's gradients included.
  var weights: [Estimate]
  /// `eb_l` of each layer.
  var biases: [Estimate]
  /// The power of N in front.
  var exponent: Rational

  /// The sum of some groups of the same power of N.
  ///
  /// - Parameter factor: A further factor of each group.
  init(_ groups: [TrainedGroup], layerCount: Int, factor: (TrainedGroup) -> Estimate) {
    weights = Array(repeating: .zero, count: layerCount)
    biases = weights
    exponent = groups.first?.exponent ?? 0
    for group in groups {
      let weight = group.weight * factor(group)
      let layer = group.group.layer
      if group.group.kind == .weights {
        weights[layer] = weights[layer] + weight
      } else {
        biases[layer] = biases[layer] + weight
      }
    }
  }

  /// The groups by their power of N, the largest first.
  static func classes(_ groups: [TrainedGroup]) -> [[Int]] {
    let exponents = Set(groups.map(\.exponent)).sorted(by: >)
    return exponents.map { exponent in groups.indices.filter { groups[$0].exponent == exponent } }
  }
}

/// Two channels whose covariance is carried.
struct ChannelPair: Hashable, Sendable {
  let first: Int
  let second: Int
}
