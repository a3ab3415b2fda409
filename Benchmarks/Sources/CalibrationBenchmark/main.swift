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
// Correct networks: the number of seeds with any alarm at family-wise levels 0.05, 0.01, 0.001 and 0.0001, and the largest
// number that a binomial law allows (one-sided 0.999). Wrong theories, at level 0.0001, over SEEDS/20 seeds of a larger
// study: the predicted means of all widths displaced by three of their standard errors, and variances 15 % too large; the
// share that is found must be 0.9. The exit status is 1 if anything is not as it must be.

/// One design: a network, its points, and how it is sampled.
struct Design {
  var name: String
  var yaml: String
  var points: [[ExactNumber]]
  var widths: [Int]
  /// Networks of each width, for the alarms.
  var samples: Int
  /// The study in which wrong theories must be found.
  var power: (widths: [Int], samples: Int)
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
    widths: [16, 32, 64, 128, 256], samples: 200, power: ([16, 32, 64, 128, 256, 512], 1500)),
  Design(
    name: "squares, standard, L = 1", yaml: yaml(dimension: 1, parameterization: "standard", quadratic),
    points: [[1], [half]],
    widths: [16, 32, 64, 128, 256], samples: 200, power: ([16, 32, 64, 128, 256, 512], 1500)),
  Design(
    name: "relu, Gaussian, L = 1",
    yaml: yaml(
      dimension: 2,
      layers("normal(0, sqrt(2))", bias: "none", activation: "relu", depth: 1, readout: "normal(0, sqrt(2))")),
    points: plane, widths: [16, 32, 64, 128], samples: 200, power: ([16, 32, 64, 128, 256, 512], 1500)),
  Design(
    name: "squares, Gaussian, L = 1",
    yaml: yaml(
      dimension: 1,
      layers("normal(0, 1)", bias: "normal(0, 1/2)", activation: "square", depth: 1, readout: "normal(0, 1)")),
    points: [[1], [half]], widths: [64, 128, 256, 512], samples: 200, power: ([32, 64, 128, 256, 512, 1024], 2000)),
  Design(
    name: "relu, Gaussian, L = 2",
    yaml: yaml(
      dimension: 2,
      layers("normal(0, sqrt(2))", bias: "none", activation: "relu", depth: 2, readout: "normal(0, sqrt(2))")),
    points: plane, widths: [16, 32, 64], samples: 200, power: ([16, 32, 64, 128, 256], 1500)),
  Design(
    name: "erf, Gaussian, L = 3",
    yaml: yaml(
      dimension: 2,
      layers("normal(0, 3/2)", bias: "normal(0, 3/10)", activation: "erf", depth: 3, readout: "normal(0, 3/2)")),
    points: plane, widths: [16, 32, 64], samples: 100, power: ([64, 128, 256, 512, 1024], 1500)),
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

/// Writes a line at once, so that a long run can be watched.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }

/// The theory of a design at some widths.
struct Judge {
  let design: Design
  let widths: [Int]
  let samples: Int
  private let network: Network
  private let theory: KernelTheory

  init(_ design: Design, widths: [Int], samples: Int) throws {
    self.design = design
    self.widths = widths
    self.samples = samples
    network = try Network(yaml: design.yaml)
    let kernels = try limitingKernels(of: network, at: design.points)
    theory = try KernelTheory.theories(kernels, points: design.points, choice: .ntk, widths: widths, threads: 2)[0]
  }

  /// What a study with this seed is judged on.
  func series(seed: Int) throws -> [EntrySeries] {
    let study = try WidthStudy(
      network: network, points: design.points, widths: widths, samples: samples, seed: UInt64(seed))
    let result = try study.run()
    let statistics = result.pairs.indices.map { entry in result.widths.map { $0.ntk[entry] } }
    return StudiedKernel(theory, statistics: statistics, widths: widths, points: design.points.count).series
  }

  /// The same samples beside a theory that is wrong.
  func changed(_ series: [EntrySeries], _ change: (inout PredictedMoments) -> Void) -> [EntrySeries] {
    series.map { entry in
      var entry = entry
      for width in widths.indices { change(&entry.prediction[width]) }
      return entry
    }
  }
}

var isCalibrated = true
say(
  padded("network", 28) + levels.map { padded("alarms at \($0)", 20) }.joined() + padded("limit off", 12)
    + "variance off")
for design in designs {
  let judge = try Judge(design, widths: design.widths, samples: design.samples)
  var alarms = levels.map { _ in 0 }
  for seed in 1...seeds {
    let series = try judge.series(seed: seed)
    for (index, level) in levels.enumerated() where StudyJudgement(series, level: level).verdict == .disagrees {
      alarms[index] += 1
    }
  }
  let powerful = try Judge(design, widths: design.power.widths, samples: design.power.samples)
  let powerSeeds = max(1, seeds / 20)
  var (limitFound, varianceFound) = (0, 0)
  for seed in 1...powerSeeds {
    let series = try powerful.series(seed: 1_000_000 + seed)
    let displaced = powerful.changed(series) { moments in
      let error = ((moments.variance.value ?? 0) / Double(powerful.samples)).squareRoot()
      moments.mean = moments.mean.map { $0 + 3 * error }
    }
    let stretched = powerful.changed(series) { moments in
      moments.variance = .value(1.15 * (moments.variance.value ?? 0))
    }
    if StudyJudgement(displaced).verdict == .disagrees { limitFound += 1 }
    if StudyJudgement(stretched).verdict == .disagrees { varianceFound += 1 }
  }
  func share(_ count: Int) -> String { String(format: "%.2f", Double(count) / Double(powerSeeds)) }
  let cells = zip(alarms, levels).map { count, level -> String in
    let limit = allowed(seeds, level)
    if count > limit { isCalibrated = false }
    return padded("\(count) of \(seeds) (≤ \(limit))", 20)
  }
  if Double(min(limitFound, varianceFound)) < 0.9 * Double(powerSeeds) { isCalibrated = false }
  say(padded(design.name, 28) + cells.joined() + padded(share(limitFound), 12) + share(varianceFound))
}
say(isCalibrated ? "The verdict is calibrated." : "The verdict is not calibrated.")
exit(isCalibrated ? 0 : 1)
