import ArgumentParser
import Dynamics
import FiniteWidth
import Foundation
import GSL
import LimitKernels
import Moments
import Networks

/// The options that name training data.
struct TrainingDataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The data: CSV rows x1,…,xd,y without header, JSON [[[x, …], y], …], or .npy of rows x1,…,xd,y.",
      valueName: "file"))
  var data: String?

  @Option(help: ArgumentHelp("The targets, if --data holds the inputs only (a pair of .npy files).", valueName: "file"))
  var targets: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "One datum, input:target, as in --pair 1:0.5 or --pair -1,1/2:0. Repeat for more.", valueName: "x:y"))
  var pair: [String] = []

  /// The data of `--data`, then those of `--pair`.
  func read(_ network: Network) throws -> TrainingData {
    var result = TrainingData()
    if let data {
      result =
        try targets.map {
          try TrainingData(inputsAt: data, targetsAt: $0, dimension: network.inputDimension)
        } ?? TrainingData(contentsOf: data, dimension: network.inputDimension)
    } else if targets != nil {
      throw Failure.usage("--targets needs the inputs. Give --data FILE as well.")
    }
    for text in pair {
      do {
        let datum = try TrainingData.pair(parsing: text, dimension: network.inputDimension)
        result.inputs += datum.inputs
        result.targets += datum.targets
      } catch {
        throw Failure.usage("--pair '\(text.prefix(40))': \(error)")
      }
    }
    guard !result.inputs.isEmpty else {
      let example = Array(repeating: "1", count: min(network.inputDimension, 3)).joined(separator: ",")
      throw Failure.usage("there are no training data. Give --data FILE, or --pair \(example):0.5 (repeat for more).")
    }
    return result
  }
}

/// The options that say how to train and what to record.
struct TrainingMethodOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: ArgumentHelp("Train until this time.", valueName: "t"))
  var time: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      A factor on all learning rates, hence on the time: a number, N, 1/N, or natural: the power of N that keeps the \
      NTK finite (1 under ntk and mup, 1/N under standard, N under mean-field). Default 1; natural in a width sweep.
      """, valueName: "s"))
  var timeScale: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Gradient descent with steps of this size instead of gradient flow.", valueName: "h"))
  var step: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Steps of gradient descent, instead of --time.", valueName: "n"))
  var steps: Int?

  @Option(help: "Solver of gradient flow: auto, rkf45, rk8pd, or bdf for stiff small networks.")
  var solver: String = "auto"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Relative tolerance of a step of gradient flow (default 1e-10).", valueName: "e"))
  var tolerance: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Absolute tolerance of a step of gradient flow (default 1e-12).", valueName: "e"))
  var absoluteTolerance: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many times are recorded (default 61; 9 in a width sweep).", valueName: "n"))
  var records: Int?

  @Option(help: "The recorded times: linear, or log for equal ratios.")
  var grid: String = "linear"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The first time after 0 of a log grid (default: the last over 10000).", valueName: "t"))
  var firstTime: String?

  /// How many times are recorded of one network, and of each network of a width sweep.
  static let (standardRecords, sweepRecords) = (61, 9)
  private static let maximumRecords = 100_000
  private static let maximumSteps = 1_000_000_000

  func validate() throws {
    if let records, !(2...Self.maximumRecords).contains(records) {
      throw ValidationError("--records \(records): write a number from 2 to \(Self.maximumRecords).")
    }
    guard grid == "linear" || grid == "log" else {
      throw ValidationError("--grid \(grid.prefix(20)): write linear or log.")
    }
    guard solver == "auto" || ODEMethod(rawValue: solver) != nil else {
      throw ValidationError("--solver \(solver.prefix(20)): write auto, rkf45, rk8pd or bdf.")
    }
    if let steps, !(1...Self.maximumSteps).contains(steps) {
      throw ValidationError("--steps \(steps): write a number from 1 to \(Self.maximumSteps).")
    }
  }

  private static func positive(_ text: String, _ option: String, example: String) throws -> Double {
    let value = try number(text, option: option).doubleValue
    guard value > 0, value.isFinite else {
      throw Failure.usage("--\(option) \(text.prefix(40)): write a positive number, as in \(example).")
    }
    return value
  }

  /// The method, and the last time.
  func method() throws -> (method: TrainingMethod, end: Double) {
    if let step {
      let size = try Self.positive(step, "step", example: "0.01")
      if solver != "auto" || tolerance != nil || absoluteTolerance != nil {
        throw Failure.usage(
          "--solver and the tolerances belong to gradient flow. Leave them out, or --step for gradient flow.")
      }
      if time != nil, steps != nil { throw Failure.usage("give --time or --steps, not both.") }
      if let steps { return (.gradientDescent(step: size), size * Double(steps)) }
      guard let time else { throw Failure.usage("give --time T or --steps N: how long to train.") }
      let end = try Self.positive(time, "time", example: "10")
      guard end / size <= Double(Self.maximumSteps) else {
        throw Failure.usage("--time \(time) takes more than \(Self.maximumSteps) steps of \(step). Take larger steps.")
      }
      return (.gradientDescent(step: size), max(1, (end / size).rounded()) * size)
    }
    if steps != nil { throw Failure.usage("--steps belongs to gradient descent. Give --step H as well, or --time.") }
    guard let time else { throw Failure.usage("there is no time to train. Give --time 10.") }
    var options = FlowOptions(solver: ODEMethod(rawValue: solver))
    if let tolerance { options.relativeTolerance = try Self.positive(tolerance, "tolerance", example: "1e-8") }
    if let absoluteTolerance {
      options.absoluteTolerance = try Self.positive(absoluteTolerance, "absolute-tolerance", example: "1e-10")
    }
    return (.gradientFlow(options), try Self.positive(time, "time", example: "10"))
  }

  /// The recorded times, `count` of them unless the user says otherwise.
  func times(until end: Double, count: Int) throws -> [Double] {
    let records = records ?? count
    guard grid == "log" else {
      if firstTime != nil { throw Failure.usage("--first-time belongs to --grid log.") }
      return RecordingGrid.linear(count: records).times(until: end)
    }
    let first = try firstTime.map { try Self.positive($0, "first-time", example: "0.001") } ?? end / 10_000
    guard first < end else {
      throw Failure.usage("--first-time \(firstTime ?? "") is not before the end, \(time ?? "\(end)").")
    }
    return RecordingGrid.logarithmic(first: first, count: records).times(until: end)
  }

  /// The time scale as a function of the width.
  func scale(of network: Network, default standard: String) throws -> @Sendable (Int) -> Double {
    let text = timeScale ?? standard
    switch text {
    case "N": return { Double($0) }
    case "1/N": return { 1 / Double($0) }
    case "natural":
      let exponent = try network.ntkExponent().doubleValue
      return { pow(Double($0), -exponent) }
    default:
      guard let value = try? ExactNumber(parsing: text).doubleValue, value > 0, value.isFinite else {
        throw Failure.usage("--time-scale \(text.prefix(40)): write a positive number, N, 1/N or natural.")
      }
      return { _ in value }
    }
  }
}
