import Activations
import Expectation
import Moments
import Networks

/// A dense hidden layer after the first: the weighted sum is Gaussian whatever the weight law, the bias keeps its law.
///
///     q = m_w² E[w²] F + Var,  F′ = E_b E[φ(m_b b + G_u) φ(m_b b + G_v)],  Θ′ = h′ (m_w² E[w²] Θ + …)
struct GaussianLayer: KernelLayer {
  private let index: Int
  private let layer: DenseLayer
  private let gain: Quantity
  private let duals: LayerDuals

  init(_ network: Network, index: Int, biasSurvives: Bool) throws {
    layer = network.layers[index]
    self.index = index
    gain = layer.gain
    guard let activation = layer.activation else { throw NetworkStructureError.missingActivation(layer: index + 1) }
    duals = try LayerDuals(
      activation, bias: biasSurvives ? layer.bias : nil, biasMultiplier: layer.biasMultiplier)
  }

  func apply(to state: KernelState) throws -> KernelState {
    let covariance = gain * state.features
    var groups = state.groups.map { (group: $0.group, kernel: gain * $0.kernel) }
    if layer.trainable.trainsWeights {
      let square = Quantity.exact(layer.weightMultiplier * layer.weightMultiplier)
      groups.append((ParameterGroup(layer: index, kind: .weights), square * state.features))
    }
    if layer.bias != nil, layer.trainable.trainsBias {
      let square = Quantity.exact(layer.biasMultiplier * layer.biasMultiplier)
      groups.append((ParameterGroup(layer: index, kind: .bias), PairKernel(constant: square)))
    }
    guard covariance.xx.estimate != nil, covariance.yy.estimate != nil, covariance.xy.estimate != nil else {
      // Without variances the preactivations are not Gaussian, and nothing after them has a limit here.
      let missing = [covariance.xx, covariance.yy, covariance.xy].first { $0.estimate == nil } ?? .zero
      let reason = "the preactivations of layer \(index + 1) have no variance: \(missing.reason ?? "")"
      let kernel = PairKernel(constant: .undefined(reason: reason))
      return KernelState(features: kernel, groups: groups.map { ($0.group, kernel) })
    }
    let (features, slopes) = try duals.kernels(covariance, needsSlopes: !groups.isEmpty)
    return KernelState(features: features, groups: groups.map { ($0.group, slopes * $0.kernel) })
  }
}

extension DenseLayer {
  /// `m_w² E[w²]`.
  var gain: Quantity { Estimate(exact: weightMultiplier * weightMultiplier) * weights.moment(2) }
}
