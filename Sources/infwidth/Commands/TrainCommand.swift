import ArgumentParser
import Dynamics
import FiniteWidth
import Foundation
import LimitKernels
import Moments
import Networks
import Plots
import Tables

/// `infwidth train`.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Gradient flow of a finite network beside its linearized model and its NTK.",
    discussion: """
      Trains on the loss ½ Σ (f − y)² and records outputs, loss, NTK, measured and predicted slopes, the linearized \
      model in closed form, and distances in parameters. With --widths: how all this depends on the width.

      Without --network: the built-in example, one hidden layer of squares.

      Example: infwidth train --width 100 --seed 1 --pair 1:0.5 --pair -1:0.25 --time 10 --plot training.svg
      Example: infwidth train --widths 10,100,1000 --repeats 20 --pair 1:0.5 --pair -1:0.25 --time 2
      """)

  @OptionGroup var source: NetworkOptions
  @OptionGroup var finite: FiniteNetworkOptions
  @OptionGroup var data: TrainingDataOptions
  @OptionGroup var how: TrainingMethodOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("A width sweep: train networks of all these widths.", valueName: "n,..."))
  var widths: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Networks of each width in a sweep (default 10).", valueName: "r"))
  var repeats: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Fit exponents to widths from here on (default 10).", valueName: "n"))
  var fitFrom: Int?

  @Option(help: ArgumentHelp("Draw the training into an .svg, .png or .pdf.", valueName: "file"))
  var plot: String?

  @Option(
    help: ArgumentHelp(
      "What to draw, separated by commas: loss, outputs, kernel, slopes, distance, plane.", valueName: "panel,..."))
  var panels: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Paths from this many starts in the weight plane of two parameters (default 8).", valueName: "n"))
  var trajectories: Int?

  @Option(help: ArgumentHelp("Write the trained parameters as JSON, as --weights reads them.", valueName: "file"))
  var save: String?

  @Option(
    help: ArgumentHelp(
      "Keep the state in this file, and go on from it if it is there; the result is the same.", valueName: "file"))
  var checkpoint: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("End after this time with what has been recorded.", valueName: "seconds"))
  var maxSeconds: Double?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let repeats, !(1...1_000_000).contains(repeats) {
      throw ValidationError("--repeats \(repeats): write a number from 1 to 1000000.")
    }
    if let fitFrom, fitFrom < 1 { throw ValidationError("--fit-from \(fitFrom): write a width, 1 or more.") }
    if let trajectories, !(1...200).contains(trajectories) {
      throw ValidationError("--trajectories \(trajectories): write a number from 1 to 200.")
    }
    if let maxSeconds, !(maxSeconds > 0) {
      throw ValidationError("--max-seconds \(maxSeconds): write a positive number of seconds.")
    }
    // An option that would have no effect is a misunderstanding.
    if widths != nil {
      if finite.weights != nil || finite.width != nil {
        throw ValidationError("--widths draws its networks: leave out --width and --weights.")
      }
      if save != nil || panels != nil || trajectories != nil {
        throw ValidationError(
          "--save, --panels and --trajectories belong to the training of one network, not to --widths.")
      }
    } else if repeats != nil || fitFrom != nil {
      throw ValidationError("--repeats and --fit-from belong to a width sweep. Give --widths 10,100,1000 as well.")
    }
    if plot == nil, panels != nil || trajectories != nil {
      throw ValidationError("--panels and --trajectories say what to draw. Give --plot FILE.svg as well.")
    }
  }

  func run() throws {
    let network = try source.readNetwork()
    let data = try self.data.read(network)
    let others = try source.at.isEmpty && source.points == nil ? [] : source.readPoints(of: network)
    if let plot {
      _ = try PlotFormat(path: plot)
      _ = try Output(path: plot)
    }
    if let widths {
      try sweep(network, data, others, widths: try ConvergeCommand.widths(widths))
    } else {
      try train(network, data, others)
    }
  }

  // MARK: One network

  private func train(_ network: Network, _ data: TrainingData, _ others: [[ExactNumber]]) throws {
    let (method, end) = try how.method()
    let times = try how.times(until: end, count: TrainingMethodOptions.standardRecords)
    let finite = try self.finite.read(network)
    let shown = try chosenPanels(parameters: finite.parameterLayout.trainedCount)
    let scale = try how.scale(of: network, default: "1")
    func run(_ network: any TrainableNetwork) throws -> TrainingRun {
      try trainingRun(network, data, others, method: method, times: times, scale: scale)
    }
    let training = try run(finite)
    let output = try Output(path: common.output)
    if let save {
      _ = try network.denseLayers(for: "the file of weights that --save writes")
      _ = try Output(path: save)
    }
    let saver = CheckpointSaver(try checkpoint.map { try Self.checked(Checkpoint(path: $0, for: training)) })
    let interruption = Interruption(seconds: maxSeconds)
    defer { interruption.end() }
    let history = try trained(training, saver, interruption)
    var paths: [TrainingHistory] = []
    if shown.contains(.plane), plot != nil, let width = self.finite.width {
      for index in 1..<max(1, trajectories ?? 8) where interruption.reason == nil {
        let start = try network.drawn(width: width, seed: self.finite.seed, index: index)
        if let path = try? run(start).run(shouldStop: { interruption.reason != nil }) { paths.append(path) }
      }
    }
    let report = TrainingReport(
      history, points: data.inputs + others, drawn: self.finite.width.map { ($0, self.finite.seed) },
      remark: timeRemark(network))
    try output.write(report.document.text(as: common.format))
    if let save, let network = history.finalNetwork as? FiniteNetwork {
      try Output(path: save).write(network.weightsJSON)
    }
    if let plot {
      let figure = TrainingFigure(history, others: paths, logarithmicTime: how.grid == "log")
      try Gnuplot.draw(figure.figure(shown, title: title(finite)), to: plot)
    }
    switch history.outcome {
    case .completed: break
    case .interrupted:
      note("stopped (\(interruption.reason ?? "")); what has been recorded is printed." + resumeHint)
    case .diverged(let reason): throw Failure.accuracy("the training ended early: \(reason)")
    }
  }

  private static func checked<State>(_ store: Checkpoint<State>) throws -> Checkpoint<State> {
    try store.check()
    return store
  }

  /// Trains with progress and checkpoints.
  private func trained(
    _ run: TrainingRun, _ saver: CheckpointSaver<TrainingState>, _ interruption: Interruption
  ) throws -> TrainingHistory {
    let status = ProgressStatus()
    let end = run.times.last ?? 0
    let history = try Progress.show("training", status: status) {
      try run.run(
        from: try saver.store?.load(), threads: common.threadCount, shouldStop: { interruption.reason != nil },
        onRecord: { state in
          try saver.record(state, isFirst: state.records.count == 1)
          guard let last = state.records.last else { return }
          status.text = String(format: "t = %.4g of %.4g, loss %.3g", last.time, end, last.loss)
        })
    }
    try saver.finish()
    return history
  }

  private func trainingRun(
    _ network: any TrainableNetwork, _ data: TrainingData, _ others: [[ExactNumber]], method: TrainingMethod,
    times: [Double], scale: (Int) -> Double
  ) throws -> TrainingRun {
    let problem = try TrainingProblem(
      network: network, inputs: data.inputs.map { $0.map(\.doubleValue) }, targets: data.targets.map(\.doubleValue),
      watching: others.map { $0.map(\.doubleValue) }, timeScale: scale(network.hiddenWidths[0]))
    return try TrainingRun(problem: problem, method: method, times: times)
  }

  private func chosenPanels(parameters: Int) throws -> [TrainingPanel] {
    guard let panels else { return TrainingPanel.standard(parameters: parameters) }
    return try panels.split(separator: ",", omittingEmptySubsequences: false).map { word in
      let name = word.trimmingPrefix { $0 == " " }
      guard let panel = TrainingPanel(rawValue: String(name)) else {
        throw Failure.usage(
          "--panels: '\(name.prefix(20))' is none of \(TrainingPanel.allCases.map(\.rawValue).joined(separator: ", "))."
        )
      }
      if panel == .plane, parameters != 2 {
        throw Failure.usage("--panels plane: the network trains \(parameters) parameters, and a plane has two.")
      }
      return panel
    }
  }

  private func title(_ network: any TrainableNetwork) -> String {
    let name = network.network.name.map { "\($0), " } ?? ""
    let parameterization = network.network.parameterization.name ?? "general"
    return "\(name)\(parameterization) parameterization, N = \(network.hiddenWidths[0])"
  }

  /// How the time of this parameterization goes with the width, where the user left it alone.
  private func timeRemark(_ network: Network) -> String? {
    guard how.timeScale == nil, let exponent = try? network.ntkExponent(), !exponent.isZero else { return nil }
    return "Under this parameterization the NTK goes like N^\(exponent): --time-scale natural measures the time in "
      + "units of N^\(Rational(0) - exponent)."
  }

  private var resumeHint: String {
    checkpoint.map { " The same command with --checkpoint '\($0)' goes on." } ?? ""
  }

  private func note(_ text: String) {
    FileHandle.standardError.write(Data("infwidth: \(text)\n".utf8))
  }

  // MARK: A width sweep

  private func sweep(
    _ network: Network, _ data: TrainingData, _ others: [[ExactNumber]], widths: [Int]
  ) throws {
    let (method, end) = try how.method()
    for (place, width) in widths.enumerated() {
      try FiniteNetworkOptions.requireMemory(of: network, width: width)
      guard !widths[..<place].contains(width) else {
        throw Failure.usage(
          "--widths: \(width) stands twice. Write each width once; --repeats is the number of networks.")
      }
    }
    let sweep = WidthSweep(
      network: network, inputs: data.inputs.map { $0.map(\.doubleValue) }, targets: data.targets.map(\.doubleValue),
      watching: others.map { $0.map(\.doubleValue) }, widths: widths, repeats: repeats ?? 10, seed: finite.seed,
      method: method, times: try how.times(until: end, count: TrainingMethodOptions.sweepRecords),
      timeScale: try how.scale(of: network, default: "natural"))
    let output = try Output(path: common.output)
    let saver = CheckpointSaver(try checkpoint.map { try Self.checked(Checkpoint(path: $0, for: sweep)) })
    let interruption = Interruption(seconds: maxSeconds)
    defer { interruption.end() }
    let (status, total) = (ProgressStatus(), widths.count * sweep.repeats)
    let result = try Progress.show("training networks", status: status) {
      try sweep.run(
        from: try saver.store?.load(), threads: common.threadCount, shouldStop: { interruption.reason != nil }
      ) { state in
        status.report(done: state.count, total: total)
        try saver.record(state, isFirst: state.count == 1)
      }
    }
    try saver.finish()
    let fitFrom = fitFrom ?? 10
    try output.write(SweepReport(result, fitFrom: fitFrom).document.text(as: common.format))
    if let plot { try Gnuplot.draw(SweepFigure(result, fitFrom: fitFrom).figure, to: plot) }
    if result.wasInterrupted {
      note("stopped (\(interruption.reason ?? "")); the widths that are complete are printed." + resumeHint)
    }
    if !result.widths.isEmpty, result.widths.allSatisfy({ $0.count == 0 }) {
      throw Failure.accuracy("no training reached the end. \(result.widths[0].firstFailure ?? "")")
    }
  }
}

/// Writes checkpoints, at most one every few seconds, and the last one.
private final class CheckpointSaver<State: Codable & Sendable>: @unchecked Sendable {
  // Calls come one at a time: a training records on one thread, a sweep with its lock held.
  let store: Checkpoint<State>?
  private var last = Date()
  private var pending: State?

  init(_ store: Checkpoint<State>?) { self.store = store }

  func record(_ state: State, isFirst: Bool) throws {
    guard store != nil else { return }
    pending = state
    if isFirst || Date().timeIntervalSince(last) > 2 { try finish() }
  }

  func finish() throws {
    if let pending { try store?.save(pending) }
    pending = nil
    last = Date()
  }
}
