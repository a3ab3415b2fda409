import FiniteWidth
import Foundation
import LinearAlgebra
import Moments
import Networks
import Testing

/// The statistic of Kolmogorov and Smirnov for two samples of equal size, times `√(M/2)`.
private func kolmogorovSmirnov(_ first: [Double], _ second: [Double]) -> Double {
  let (a, b) = (first.sorted(), second.sorted())
  var (i, j, largest) = (0, 0, 0)
  while i < a.count, j < b.count {
    let value = min(a[i], b[j])
    while i < a.count, a[i] <= value { i += 1 }
    while j < b.count, b[j] <= value { j += 1 }
    largest = max(largest, abs(i - j))
  }
  return Double(largest) / Double(a.count) * (Double(a.count) / 2).squareRoot()
}

@Suite struct SamplerLawTests {
  private static func network(
    _ depth: Int, activation: String, bias: String, weights: String = "normal(0, 5/4)", first: String = "normal(0, 1)"
  ) throws -> Network {
    func layer(_ law: String) -> String { "  - {weights: \"\(law)\", bias: \(bias), activation: \(activation)}\n" }
    return try Network(
      yaml: """
        input-dimension: 2
        parameterization: ntk
        layers:
        \(layer(first))\(String(repeating: layer(weights), count: depth - 1))  - {weights: "uniform(-1, 1)", bias: none}
        """)
  }

  private static let networks: [(depth: Int, activation: String, bias: String, weights: String, widths: [Int])] = [
    (2, "relu", "none", "normal(0, 5/4)", [4, 4]),
    (3, "tanh", "\"normal(1/4, 1/2)\"", "normal(0, 5/4)", [5, 3, 4]),
    (3, "square", "\"uniform(-1/2, 1/2)\"", "normal(0, 1/2)", [4, 4, 4]),
    (2, "erf", "\"constant(0)\"", "scaled(-2, kaiming-normal(1/2))", [2, 6]),
  ]

  /// The plain and the conditioning sampler, of different seeds, at widths where a network is far from its limit.
  ///
  /// Points with a repeated, a parallel and a vanishing one. For every entry of the NTK and of each group, for the
  /// outputs and the conditional NNGP kernel: Kolmogorov and Smirnov's statistic at `2.694`, which is passed by chance
  /// with probability 1e-6 (`scipy.stats.kstwobign.isf(1e-6)` of scipy 1.17 is 2.6935; the statistic of finite samples
  /// and that of laws with atoms are smaller), and the z of means and variances at 5.5 (4e-8). With about 100 entries a
  /// network and three tests, a false alarm in 2000 runs. A difference of 0.085 between distribution functions is found.
  @Test(arguments: 0..<4)
  func equalInLaw(_ number: Int) throws {
    let description = Self.networks[number]
    let network = try Self.network(
      description.depth, activation: description.activation, bias: description.bias, weights: description.weights)
    let points: [[ExactNumber]] = [[1, ExactNumber(1, 2)], [-1, 1], [1, ExactNumber(1, 2)], [2, 1], [0, 0]]
    let samples = 2000
    func draw(_ method: SamplingMethod, seed: UInt64) throws -> [[Double]] {
      let sampler = try NetworkSampler(
        network, widths: description.widths, seed: seed, points: points, method: method)
      let rows = (0..<samples).map { index -> [Double] in
        let kernels = sampler.kernels(index: index)
        return kernels.ntk + kernels.groupNTK.flatMap { $0 } + kernels.outputs + kernels.conditionalNNGP
      }
      return rows[0].indices.map { column in rows.map { $0[column] } }
    }
    let plain = try draw(.plain, seed: 31)
    let conditioned = try draw(.conditioning, seed: 32)
    for (a, b) in zip(plain, conditioned) {
      var (first, second) = (SampleStatistics(), SampleStatistics())
      for value in a { first.add(value) }
      for value in b { second.add(value) }
      guard first.variance > 1e-24 * first.mean * first.mean else {
        #expect(abs(first.mean - second.mean) <= 1e-12 * abs(first.mean), "a constant")
        continue
      }
      #expect(kolmogorovSmirnov(a, b) <= 2.694)
      let error = (first.standardError * first.standardError + second.standardError * second.standardError).squareRoot()
      #expect(abs(first.mean - second.mean) <= 5.5 * error)
      // Heavy tails of the square network: its sample variances are not Gaussian, their logarithms nearly.
      let spread = { (s: SampleStatistics) in s.standardErrorOfVariance / s.variance }
      let deviation = (spread(first) * spread(first) + spread(second) * spread(second)).squareRoot()
      #expect(abs(log(first.variance / second.variance)) <= 5.5 * deviation)
    }
  }

