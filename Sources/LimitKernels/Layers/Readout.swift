import Moments
import Networks

/// The readout: the sum over the last hidden layer, and the power of N of each parameter group.
struct Readout {
  let nngp: PowerLaw
  let groups: [ParameterGroupKernel]

  init(_ network: Network, _ state: KernelState, _ exponents: WidthExponents) {
    let index = network.layers.count - 1
    let layer = network.readout
    let gain = Self.gain(layer)
    let square = Estimate(exact: layer.weightMultiplier * layer.weightMultiplier)
    let weighted = PowerLaw(exponent: exponents.function, coefficient: Self.product(gain, state.featureKernel))
    let constant = layer.bias.map { bias in
      PowerLaw(
        exponent: exponents.readoutBias,
        coefficient: Estimate(exact: layer.biasMultiplier * layer.biasMultiplier) * bias.moment(2))
    }
    nngp = PowerLaw.leading([weighted, constant].compactMap { $0 })

    var parts = state.groups.map { part in
      (part.group, Self.product(Self.product(gain, state.derivativeKernel), part.kernel))
    }
    if layer.trainable.trainsWeights {
      parts.append((ParameterGroup(layer: index, kind: .weights), square * state.featureKernel))
    }
    if layer.bias != nil, layer.trainable.trainsBias {
      parts.append(
        (ParameterGroup(layer: index, kind: .bias), .exact(layer.biasMultiplier * layer.biasMultiplier)))
    }
    groups = parts.map { group, kernel in
      let law = PowerLaw(exponent: exponents.group(group), coefficient: kernel)
      return ParameterGroupKernel(parameter: group.description, ntk: law.limit, law: law)
    }
  }

  /// The sum over the trained groups in the limit.
  var ntk: Quantity { groups.reduce(.zero) { $0 + $1.ntk } }

  /// The sum of the coefficients that attain the largest exponent.
  var leadingNTK: Quantity { PowerLaw.leading(groups.map(\.law)).coefficient }

  /// `m_w² E[w²]`.
  static func gain(_ layer: DenseLayer) -> Quantity {
    Estimate(exact: layer.weightMultiplier * layer.weightMultiplier) * layer.weights.moment(2)
  }

  /// The product of quantities, with `0 · anything = 0`.
  static func product(_ a: Quantity, _ b: Quantity) -> Quantity {
    switch (a, b) {
    case (.finite(let p), _): return p * b
    case (_, .finite(let q)): return q * a
    case (.infinite(let p, let reason), .infinite(let q, _)): return .infinite(positive: p == q, reason: reason)
    case (.undefined, _): return a
    case (_, .undefined): return b
    }
  }
}
