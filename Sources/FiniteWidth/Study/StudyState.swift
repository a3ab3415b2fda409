import Foundation
import Networks

/// What a study has done so far.
///
/// A state is a value: it can be saved, read back and continued, and states of disjoint shards can be joined. Two states
/// with the same networks are equal to the last bit.
public struct StudyState: Sendable, Equatable {
  public internal(set) var study: WidthStudy
  /// One for each width.
  var forests: [SampleForest]
  /// The number of networks to be drawn at each width, by all shards together.
  public internal(set) var goals: [Int]

  public init(_ study: WidthStudy) {
    self.study = study
    forests = Array(repeating: SampleForest(), count: study.widths.count)
    goals = Array(repeating: study.plan.firstGoal, count: study.widths.count)
  }

  init(_ study: WidthStudy, forests: [SampleForest], goals: [Int]) {
    self.study = study
    self.forests = forests
    self.goals = goals
  }

  /// The number of networks drawn at each width.
  public var counts: [Int] { forests.map(\.count) }

  /// Whether every network of the study's shard is there, and no more are asked for.
  public var isComplete: Bool {
    forests.indices.allSatisfy {
      forests[$0].missing(in: study.shard.range(of: goals[$0])).isEmpty && nextGoal($0) == goals[$0]
    }
  }

  /// Whether every network of another state is there.
  public func contains(_ other: StudyState) -> Bool {
    zip(forests, other.forests).allSatisfy { own, forest in
      forest.nodes.allSatisfy { own.missing(in: $0.range).isEmpty }
    }
  }

  private func nextGoal(_ index: Int) -> Int {
    guard case .standardErrors = study.plan, let total = forests[index].total else { return goals[index] }
    return study.plan.nextGoal(after: goals[index], statistics: total.ntk, width: index)
  }

  /// The statistics of all networks that are there.
  public var result: WidthStudyResult {
    let widths = zip(study.widths, forests).map { width, forest in
      forest.total ?? WidthStatistics(width: width, layout: study.layout)
    }
    return WidthStudyResult(pairs: study.pairs, groups: study.network.trainedGroups, widths: widths)
  }
}

/// How a study runs; nothing here changes a result.
public struct StudyControl: Sendable {
  /// How many threads may work; nil for one on each processor.
  public var threads: Int?
  /// Asked between networks, from the working threads; the study ends with what is there when it says true.
  public var shouldStop: @Sendable () -> Bool = { false }
  /// Told between pieces of work of about a second.
  public var progress: (@Sendable (StudyProgress) -> Void)?
  /// Given the state between pieces of work, to save it; the study ends with what is there when it says false.
  public var save: (@Sendable (StudyState) -> Bool)?

  public init(threads: Int? = nil) { self.threads = threads }
}

/// How far a study is.
public struct StudyProgress: Sendable, Equatable {
  /// The number of networks that are there and of all.
  public let done: Int
  public let total: Int
  /// The time that the rest will take, in seconds.
  public let secondsLeft: Double
}

extension StudyState {
  /// The fractions of its networks to which each width is brought in turn, so that a study that is stopped has something
  /// of every width.
  private static let rounds = [1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2, 1]

  /// Draws the missing networks, until all are there or the control says to stop.
  ///
  /// - Throws: ``WidthStudyError/notFinite(width:sample:)`` if a network overflows; ``WidthStudyError/tooMuch(samples:cost:)``
  ///   if a standard error needs too many networks. The state keeps what it has.
  public mutating func advance(_ control: StudyControl = StudyControl()) throws(WidthStudyError) {
    var work = StudyWork(study, control: control)
    while true {
      // A study that takes a second is not stopped.
      let rounds = work.secondsLeft(self) < 1 ? [1] : Self.rounds
      for fraction in rounds {
        for index in study.widths.indices {
          let whole = study.shard.range(of: goals[index])
          let part = whole.lowerBound..<(whole.lowerBound + Int((Double(whole.count) * fraction).rounded(.up)))
          guard try fill(part, width: index, &work) else { return }
        }
      }
      let next = study.widths.indices.map(nextGoal)
      guard next != goals else { return }
      try WidthStudy.checkCost(study.network, widths: study.widths, goals: next, largest: next.max() ?? 0)
      goals = next
    }
  }

  /// - Returns: False if the study was stopped.
  private mutating func fill(_ range: Range<Int>, width index: Int, _ work: inout StudyWork) throws(WidthStudyError)
    -> Bool
  {
    while true {
      let missing = forests[index].missing(in: range)
      if missing.isEmpty { return true }
      if work.control.shouldStop() { return false }
      let parts = try work.draw(missing, width: index)
      for part in parts { _ = forests[index].insert(part) }
      work.report(self)
      if let save = work.control.save, !save(self) { return false }
    }
  }
}

