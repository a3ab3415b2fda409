import Activations
import LimitKernels
import Moments
import Networks

/// What the recursion needs of a hidden layer, in doubles.
struct LayerPlan: Sendable {
  let activation: any Activation
  /// `m_w² E[w²]`: the covariance of the weighted sums is this multiple of the features before.
  let gain: Double
  /// The variance of a Gaussian bias.
  let biasVariance: Double
  /// `m_w²` if the weights are trained and count in the limit, else 0; `own` multiplies the features before the layer.
  let own: Double
  /// `m_b²` if the bias is trained and counts, else 0.
  let bias: Double
  /// What the bias adds beside its variance.
  let shift: BiasShift
  /// How the dual activation is computed.
  let family: DualFamily
  /// Whether a later layer feels the angle like a square root, as every kink does, so that small `1 ∓ ρ` must keep
  /// their relative accuracy here.
  let keepsAngles: Bool
  /// The duals of one pair, for what the vector loops do not cover; adds no bias variance.
  let duals: LayerDuals
  /// The duals by conditional means, once they are needed.
  let smoothing = SmoothedDualCache()
}

/// A network as the recursion sees it.
struct NetworkPlan: Sendable {
  let layers: [LayerPlan]
  /// The factor `s²`, or 1 under the standard parameterization, of the first layer's own NTK term.
  let gradientScale: Double
  /// `s²`.
  let inputScale: Double
  /// The first layer under its true law, where it is not Gaussian.
  let trueFirstLayer: FirstLayerLaw?
  /// `m_w² E[w²]` of the readout, 0 where the weighted sum vanishes in the limit.
  let readoutGain: Double
  /// What the readout multiplies the NTK before it by.
  let readoutPass: Double
  /// `m_b² E[b²]` of the readout in the NNGP kernel.
  let readoutBias: Double
  /// The readout's own terms of the NTK.
  let readoutOwn: Double
  let readoutBiasOwn: Double
  /// One pair in closed form; nil where a dual has none or a kernel no limit.
  let pairs: PairProgram?
  /// Why a kernel has no limit.
  let obstacles: [KernelKind: String]
  /// Pair by pair, for a network with other than dense layers; nothing else is used then.
  let assembled: AssembledPairs?

  /// The plan of a network with other than dense layers.
  init(assembled network: Network) throws {
    let pairs = try AssembledPairs(network)
    assembled = pairs
    var point = [Double](repeating: 0, count: network.inputDimension)
    point[0] = 1
    obstacles = try pairs.obstacles(at: point)
    (layers, trueFirstLayer, self.pairs) = ([], nil, nil)
    (gradientScale, inputScale) = (1, 1)
    (readoutGain, readoutPass, readoutBias, readoutOwn, readoutBiasOwn) = (0, 0, 0, 0, 0)
  }

