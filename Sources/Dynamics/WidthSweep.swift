import FiniteWidth
import Foundation
import LinearAlgebra
import Networks

/// The same data, trained with networks of several widths.
public struct WidthSweep: Sendable {
  public let network: Network
  public let inputs: [[Double]]
  public let targets: [Double]
  public let others: [[Double]]
  public let widths: [Int]
  /// How many networks of each width.
  public let repeats: Int
  public let seed: UInt64
  public let method: TrainingMethod
  /// The times that are recorded, ascending from 0.
  public let times: [Double]
  /// `s` at each width.
  public let timeScale: @Sendable (Int) -> Double

  public init(
    network: Network, inputs: [[Double]], targets: [Double], watching others: [[Double]] = [], widths: [Int],
    repeats: Int, seed: UInt64, method: TrainingMethod, times: [Double],
    timeScale: @escaping @Sendable (Int) -> Double
  ) {
    precondition(repeats >= 1, "at least one network of each width")
    self.network = network
    self.inputs = inputs
    self.targets = targets
    self.others = others
    self.widths = widths
    self.repeats = repeats
    self.seed = seed
    self.method = method
    self.times = times
    self.timeScale = timeScale
  }

  /// The quantities of one network.
  struct Sample: Sendable, Equatable, Codable {
    var values: [SweepQuantity: Double]
    var loss: Double
    var problem: String?
  }

  /// Trains all networks; those of one width have the numbers 0, 1, … of the seed, as in `infwidth converge`.
  ///
  /// - Parameters:
  ///   - state: The networks that are trained already.
  ///   - threads: How many networks may be trained at a time; it does not change the result.
  ///   - shouldStop: True ends the sweep; widths that are not complete are left out.
  ///   - onSample: Called after each network, one call at a time, with the state to store.
  public func run(
    from state: SweepState? = nil, threads: Int, shouldStop: @escaping @Sendable () -> Bool = { false },
    onSample: @escaping @Sendable (SweepState) throws -> Void = { _ in }
  ) throws -> WidthSweepResult {
    BLAS.setThreads(1)
    let collector = SweepCollector(state ?? SweepState(), onSample)
    // Wide networks first: the threads end together.
    let order = widths.indices.sorted { widths[$0] > widths[$1] }
    let tasks = order.flatMap { place in (0..<repeats).map { place * repeats + $0 } }
      .filter { collector.state.samples[$0] == nil }
    let _: [Void] = try mapBlocks(count: tasks.count, threads: threads) { block in
      let task = tasks[block]
      return Result<Void, any Error> {
        let sample = try self.sample(
          width: widths[task / repeats], index: task % repeats, shouldStop: shouldStop)
        if let sample { try collector.add(sample, task) }
      }
    }
    var results: [WidthSweepResult.Width] = []
    for (place, width) in widths.enumerated() {
      let complete = (0..<repeats).compactMap { collector.state.samples[place * repeats + $0] }
      guard complete.count == repeats else { continue }
      results.append(WidthSweepResult.Width(width: width, samples: complete))
    }
    return WidthSweepResult(sweep: self, widths: results, wasInterrupted: results.count < widths.count)
  }

  private func sample(width: Int, index: Int, shouldStop: () -> Bool) throws -> Sample? {
    if shouldStop() { return nil }
    let initial = try network.drawn(width: width, seed: seed, index: index)
    let problem = try TrainingProblem(
      network: initial, inputs: inputs, targets: targets, watching: others, timeScale: timeScale(width))
    let run = try TrainingRun(problem: problem, method: method, times: times)
    let history: TrainingHistory
    do { history = try run.run(shouldStop: shouldStop) } catch TrainingError.notFinite(let time) {
      return Sample(values: [:], loss: .nan, problem: "\(TrainingError.notFinite(time: time))")
    }
    guard let last = history.records.last else { return nil }
    switch history.outcome {
    case .interrupted: return nil
    case .diverged(let reason): return Sample(values: [:], loss: last.loss, problem: reason)
    case .completed: break
    }
    let trained = Double(initial.parameterLayout.trainedCount)
    return Sample(
      values: [
        .kernelChange: history.records.map(\.kernelChange).max() ?? 0,
        .linearizationError: history.records.map(\.linearizationError).max() ?? 0, .distance: last.distance,
        .relativeDistance: last.relativeDistance, .travelled: last.travelled,
        .typicalMove: last.travelled / trained.squareRoot(), .largestMove: last.largestMove,
      ], loss: last.loss, problem: nil)
  }
}

/// Where a sweep stands.
public struct SweepState: Sendable, Equatable, Codable {
  /// The networks that are trained, by their number: the place of the width times the repeats, plus the number of the
  /// network among those of its width.
  var samples: [Int: WidthSweep.Sample] = [:]

  /// How many networks are trained.
  public var count: Int { samples.count }

  public init() {}
}

/// Collects networks from several threads.
private final class SweepCollector: @unchecked Sendable {
  // `stored` is touched with the lock held.
  private let lock = NSLock()
  private var stored: SweepState
  private let report: @Sendable (SweepState) throws -> Void

  init(_ state: SweepState, _ report: @escaping @Sendable (SweepState) throws -> Void) {
    stored = state
    self.report = report
  }

  var state: SweepState { lock.withLock { stored } }

  func add(_ sample: WidthSweep.Sample, _ task: Int) throws {
    try lock.withLock {
      stored.samples[task] = sample
      try report(stored)
    }
  }
}