  /// Both samplers draw the same network where nothing is Gaussian between the hidden layers, and other ones otherwise.
  @Test func otherNumbersOfTheSameSeed() throws {
    let network = try Self.network(2, activation: "tanh", bias: "none")
    func outputs(_ method: SamplingMethod) throws -> [Double] {
      try NetworkSampler(network, widths: [8, 8], seed: 1, points: [[1, 1]], method: method).kernels(index: 0).outputs
    }
    #expect(try outputs(.plain) == outputs(.automatic), "small networks are drawn plainly")
    #expect(try outputs(.plain) != outputs(.conditioning))
  }

  /// Exact at every width, `E Θ² = 18.015625 q²` (ReLU, two hidden layers, N = 8) and 21.65283203125 q² (three, N = 32),
  /// `E Θ = (L + 1) q`: |z| ≤ 5, a false alarm in 4 · 10⁵ runs.
  @Test(arguments: [(2, 8, 18.015625), (3, 32, 21.65283203125)])
  func exactMomentsOfReLU(depth: Int, width: Int, second: Double) throws {
    let layer = "  - {weights: \"normal(0, sqrt(2))\", bias: none"
    let hidden = String(repeating: "\(layer), activation: relu}\n", count: depth)
    let network = try Network(
      yaml: "input-dimension: 1\nparameterization: ntk\nlayers:\n\(hidden)\(layer)}")
    let sampler = try NetworkSampler(
      network, widths: Array(repeating: width, count: depth), seed: 99, points: [[1]], method: .conditioning)
    var (means, squares) = (SampleStatistics(), SampleStatistics())
    for index in 0..<3000 {
      let value = sampler.kernels(index: index).ntk(0, 0)
      means.add(value)
      squares.add(value * value)
    }
    #expect(abs(means.zScore(limit: Double(depth + 1))) <= 5)
    #expect(abs(squares.zScore(limit: second)) <= 5)
    #expect(squares.standardError < 0.1 * second, "the test has power")
  }

  /// Squares, two hidden layers: `E Θ = 75/16 + 52.5/N` exactly, of which 2.6 is the effect of the width at N = 20.
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
    let sampler = try NetworkSampler(network, widths: [20, 20], seed: 7, points: [[1]], method: .conditioning)
    var statistics = SampleStatistics()
    for index in 0..<6000 { statistics.add(sampler.kernels(index: index).ntk(0, 0)) }
    #expect(abs(statistics.zScore(limit: 75.0 / 16 + 52.5 / 20)) <= 5)
    #expect(statistics.standardError < 0.3, "the effect of the width would be missed by no seed")
  }
}

