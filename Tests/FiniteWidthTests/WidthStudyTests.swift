import FiniteWidth
import Foundation
import Moments
import Networks
import Testing

/// Bound of all z-tests here.
///
/// The two-sided false-alarm rate is 6e-7 for each, below 1e-4 for all of this file. Seeds are fixed, so that a test
/// that passes goes on passing.
private let bound = 5.0

private func study(
  _ network: Network, _ points: [[ExactNumber]], width: Int, samples: Int, seed: UInt64 = 2024
) throws -> WidthStatistics {
  try WidthStudy.estimate(network: network, points: points, width: width, samples: samples, seed: seed)
}

@Suite struct WidthStudyTests {
  /// `E ξ` and `Var ξ` of the quadratic network, exact rational numbers; with M = 4000 networks of width 8 the
  /// smallest bias that the mean of the first entry would show is 5 · 2.39/√32000 = 0.07.
  @Test func quadraticNetwork() throws {
    let (width, samples) = (8, 4000)
    let result = try study(try Network.headline, [[1], [-1]], width: width, samples: samples)
    #expect(result.samples == samples)
    let means = [1073.0 / 720, 113.0 / 720, 1073.0 / 720]
    let variances = [1295843.0 / 226800, 11639.0 / 226800, 1295843.0 / 226800]
    let fourthCumulants = [326.765943254991, 0.004655007749, 326.765943254991]
    for entry in 0..<3 {
      let statistics = result.ntk[entry]
      let deviation = (variances[entry] / Double(width)).squareRoot()
      #expect(abs(statistics.zScore(limit: means[entry], standardDeviation: deviation)) <= bound)
      // Var s² = k₄/(N³M) + 2 k₂²/(N²(M−1)), exact.
      let (n, m) = (Double(width), Double(samples))
      let spread =
        (fourthCumulants[entry] / (n * n * n * m) + 2 * variances[entry] * variances[entry] / (n * n * (m - 1)))
        .squareRoot()
      #expect(abs(statistics.variance - variances[entry] / n) <= bound * spread)
    }
    // Group by group at (1, 1): E w² φ′² = 4/3 · E z² = 5/9 twice, and E z⁴ = 91/240.
    for (group, mean) in [(0, 5.0 / 9), (1, 5.0 / 9), (2, 91.0 / 240)] {
      #expect(abs(result.groups[group][0].zScore(limit: mean)) <= bound)
    }
    // The NNGP kernel: E f² = 91/720, and N Var of the conditional kernel = 14537/129600.
    let nngp = result.nngp[0]
    let deviation = (14537.0 / 129600 / Double(width)).squareRoot()
    #expect(abs(nngp.zScore(limit: 91.0 / 720, standardDeviation: deviation)) <= bound)
    #expect(abs(nngp.variance - deviation * deviation) <= bound * nngp.standardErrorOfVariance)
    #expect(abs(result.outputProducts[0].zScore(limit: 91.0 / 720)) <= bound)
  }

  /// Other points: `E ξ(1, 1/2) = 47/72`, `E ξ(−1, 1/2) = −1/72`, `E ξ(1/2, 1/2) = 31/90`.
  @Test func otherPoints() throws {
    let result = try study(
      try Network.headline, [[1], [ExactNumber(1, 2)], [-1]], width: 16, samples: 2000, seed: 5)
    for (entry, mean) in [(1, 47.0 / 72), (3, 31.0 / 90), (4, -1.0 / 72)] {
      #expect(abs(result.ntk[entry].zScore(limit: mean)) <= bound)
    }
  }

  private static let groupMeans: [(String, [Double])] = [
    ("ntk", [0.5, 0.5, 0.5]), ("standard", [1, 4, 4]), ("mean-field", [0.0625, 0.0625, 0.0625]),
    ("mup", [0.5, 0.5, 0.5]),
    // a = (0, 1/2, 1/2), b = 0 is the NTK parameterization; c = 1 divides by N.
    ("{a: [0, 0.5, 0.5], b: [0, 0, 0], c: 1}", [0.0625, 0.0625, 0.0625]),
  ]

  /// ReLU, Gaussian weights of variance 2 everywhere, one input with `q = s²|x|² = 1/2`, two hidden layers: at every
  /// width each of the three weight groups has the mean `q`, times the power of N that the parameterization gives it.
  @Test(arguments: Self.groupMeans)
  func powersOfTheWidth(parameterization: String, means: [Double]) throws {
    let layer = "  - {weights: \"normal(0, sqrt(2))\", bias: none"
    let network = try Network(
      yaml: """
        input-dimension: 2
        parameterization: \(parameterization)
        layers:
        \(layer), activation: relu}
        \(layer), activation: relu}
        \(layer)}
        """)
    let point: [ExactNumber] = [ExactNumber(3, 5), ExactNumber(4, 5)]
    let result = try study(network, [point], width: 8, samples: 2000)
    for (group, mean) in means.enumerated() {
      #expect(abs(result.groups[group][0].zScore(limit: mean)) <= bound)
      #expect(result.groups[group][0].standardError < 0.1 * mean, "the test has power")
    }
  }

  /// Exact at every width: `E Θ = 3 q`, `E Θ² = 18.015625 q²` at N = 8.
  @Test func secondMomentOfADeepReLUNetwork() throws {
    let layer = "  - {weights: \"normal(0, sqrt(2))\", bias: none"
    let network = try Network(
      yaml: """
        input-dimension: 1
        parameterization: ntk
        layers:
        \(layer), activation: relu}
        \(layer), activation: relu}
        \(layer)}
        """)
    let sampler = NetworkSampler(network, width: 8, seed: 99, points: [[1]])
    var squares = SampleStatistics()
    for index in 0..<4000 {
      let value = sampler.kernels(index: index).ntk(0, 0)
      squares.add(value * value)
    }
    #expect(abs(squares.zScore(limit: 18.015625)) <= bound)
    #expect(squares.standardError < 1.2, "the test has power")
  }

