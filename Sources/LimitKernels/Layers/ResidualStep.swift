import Moments
import Networks

/// The step of a residual block, `h′ = h + m B(h)`.
///
/// Every path through the branch passes a dense layer, whose weights have mean zero and have been seen by nothing
/// else. In the limit `B(h)` is therefore independent of h in every neuron, and so are the gradients:
///
///     F′ = F + m² F_B + m (μ μ_Bᵀ + μ_B μᵀ) ,   Θ′ = Θ + m² Θ_B = (1 + m² T_B) Θ + m² (the branch's own groups) ,
///
/// with μ, μ_B the means over the neurons and T_B the product of the branch's transmissions. A branch that ends with
/// centred weights and no activation has `μ_B = 0`, and nothing but the sum of the kernels is left.
///
/// **Source.** Huang et al. 2020, section 3 (`μ_B = 0`); neural-tangents' `FanInSum` refuses the other case.
struct ResidualStep: KernelLayer {
  private let branch: [any KernelLayer]
  private let multiplier: ExactNumber
  let givesGaussian: Bool

  init(_ block: ResidualBlock, in context: LayerContext) throws {
    var inner = context
    inner.needsMeans = context.needsMeans || block.readsMeans
    branch = try inner.kernelLayers(
      block.branch[...], path: { context.path.inBranch($0) }, biasSurvives: { _ in context.biasSurvives })
    multiplier = block.branchMultiplier
    givesGaussian = context.isGaussian && (branch.last?.givesGaussian ?? false)
  }

  func step(from features: Features) throws -> LayerStep {
    var state = KernelState(features: features)
    for layer in branch { state.append(try layer.step(from: state.features)) }
    let square = Quantity.exact(multiplier * multiplier)
    let (groups, transmission) = state.tangent(times: PairKernel(constant: square))
    return LayerStep(
      features: sum(features, state.features), transmission: PairKernel(constant: .exact(1)) + transmission,
      groups: groups)
  }

  private func sum(_ stream: Features, _ branch: Features) -> Features {
    let square = Quantity.exact(multiplier * multiplier)
    let plain = stream.kernel + square * branch.kernel
    guard let mean = stream.means, let other = branch.means else {
      // The means are missing where nobody reads them: those of the branch, then, are zero.
      return Features(kernel: plain)
    }
    let scaled = multiplier * other
    let means = mean + scaled
    if mean.isExactlyZero || scaled.isExactlyZero { return Features(kernel: plain, means: means) }
    // The entries by the sum, which need not cancel; what separates the inputs by a sum of covariances, all of them
    // positive semidefinite: C + m² C_B + (μ + m μ_B)(μ + m μ_B)ᵀ.
    let parts = stream.covariance + square * branch.covariance + PairKernel(means)
    func entry(_ a: Estimate, _ b: Estimate) -> Quantity { .finite(a * b) }
    let two = ExactNumber(2)
    let kernel = PairKernel(
      xx: plain.xx + entry(two * mean.x, scaled.x),
      xy: plain.xy + entry(mean.x, scaled.y) + entry(scaled.x, mean.y),
      yy: plain.yy + entry(two * mean.y, scaled.y), angular: parts.angular, difference: parts.difference)
    return Features(kernel: kernel, means: means)
  }
}

extension ResidualBlock: LimitLayer {
  /// The means of the features matter where the branch's output may have a mean, or where the branch reads them.
  var readsMeans: Bool {
    branch.contains { ($0 as? any LimitLayer)?.readsMeans ?? false } || !(branch.last?.endsCentred ?? false)
  }

  func kernelLayer(in context: LayerContext) throws -> any KernelLayer { try ResidualStep(self, in: context) }
}

extension NetworkLayer {
  /// Whether the features after the layer are known to have mean zero in every neuron.
  fileprivate var endsCentred: Bool {
    guard let dense = self as? DenseLayer, dense.activation == nil else { return false }
    return dense.bias.map { $0.moment(1).estimate?.isExactlyZero ?? false } ?? true
  }
}
