import FiniteWidth
import Fixtures
import Foundation
import Moments
import Networks

// How often correct networks miss a tolerance of `infwidth expect`, at three false-alarm rates and in the worst cases
// known: few neurons, few networks, squares, heavy tails, depth.
//
//     swift run -c release --package-path Benchmarks ToleranceBenchmark [REPETITIONS]
//
// Each repetition averages M networks and asks whether all entries are within their tolerances. The exit status is 1 if
// there are more alarms at a rate than a binomial law allows (one-sided 0.999).

struct Design {
  var name: String
  var hidden: String
  var readout: String
  var depth = 1
  var width: Int
  var samples: Int
  var kernel = FixtureKernel.ntk

  var yaml: String {
    "input-dimension: 2\nparameterization: ntk\nlayers:\n" + String(repeating: "  - {\(hidden)}\n", count: depth)
      + "  - {\(readout)}\n"
  }
}

func hidden(_ activation: String, _ weights: String = "normal()", bias: String = "none") -> String {
  "weights: \"\(weights)\", bias: \"\(bias)\", activation: \(activation)"
}
func readout(_ weights: String = "normal()", bias: String = "none") -> String {
  "weights: \"\(weights)\", bias: \"\(bias)\""
}

let designs = [
  Design(name: "relu, uniform", hidden: hidden("relu", "uniform(1)"), readout: readout(), width: 4, samples: 2),
  Design(name: "relu, Laplace readout", hidden: hidden("relu"), readout: readout("laplace(1)"), width: 16, samples: 4),
  Design(name: "squares", hidden: hidden("square"), readout: readout(), width: 8, samples: 2),
  Design(name: "squares", hidden: hidden("square"), readout: readout(), width: 64, samples: 10),
  Design(
    name: "relu, NNGP with bias", hidden: hidden("relu", bias: "normal()"), readout: readout(bias: "normal()"),
    width: 16,
    samples: 4, kernel: .nngp),
  Design(name: "relu", hidden: hidden("relu"), readout: readout(), depth: 2, width: 16, samples: 10),
  Design(name: "relu", hidden: hidden("relu"), readout: readout(), depth: 3, width: 64, samples: 100),
  Design(
    name: "tanh", hidden: hidden("tanh", bias: "normal()"), readout: readout(), depth: 2, width: 16, samples: 1000),
  Design(name: "squares", hidden: hidden("square"), readout: readout(), depth: 2, width: 64, samples: 20),
]

let rates = [0.05, 0.01, 0.001]
let points: [[ExactNumber]] = [[1, 0], [ExactNumber(3, 5), ExactNumber(4, 5)]]
let requested = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 20_000

/// The most alarms among `count` that rate p gives with probability 0.999, by the normal law with a margin of one.
func allowed(_ p: Double, _ count: Int) -> Int {
  let mean = p * Double(count)
  return Int((mean + 3.09 * (mean * (1 - p)).squareRoot() + 1).rounded(.up))
}

var failed = false
print("design, kernel, depth, N, M, repetitions; alarms at the rates \(rates) (the most allowed)")
for design in designs {
  let network = try Network(yaml: design.yaml)
  let fixtures = try rates.map { rate in
    try ExpectationFixture(
      of: network, at: points,
      request: FixtureRequest(
        kernels: [design.kernel],
        finite: try FiniteRequest(widths: [design.width], samples: design.samples, falseAlarm: rate)))
  }
  // Large designs are repeated less often.
  let count = max(500, min(requested, requested * 200 / (design.samples * design.width * design.depth / 4 + 1)))
  var alarms = rates.map { _ in 0 }
  for seed in 0..<count {
    let statistics = try WidthStudy.estimate(
      network: network, points: points, width: design.width, samples: design.samples, seed: UInt64(seed), threads: 1)
    let means = (design.kernel == .ntk ? statistics.ntk : statistics.nngp).map(\.mean)
    for (index, fixture) in fixtures.enumerated()
    where zip(means, fixture.finite).contains(where: { ($0 - $1.mean.value).magnitude > $1.tolerance }) {
      alarms[index] += 1
    }
  }
  let text = zip(alarms, rates).map { alarms, rate -> String in
    let most = allowed(rate, count)
    if alarms > most { failed = true }
    return "\(alarms) (\(most))"
  }
  print(
    "\(design.name), \(design.kernel.rawValue), \(design.depth), \(design.width), \(design.samples), \(count): "
      + text.joined(separator: ", "))
}
exit(failed ? 1 : 0)
