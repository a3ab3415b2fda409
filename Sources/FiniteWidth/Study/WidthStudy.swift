import Foundation
import Moments
import Networks

/// A Monte Carlo study of the kernels at finite width: independent networks at each of several widths.
///
/// Networks are numbered, and each has random streams of its own. Their statistics are combined in one order
/// (`SampleForest`), so that the result is a function of the study alone, to the last bit: whatever the number of
/// threads, however often it was interrupted, and on however many machines its shards ran.
public struct WidthStudy: Sendable, Equatable {
  public let network: Network
  public let points: [[ExactNumber]]
  public let widths: [Int]
  public let plan: SamplingPlan
  public let seed: UInt64
  /// The share of the networks that this run draws.
  public let shard: Shard
  /// The limits at each width, for the norms of the errors; empty where none are known.
  public let references: [GramReference]

  /// The number of networks at each width; under ``SamplingPlan/standardErrors(_:)`` those it begins with.
  public var samples: Int { plan.firstGoal }

  /// The largest number of random numbers of a study: a year of one processor.
  static let maximumTotalDraws = 1e15

  /// - Parameters:
  ///   - network: The networks to be drawn.
  ///   - points: The points; all pairs of them are studied.
  ///   - widths: The widths of the hidden layers.
  ///   - samples: The number of networks at each width, at least 2.
  ///   - seed: Two studies with the same seed draw the same networks.
  /// - Throws: ``WidthStudyError`` if the study is impossible or would not end.
  public init(
    network: Network, points: [[ExactNumber]], widths: [Int], samples: Int, seed: UInt64
  ) throws(WidthStudyError) {
    try self.init(network: network, points: points, widths: widths, plan: .samples(samples), seed: seed)
  }

  /// - Parameters:
  ///   - network: The networks to be drawn.
  ///   - points: The points; all pairs of them are studied.
  ///   - widths: The widths of the hidden layers.
  ///   - seed: Two studies with the same seed draw the same networks.
  ///   - plan: How many networks are drawn at each width.
  ///   - shard: The share of them that this run draws.
  ///   - references: The limits at each width, or an empty list.
  /// - Throws: ``WidthStudyError`` if the study is impossible or would not end.
  public init(
    network: Network, points: [[ExactNumber]], widths: [Int], plan: SamplingPlan, seed: UInt64, shard: Shard = .whole,
    references: [GramReference] = []
  ) throws(WidthStudyError) {
    precondition(references.isEmpty || references.count == widths.count, "there is a reference for each width")
    if case .standardErrors(let errors) = plan {
      precondition(errors.count == widths.count, "there are standard errors for each width")
    }
    guard !points.isEmpty else { throw .noPoints }
    for (index, point) in points.enumerated() where point.count != network.inputDimension {
      throw .dimension(point: index, found: point.count, expected: network.inputDimension)
    }
    guard !widths.isEmpty else { throw .noWidths }
    for (index, width) in widths.enumerated() where widths[..<index].contains(width) { throw .repeatedWidth(width) }
    let samples = plan.firstGoal
    do { _ = try LayeredNetwork(sampling: network, width: 1, seed: 0, index: 0) } catch { throw .layer(error) }
    guard samples >= 2 else { throw .tooFewSamples(samples) }
    if case .standardErrors = plan, shard != .whole { throw .shardWithoutSamples }
    let threads = Double(ProcessInfo.processInfo.activeProcessorCount)
    for width in widths {
      guard width >= 1 else { throw .impossibleWidth(width) }
      let drawing: DrawingPlan
      do {
        drawing = try DrawingPlan(
          network, widths: Array(repeating: width, count: network.depth), points: points.count)
      } catch { throw .sampling(error) }
      let memory = drawing.memory * threads
      guard memory <= DrawingPlan.maximumMemory else {
        throw .tooWide(width, cost: "\(Int(threads)) networks at a time need \(DrawingPlan.size(memory))")
      }
    }
    try Self.checkCost(
      network, widths: widths, points: points.count, goals: Array(repeating: samples, count: widths.count),
      largest: samples)
    self.network = network
    self.points = points
    self.widths = widths
    self.plan = plan
    self.seed = seed
    self.shard = shard
    self.references = references
  }

  init(copying study: WidthStudy, shard: Shard, references: [GramReference]) {
    network = study.network
    points = study.points
    widths = study.widths
    plan = study.plan
    seed = study.seed
    self.shard = shard
    self.references = references
  }

  /// The number of random numbers of one network; infinity where there is none.
  static func draws(_ network: Network, width: Int, points: Int) -> Double {
    let plan = try? DrawingPlan(network, widths: Array(repeating: width, count: network.depth), points: points)
    return plan?.numbers ?? .infinity
  }

