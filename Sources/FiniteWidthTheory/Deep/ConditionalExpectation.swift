import Activations
import Moments
import Networks

/// What a layer's kernels are on average, given the layer before: the exact conditional mean behind control variates.
///
/// For Gaussian weights, with `Φ_ab = (1/N) Σ φ_a φ_b`, `Ψ_ab = (1/N) Σ φ′_a φ′_b Θ_kk(a,b)` and
/// `R_ab;cd = (1/N²) Σ_km [φ_c φ′_a]_k [φ_d φ′_b]_m Θ_km(a,b)` of layer l as sampled, and `Σ = s2 Φ` in layer l + 1,
///
///     E[Φ′_ab | layer l] = F_ab(Σ) ,
///     E[Ψ′_ab | layer l] = h_ab(Σ) (eb + ew Φ_ab + s2 Ψ_ab) + s2² Σ_cd ⟨∂_c ∂_d (φ′_a φ′_b)⟩ R_ab;cd ,
///
/// exactly at every width. A sample of `v′ = (Φ′, Ψ′)` minus this mean has mean zero; subtracted with the Jacobians of
/// ``jacobian(phi:theta:inputCount:)`` as coefficients it takes the noise of order `N^(−1/2)` out of Θ.
///
/// Pairs of inputs are numbered (0,0), (0,1), …, (1,1), ….
public struct ConditionalExpectation: Sendable {
  private let activation: any Activation
  private let bias: (any Law)?
  private let biasMultiplier: ExactNumber
  /// `s2 = m_w² E w²` of the layer.
  public let second: Double
  /// `ew`, the learning-rate weight `m_w²` of the layer's weights; 0 for frozen ones.
  public let weightRate: Double
  /// `eb`, `m_b²`; 0 for frozen or absent biases.
  public let biasRate: Double

  /// A hidden layer after the first.
  ///
  /// - Parameters:
  ///   - index: Counted from 0; 1 is the second hidden layer.
  ///   - network: A network of dense layers.
  /// - Throws: ``FiniteWidthTheoryError/notGaussian(layer:law:)`` for weights that are not Gaussian.
  public init(layer index: Int, of network: Network) throws {
    let layers = try network.denseLayers(for: "control variates")
    precondition(layers.indices.dropFirst().dropLast().contains(index), "a hidden layer after the first")
    let layer = layers[index]
    let law = layer.weights.decomposition
    guard law.atoms.isEmpty, law.densities.count == 1, law.densities[0].gaussian != nil,
      let second = WeightMoments(layer).second.estimate
    else { throw FiniteWidthTheoryError.notGaussian(layer: index + 1, law: "\(layer.weights)") }
    activation = try layer.requireActivation(layer: index + 1)
    bias = layer.bias
    biasMultiplier = layer.biasMultiplier
    self.second = second.value
    let trained = network.trainedGroups
    func rate(_ kind: ParameterGroup.Kind, _ factor: ExactNumber) -> Double {
      trained.contains(ParameterGroup(layer: index, kind: kind)) ? (factor * factor).doubleValue : 0
    }
    weightRate = rate(.weights, layer.weightMultiplier)
    biasRate = rate(.bias, layer.biasMultiplier)
  }

  /// The neuron of the layer given Φ of the layer before.
  private func neuron(_ phi: [Double], count: Int) throws -> GaussianNeuron {
    let covariance = (0..<count).map { a in
      (0..<count).map { b -> Estimate in
        Estimate(exact: ExactNumber(exactly: second * phi[Self.position(a, b, count)]) ?? 0)
      }
    }
    return try GaussianNeuron(activation, covariance: covariance, bias: bias, biasMultiplier: biasMultiplier)
  }

  private static func position(_ a: Int, _ b: Int, _ count: Int) -> Int {
    let (first, last) = (min(a, b), max(a, b))
    return first * count - first * (first - 1) / 2 + last - first
  }

  /// `E[Φ′ | layer]` and `E[Ψ′ | layer]`.
  ///
  /// - Parameters:
  ///   - phi: Φ of the layer before, by pair.
  ///   - psi: Ψ of the layer before, by pair.
  ///   - correlations: `R_ab;cd` of the layer before at `((a·n + b)·n + c)·n + d`.
  ///   - n: The number of inputs.
  /// - Throws: `ExpectationError` where an expectation fails.
  public func means(
    phi: [Double], psi: [Double], correlations: [Double], inputCount n: Int
  ) throws -> (phi: [Double], psi: [Double]) {
    let pairs = InputPair.all(n)
    precondition(phi.count == pairs.count && psi.count == pairs.count, "one number for each pair of inputs")
    precondition(correlations.count == n * n * n * n, "R has n⁴ entries")
    let moments = LayerMoments(try neuron(phi, count: n), count: n)
    var result = (phi: [Double](), psi: [Double]())
    for (index, p) in pairs.enumerated() {
      result.phi.append(try moments.F(p).value)
      let theta = biasRate + weightRate * phi[index] + second * psi[index]
      var value = try moments.h(p).value * theta
      let inputs = p.first == p.second ? [p.first] : [p.first, p.second]
      for c in inputs {
        for d in inputs {
          let slope = try moments.derivative(.slope, p, directions: [c, d]).value
          value += second * second * slope * correlations[((p.first * n + p.second) * n + c) * n + d]
        }
      }
      result.psi.append(value)
    }
    return result
  }

  /// The derivatives of the means with respect to Φ and Ψ, at given Φ and `θ = eb + ew Φ + s2 Ψ`, R left out.
  ///
  /// - Returns: `∂Φ′_p/∂Φ_q`, `∂Ψ′_p/∂Φ_q` and the diagonal `∂Ψ′_p/∂Ψ_p`.
  public func jacobian(
    phi: [Double], theta: [Double], inputCount n: Int
  ) throws -> (phiPhi: [[Double]], psiPhi: [[Double]], psiPsi: [Double]) {
    let moments = LayerMoments(try neuron(phi, count: n), count: n)
    let pairs = moments.pairs
    var result = (phiPhi: [[Double]](), psiPhi: [[Double]](), psiPsi: [Double]())
    for (p, pair) in pairs.enumerated() {
      let h = try moments.h(pair).value
      result.phiPhi.append(try pairs.map { second * (try moments.D(.value, pair, $0).value) })
      result.psiPhi.append(
        try pairs.enumerated().map { q, other in
          theta[p] * second * (try moments.D(.slope, pair, other).value) + (p == q ? weightRate * h : 0)
        })
      result.psiPsi.append(second * h)
    }
    return result
  }
}
