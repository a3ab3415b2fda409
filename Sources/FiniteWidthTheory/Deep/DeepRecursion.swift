import Activations
import Moments
import Networks

/// The recursion of the finite-width theory over the hidden layers at n inputs, to order 1/N.
///
/// With `Φ_ab = (1/N) Σ φ_a φ_b` and `Ψ_ab = (1/N) Σ φ′_a φ′_b Θ_ab` of each layer, Φ and Ψ of the next layer are,
/// given this one, averages over independent neurons, for every law of the weights. Their means move with Φ and Ψ by
/// the Jacobian J and the second derivative H of the map
///
///     Φ′ = F(s2 Φ) ,  Ψ′ = h(s2 Φ) (eb + ew Φ + s2 Ψ) ,
///
/// so that mean corrections and covariances follow
///
///     m′ = J m + ½ H·C + e ,   C′ = J C Jᵀ + C₀/N ,
///
/// with e from the correlations of the NTK between neurons (R) and from the fourth cumulant of the weights.
///
/// **Source.** The recursions of Roberts, Yaida and Hanin 2022 [23] and of Guillen, Misof and Gerken 2025 [24] for Gaussian
/// weights, in terms of Φ and Ψ, with the corrections of other laws.
struct DeepRecursion {
  let constants: [LayerConstants]
  let channels: [Channel]
  let channelPairs: [ChannelPair]
  let points: [[ExactNumber]]
  /// `m_w² s²` of the first layer's weighted sum is in its law; this is `x_a·x_b`.
  private let innerProducts: [ExactNumber]
  private let first: DenseLayer
  private let inputScale: ExactNumber

  private var count: Int { points.count }
  private var pairs: [InputPair] { InputPair.all(points.count) }

  init(
    layers: [DenseLayer], constants: [LayerConstants], inputScale: ExactNumber, channels: [Channel],
    channelPairs: [ChannelPair], points: [[ExactNumber]]
  ) {
    self.constants = constants
    self.channels = channels
    self.channelPairs = channelPairs
    self.points = points
    self.inputScale = inputScale
    first = layers[0]
    innerProducts = InputPair.all(points.count).map { innerProduct(points[$0.first], points[$0.second]) }
  }

  /// What the recursion ends with.
  struct Result {
    /// The state after the last hidden layer.
    let state: RecursionState
    /// The moments of that layer.
    let moments: LayerMoments
    /// `1 − ρ²` of pairs of inputs in front of kinked activations, by layer from 1.
    let squaredSines: [(layer: Int, pair: InputPair, value: Double)]
  }

  func run() throws -> Result {
    var moments = LayerMoments(try firstNeuron(), count: count)
    var state = try start(moments)
    var sines: [(layer: Int, pair: InputPair, value: Double)] = []
    for layer in constants.indices.dropLast().dropFirst() {
      let second = try finite(constants[layer].second)
      var covariance = [[Estimate]](repeating: [Estimate](repeating: .zero, count: count), count: count)
      for (index, pair) in pairs.enumerated() {
        covariance[pair.first][pair.second] = second * state.F[index]
        covariance[pair.second][pair.first] = covariance[pair.first][pair.second]
      }
      guard let activation = constants[layer].activation else { break }
      if !activation.value.kinks.isEmpty {
        for pair in pairs where pair.first != pair.second {
          let (a, b) = (covariance[pair.first][pair.first].value, covariance[pair.second][pair.second].value)
          let c = covariance[pair.first][pair.second].value
          if a > 0, b > 0 { sines.append((layer + 1, pair, max(0, 1 - c * c / (a * b)))) }
        }
      }
      let neuron = try GaussianNeuron(
        activation, covariance: covariance, bias: constants[layer].bias,
        biasMultiplier: constants[layer].biasMultiplier)
      let next = LayerMoments(neuron, count: count)
      state = try step(state, moments, to: next, layer: layer)
      moments = next
    }
    return Result(state: state, moments: moments, squaredSines: sines)
  }

  private func finite(_ quantity: Quantity) throws -> Estimate {
    guard let estimate = quantity.estimate else { throw LayerMoments.MissingMoment(quantity: quantity) }
    return estimate
  }

  // MARK: The first layer

  /// The first layer's neuron: Gaussian weights and one covariance, or the true law.
  private func firstNeuron() throws -> any NeuronLaw {
    let activation = try first.requireActivation(layer: 1)
    let decomposition = first.weights.decomposition
    if decomposition.atoms.isEmpty, decomposition.densities.count == 1,
      let gaussian = decomposition.densities[0].gaussian,
      gaussian.mean.isZero
    {
      let scale = first.weightMultiplier * inputScale
      let factor = scale * scale * gaussian.variance
      let covariance = points.map { x in points.map { Estimate(exact: factor * innerProduct(x, $0)) } }
      return try GaussianNeuron(
        activation, covariance: covariance, bias: first.bias, biasMultiplier: first.biasMultiplier)
    }
    if let neuron = ProductRuleNeuron(first, activation: activation, inputScale: inputScale, points: points) {
      return neuron
    }
    return FirstLayerNeuron(first, activation: activation, inputScale: inputScale, points: points)
  }

