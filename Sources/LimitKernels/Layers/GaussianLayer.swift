import Activations
import Expectation
import Moments
import Networks

/// A dense hidden layer whose weighted sum is Gaussian.
///
/// That is every layer after the first, whatever its weight law, and a first layer of Gaussian weights. The bias keeps
/// its law.
///
///     q = m_w² E[w²] F + Var,  F′ = E_b E[φ(m_b b + G_u) φ(m_b b + G_v)],  Θ′ = h′ (m_w² E[w²] Θ + …)
struct GaussianLayer: KernelLayer {
  private let path: LayerPath
  private let layer: DenseLayer
  private let bias: (any Law)?
  private let gain: Quantity
  private let duals: LayerDuals
  private let needsSlopes: Bool
  private let needsMeans: Bool
  let givesGaussian: Bool

  init(_ layer: DenseLayer, in context: LayerContext) throws {
    self.layer = layer
    path = context.path
    needsSlopes = context.needsSlopes
    needsMeans = context.needsMeans
    gain = layer.gain
    guard let activation = layer.activation else { throw NetworkStructureError.missingActivation(layer: context.path) }
    bias = context.biasSurvives ? layer.bias : nil
    duals = try LayerDuals(activation, bias: bias, biasMultiplier: layer.biasMultiplier)
    givesGaussian = activation.isIdentity && (bias?.isCentredGaussian ?? true)
  }

  func step(from features: Features) throws -> LayerStep {
    try step(from: features.kernel, gradients: features.kernel)
  }

  /// The same for a first layer of Gaussian weights, whose own NTK term may be scaled differently from its covariance.
  func step(from features: PairKernel, gradients: PairKernel) throws -> LayerStep {
    let covariance = gain * features
    var groups: [(group: ParameterGroup, kernel: PairKernel)] = []
    if layer.trainable.trainsWeights {
      let square = Quantity.exact(layer.weightMultiplier * layer.weightMultiplier)
      groups.append((ParameterGroup(path, .weights), square * gradients))
    }
    if layer.trainsBias {
      let square = Quantity.exact(layer.biasMultiplier * layer.biasMultiplier)
      groups.append((ParameterGroup(path, .bias), PairKernel(constant: square)))
    }
    guard covariance.xx.estimate != nil, covariance.yy.estimate != nil, covariance.xy.estimate != nil else {
      // Without variances the preactivations are not Gaussian, and nothing after them has a limit here.
      let missing = [covariance.xx, covariance.yy, covariance.xy].first { $0.estimate == nil } ?? .zero
      return LayerStep(
        undefined: "the preactivations of \(path) have no variance: \(missing.reason ?? "")", groups: groups.map(\.group))
    }
    let (next, slopes) =
      try exactKernels(covariance, needsSlopes: needsSlopes) ?? duals.kernels(covariance, needsSlopes: needsSlopes)
    let means = needsMeans ? try exactMeans(covariance) ?? duals.means(covariance) : nil
    return LayerStep(
      features: Features(kernel: next, means: means), transmission: gain * slopes,
      groups: groups.map { ($0.group, slopes * $0.kernel) })
  }
}

extension GaussianLayer {
  /// Polynomial activations of exact covariances have exact duals, whatever the bias, if it has exact moments.
  fileprivate func exactKernels(
    _ covariance: PairKernel, needsSlopes: Bool
  ) throws -> (features: PairKernel, slopes: PairKernel)? {
    // Products of polynomials double the digits from layer to layer; a few thousand bits are enough.
    guard let activation = layer.activation, activation.value.pieces?.polynomial != nil,
      [covariance.xx, covariance.xy, covariance.yy].allSatisfy({ ($0.estimate?.exact?.bitWidth ?? .max) < 3000 }),
      let xx = covariance.xx.estimate?.exact, let xy = covariance.xy.estimate?.exact,
      let yy = covariance.yy.estimate?.exact
    else { return nil }
    func kernel(_ function: ScalarFunction) throws -> PairKernel? {
      func entry(_ uu: ExactNumber, _ uv: ExactNumber, _ vv: ExactNumber) throws -> Quantity? {
        var pair = PreactivationPair()
        pair.addGaussian(uu: uu, uv: uv, vv: vv)
        if let bias { pair.add(bias, u: layer.biasMultiplier, v: layer.biasMultiplier) }
        let quantity = try ExpectationChain.expectation(ExpectationQuestion(function, function, pair))
        return quantity.estimate?.exact == nil && quantity.estimate != nil ? nil : quantity
      }
      guard let first = try entry(xx, xx, xx), let mixed = try entry(xx, xy, yy), let second = try entry(yy, yy, yy)
      else { return nil }
      return PairKernel(xx: first, xy: mixed, yy: second)
    }
    guard let features = try kernel(activation.value) else { return nil }
    guard needsSlopes else { return (features, .zero) }
    return try kernel(activation.derivative).map { (features, $0) }
  }
}

extension GaussianLayer {
  /// Polynomial activations of exact covariances have exact means too.
  fileprivate func exactMeans(_ covariance: PairKernel) throws -> PairMeans? {
    guard let activation = layer.activation, activation.value.pieces?.polynomial != nil,
      let xx = covariance.xx.estimate?.exact, let yy = covariance.yy.estimate?.exact, max(xx.bitWidth, yy.bitWidth) < 3000
    else { return nil }
    func mean(_ variance: ExactNumber) throws -> Estimate? {
      var pair = PreactivationPair()
      pair.addGaussian(uu: variance, uv: variance, vv: variance)
      if let bias { pair.add(bias, u: layer.biasMultiplier, v: layer.biasMultiplier) }
      return try ExpectationChain.expectation(ExpectationQuestion(activation.value, .one, pair)).estimate
    }
    guard let x = try mean(xx), x.exact != nil, let y = try mean(yy), y.exact != nil else { return nil }
    return PairMeans(x: x, y: y)
  }
}

extension DenseLayer: LimitLayer {
  var readsMeans: Bool { false }

  func kernelLayer(in context: LayerContext) throws -> any KernelLayer {
    activation == nil ? LinearLayer(self, in: context) : try GaussianLayer(self, in: context)
  }

  /// `m_w² E[w²]`.
  package var gain: Quantity { Estimate(exact: weightMultiplier * weightMultiplier) * weights.moment(2) }
}

extension Activation {
  /// Whether φ(z) = z.
  var isIdentity: Bool { value.pieces?.polynomial?.coefficients == [0, 1] }
}

extension Law {
  /// Whether the law is Gaussian, or a point, with mean zero.
  var isCentredGaussian: Bool {
    let parts = decomposition
    if parts.constantValue?.isZero ?? false { return true }
    return parts.atoms.isEmpty && parts.densities.count == 1 && (parts.densities[0].gaussian?.mean.isZero ?? false)
  }
}
