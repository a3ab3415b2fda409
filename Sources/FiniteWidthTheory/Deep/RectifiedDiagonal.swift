import Activations
import Moments
import Networks

/// ReLU and one input: mean and variance exact for every width.
///
/// With Gaussian weights and biases that are zero at initialization, `E[1(z > 0) P(w)] = E[P(w)]/2` for even P, so
/// that the second moments of Φ, Ψ, R and S close. The state starts at `(q, 0, q², 0, 0, 0, 0)`, `q = m_w²-free s² |x|²`
/// of the first weighted sum; a layer with `a = s2_l`, `N = N_l`, `U = eb + ew Φ` gives
///
///     Y = E(U + aΨ)² ,  PU = eb EΦ + ew EΦ² ,  x = a PU + a² EΦΨ + 2 a² R ,  y = Y + 2 a² S ,
///     EΦ² ← a² EΦ² (3/(2N) + (1 − 1/N)/4) ,  EΦΨ ← x/(2N) + (1 − 1/N)(a/4)(PU + a EΦΨ) ,
///     EΨ² ← y/(2N) + (1 − 1/N) Y/4 ,  R ← x/(2N) + (1 − 1/N) a² R/4 ,  S ← y/(2N) + (1 − 1/N) a² S/4 ,
///     EΦ ← a EΦ/2 ,  EΨ ← (eb + ew EΦ + a EΨ)/2 .
///
/// A layer whose neurons are all dead, of probability `2^(−N_l)`, makes later preactivations exactly 0, where the
/// formulas take `E φ′(0)² = 1/2`: with `φ′(0) = 0` they are off by that order if a bias is trained.
struct RectifiedDiagonal: Sendable {
  private let deep: DeepNetwork
  private let pair: InputPair
  private let squaredLength: ExactNumber

  /// Nil unless the network and the entry are of this kind.
  init?(_ deep: DeepNetwork, at pair: InputPair) {
    guard deep.representative(pair.first) == deep.representative(pair.second) else { return nil }
    let relu = ReLU().value.pieces
    for layer in deep.layers.dropLast() {
      guard layer.activation?.value.pieces?.simplified == relu?.simplified else { return nil }
      let law = layer.weights.decomposition
      guard law.atoms.isEmpty, law.densities.count == 1, let gaussian = law.densities[0].gaussian, gaussian.mean.isZero
      else { return nil }
      if let bias = layer.bias, !bias.moment(2).isExactlyZero { return nil }
    }
    guard let readout = deep.constants.last, readout.second.estimate != nil else { return nil }
    // A zero input has dead layers throughout.
    let point = deep.points[deep.representative(pair.first)]
    squaredLength = innerProduct(point, point)
    if squaredLength.isZero { return nil }
    self.deep = deep
    self.pair = pair
  }

  private struct State {
    var phi: Estimate
    var psi = Estimate.zero
    var phiPhi: Estimate
    var phiPsi = Estimate.zero
    var psiPsi = Estimate.zero
    var R = Estimate.zero
    var S = Estimate.zero
    /// What a fourth cumulant of the readout multiplies.
    var fresh = Estimate.zero
  }

  /// `ew`, `eb` of each layer at a width, all powers of N put in.
  private func weights(width: Int, groups selected: [Int]) -> (weights: [Estimate], biases: [Estimate]) {
    var weights = [Estimate](repeating: .zero, count: deep.layers.count)
    var biases = weights
    for index in selected {
      let group = deep.groups[index]
      let channel = deep.channel([index], at: pair)
      let power = widthPower(width, group.exponent)
      let layer = group.group.layer
      weights[layer] = weights[layer] + power * channel.weights[layer]
      biases[layer] = biases[layer] + power * channel.biases[layer]
    }
    return (weights, biases)
  }

  /// E Θ and E Θ² need `Y` of the layer above: `E(eb + ew Φ + a Ψ)²`.
  private func square(_ s: State, _ a: Estimate, _ ew: Estimate, _ eb: Estimate) -> Estimate {
    let two = Estimate(exact: 2)
    return eb * eb + two * eb * ew * s.phi + ew * ew * s.phiPhi + two * a * (eb * s.psi + ew * s.phiPsi)
      + a * a * s.psiPsi
  }