  private func start(_ moments: LayerMoments) throws -> RecursionState {
    let width = constants[0].inverseWidth
    let F = try pairs.map(moments.F)
    let none = [Quantity](repeating: .zero, count: pairs.count)
    let states = try channels.map { channel -> ChannelState in
      let theta = innerProducts.map { $0 * channel.weights[0] + channel.biases[0] }
      let psi = try pairs.indices.map { theta[$0].isExactlyZero ? .zero : try moments.h(pairs[$0]) * theta[$0] }
      return ChannelState(
        theta: theta, psi: psi, meanPsi: none, halfPsi: none,
        phiPsi: try freshPhiPsi(moments, theta, width), R: try freshR(moments, theta, width))
    }
    var psiPsi: [ChannelPair: PairMatrix] = [:]
    var S: [ChannelPair: Tensor4] = [:]
    for pair in channelPairs {
      let (a, b) = (states[pair.first].theta, states[pair.second].theta)
      psiPsi[pair] = try freshPsiPsi(moments, a, b, width)
      S[pair] = try freshS(moments, a, b, width)
    }
    return RecursionState(
      F: F, meanPhi: none, halfPhi: none, phiPhi: try freshPhiPhi(moments, width), channels: states, psiPsi: psiPsi,
      S: S)
  }

  // MARK: What a layer's own neurons add

  private func freshPhiPhi(_ m: LayerMoments, _ width: ExactNumber) throws -> PairMatrix {
    try pairs.map { p in
      try pairs.map { q in width * (try m.T(p.first, p.second, q.first, q.second) - m.F(p) * m.F(q)) }
    }
  }

  private func freshPhiPsi(_ m: LayerMoments, _ theta: [Estimate], _ width: ExactNumber) throws -> PairMatrix {
    try pairs.map { p in
      try pairs.enumerated().map { index, q in
        if theta[index].isExactlyZero { return .zero }
        return width * ((try m.U(q.first, q.second, p.first, p.second) - m.F(p) * m.h(q)) * theta[index])
      }
    }
  }

  private func freshPsiPsi(
    _ m: LayerMoments, _ first: [Estimate], _ second: [Estimate], _ width: ExactNumber
  ) throws -> PairMatrix {
    try pairs.enumerated().map { i, p in
      try pairs.enumerated().map { j, q in
        if first[i].isExactlyZero || second[j].isExactlyZero { return .zero }
        let spread = try m.X(p.first, p.second, q.first, q.second) - m.h(p) * m.h(q)
        return width * (spread * (first[i] * second[j]))
      }
    }
  }

  private func freshR(_ m: LayerMoments, _ theta: [Estimate], _ width: ExactNumber) throws -> Tensor4 {
    try Tensor4(count: count) { a, b, c, d in
      let value = theta[m.index(a, b)]
      return value.isExactlyZero ? .zero : width * (try m.U(a, b, c, d) * value)
    }
  }

  private func freshS(
    _ m: LayerMoments, _ first: [Estimate], _ second: [Estimate], _ width: ExactNumber
  ) throws -> Tensor4 {
    try Tensor4(count: count) { a, b, c, d in
      let (p, q) = (first[m.index(a, b)], second[m.index(c, d)])
      return p.isExactlyZero || q.isExactlyZero ? .zero : width * (try m.X(a, b, c, d) * (p * q))
    }
  }

  // MARK: One layer