  /// Squares, two hidden layers: `E Θ = 75/16 + 52.5/N` exactly, of which 2.6 is the effect of the width at N = 20.
  @Test func finiteWidthMean() throws {
    let network = try Network(
      yaml: """
        input-dimension: 1
        parameterization: ntk
        layers:
          - {weights: "normal(0, 1)", bias: none, activation: square}
          - {weights: "normal(0, 1/2)", bias: none, activation: square}
          - {weights: "normal(0, 1/2)", bias: none}
        """)
    let result = try study(network, [[1]], width: 20, samples: 8000)
    #expect(abs(result.ntk[0].zScore(limit: 75.0 / 16 + 52.5 / 20)) <= bound)
    #expect(result.ntk[0].standardError < 0.3, "the effect of the width would be missed by no seed")
  }

  @Test func resultsDoNotDependOnThreads() throws {
    let widths = [3, 5]
    for depth in 1...2 {
      let study = try WidthStudy(
        network: try network("mup", depth: depth), points: [[1, 0], [-1, 2]], widths: widths, samples: 77, seed: 8)
      let one = try study.run(threads: 1)
      #expect(try study.run(threads: 2) == one)
      #expect(try study.run(threads: 7) == one)
      #expect(try study.run() == one)
      #expect(one.widths.map(\.width) == widths)
      #expect(one.pairs == [PointPair(0, 0), PointPair(0, 1), PointPair(1, 1)])
      #expect(one.groups.count == 2 * (depth + 1))
      let other = try WidthStudy(
        network: try network("mup", depth: depth), points: [[1, 0], [-1, 2]], widths: widths, samples: 77, seed: 9)
      #expect(try other.run(threads: 1) != one)
    }
  }

  @Test func progress() throws {
    let study = try WidthStudy(
      network: try Network.headline, points: [[1]], widths: [2, 4], samples: 40, seed: 1)
    let log = Log()
    _ = try study.run(threads: 2) { done, total in log.add(done, total) }
    #expect(log.entries.map(\.0).max() == 80)
    #expect(log.entries.allSatisfy { $0.1 == 80 })
  }

  private final class Log: @unchecked Sendable {
    private let lock = NSLock()
    private var stored: [(Int, Int)] = []
    func add(_ done: Int, _ total: Int) { lock.withLock { stored.append((done, total)) } }
    var entries: [(Int, Int)] { lock.withLock { stored } }
  }

  private static let impossible: [([Int], Int, String)] = [
    ([0], 10, "The width 0 is impossible. A width is at least 1."),
    ([-3], 10, "The width -3 is impossible. A width is at least 1."),
    ([], 10, "There are no widths. Give at least one, as in 64,128,256."),
    ([8], 1, "With 1 sample there is no standard error. Take at least 2."),
    ([8], -1, "With -1 samples there is no standard error. Take at least 2."),
    (
      [1_000_000_000_000_000], 10,
      "The width 1000000000000000 is too large: one network needs 3.0e+15 random numbers, about 1.7e+03 days of computing. Take a smaller one."
    ),
    (
      [1000], 1_000_000_000_000_000,
      "The study with 1000000000000000 samples is too large: it needs 3.0e+18 random numbers, about 1.7e+06 days of computing. Take fewer samples or smaller widths."
    ),
    (
      [Int.max], 2,
      "The width 9223372036854775807 is too large: one network needs 2.8e+19 random numbers, about 1.6e+07 days of computing. Take a smaller one."
    ),
  ]

  @Test(arguments: Self.impossible)
  func impossibleStudies(widths: [Int], samples: Int, expected: String) throws {
    let network = try Network.headline
    do throws(WidthStudyError) {
      _ = try WidthStudy(network: network, points: [[1]], widths: widths, samples: samples, seed: 1)
      Issue.record("no error for \(widths)")
    } catch {
      #expect(error.description == expected)
    }
  }

  @Test func deepAndWideNeedsMemory() throws {
    let network = try network("ntk")
    do throws(WidthStudyError) {
      _ = try WidthStudy(network: network, points: [[1, 1]], widths: [10_000_000], samples: 2, seed: 1)
      Issue.record("no error")
    } catch {
      #expect(error.description.contains("GB of memory"))
    }
  }

  @Test func wrongPoints() throws {
    let network = try Network.headline
    #expect(throws: WidthStudyError.noPoints) {
      try WidthStudy(network: network, points: [], widths: [8], samples: 2, seed: 1)
    }
    #expect(throws: WidthStudyError.dimension(point: 1, found: 2, expected: 1)) {
      try WidthStudy(network: network, points: [[1], [1, 2]], widths: [8], samples: 2, seed: 1)
    }
  }

  @Test(arguments: [1, 2])
  func overflowIsReported(depth: Int) throws {
    let network = try network("ntk", depth: depth, activation: "square", dimension: 1)
    let large = ExactNumber(Rational(10).power(200))
    let study = try WidthStudy(network: network, points: [[1], [large]], widths: [4], samples: 40, seed: 1)
    #expect(throws: WidthStudyError.notFinite(width: 4, sample: 0)) { try study.run() }
    #expect(
      WidthStudyError.notFinite(width: 4, sample: 0).description.hasPrefix("Network 0 of width 4 overflows"))
  }
}
