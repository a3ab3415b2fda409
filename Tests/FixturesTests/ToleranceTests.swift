import FiniteWidth
import Fixtures
import Foundation
import Moments
import Networks
import Testing

/// The tolerances against sampled networks: they hold at their rate, and they find what is wrong.
@Suite struct ToleranceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var network: String
    var points: [[ExactNumber]]
    var width: Int
    var samples: Int
    var kernel = FixtureKernel.ntk
    var testDescription: String { "\(name) \(kernel.rawValue) N=\(width) M=\(samples)" }
  }

  static func yaml(
    _ activation: String, depth: Int, weights: String = "normal()", bias: String = "none", readout: String = "normal()",
    parameterization: String = "ntk", dimension: Int = 2
  ) -> String {
    let hidden = "  - {weights: '\(weights)', bias: '\(bias)', activation: '\(activation)'}\n"
    return "input-dimension: \(dimension)\nparameterization: \(parameterization)\nlayers:\n"
      + String(repeating: hidden, count: depth) + "  - {weights: '\(readout)', bias: \(bias)}\n"
  }

  static let pair: [[ExactNumber]] = [[1, 0], [ExactNumber(3, 5), ExactNumber(4, 5)]]

  /// Off the normal law on purpose: two networks of few neurons, squares, heavy tails.
  static let cases: [Case] = [
    Case(
      name: "relu uniform", network: yaml("relu", depth: 1, weights: "uniform(1)"), points: pair, width: 4, samples: 2),
    Case(
      name: "relu laplace", network: yaml("relu", depth: 1, readout: "laplace(1)"), points: pair, width: 16, samples: 4),
    Case(name: "square", network: yaml("square", depth: 1), points: pair, width: 8, samples: 2),
    Case(
      name: "tanh standard", network: yaml("tanh", depth: 1, bias: "normal()", parameterization: "standard"),
      points: pair, width: 8, samples: 10),
    Case(
      name: "relu mean-field", network: yaml("relu", depth: 1, parameterization: "mean-field"), points: pair, width: 16,
      samples: 10),
    Case(
      name: "relu", network: yaml("relu", depth: 1, bias: "normal()"), points: pair, width: 16, samples: 10,
      kernel: .nngp),
    Case(name: "deep relu", network: yaml("relu", depth: 3), points: pair, width: 64, samples: 10),
    Case(name: "deep tanh", network: yaml("tanh", depth: 2, bias: "normal()"), points: pair, width: 32, samples: 20),
    Case(
      name: "deep erf standard", network: yaml("erf", depth: 2, parameterization: "standard"), points: pair, width: 32,
      samples: 10),
    Case(name: "deep tanh", network: yaml("tanh", depth: 2), points: pair, width: 32, samples: 20, kernel: .nngp),
  ]

  private static func means(_ network: Network, _ test: Case, seed: UInt64) throws -> [Double] {
    let statistics = try WidthStudy.estimate(
      network: network, points: test.points, width: test.width, samples: test.samples, seed: seed, threads: 1)
    return (test.kernel == .ntk ? statistics.ntk : statistics.nngp).map(\.mean)
  }

  private static func fixture(_ network: Network, _ test: Case, rate: Double) throws -> ExpectationFixture {
    try ExpectationFixture(
      of: network, at: test.points,
      request: FixtureRequest(
        kernels: [test.kernel],
        finite: try FiniteRequest(widths: [test.width], samples: test.samples, falseAlarm: rate)))
  }

  /// Whether the averages of networks drawn from `network` are within the tolerances of a fixture.
  private static func passes(
    _ fixture: ExpectationFixture, _ network: Network, _ test: Case, seed: UInt64
  ) throws -> Bool {
    zip(try means(network, test, seed: seed), fixture.finite).allSatisfy {
      ($0 - $1.mean.value).magnitude <= $1.tolerance
    }
  }

  /// 200 fixtures tested at the false-alarm rate 0.05: 10 alarms are expected at most.
  ///
  /// More than 25 have the probability 9e-6 if the rate is 0.05 (binomial law); a rate of 0.17 would be noticed with
  /// probability 0.9.
  @Test(arguments: cases) func correctNetworksPass(_ test: Case) throws {
    let network = try Network(yaml: test.network)
    let fixture = try Self.fixture(network, test, rate: 0.05)
    let alarms = try (0..<200 as Range<UInt64>).filter {
      try !Self.passes(fixture, network, test, seed: 1000 + $0)
    }.count
    #expect(alarms <= 25)
  }

  struct Defect: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var right: String
    var wrong: String
  }

  static let defects: [Defect] = [
    Defect(
      testDescription: "biases not trained", right: yaml("relu", depth: 1, bias: "normal()"),
      wrong: yaml("relu", depth: 1, bias: "normal()").replacing(
        "bias: normal()", with: "bias: normal(), trainable: weights")
    ),
    Defect(
      testDescription: "He's gain forgotten", right: yaml("relu", depth: 2, weights: "normal(0, sqrt(2))"),
      wrong: yaml("relu", depth: 2)),
    Defect(
      testDescription: "a multiplier for a scale", right: yaml("tanh", depth: 1, weights: "normal(0, 3/2)"),
      wrong: yaml("tanh", depth: 1).replacing(
        "activation: 'tanh'", with: "activation: 'tanh', weight-multiplier: 3/2")),
    Defect(
      testDescription: "1/N for 1/√N", right: yaml("erf", depth: 1),
      wrong: yaml("erf", depth: 1, parameterization: "mean-field")),
    Defect(
      testDescription: "the wrong variance of the readout", right: yaml("relu", depth: 1, readout: "rademacher()"),
      wrong: yaml("relu", depth: 1, readout: "uniform(1)")),
    Defect(testDescription: "another activation", right: yaml("tanh", depth: 2), wrong: yaml("softsign", depth: 2)),
  ]

  /// 100 networks of width 64 at the rate 1e-4 find each defect, for each of five seeds.
  @Test(arguments: defects) func wrongNetworksFail(_ defect: Defect) throws {
    let test = Case(name: "", network: defect.right, points: Self.pair, width: 64, samples: 100)
    let (right, wrong) = (try Network(yaml: defect.right), try Network(yaml: defect.wrong))
    let fixture = try Self.fixture(right, test, rate: 1e-4)
    #expect(right != wrong)
    for seed in 0..<5 as Range<UInt64> {
      #expect(try Self.passes(fixture, right, test, seed: seed))
      #expect(try !Self.passes(fixture, wrong, test, seed: seed))
    }
  }
}
