import Moments
import Networks

/// The readout: the sum over the last hidden layer, and the power of N of each parameter group.
struct Readout {
  /// The NNGP kernel's leading power law.
  let nngp: PowerLaw
  let groups: [ParameterGroupKernel]
  let oneMinusCorrelation: CorrelationGap

  init(_ network: Network, _ state: KernelState, _ exponents: WidthExponents) {
    let index = network.layers.count - 1
    let layer = network.readout
    let biasSquare = Quantity.exact(layer.biasMultiplier * layer.biasMultiplier)

    // Each term keeps the exponent of N that it comes with; the largest one leads.
    var functionTerms = [(exponent: exponents.function, kernel: layer.gain * state.features.kernel)]
    if let bias = layer.bias {
      functionTerms.append((exponents.readoutBias, PairKernel(constant: product(biasSquare, bias.moment(2)))))
    }
    var tangentTerms = state.tangent(times: PairKernel(constant: layer.gain)).groups
    if layer.trainable.trainsWeights {
      let square = Quantity.exact(layer.weightMultiplier * layer.weightMultiplier)
      tangentTerms.append((ParameterGroup(layer: index, kind: .weights), square * state.features.kernel))
    }
    if layer.trainsBias {
      tangentTerms.append((ParameterGroup(layer: index, kind: .bias), PairKernel(constant: biasSquare)))
    }

    nngp = PowerLaw.leading(functionTerms.map { PowerLaw(exponent: $0.exponent, coefficient: $0.kernel.xy) })
    groups = tangentTerms.map { term in
      let law = PowerLaw(exponent: exponents.group(term.group), coefficient: term.kernel.xy)
      return ParameterGroupKernel(parameter: term.group.description, ntk: law.limit, law: law)
    }
    oneMinusCorrelation = CorrelationGap(
      nngp: Self.leading(functionTerms).correlationGap.map { .finite($0) },
      ntk: Self.leading(tangentTerms.map { (exponents.group($0.group), $0.kernel) }).correlationGap
        .map { .finite($0) })
  }

  /// The sum of the terms with the largest exponent.
  private static func leading(_ terms: [(exponent: Rational, kernel: PairKernel)]) -> PairKernel {
    let relevant = terms.filter { term in
      ![term.kernel.xx, term.kernel.yy].allSatisfy { $0.estimate?.isExactlyZero ?? false }
    }
    guard let top = relevant.map(\.exponent).max() else { return .zero }
    return relevant.filter { $0.exponent == top }.reduce(.zero) { $0 + $1.kernel }
  }

  /// The sum over the trained groups in the limit.
  var ntk: Quantity { groups.reduce(.zero) { $0 + $1.ntk } }
}
