import LimitKernels
import Moments
import Networks

/// A network of several hidden layers as the theory sees it.
struct DeepNetwork: Sendable {
  let network: Network
  let layers: [DenseLayer]
  let constants: [LayerConstants]
  let groups: [TrainedGroup]
  let exponents: WidthExponents
  let relativeWidths: [Rational]
  let points: [[ExactNumber]]
  let proportional: ProportionalInputs

  /// - Throws: ``FiniteWidthTheoryError/unequalWidths(layer:)`` for unequal widths where hidden layers change their size.
  init(
    _ network: Network, _ layers: [DenseLayer], _ exponents: WidthExponents, points: [[ExactNumber]],
    relativeWidths: [Rational]
  ) throws {
    self.network = network
    self.layers = layers
    self.exponents = exponents
    self.relativeWidths = relativeWidths
    self.points = points
    groups = TrainedGroup.all(of: network, layers: layers, exponents: exponents)
    constants = layers.enumerated().map { index, layer in
      LayerConstants(layer, relativeWidth: index < relativeWidths.count ? relativeWidths[index] : 1)
    }
    proportional = ProportionalInputs(points, layers: layers)
    if Set(relativeWidths).count > 1 {
      for index in layers.indices.dropLast() where !scale(index).isZero {
        throw FiniteWidthTheoryError.unequalWidths(layer: index + 1)
      }
    }
  }

  // MARK: Powers of the width

  /// `p_l = ν_l/2 − a_l − b_l`.
  private func scale(_ layer: Int) -> Rational {
    let exponents = network.exponents(ofLayer: layer)
    let nu: Rational = layer == 0 ? 0 : Rational(1, 2)
    return nu - rational(exponents.weightMultiplier) - rational(exponents.weightDeviation)
  }

  private func rational(_ number: ExactNumber) -> Rational {
    number.rational ?? Rational(exactly: number.doubleValue) ?? 0
  }

  /// The relative width that the parameterization speaks of in a layer: its fan-in, or its neurons in the first.
  private func fanIn(_ layer: Int) -> Rational { layer == 0 ? relativeWidths[0] : relativeWidths[layer - 1] }

  /// What unequal widths add to a group's power of N.
  func relativePower(_ group: TrainedGroup) -> Estimate {
    if Set(relativeWidths).count == 1 { return rationalPower(relativeWidths[0], group.exponent) }
    let index = group.group.layer
    let exponents = network.exponents(ofLayer: index)
    let own: Rational =
      group.group.kind == .weights
      ? (index == 0 ? 0 : 1) - 2 * rational(exponents.weightMultiplier) - rational(exponents.weightRate)
      : -2 * rational(exponents.biasMultiplier) - rational(exponents.biasRate)
    var power = rationalPower(fanIn(index), own)
    let last = layers.count - 1
    if index < last { power = power * rationalPower(fanIn(last), 2 * scale(last)) }
    return power
  }

  /// The same for `E f²`, without the readout bias.
  var relativeFunctionPower: Estimate {
    Set(relativeWidths).count == 1
      ? rationalPower(relativeWidths[0], exponents.function)
      : rationalPower(fanIn(layers.count - 1), 2 * scale(layers.count - 1))
  }

  /// Powers of the width that the readout bias sees.
  func relativeReadoutPower(_ exponent: Rational) -> Estimate { rationalPower(fanIn(layers.count - 1), exponent) }

  // MARK: Systems of inputs

  /// The weighting of some groups at one entry, the factors of proportional inputs included.
  func channel(_ selected: [Int], at entry: InputPair) -> Channel {
    Channel(selected.map { groups[$0] }, layerCount: layers.count) { group in
      let factor =
        proportional.gradient(group.group, entry.first) * proportional.gradient(group.group, entry.second)
      return factor * relativePower(group)
    }
  }

  /// The recursion on the inputs of some entries.
  func system(_ entries: [InputPair], channels: [Channel], pairs: [ChannelPair]) throws -> DeepSystem {
    let inputs = Set(entries.flatMap { [representative($0.first), representative($0.second)] }).sorted()
    let recursion = DeepRecursion(
      layers: layers, constants: constants, inputScale: network.inputScale, channels: channels, channelPairs: pairs,
      points: inputs.map { points[$0] })
    return DeepSystem(
      inputs: inputs, channels: channels, readout: constants[layers.count - 1],
      inverseWidth: constants[layers.count - 2].inverseWidth, result: try recursion.run())
  }

  func representative(_ point: Int) -> Int { proportional.representative[point] }

