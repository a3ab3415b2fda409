import FiniteWidth
import Foundation
import LimitKernels
import Moments
import Networks
import Tables

// How often the verdict of `infwidth converge` is wrong: on correct networks over many seeds, and on theories that are
// wrong by a known amount.
//
//     swift run -c release --package-path Benchmarks CalibrationBenchmark [SEEDS]
//
// Correct networks: the share of seeds with any alarm at family-wise levels 0.05, 0.01, 0.001 and 0.0001, and whether a
// binomial law allows it (one-sided 0.999). Wrong theories, at level 0.0001: the predicted means of all widths displaced
// by three of their standard errors, and variances 15 % too large. The exit status is 1 if a share is not allowed.

/// One design: a network, its points, and how it is sampled.
struct Design {
  var name: String
  var yaml: String
  var points: [[ExactNumber]]
  var widths: [Int]
  var samples: Int
}

func layers(_ weights: String, bias: String, activation: String, depth: Int, readout: String) -> String {
  String(
    repeating: "  - {weights: \"\(weights)\", bias: \"\(bias)\", activation: \(activation)}\n", count: depth)
    + "  - {weights: \"\(readout)\", bias: none}\n"
}

func yaml(dimension: Int, parameterization: String = "ntk", _ layers: String) -> String {
  "input-dimension: \(dimension)\nparameterization: \(parameterization)\nlayers:\n\(layers)"
}

let half = ExactNumber(1, 2)
let quadratic = layers(
  "uniform(-1, 1)", bias: "uniform(-1/2, 1/2)", activation: "square", depth: 1, readout: "uniform(-1, 1)")
let plane: [[ExactNumber]] = [[1, ExactNumber(3, 10)], [ExactNumber(-2, 5), ExactNumber(9, 10)]]
let designs = [
  Design(
    name: "squares, uniform, L = 1", yaml: yaml(dimension: 1, quadratic), points: [[1], [-1]],
    widths: [16, 32, 64, 128, 256], samples: 200),
  Design(
    name: "squares, standard, L = 1", yaml: yaml(dimension: 1, parameterization: "standard", quadratic),
    points: [[1], [half]],
    widths: [16, 32, 64, 128, 256], samples: 200),
  Design(
    name: "relu, Gaussian, L = 1",
    yaml: yaml(
      dimension: 2,
      layers("normal(0, sqrt(2))", bias: "none", activation: "relu", depth: 1, readout: "normal(0, sqrt(2))")),
    points: plane, widths: [16, 32, 64, 128], samples: 200),
  Design(
    name: "squares, Gaussian, L = 1",
    yaml: yaml(
      dimension: 1,
      layers("normal(0, 1)", bias: "normal(0, 1/2)", activation: "square", depth: 1, readout: "normal(0, 1)")),
    points: [[1], [half]], widths: [64, 128, 256, 512], samples: 200),
  Design(
    name: "relu, Gaussian, L = 2",
    yaml: yaml(
      dimension: 2,
      layers("normal(0, sqrt(2))", bias: "none", activation: "relu", depth: 2, readout: "normal(0, sqrt(2))")),
    points: plane, widths: [16, 32, 64], samples: 200),
  Design(
    name: "erf, Gaussian, L = 3",
    yaml: yaml(
      dimension: 2,
      layers("normal(0, 3/2)", bias: "normal(0, 3/10)", activation: "erf", depth: 3, readout: "normal(0, 3/2)")),
    points: plane, widths: [16, 32, 64], samples: 100),
]

let seeds = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 1000
let levels = [0.05, 0.01, 0.001, 0.0001]

/// The smallest k with P(Binomial(n, p) ≤ k) ≥ 0.999.
func allowed(_ n: Int, _ p: Double) -> Int {
  var (term, sum, k) = (pow(1 - p, Double(n)), 0.0, 0)
  while true {
    sum += term
    if sum >= 0.999 || k == n { return k }
    term *= Double(n - k) / Double(k + 1) * p / (1 - p)
    k += 1
  }
}

func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }

var isCalibrated = true
print(
  padded("network", 28) + levels.map { padded("alarms at \($0)", 20) }.joined() + padded("limit off", 12)
    + "variance off")
for design in designs {
  let network = try Network(yaml: design.yaml)
  let kernels = try limitingKernels(of: network, at: design.points)
  let theory = try KernelTheory.theories(
    kernels, points: design.points, choice: .ntk, widths: design.widths, threads: 2)[0]
  var alarms = levels.map { _ in 0 }
  var (limitFound, varianceFound) = (0, 0)
  for seed in 1...seeds {
    let study = try WidthStudy(
      network: network, points: design.points, widths: design.widths, samples: design.samples, seed: UInt64(seed))
    let result = try study.run()
    let statistics = result.pairs.indices.map { entry in result.widths.map { $0.ntk[entry] } }
    let series = StudiedKernel(theory, statistics: statistics, widths: design.widths, points: design.points.count)
      .series
    for (index, level) in levels.enumerated() where StudyJudgement(series, level: level).verdict == .disagrees {
      alarms[index] += 1
    }
    var displaced = series
    var stretched = series
    for entry in series.indices {
      for width in design.widths.indices {
        guard let mean = series[entry].prediction[width].mean,
          let variance = series[entry].prediction[width].variance.value
        else { continue }
        displaced[entry].prediction[width].mean = mean + 3 * (variance / Double(design.samples)).squareRoot()
        stretched[entry].prediction[width].variance = .value(1.15 * variance)
      }
    }
    if StudyJudgement(displaced).verdict == .disagrees { limitFound += 1 }
    if StudyJudgement(stretched).verdict == .disagrees { varianceFound += 1 }
  }
  func share(_ count: Int) -> String { String(format: "%.3f", Double(count) / Double(seeds)) }
  let cells = zip(alarms, levels).map { count, level -> String in
    let limit = allowed(seeds, level)
    if count > limit { isCalibrated = false }
    return padded("\(count) of \(seeds) (≤ \(limit))", 20)
  }
  print(padded(design.name, 28) + cells.joined() + padded(share(limitFound), 12) + share(varianceFound))
}
exit(isCalibrated ? 0 : 1)
