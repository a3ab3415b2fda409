import FiniteWidthTheory
import LimitKernels
import Moments
import Networks
import Testing

@Suite struct ConditionalExpectationTests {
  private func layer(_ activation: String) throws -> ConditionalExpectation {
    let network = try network(
      activation, weights: ["normal()", "normal(0, 1.2)", "normal()"], biases: [nil, "normal(0, 1/2)", nil],
      dimension: 2)
    return try ConditionalExpectation(layer: 1, of: network)
  }

  /// The identity passes Φ and Ψ on: E Φ′ = s2 Φ + 1/4, E Ψ′ = eb + ew Φ + s2 Ψ, whatever R.
  @Test func identity() throws {
    let layer = try layer("identity")
    let (phi, psi) = ([1.0, 0.25, 2.0], [0.5, 0.75, 1.5])
    let means = try layer.means(phi: phi, psi: psi, correlations: Array(repeating: 0.1, count: 16), inputCount: 2)
    for p in 0..<3 {
      #expect((means.phi[p] - (1.44 * phi[p] + 0.25)).magnitude < 1e-14)
      #expect((means.psi[p] - (1 + phi[p] + 1.44 * psi[p])).magnitude < 1e-14)
    }
  }

  /// The square, by hand: h = 4 Σ_ab, ∂_a ∂_b (φ′φ′) = 4, the diagonal 8; so R enters with s2² times these.
  @Test func square() throws {
    let layer = try layer("square")
    let phi = [1.0, 0.25, 2.0]
    var R = [Double](repeating: 0, count: 16)
    for index in R.indices { R[index] = Double(index) / 16 }
    let means = try layer.means(phi: phi, psi: [0.5, 0.75, 1.5], correlations: R, inputCount: 2)
    let sigma = phi.map { 1.44 * $0 + 0.25 }
    #expect((means.phi[1] - (sigma[0] * sigma[2] + 2 * sigma[1] * sigma[1])).magnitude < 1e-13)
    let theta = 1 + phi[1] + 1.44 * 0.75
    // a = 0, b = 1: (c, d) = (0, 1) and (1, 0).
    let expected = 4 * sigma[1] * theta + 1.44 * 1.44 * 4 * (R[5] + R[6])
    #expect((means.psi[1] - expected).magnitude < 1e-13)
    let diagonal = 4 * sigma[0] * (1 + phi[0] + 1.44 * 0.5) + 1.44 * 1.44 * 8 * R[0]
    #expect((means.psi[0] - diagonal).magnitude < 1e-13)
  }

  /// The Jacobian is that of the means.
  @Test(arguments: ["relu", "tanh"]) func jacobian(_ activation: String) throws {
    let layer = try layer(activation)
    let (phi, psi) = ([1.0, 0.25, 0.75], [0.5, 0.375, 1.5])
    let none = [Double](repeating: 0, count: 16)
    let theta = phi.indices.map { layer.biasRate + layer.weightRate * phi[$0] + layer.second * psi[$0] }
    let jacobian = try layer.jacobian(phi: phi, theta: theta, inputCount: 2)
    let step = 0x1p-14
    for q in 0..<3 {
      var (up, down) = (phi, phi)
      up[q] += step
      down[q] -= step
      let high = try layer.means(phi: up, psi: psi, correlations: none, inputCount: 2)
      let low = try layer.means(phi: down, psi: psi, correlations: none, inputCount: 2)
      for p in 0..<3 {
        // Central differences of order step², divided rounding of 1e-15.
        #expect(((high.phi[p] - low.phi[p]) / (2 * step) - jacobian.phiPhi[p][q]).magnitude < 1e-8)
        #expect(((high.psi[p] - low.psi[p]) / (2 * step) - jacobian.psiPhi[p][q]).magnitude < 1e-7)
      }
    }
    var moved = psi
    moved[1] += step
    let high = try layer.means(phi: phi, psi: moved, correlations: none, inputCount: 2)
    let low = try layer.means(phi: phi, psi: psi, correlations: none, inputCount: 2)
    #expect(((high.psi[1] - low.psi[1]) / step - jacobian.psiPsi[1]).magnitude < 1e-10)
  }

  @Test func needsGaussianWeights() throws {
    let network = try network("tanh", weights: ["normal()", "uniform(-1, 1)", "normal()"], dimension: 1)
    #expect(throws: FiniteWidthTheoryError.notGaussian(layer: 2, law: "uniform(-1, 1)")) {
      try ConditionalExpectation(layer: 1, of: network)
    }
  }
}