  /// An entry of representatives.
  func reduced(_ entry: InputPair) -> InputPair {
    InputPair(representative(entry.first), representative(entry.second))
  }
}

/// The recursion's result on some inputs, with the readout.
struct DeepSystem {
  /// The points that the recursion ran on, by their number in the request.
  let inputs: [Int]
  let channels: [Channel]
  let readout: LayerConstants
  /// `N/N_L`.
  let inverseWidth: ExactNumber
  let result: DeepRecursion.Result

  private var state: RecursionState { result.state }

  /// The pair's number in the recursion; its entry consists of points of `inputs`.
  private func local(_ entry: InputPair) -> (index: Int, a: Int, b: Int) {
    let a = inputs.firstIndex(of: entry.first) ?? 0
    let b = inputs.firstIndex(of: entry.second) ?? 0
    return (result.moments.index(a, b), a, b)
  }

  /// `ew m(Φ) + s2 m(Ψ)`, the 1/N correction of `E Θ`.
  func meanCorrection(_ channel: Int, _ entry: InputPair) -> Quantity {
    let p = local(entry).index
    return channels[channel].weights[channels[channel].weights.count - 1] * state.meanPhi[p]
      + readout.second * state.channels[channel].meanPsi[p]
  }

  /// The term of order `N^(−1/2)`.
  func halfCorrection(_ channel: Int, _ entry: InputPair) -> Quantity {
    let p = local(entry).index
    return channels[channel].weights[channels[channel].weights.count - 1] * state.halfPhi[p]
      + readout.second * state.channels[channel].halfPsi[p]
  }

  /// `N Cov(Θ^i(p), Θ^j(q))` of two channels.
  func covariance(_ pair: ChannelPair, _ first: InputPair, _ second: InputPair) throws -> Quantity {
    let (p, q) = (local(first), local(second))
    let (i, j) = (pair.first, pair.second)
    guard let psiPsi = state.psiPsi[pair], let S = state.S[pair] else {
      return try covariance(ChannelPair(first: j, second: i), second, first)
    }
    let ewI = channels[i].weights[channels[i].weights.count - 1]
    let ewJ = channels[j].weights[channels[j].weights.count - 1]
    let s2 = readout.second
    var sum = Quantity.finite(ewI * ewJ * state.phiPhi[p.index][q.index])
    sum = sum + (s2 * .finite(ewI * state.channels[j].phiPsi[p.index][q.index]))
    sum = sum + (s2 * .finite(ewJ * state.channels[i].phiPsi[q.index][p.index]))
    sum = sum + (s2 * (s2 * .finite(psiPsi[p.index][q.index] + S[p.a, p.b, q.a, q.b] + S[p.a, p.b, q.b, q.a])))
    let thetas = state.channels[i].theta[p.index] * state.channels[j].theta[q.index]
    if !readout.fourthCumulant.isExactlyZero, !thetas.isExactlyZero {
      let X = try result.moments.X(p.a, p.b, q.a, q.b)
      sum = sum + readout.fourthCumulant * .finite(inverseWidth * (X * thetas))
    }
    return sum
  }

  /// `s2 F`, the limit of `E f f` without the bias, its 1/N correction and its term of order `N^(−1/2)`.
  func function(_ entry: InputPair) -> (limit: Quantity, correction: Quantity, half: Quantity) {
    let p = local(entry).index
    return (readout.second * .finite(state.F[p]), readout.second * state.meanPhi[p], readout.second * state.halfPhi[p])
  }

  /// `N Cov` of the conditional NNGP kernel, `s2² C(Φ,Φ) + (m4 − s2²) T`.
  func conditionalCovariance(_ first: InputPair, _ second: InputPair) throws -> Quantity {
    let (p, q) = (local(first), local(second))
    let T = try result.moments.T(p.a, p.b, q.a, q.b)
    let square = readout.second * readout.second
    return square * .finite(state.phiPhi[p.index][q.index])
      + (readout.weights(4) - square) * .finite(inverseWidth * T)
  }

  /// N times `κ(f_a, f_a, f_b, f_b)` without the bias.
  func fourthCumulant(_ entry: InputPair) throws -> Quantity {
    let p = local(entry)
    let (aa, bb) = (result.moments.index(p.a, p.a), result.moments.index(p.b, p.b))
    let square = readout.second * readout.second
    let C = state.phiPhi
    let pairings = C[aa][bb] + ExactNumber(2) * C[p.index][p.index]
    let T = try result.moments.T(p.a, p.a, p.b, p.b)
    return readout.fourthCumulant * .finite(inverseWidth * T) + square * .finite(pairings)
  }
}
