import Moments
import Networks

/// A dense layer without an activation at the end of a branch.
///
///     F′ = m_w² E[w²] F + m_b² E[b²] ,   E h′ = m_b E[b] ,   Θ′ = m_w² E[w²] Θ + m_w² F + m_b²
struct LinearLayer: KernelLayer {
  private let path: LayerPath
  private let layer: DenseLayer
  private let bias: (any Law)?
  let givesGaussian: Bool

  init(_ layer: DenseLayer, in context: LayerContext) {
    self.layer = layer
    path = context.path
    bias = context.biasSurvives ? layer.bias : nil
    givesGaussian = bias?.isCentredGaussian ?? true
  }

  func step(from features: Features) throws -> LayerStep {
    let biasSquare = Quantity.exact(layer.biasMultiplier * layer.biasMultiplier)
    var kernel = layer.gain * features.kernel
    var means = PairMeans.zero
    if let bias {
      kernel = kernel + PairKernel(constant: product(biasSquare, bias.moment(2)))
      if let mean = bias.moment(1).estimate { means = PairMeans(constant: Estimate(exact: layer.biasMultiplier) * mean) }
    }
    var groups: [(group: ParameterGroup, kernel: PairKernel)] = []
    if layer.trainable.trainsWeights {
      let square = Quantity.exact(layer.weightMultiplier * layer.weightMultiplier)
      groups.append((ParameterGroup(path, .weights), square * features.kernel))
    }
    if layer.trainsBias { groups.append((ParameterGroup(path, .bias), PairKernel(constant: biasSquare))) }
    return LayerStep(
      features: Features(kernel: kernel, means: means), transmission: PairKernel(constant: layer.gain), groups: groups)
  }
}