  private func step(
    _ old: RecursionState, _ before: LayerMoments, to m: LayerMoments, layer: Int
  ) throws -> RecursionState {
    let constants = constants[layer]
    let s2 = try finite(constants.second)
    let width = constants.inverseWidth
    let P = pairs.indices
    let F = try pairs.map(m.F)
    let h = try pairs.map(m.h)
    // ∂⟨φφ⟩_p/∂Φ_q and ∂⟨φ′φ′⟩_p/∂Φ_q.
    let valueSlopes: PairMatrix = try pairs.map { p in try pairs.map { q in s2 * (try m.D(.value, p, q)) } }
    let slopeSlopes: PairMatrix = try pairs.map { p in try pairs.map { q in s2 * (try m.D(.slope, p, q)) } }
    let J11 = valueSlopes
    let sources = try MeanSources(
      m, before: before, s2: s2, constants: constants, previousWidth: self.constants[layer - 1].inverseWidth,
      phiPhi: old.phiPhi)

    var meanPhi = linear(J11, old.meanPhi)
    var halfPhi = linear(J11, old.halfPhi)
    for p in P {
      meanPhi[p] = meanPhi[p] + .finite(sources.valueCurvature[p]) + sources.valueCumulant[p]
      halfPhi[p] = halfPhi[p] + sources.valueSkewness[p]
    }

    var states: [ChannelState] = []
    var J21s: [PairMatrix] = []
    let J22 = h.map { s2 * $0 }
    for (channel, state) in zip(channels, old.channels) {
      let (ew, eb) = (channel.weights[layer], channel.biases[layer])
      let theta = P.map { eb + ew * old.F[$0] + s2 * state.psi[$0] }
      let J21: PairMatrix = P.map { p in
        P.map { q in theta[p] * slopeSlopes[p][q] + (p == q ? ew * h[p] : .zero) }
      }
      J21s.append(J21)
      var meanPsi = linear(J21, old.meanPhi)
      var halfPsi = linear(J21, old.halfPhi)
      for p in P {
        var sum = theta[p] * sources.slopeCurvature[p]
        for q in P where !slopeSlopes[p][q].isExactlyZero {
          // The product of h(s2 Φ) with ew Φ + s2 Ψ.
          sum = sum + slopeSlopes[p][q] * (ew * old.phiPhi[q][p] + s2 * state.phiPsi[q][p])
        }
        sum = sum + (try sources.correlation(p, state.R))
        meanPsi[p] =
          meanPsi[p] + J22[p] * state.meanPsi[p] + .finite(sum) + sources.slopeCumulant(p, theta, state.theta)
        halfPsi[p] = halfPsi[p] + J22[p] * state.halfPsi[p] + sources.slopeSkewness(p, theta, state.theta)
      }
      // J₁₁ (C_ΦΦ J₂₁ᵀ + C_ΦΨ J₂₂)
      let inner = PairMatrix.product(old.phiPhi, J21.transposed) + scaledColumns(state.phiPsi, J22)
      states.append(
        ChannelState(
          theta: theta, psi: P.map { h[$0] * theta[$0] }, meanPsi: meanPsi, halfPsi: halfPsi,
          phiPsi: PairMatrix.product(J11, inner) + (try freshPhiPsi(m, theta, width)),
          R: try nextR(m, theta, width, s2, state.R)))
    }

    var psiPsi: [ChannelPair: PairMatrix] = [:]
    var S: [ChannelPair: Tensor4] = [:]
    let s4 = s2 * s2
    for pair in channelPairs {
      let (i, j) = (pair.first, pair.second)
      guard let oldPsi = old.psiPsi[pair], let oldS = old.S[pair] else { continue }
      let first = PairMatrix.product(PairMatrix.product(J21s[i], old.phiPhi), J21s[j].transposed)
      let second = scaledColumns(PairMatrix.product(J21s[i], old.channels[j].phiPsi), J22)
      let third = scaledColumns(PairMatrix.product(J21s[j], old.channels[i].phiPsi), J22).transposed
      let fourth: PairMatrix = P.map { p in P.map { q in J22[p] * oldPsi[p][q] * J22[q] } }
      let (a, b) = (states[i].theta, states[j].theta)
      psiPsi[pair] = first + second + third + fourth + (try freshPsiPsi(m, a, b, width))
      let fresh = try freshS(m, a, b, width)
      S[pair] = Tensor4(count: count) { a, b, c, d in
        fresh[a, b, c, d] + s4 * (h[m.index(a, c)] * h[m.index(b, d)] * oldS[a, b, c, d])
      }
    }
    let phiPhi =
      PairMatrix.product(PairMatrix.product(J11, old.phiPhi), J11.transposed) + (try freshPhiPhi(m, width))
    return RecursionState(
      F: F, meanPhi: meanPhi, halfPhi: halfPhi, phiPhi: phiPhi, channels: states, psiPsi: psiPsi, S: S)
  }

  private func nextR(
    _ m: LayerMoments, _ theta: [Estimate], _ width: ExactNumber, _ s2: Estimate, _ old: Tensor4
  ) throws -> Tensor4 {
    let fresh = try freshR(m, theta, width)
    var slopes: [[[Estimate]]] = []
    for a in 0..<count {
      slopes.append(try (0..<count).map { c in try (0..<count).map { e in try m.r(a, c, e) } })
    }
    let s4 = s2 * s2
    return Tensor4(count: count) { a, b, c, d in
      var sum = Estimate.zero
      for e in 0..<count where !slopes[a][c][e].isExactlyZero {
        for f in 0..<count where !slopes[b][d][f].isExactlyZero {
          sum = sum + slopes[a][c][e] * slopes[b][d][f] * old[a, b, e, f]
        }
      }
      return fresh[a, b, c, d] + s4 * sum
    }
  }

  private func linear(_ matrix: PairMatrix, _ vector: [Quantity]) -> [Quantity] {
    matrix.map { row in zip(row, vector).reduce(.zero) { $0 + $1.0 * $1.1 } }
  }

  private func scaledColumns(_ matrix: PairMatrix, _ factors: [Estimate]) -> PairMatrix {
    matrix.map { row in zip(row, factors).map { $0 * $1 } }
  }
}
