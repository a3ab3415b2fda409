import ControlVariates
import FiniteWidth
import FiniteWidthTheory
import Foundation
import Moments
import Networks
import Testing

/// |z| ≤ 5 throughout: 6e-7 for each, below 1e-5 for this file.
private let bound = 5.0

private func network(
  _ activation: String, depth: Int, deviation: String, bias: String = "none", dimension: Int = 2, scale: String = ""
) throws -> Network {
  let layer = "  - {weights: \"normal(0, \(deviation))\", bias: \(bias)"
  return try Network(
    yaml: """
      input-dimension: \(dimension)
      parameterization: ntk
      layers:
      \(String(repeating: "\(layer), activation: \(activation)}\n", count: depth))\(layer)}
      """)
}

private func number(_ text: String) throws -> ExactNumber { try ExactNumber(parsing: text) }

@Suite struct ControlledNTKTests {
  private func points() throws -> (x: [ExactNumber], y: [ExactNumber]) {
    (try [number("1"), number("0.3")], try [number("-0.4"), number("0.9")])
  }

  /// The `N × N` tangent matrices end at the NTK of the forward and backward pass.
  @Test func averagesAgreeWithThePass() throws {
    let network = try network("tanh", depth: 3, deviation: "3/2", bias: "\"normal(0, 3/10)\"")
    let finite = FiniteNetwork(sampling: network, width: 12, seed: 5, index: 1)
    let points = [[1, 0.3], [-0.4, 0.9]]
    let kernels = finite.kernels(at: points)
    let averages = finite.layerAverages(at: points)
    #expect(abs(averages.ntk - kernels.ntk(0, 1)) <= 1e-12 * abs(kernels.ntk(0, 0)))
    #expect(averages.layers.count == 3)
    let diagonal = finite.layerAverages(at: [points[0]])
    #expect(abs(diagonal.ntk - kernels.ntk(0, 0)) <= 1e-12 * abs(kernels.ntk(0, 0)))
  }

  /// Mean against the theory's `θ + c/N`, and the standard deviation against the plain one.
  ///
  /// Limits and corrections from tables T5 and T7 of the finite-width notes, computed by other code. What the theory leaves
  /// out is taken to be at most `4 c/N²`. A bias of 5 % (relu) or 2 % (erf) of the NTK would be found; the benchmark draws more
  /// networks.
  @Test(arguments: [
    ("relu", 2, "sqrt(2)", "none", 32, 0.295144659955, -0.098412062644, 6.0),
    ("erf", 2, "3/2", "\"normal(0, 3/10)\"", 32, 2.463916899484, 0.317049712286, 4.0),
  ])
  func meanAndReduction(
    activation: String, depth: Int, deviation: String, bias: String, width: Int, limit: Double, correction: Double,
    reduction: Double
  ) throws {
    let (x, y) = try points()
    let sampler = try ControlledNTK(
      try network(activation, depth: depth, deviation: deviation, bias: bias), width: width, seed: 12, x: x, y: y)
    var (plain, controlled) = (SampleStatistics(), SampleStatistics())
    for index in 0..<60 {
      let sample = try sampler.sample(index: index)
      plain.add(sample.ntk)
      controlled.add(sample.controlled)
    }
    let expected = limit + correction / Double(width)
    let secondOrder = 4 * abs(correction) / Double(width * width)
    #expect(abs(controlled.mean - expected) <= bound * controlled.standardError + secondOrder)
    #expect(abs(plain.mean - expected) <= bound * plain.standardError + secondOrder)
    #expect(plain.standardDeviation >= reduction * controlled.standardDeviation)
  }

  /// ReLU with one input: the mean is the limit, and the controlled estimate is that number for every network.
  @Test func reluDiagonalIsConstant() throws {
    let x = try [number("1"), number("0.3")]
    let sampler = try ControlledNTK(
      try network("relu", depth: 3, deviation: "sqrt(2)"), width: 9, seed: 1, x: x, y: x)
    for index in 0..<5 {
      let sample = try sampler.sample(index: index)
      #expect(abs(sample.controlled - 2.18) <= 1e-11)
      #expect(abs(sample.ntk - 2.18) > 1e-3)
    }
  }

  /// Squares, two hidden layers: the mean is `75/16 + 52.5/N` exactly, here at N = 8, far from the limit.
  @Test func exactMeanOfSquares() throws {
    let network = try Network(
      yaml: """
        input-dimension: 1
        parameterization: ntk
        layers:
          - {weights: "normal(0, 1)", bias: none, activation: square}
          - {weights: "normal(0, 1/2)", bias: none, activation: square}
          - {weights: "normal(0, 1/2)", bias: none}
        """)
    let sampler = try ControlledNTK(network, width: 8, seed: 3, x: [1], y: [1])
    var controlled = SampleStatistics()
    for index in 0..<700 { controlled.add(try sampler.sample(index: index).controlled) }
    #expect(abs(controlled.zScore(limit: 75.0 / 16 + 52.5 / 8)) <= bound)
    #expect(controlled.standardError < 0.9, "the effect of the width is 6.6")
  }

  @Test func errors() throws {
    let (x, y) = try points()
    #expect(throws: ControlVariateError.depth) {
      try ControlledNTK(try network("relu", depth: 1, deviation: "1"), width: 8, seed: 1, x: x, y: y)
    }
    var uniform = try network("relu", depth: 2, deviation: "1")
    uniform.layers[1] = DenseLayer(
      weights: try UniformLaw(-1, 1), activation: try uniform.denseLayers(for: "this test")[1].activation)
    #expect(throws: ControlVariateError.notGaussian(layer: 2, law: "uniform(-1, 1)")) {
      try ControlledNTK(uniform, width: 8, seed: 1, x: x, y: y)
    }
    var standard = try network("relu", depth: 2, deviation: "1")
    standard.parameterization = .standard
    #expect(throws: ControlVariateError.parameterization) {
      try ControlledNTK(standard, width: 8, seed: 1, x: x, y: y)
    }
    #expect(throws: SamplingError.impossibleWidth(0)) {
      try ControlledNTK(try network("relu", depth: 2, deviation: "1"), width: 0, seed: 1, x: x, y: y)
    }
  }
}
