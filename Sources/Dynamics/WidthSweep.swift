import FiniteWidth
import Foundation
import LinearAlgebra
import Networks

/// What a width sweep follows.
public enum SweepQuantity: String, Sendable, CaseIterable {
  /// The largest `‖Θ_t − Θ₀‖/‖Θ₀‖` over the recorded times.
  case kernelChange
  /// The largest root mean square of `f − f_lin` over the points, over the recorded times.
  case linearizationError
  /// `‖θ − θ_lin‖` at the end.
  case distance
  /// `‖θ − θ_lin‖ / ‖θ − θ₀‖` at the end.
  case relativeDistance
  /// `‖θ − θ₀‖` at the end.
  case travelled
  /// The root mean square of the moves of single trained parameters at the end.
  case typicalMove
  /// The largest move of a single parameter at the end.
  case largestMove

  /// The words of tables and pictures.
  public var title: String {
    switch self {
    case .kernelChange: "relative change of the NTK"
    case .linearizationError: "error of the linearized model"
    case .distance: "distance from the linearized parameters"
    case .relativeDistance: "the same over the way travelled"
    case .travelled: "way travelled by all parameters"
    case .typicalMove: "way of a single weight, rms"
    case .largestMove: "way of a single weight, largest"
    }
  }

  /// The exponent of N that theory gives under the NTK parameterization, with its own time scale, for output weights of
  /// a symmetric law and training to a fixed time; nil under the others.
  ///
  /// The largest of N moves grows a little faster than the typical one where their law has tails, by a power of log N.
  ///
  /// **Source.** Single weights and distances: expansion of the flow at order N^(−1/2). The kernel and the outputs:
  /// Dyer and Gur-Ari 2019; the change is of order 1/N, and so is its fluctuation.
  public func expectedExponent(under parameterization: Parameterization) -> Double? {
    guard parameterization == .ntk else { return nil }
    switch self {
    case .kernelChange, .linearizationError: return -1
    case .distance, .relativeDistance, .typicalMove, .largestMove: return -0.5
    case .travelled: return 0
    }
  }
}

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
  struct Sample: Sendable {
    var values: [SweepQuantity: Double]
    var loss: Double
    var problem: String?
  }

  /// Trains all networks; those of one width have the numbers 0, 1, … of the seed, as in `infwidth converge`.
  ///
  /// - Parameters:
  ///   - threads: How many networks may be trained at a time; it does not change the result.
  ///   - shouldStop: True ends the sweep; widths that are not complete are left out.
  ///   - progress: Called from the working threads with the number of networks done.
  public func run(
    threads: Int, shouldStop: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> WidthSweepResult {
    BLAS.setThreads(1)
    let counter = SweepCounter(progress)
    // Wide networks first: the threads end together.
    let order = widths.indices.sorted { widths[$0] > widths[$1] }
    let tasks = order.flatMap { place in (0..<repeats).map { (place, $0) } }
    let samples: [(Int, Sample?)] = try mapBlocks(count: tasks.count, threads: threads) { block in
      let (place, index) = tasks[block]
      do {
        let sample = try self.sample(width: widths[place], index: index, shouldStop: shouldStop)
        counter.count()
        return Result<(Int, Sample?), any Error>.success((place, sample))
      } catch { return .failure(error) }
    }
    var results: [WidthSweepResult.Width] = []
    for (place, width) in widths.enumerated() {
      let complete = samples.filter { $0.0 == place }.compactMap(\.1)
      guard complete.count == repeats else { continue }
      results.append(WidthSweepResult.Width(width: width, samples: complete))
    }
    return WidthSweepResult(sweep: self, widths: results, wasInterrupted: results.count < widths.count)
  }

  private func sample(width: Int, index: Int, shouldStop: () -> Bool) throws -> Sample? {
    if shouldStop() { return nil }
    let initial = FiniteNetwork(sampling: network, width: width, seed: seed, index: index)
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

/// Counts networks from several threads.
private final class SweepCounter: @unchecked Sendable {
  // `done` is touched with the lock held.
  private let lock = NSLock()
  private var done = 0
  private let report: @Sendable (Int) -> Void

  init(_ report: @escaping @Sendable (Int) -> Void) { self.report = report }

  func count() {
    let now = lock.withLock {
      done += 1
      return done
    }
    report(now)
  }
}

/// What a width sweep found.
public struct WidthSweepResult: Sendable {
  public let sweep: WidthSweep
  /// The widths that were trained completely, in the order of the sweep.
  public let widths: [Width]
  public let wasInterrupted: Bool

  /// The statistics at one width.
  public struct Width: Sendable {
    public let width: Int
    /// How many networks were trained to the end.
    public let count: Int
    /// How many did not reach the end, and why the first of them did not.
    public let failures: Int
    public let firstFailure: String?
    /// Of each quantity; networks that did not reach the end are left out.
    public let statistics: [SweepQuantity: SampleStatistics]
    /// Of the logarithm of each quantity, over networks where it is positive.
    public let logarithms: [SweepQuantity: SampleStatistics]
    public let loss: SampleStatistics

    init(width: Int, samples: [WidthSweep.Sample]) {
      self.width = width
      let good = samples.filter { $0.problem == nil }
      count = good.count
      failures = samples.count - good.count
      firstFailure = samples.lazy.compactMap(\.problem).first
      var (statistics, logarithms) = ([SweepQuantity: SampleStatistics](), [SweepQuantity: SampleStatistics]())
      for quantity in SweepQuantity.allCases {
        for value in good.compactMap({ $0.values[quantity] }) {
          statistics[quantity, default: SampleStatistics()].add(value)
          if value > 0 { logarithms[quantity, default: SampleStatistics()].add(log(value)) }
        }
      }
      self.statistics = statistics
      self.logarithms = logarithms
      var loss = SampleStatistics()
      for sample in good { loss.add(sample.loss) }
      self.loss = loss
    }
  }

  /// The power of N that a quantity follows, fitted to widths from `first` on.
  public func fit(_ quantity: SweepQuantity, from first: Int) -> PowerLawFit? {
    PowerLawFit(
      widths.filter { $0.width >= first }.compactMap { width in
        guard let logarithm = width.logarithms[quantity], logarithm.count >= 2 else { return nil }
        return PowerLawFit.Point(
          width: width.width, meanLogarithm: logarithm.mean, standardError: logarithm.standardError)
      })
  }
}
