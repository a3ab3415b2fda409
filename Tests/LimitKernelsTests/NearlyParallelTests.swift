import LimitKernels
import Moments
import Networks
import Testing

/// `1 − ρ` of nearly equal inputs after a non-Gaussian first layer and under non-Gaussian biases.
///
/// No reference is needed: for inputs x and x + ε of a smooth kernel, `(1 − ρ)/ε² = c₀ + c₁ ε + c₂ ε² + …`, so that the values at
/// ε = 1/50, 1/100, 1/200, which the kernels themselves confirm, predict the one at ε = 1e-10 by Richardson's extrapolation.
@Suite struct NearlyParallelTests {
  static func network(_ weights: String, _ bias: String, _ activation: String, depth: Int) throws -> Network {
    let layer = "  - {weights: \"\(weights)\", bias: \"\(bias)\", activation: \"\(activation)\"}\n"
    return try Network(
      yaml: "input-dimension: 1\nparameterization: ntk\nlayers:\n" + String(repeating: layer, count: depth)
        + "  - {weights: \"\(weights)\", bias: none}\n")
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let weights: String
    let bias: String
    let activation: String
    let depth: Int
    /// Whether the NTK's own gap is of second order too, as it is where φ′ is continuous.
    let hasSmoothSlopes: Bool
    var testDescription: String { "\(activation), \(weights), \(bias), depth \(depth)" }
  }

  static let cases = [
    Case(weights: "uniform(-1, 1)", bias: "uniform(-1/2, 1/2)", activation: "tanh", depth: 1, hasSmoothSlopes: true),
    Case(weights: "laplace(1)", bias: "none", activation: "gelu", depth: 1, hasSmoothSlopes: true),
    Case(weights: "uniform(-1, 1)", bias: "uniform(-1/2, 1/2)", activation: "erf", depth: 2, hasSmoothSlopes: true),
    Case(weights: "uniform(-1, 1)", bias: "normal(0, 1/2)", activation: "mish", depth: 1, hasSmoothSlopes: true),
    Case(weights: "triangular(1)", bias: "rademacher()", activation: "celu(3/10)", depth: 1, hasSmoothSlopes: false),
  ]

  @Test(arguments: cases) func followsTheScalingLaw(_ example: Case) throws {
    let network = try Self.network(example.weights, example.bias, example.activation, depth: example.depth)
    func ratios(_ step: ExactNumber) throws -> (nngp: Estimate, ntk: Estimate) {
      let entries = try limitingKernels(of: network, at: [[1], [1 + step]]).entries
      let scale = Estimate(exact: try #require((step * step).reciprocal))
      let gaps = entries[1].oneMinusCorrelation
      let pair = (
        scale * (try #require(gaps.nngp?.estimate)), scale * (try #require(gaps.ntk?.estimate))
      )
      // Where it can be seen, the kernels say the same.
      let kernels = try entries.map { try #require($0.nngp.estimate) }
      let plain = 1 - kernels[1].value / (kernels[0].value * kernels[2].value).squareRoot()
      let slack = kernels.map { $0.roundedError / $0.value }.reduce(4 * 0x1p-53, +)
      #expect(abs(plain - (try #require(gaps.nngp?.estimate)).value) <= slack)
      return pair
    }
    let steps = [ExactNumber(1, 50), ExactNumber(1, 100), ExactNumber(1, 200)]
    let measured = try steps.map(ratios)
    let near = try ratios(try ExactNumber(parsing: "1e-10"))
    // (1 − ρ)/ε² without its first two powers of ε; the third, at 1/200, is left: about ε³/64 with a coefficient of order 1.
    func extrapolated(_ values: [Double]) -> Double { (8 * values[2] - 6 * values[1] + values[0]) / 3 }
    let nngp = extrapolated(measured.map(\.nngp.value))
    #expect(abs(near.nngp.value - nngp) <= 1e-5 * nngp, "\(near.nngp) for \(nngp)")
    #expect(near.nngp.error <= 1e-9 * near.nngp.value, "\(near.nngp)")
    if example.hasSmoothSlopes {
      let ntk = extrapolated(measured.map(\.ntk.value))
      #expect(abs(near.ntk.value - ntk) <= 1e-5 * ntk, "\(near.ntk) for \(ntk)")
      #expect(near.ntk.error <= 1e-9 * near.ntk.value, "\(near.ntk)")
    }
  }
}
