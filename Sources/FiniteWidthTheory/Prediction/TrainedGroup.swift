import LimitKernels
import Moments
import Networks

/// A trained parameter group as the theory sees it: the weight of its gradients, and the power of N in front.
///
/// In the units of the derivation, a group of weights has the learning-rate weight `m_w²` and a group of biases `m_b²`.
struct TrainedGroup: Sendable {
  let group: ParameterGroup
  /// `m²`, with `s²` for the first layer's weights unless the input scale sits in the initial weights.
  let weight: ExactNumber
  /// The power of N of the group's part of the NTK.
  let exponent: Rational

  static func all(of network: Network, layers: [DenseLayer], exponents: WidthExponents) -> [TrainedGroup] {
    network.trainedGroups.map { group in
      let layer = layers[group.layer]
      var factor = group.kind == .weights ? layer.weightMultiplier : layer.biasMultiplier
      if group.layer == 0, group.kind == .weights, !network.parameterization.placesInputScaleInInitialization {
        factor *= network.inputScale
      }
      return TrainedGroup(group: group, weight: factor * factor, exponent: exponents.group(group))
    }
  }
}

/// The moments of a layer's weights with their multiplier, `E (m_w w)^k`.
struct WeightMoments: Sendable {
  let law: any Law
  let multiplier: ExactNumber

  init(_ layer: DenseLayer) {
    law = layer.weights
    multiplier = layer.weightMultiplier
  }

  func callAsFunction(_ order: Int) -> Quantity { multiplier.power(order) * law.moment(order) }

  /// `s2 = m_w² E w²`.
  var second: Quantity { self(2) }
  /// The fourth cumulant `m4 − 3 s2²` of what has mean zero.
  var fourthCumulant: Quantity { self(4) - ExactNumber(3) * (second * second) }
}

extension ExactNumber {
  func power(_ exponent: Int) -> ExactNumber { (0..<exponent).reduce(ExactNumber.one) { product, _ in product * self } }
}

/// `x·y`, exact.
func innerProduct(_ x: [ExactNumber], _ y: [ExactNumber]) -> ExactNumber {
  zip(x, y).reduce(ExactNumber.zero) { $0 + $1.0 * $1.1 }
}