  init(_ network: Network) throws {
    let dense = try network.denseLayers(for: "kernel matrices")
    let exponents = try WidthExponents(network)
    var obstacles: [KernelKind: String] = [:]

    func finite(_ quantity: Quantity, _ what: String) throws -> Double {
      if let value = quantity.estimate?.value { return value }
      throw GramError.noLimit(
        kernel: "NNGP kernel", reason: "\(what) is \(quantity.status ?? "undefined"): \(quantity.reason ?? "")")
    }
    // The part of a trained group in the limit: all of it, nothing, or no limit.
    func counts(_ index: Int, _ kind: ParameterGroup.Kind) -> Bool {
      let group = ParameterGroup(layer: index, kind: kind)
      let exponent = exponents.group(group)
      let passes = !dense[index..<(dense.count - 1)].contains { layer in
        layer.activation.map { Self.isConstant($0.derivative) } ?? false
      }
      let arrives = dense[(index + 1)...].allSatisfy { !($0.gain.estimate?.isExactlyZero ?? false) }
      guard passes, arrives else { return false }
      if exponent.signum > 0 {
        obstacles[.ntk] = "the part of the \(group) grows like N^\(exponent) under this parameterization"
      }
      return exponent.isZero
    }
    func square(_ number: ExactNumber) -> Double { (number * number).doubleValue }

    inputScale = square(network.inputScale)
    gradientScale = network.parameterization.placesInputScaleInInitialization ? 1 : inputScale
    let hidden = dense.dropLast()
    let law = try FirstLayerLaw(network, dense[0], biasSurvives: exponents.biasSurvives[0])
    trueFirstLayer = law
    var layers: [LayerPlan] = []
    for (index, layer) in hidden.enumerated() {
      guard let activation = layer.activation else {
        throw GramError.noLimit(kernel: "NNGP kernel", reason: "hidden layer \(index + 1) has no activation")
      }
      let gain =
        index == 0 && law != nil ? 0 : try finite(layer.gain, "the second moment of layer \(index + 1)'s weights")
      let remaining = BiasShift(
        exponents.biasSurvives[index] ? layer.bias : nil, multiplier: layer.biasMultiplier)
      let later = hidden[(index + 1)...].contains { !($0.activation?.value.kinks.isEmpty ?? true) }
      layers.append(
        LayerPlan(
          activation: activation, gain: index == 0 ? gain * inputScale : gain, biasVariance: remaining.variance,
          own: layer.trainable.trainsWeights && counts(index, .weights) ? square(layer.weightMultiplier) : 0,
          bias: layer.bias != nil && layer.trainable.trainsBias && counts(index, .bias)
            ? square(layer.biasMultiplier) : 0,
          shift: remaining, family: DualFamily(activation, remaining), keepsAngles: later,
          duals: try LayerDuals(activation, bias: remaining.law, biasMultiplier: remaining.multiplier)))
    }
    self.layers = layers
    let readout = dense[dense.count - 1]
    let index = dense.count - 1
    readoutPass = try finite(readout.gain, "the second moment of the readout's weights")
    var gain = readoutPass
    var bias = 0.0
    var top = exponents.function
    if let law = readout.bias {
      let variance = law.moment(2)
      bias = square(readout.biasMultiplier) * (try finite(variance, "the second moment of the readout's bias"))
      let vanishes = variance.estimate?.isExactlyZero ?? false
      if !vanishes, exponents.readoutBias > top { gain = 0 }
      if vanishes || exponents.readoutBias < top { bias = 0 } else { top = exponents.readoutBias }
    }
    if top.signum > 0 {
      obstacles[.nngp] = "it grows like N^\(top) under this parameterization"
    }
    readoutGain = top.isZero ? gain : 0
    readoutBias = top.isZero ? bias : 0
    readoutOwn = readout.trainable.trainsWeights && counts(index, .weights) ? square(readout.weightMultiplier) : 0
    readoutBiasOwn =
      readout.bias != nil && readout.trainable.trainsBias && counts(index, .bias) ? square(readout.biasMultiplier) : 0
    self.obstacles = obstacles
    assembled = nil
    // The first layer's covariance is a multiple of x·y with the input scale in the gain already.
    let isElementary = law == nil && obstacles.isEmpty
    pairs =
      isElementary
      ? PairProgram(layers, dimension: network.inputDimension, gradientScale: gradientScale, inputScale: inputScale)
      : nil
    pairs?.setReadout(
      gain: readoutGain, bias: readoutBias, pass: readoutPass, own: readoutOwn, biasOwn: readoutBiasOwn)
  }

  private static func isConstant(_ derivative: ScalarFunction) -> Bool {
    derivative.pieces?.polynomials.allSatisfy { $0.degree < 0 } ?? false
  }
}

/// A bias taken apart: a Gaussian part, which is a variance, and the law of what shifts the preactivation.
struct BiasShift: Sendable {
  let variance: Double
  /// nil where nothing is left: the preactivation is centred.
  let law: (any Law)?
  let multiplier: ExactNumber

  init(_ bias: (any Law)?, multiplier: ExactNumber) {
    guard let bias else {
      (variance, law, self.multiplier) = (0, nil, 1)
      return
    }
    let parts = bias.decomposition
    if parts.atoms.isEmpty, parts.densities.count == 1, let gaussian = parts.densities[0].gaussian {
      variance = (multiplier * multiplier * gaussian.variance).doubleValue
      let mean = multiplier * gaussian.mean
      law = mean.isZero ? nil : ConstantLaw(mean)
      self.multiplier = 1
    } else {
      variance = 0
      let vanishes = multiplier.isZero || parts.constantValue?.isZero ?? false
      law = vanishes ? nil : bias
      self.multiplier = vanishes ? 1 : multiplier
    }
  }
}