@Suite struct SamplerContractTests {
  /// The sampler's network is the one drawn as a whole, at unequal widths.
  @Test(arguments: parameterizations)
  func plainEqualsWhole(parameterization: String) throws {
    let description = try network(parameterization)
    let points: [[ExactNumber]] = [[1, ExactNumber(-1, 2)], [0, 2], [ExactNumber(-3, 4), ExactNumber(1, 8)]]
    let sampler = try NetworkSampler(description, widths: [23, 37], seed: 11, points: points, method: .plain)
    let sampled = sampler.kernels(index: 5)
    let finite = FiniteNetwork(sampling: description, widths: [23, 37], seed: 11, index: 5)
    #expect(finite.layers.map(\.inputs) == [2, 23, 37])
    let whole = finite.kernels(at: sampler.points)
    func close(_ a: [Double], _ b: [Double]) -> Bool {
      let scale = b.map(\.magnitude).max() ?? 0
      return zip(a, b).allSatisfy { abs($0 - $1) <= 1e-13 * scale }  // sums of 37 terms, twice
    }
    #expect(sampled.groups == whole.groups)
    #expect(close(sampled.outputs, whole.outputs))
    #expect(close(sampled.outputs, finite.outputs(at: sampler.points)))
    #expect(close(sampled.conditionalNNGP, whole.conditionalNNGP))
    for (a, b) in zip(sampled.groupNTK, whole.groupNTK) { #expect(close(a, b)) }
  }

  @Test func unequalWidthsHaveNumbersOfTheirOwn() throws {
    let description = try network("ntk")
    let widths = [[4, 6], [4, 7], [4, 4], [6, 4], [5, 6]]
    let first = widths.map { FiniteNetwork(sampling: description, widths: $0, seed: 3, index: 0).layers[0].weights[0] }
    #expect(Set(first).count == widths.count)
    #expect(
      FiniteNetwork(sampling: description, widths: [4, 4], seed: 3, index: 0).layers
        == FiniteNetwork(sampling: description, width: 4, seed: 3, index: 0).layers)
  }

  /// A network is the same to the bit whatever OpenBLAS may use, and whatever else is drawn at the time.
  @Test(arguments: [SamplingMethod.plain, .conditioning])
  func independentOfThreads(method: SamplingMethod) throws {
    let points: [[ExactNumber]] = (0..<20).map { [ExactNumber($0, 7), 1] }
    let sampler = try NetworkSampler(
      try network("ntk"), widths: [300, 250], seed: .max, points: points, method: method)
    let expected = (0..<4).map { sampler.kernels(index: $0) }
    let before = BLAS.threads
    BLAS.setThreads(2)
    let board = Board(count: 4)
    DispatchQueue.concurrentPerform(iterations: 4) { board.set($0, sampler.kernels(index: $0)) }
    BLAS.setThreads(before)
    #expect(board.values == expected)
    #expect(Set(expected.map(\.outputs)).count == 4)
  }

  private final class Board: @unchecked Sendable {
    private let lock = NSLock()
    private var stored: [EmpiricalKernels?]
    init(count: Int) { stored = Array(repeating: nil, count: count) }
    func set(_ index: Int, _ value: EmpiricalKernels) { lock.withLock { stored[index] = value } }
    var values: [EmpiricalKernels] { lock.withLock { stored.compactMap { $0 } } }
  }

  /// relu(NaN) is 0 in its evaluator: an overflow must not look like a network.
  @Test(arguments: [SamplingMethod.plain, .conditioning], ["relu", "square", "tanh"])
  func overflowShows(method: SamplingMethod, activation: String) throws {
    let layer = "  - {weights: \"normal(0, 1)\", bias: none"
    let network = try Network(
      yaml: """
        input-dimension: 1
        input-scale: 1e300
        parameterization: ntk
        layers:
        \(layer), activation: square}
        \(layer), activation: \(activation)}
        \(layer), activation: \(activation)}
        \(layer)}
        """)
    let sampler = try NetworkSampler(network, widths: [9, 9, 9], seed: 1, points: [[1], [2]], method: method)
    #expect(sampler.kernels(index: 0).ntk.contains { !$0.isFinite })
  }

  @Test func overflowOfOneHiddenLayerShows() throws {
    let network = try Network(
      yaml: """
        input-dimension: 2
        input-scale: 1e300
        parameterization: ntk
        layers:
          - {weights: "uniform(-1, 1)", bias: none, activation: relu}
          - {weights: "normal(0, 1)", bias: none}
        """)
    let large = ExactNumber(Rational(10).power(200))
    let sampler = NetworkSampler(network, width: 64, seed: 1, points: [[large, large]])
    #expect(sampler.kernels(index: 0).outputs.contains { !$0.isFinite })
  }
}