  private func run(width: Int, weights: [Estimate], biases: [Estimate]) -> State {
    // The first layer's weighted sum has its input scale in the law; its gradients carry theirs in `ew`.
    let first = deep.layers[0].weightMultiplier
    let inputs = Estimate(exact: squaredLength)
    let scale = Estimate(exact: deep.network.inputScale * deep.network.inputScale)
    // In units where Φ⁰ = |x|²: s2_1 carries m_w² s² E w², and ew_1 is as given.
    var state = State(phi: inputs, phiPhi: inputs * inputs)
    let half = Estimate.half
    let quarter = Estimate.quarter
    let two = Estimate(exact: 2)
    for layer in deep.layers.indices.dropLast() {
      var a = Estimate(exact: first.power(0))
      if let second = deep.constants[layer].second.estimate { a = layer == 0 ? scale * second : second }
      let (ew, eb) = (weights[layer], biases[layer])
      let neurons = deep.constants[layer].inverseWidth * widthPower(width, -1)
      let others = Estimate.one - neurons
      let Y = square(state, a, ew, eb)
      let PU = eb * state.phi + ew * state.phiPhi
      let x = a * PU + a * a * state.phiPsi + two * a * a * state.R
      let y = Y + two * a * a * state.S
      var next = state
      let threeHalves = Estimate(exact: ExactNumber(3, 2))
      next.phiPhi = a * a * state.phiPhi * (threeHalves * neurons + quarter * others)
      next.phiPsi = half * neurons * x + others * (quarter * a) * (PU + a * state.phiPsi)
      next.psiPsi = half * neurons * y + others * quarter * Y
      next.R = half * neurons * x + others * quarter * a * a * state.R
      next.S = half * neurons * y + others * quarter * a * a * state.S
      next.fresh = half * neurons * y
      next.phi = half * a * state.phi
      next.psi = half * (eb + ew * state.phi + a * state.psi)
      state = next
    }
    return state
  }

  /// Mean and variance by width.
  typealias Moments = @Sendable (_ width: Int) -> (mean: Quantity, variance: Quantity)

  /// Mean and variance of the sum of some groups' parts of the NTK.
  func tangentKernel(groups: [Int]) -> Moments { { tangentKernel(width: $0, groups: groups) } }

  /// Mean and variance of the conditional NNGP kernel `Σ w² φφ/N`.
  var conditionalKernel: Moments { { conditionalKernel(width: $0) } }

  private func tangentKernel(width: Int, groups: [Int]) -> (mean: Quantity, variance: Quantity) {
    let (weights, biases) = weights(width: width, groups: groups)
    let last = deep.layers.count - 1
    let state = run(width: width, weights: weights, biases: biases)
    guard let a = deep.constants[last].second.estimate else {
      return (deep.constants[last].second, deep.constants[last].second)
    }
    let mean = biases[last] + weights[last] * state.phi + a * state.psi
    let second =
      Quantity.finite(square(state, a, weights[last], biases[last]) + Estimate(exact: 2) * a * a * state.S)
      + deep.constants[last].fourthCumulant * .finite(state.fresh)
    return (.finite(mean), second - .finite(mean * mean))
  }

  private func conditionalKernel(width: Int) -> (mean: Quantity, variance: Quantity) {
    let last = deep.layers.count - 1
    let none = [Estimate](repeating: .zero, count: deep.layers.count)
    let state = run(width: width, weights: none, biases: none)
    let readout = deep.constants[last]
    let neurons = deep.constants[last - 1].inverseWidth * widthPower(width, -1)
    let factor =
      (deep.proportional.function(pair.first) * deep.proportional.function(pair.second))
      * (deep.relativeFunctionPower * widthPower(width, deep.exponents.function))
    let mean = factor * (readout.second * .finite(state.phi))
    // E Φ² = (1/N) E φ⁴ + (1 − 1/N) E φ²φ², of which the second is a quarter and the first three halves of the same.
    let ratio = Estimate(exact: ExactNumber(3, 2)) * neurons + Estimate.quarter * (Estimate.one - neurons)
    let base = state.phiPhi / ratio
    let same = Estimate(exact: ExactNumber(3, 2)) * neurons * base
    let different = Estimate.quarter * (Estimate.one - neurons) * base
    let second = readout.weights(4) * .finite(same) + (readout.second * readout.second) * .finite(different)
    return (mean, (factor * factor) * second - mean * mean)
  }
}