/// The working side of a run: samplers, and how long a network of each width takes.
private struct StudyWork {
  let study: WidthStudy
  let control: StudyControl
  let threads: Int
  private var samplers: [NetworkSampler?]
  private var secondsPerNetwork: [Double]
  private var isMeasured: [Bool]

  /// The length of a piece of work and of a block of one thread, in seconds.
  private static let (pieceSeconds, blockSeconds) = (0.7, 0.01)
  private static let largestBlock = 4096

  init(_ study: WidthStudy, control: StudyControl) {
    self.study = study
    self.control = control
    threads = max(1, control.threads ?? ProcessInfo.processInfo.activeProcessorCount)
    samplers = study.widths.map { _ in nil }
    secondsPerNetwork = study.widths.map { WidthStudy.draws(study.network, width: $0) * WidthStudy.secondsPerDraw }
    isMeasured = study.widths.map { _ in false }
  }

  /// Draws the first of the missing networks, about a second's worth.
  mutating func draw(_ missing: [Range<Int>], width index: Int) throws(WidthStudyError) -> [SampleForest] {
    let seconds = max(secondsPerNetwork[index], 1e-9)
    let piece = max(threads, Int(min(1e6, Self.pieceSeconds * Double(threads) / seconds)))
    let available = missing.reduce(0) { $0 + $1.count }
    let count = min(piece, available)
    let even = (count + 4 * threads - 1) / (4 * threads)
    let block = max(1, min(even, Self.largestBlock, Int(min(1e6, Self.blockSeconds / seconds))))
    var blocks: [Range<Int>] = []
    var left = count
    for range in missing where left > 0 {
      var start = range.lowerBound
      while start < range.upperBound, left > 0 {
        let end = min(range.upperBound, start + min(block, left))
        blocks.append(start..<end)
        left -= end - start
        start = end
      }
    }
    let sampler =
      samplers[index]
      ?? NetworkSampler(
        study.network, width: study.widths[index], seed: study.seed, points: study.points)
    samplers[index] = sampler
    let (layout, stop) = (study.layout, control.shouldStop)
    let reference = study.references.isEmpty ? GramReference() : study.references[index]
    let begin = DispatchTime.now().uptimeNanoseconds
    let ranges = blocks
    let parts = try mapBlocks(count: ranges.count, threads: threads) { number in
      Self.statistics(of: sampler, networks: ranges[number], layout: layout, reference: reference, stop: stop)
    }
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - begin) * 1e-9
    let drawn = parts.reduce(0) { $0 + $1.count }
    if drawn > 0 {
      // One thread's time, in the long run; the first measurement replaces the guess.
      let measured = elapsed * Double(min(threads, blocks.count)) / Double(drawn)
      let old = secondsPerNetwork[index]
      if !isMeasured[index] {
        let ratio = measured / old
        for other in secondsPerNetwork.indices where !isMeasured[other] && other != index {
          secondsPerNetwork[other] *= ratio
        }
      }
      secondsPerNetwork[index] = isMeasured[index] ? 0.5 * (old + measured) : measured
      isMeasured[index] = true
    }
    return parts
  }

  private static func statistics(
    of sampler: NetworkSampler, networks: Range<Int>, layout: StatisticsLayout, reference: GramReference,
    stop: () -> Bool
  ) -> Result<SampleForest, WidthStudyError> {
    var forest = SampleForest()
    for index in networks {
      if stop() { break }
      let kernels = sampler.kernels(index: index)
      let ntk = kernels.ntk
      guard ntk.allSatisfy(\.isFinite), kernels.conditionalNNGP.allSatisfy(\.isFinite),
        kernels.outputs.allSatisfy(\.isFinite)
      else { return .failure(.notFinite(width: sampler.width, sample: index)) }
      forest.insert(
        SampleForest.Node(
          start: index, level: 0,
          statistics: WidthStatistics(
            kernels, ntk: ntk, width: sampler.width, index: index, layout: layout, reference: reference)))
    }
    return .success(forest)
  }

  func report(_ state: StudyState) {
    guard let progress = control.progress else { return }
    let total = state.goals.reduce(0) { $0 + study.shard.range(of: $1).count }
    progress(StudyProgress(done: state.counts.reduce(0, +), total: total, secondsLeft: secondsLeft(state)))
  }

  /// The time that the missing networks will take.
  func secondsLeft(_ state: StudyState) -> Double {
    let counts = state.counts
    let seconds = counts.indices.reduce(0.0) { sum, index in
      sum + Double(max(0, study.shard.range(of: state.goals[index]).count - counts[index])) * secondsPerNetwork[index]
    }
    return seconds / Double(threads)
  }
}
