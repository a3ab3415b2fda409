import Activations
import Expectation
import Moments
import Networks

/// The first layer under its true law: d inputs, no Gaussian approximation.
struct FirstLayer {
  private let network: Network
  private let context: LayerContext
  /// A relative accuracy that must be reached.
  private let required: Double?
  /// The layer as a Gaussian one, if its weights are centred Gaussian and its bias is Gaussian, constant or absent.
  private let gaussian: GaussianLayer?

  init(_ network: Network, in context: LayerContext, required: Double?) throws {
    self.network = network
    self.context = context
    self.required = required
    let layer = network.firstLayer
    func isGaussian(_ law: any Law) -> Bool {
      let parts = law.decomposition
      return parts.atoms.isEmpty && parts.densities.count == 1 && parts.densities[0].gaussian != nil
    }
    let hasSimpleBias = layer.bias.map { isGaussian($0) || $0.decomposition.constantValue != nil } ?? true
    gaussian =
      isGaussian(layer.weights) && layer.weights.isSymmetric && hasSimpleBias
      ? try GaussianLayer(layer, in: context) : nil
  }

  /// Whether the features are jointly Gaussian with mean zero.
  var givesGaussian: Bool { gaussian?.givesGaussian ?? false }

  func step(_ x: [ExactNumber], _ y: [ExactNumber]) throws -> LayerStep {
    if let gaussian {
      let kernel = inputKernel(x, y)
      let scale = Quantity.exact(network.inputScale * network.inputScale)
      return try gaussian.step(
        from: scale * kernel,
        gradients: network.parameterization.placesInputScaleInInitialization ? kernel : scale * kernel)
    }
    let layer = network.firstLayer
    guard let activation = layer.activation else {
      throw NetworkStructureError.missingActivation(layer: LayerPath(layer: 0))
    }
    let weightScale = layer.weightMultiplier * network.inputScale
    var groups: [(group: ParameterGroup, kernel: PairKernel)] = []
    if layer.trainable.trainsWeights {
      // Under the standard parameterization the input scale sits in the initial weights, not in the gradient.
      let factor = network.parameterization.placesInputScaleInInitialization ? layer.weightMultiplier : weightScale
      groups.append((ParameterGroup(layer: 0, kind: .weights), .exact(factor * factor) * inputKernel(x, y)))
    }
    if layer.trainsBias {
      let square = Quantity.exact(layer.biasMultiplier * layer.biasMultiplier)
      groups.append((ParameterGroup(layer: 0, kind: .bias), PairKernel(constant: square)))
    }
    let bias = context.biasSurvives ? layer.bias : nil
    func pair(_ a: [ExactNumber], _ b: [ExactNumber]) -> PreactivationPair {
      PreactivationPair(
        weights: layer.weights, bias: bias, weightScale: weightScale, biasScale: layer.biasMultiplier, x: a, y: b)
    }
    let mixed = pair(x, y)
    let same = x == y
    func kernel(_ function: ScalarFunction, derivative: ScalarFunction?) throws -> PairKernel {
      func entry(_ pair: PreactivationPair) throws -> Quantity {
        try ExpectationChain.expectation(ExpectationQuestion(function, function, pair), required: required)
      }
      let xy = try entry(mixed)
      if same { return PairKernel(xx: xy, xy: xy, yy: xy, angular: .zero, difference: .zero) }
      var result = PairKernel(xx: try entry(pair(x, x)), xy: xy, yy: try entry(pair(y, y)))
      if let derivative { try refine(&result, function, derivative, mixed) }
      return result
    }
    let features = try kernel(activation.value, derivative: activation.derivative)
    // The derivative matters only where a trained group stands before the activation.
    if groups.contains(where: { !($0.kernel.xy.estimate?.isExactlyZero ?? false) || !same }) {
      let slopes = try kernel(activation.derivative, derivative: activation.secondDerivative)
      groups = groups.map { ($0.group, slopes * $0.kernel) }
    }
    var means: PairMeans?
    if context.needsMeans, features.xx.estimate != nil, features.yy.estimate != nil {
      func mean(_ pair: PreactivationPair) throws -> Estimate? {
        try ExpectationChain.expectation(ExpectationQuestion(activation.value, .one, pair), required: required).estimate
      }
      let first = try mean(pair(x, x))
      // Where the square has a mean, so has the feature.
      if let first, let second = same ? first : try mean(pair(y, y)) {
        means = PairMeans(x: first, y: second, difference: same ? .zero : nil)
      }
    }
    return LayerStep(features: Features(kernel: features, means: means), transmission: .zero, groups: groups)
  }
}

extension FirstLayer {
  /// Below this `1 − ρ` of the features it is worth an integration of its own.
  private static let nearlyParallel = 0.05

  /// Adds what is known of the angle between nearly parallel features.
  ///
  /// From `D = ½ E[(φ(u) − φ(v))²]` and `S = E φ(u)² − E φ(v)²`:
  ///
  ///     √(F_xx F_yy) − F_xy = D − ½ (S/(√F_xx + √F_yy))² .
  private func refine(
    _ kernel: inout PairKernel, _ function: ScalarFunction, _ derivative: ScalarFunction, _ pair: PreactivationPair
  ) throws {
    guard kernel.angular == nil, let gap = kernel.correlationGap, gap.value < Self.nearlyParallel,
      let first = kernel.xx.estimate, let second = kernel.yy.estimate,
      let difference = try PreactivationDifference(function, derivative: derivative, pair)
    else { return }
    let sum = first.value.squareRoot() + second.value.squareRoot()
    let relative = (first.roundedError / first.value + second.roundedError / second.value) / 2 + 0x1p-52
    let radial = difference.ofSquares.value / sum
    let spread = difference.ofSquares.roundedError / sum + radial.magnitude * relative
    let angular = difference.halfSquared.value - 0.5 * radial * radial
    kernel.difference = difference.ofSquares
    kernel.angular = Estimate(
      angular,
      error: difference.halfSquared.roundedError + radial.magnitude * spread + spread * spread
        + 2 * 0x1p-53 * radial * radial,
      method: .quadrature)
  }

  /// `x·y` and its fellows, exact.
  private func inputKernel(_ x: [ExactNumber], _ y: [ExactNumber]) -> PairKernel {
    func dot(_ a: [ExactNumber], _ b: [ExactNumber]) -> Quantity {
      .exact(zip(a, b).reduce(ExactNumber.zero) { $0 + $1.0 * $1.1 })
    }
    return PairKernel(xx: dot(x, x), xy: dot(x, y), yy: dot(y, y))
  }
}

/// An invariant of `Network` that does not hold: a network built by hand, not by its initializer.
enum NetworkStructureError: Error, CustomStringConvertible {
  case missingActivation(layer: LayerPath)

  var description: String {
    switch self {
    case .missingActivation(let layer): return "Hidden \(layer) has no activation. Give it one."
    }
  }
}