  /// - Throws: ``WidthStudyError/tooMuch(samples:cost:)`` if so many networks would take a year.
  static func checkCost(
    _ network: Network, widths: [Int], points: Int, goals: [Int], largest: Int
  ) throws(WidthStudyError) {
    let total = zip(widths, goals).reduce(0.0) { $0 + draws(network, width: $1.0, points: points) * Double($1.1) }
    guard total <= Self.maximumTotalDraws, largest < NetworkStreams.maximumIndex else {
      throw .tooMuch(
        samples: largest,
        cost: "it needs \(DrawingPlan.rounded(total)) random numbers, "
          + DrawingPlan.duration(total * DrawingPlan.secondsPerNumber))
    }
  }

  /// The entries of the kernels, in order.
  public var pairs: [PointPair] { PointPair.all(count: points.count) }

  var layout: StatisticsLayout {
    StatisticsLayout(pairCount: points.count * (points.count + 1) / 2, groupCount: network.trainedGroups.count)
  }

  /// Draws all networks.
  ///
  /// - Parameters:
  ///   - threads: How many threads may work; nil for one on each processor. It does not change the result.
  ///   - progress: Called with the number of networks done and of all networks.
  /// - Throws: ``WidthStudyError/notFinite(width:sample:)`` if a network overflows.
  public func run(
    threads: Int? = nil, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
  ) throws(WidthStudyError) -> WidthStudyResult {
    var state = StudyState(self)
    var control = StudyControl(threads: threads)
    if let progress { control.progress = { progress($0.done, $0.total) } }
    try state.advance(control)
    return state.result
  }

  /// A quick estimate at one width: mean and standard error of each entry of the NTK.
  ///
  /// - Returns: The statistics at that width.
  public static func estimate(
    network: Network, points: [[ExactNumber]], width: Int, samples: Int, seed: UInt64, threads: Int? = nil
  ) throws(WidthStudyError) -> WidthStatistics {
    let study = try WidthStudy(network: network, points: points, widths: [width], samples: samples, seed: seed)
    return try study.run(threads: threads).widths[0]
  }
}

/// The statistics of a ``WidthStudy``.
public struct WidthStudyResult: Sendable, Equatable {
  /// The entries of the kernels, in order; the statistics stand in the same order.
  public let pairs: [PointPair]
  /// The trained parameter groups, in order.
  public let groups: [ParameterGroup]
  /// One for each width, in the order of the study.
  public let widths: [WidthStatistics]
}

/// Why a width study cannot be done.
public enum WidthStudyError: Error, Sendable, Equatable, CustomStringConvertible {
  case noPoints
  case noWidths
  /// A layer cannot be sampled.
  case layer(LayeredNetworkError)
  case dimension(point: Int, found: Int, expected: Int)
  case impossibleWidth(Int)
  case tooWide(Int, cost: String)
  /// The networks cannot be sampled at one of the widths.
  case sampling(SamplingError)
  case tooFewSamples(Int)
  case tooMuch(samples: Int, cost: String)
  case repeatedWidth(Int)
  case impossibleShard(index: Int, count: Int)
  case shardWithoutSamples
  case impossibleStandardError(Double)
  /// A sampled network overflowed.
  case notFinite(width: Int, sample: Int)

  public var description: String {
    switch self {
    case .noPoints: return "There are no points. Give at least one."
    case .layer(let error): return "\(error)"
    case .noWidths: return "There are no widths. Give at least one, as in 64,128,256."
    case .dimension(let point, let found, let expected):
      return "Point \(point + 1) has \(found) coordinates, but the network's input-dimension is \(expected)."
    case .impossibleWidth(let width): return "The width \(width) is impossible. A width is at least 1."
    case .tooWide(let width, let cost): return "The width \(width) is too large: \(cost). Take a smaller one."
    case .sampling(let error): return error.description
    case .tooFewSamples(let samples):
      return "With \(samples == 1 ? "1 sample" : "\(samples) samples") there is no standard error. Take at least 2."
    case .tooMuch(let samples, let cost):
      return "The study with \(samples) samples is too large: \(cost). Take fewer samples or smaller widths."
    case .repeatedWidth(let width): return "The width \(width) is given more than once. Give each width once."
    case .impossibleShard(let index, let count):
      return "Shard \(index)/\(count) is impossible. Write i/m with 1 ≤ i ≤ m ≤ \(Shard.maximumCount), as in 2/8."
    case .shardWithoutSamples:
      return "A shard needs a number of samples: how many networks a standard error needs is only known from all of "
        + "them. Give --samples."
    case .impossibleStandardError(let value):
      return "The standard error \(value) is impossible. Give a positive number."
    case .notFinite(let width, let sample):
      return "Network \(sample) of width \(width) overflows: its kernel is not a finite number. "
        + "Take smaller inputs or weights, or an activation that grows less."
    }
  }
}
