import Foundation
import Moments
import Networks

/// A Monte Carlo study of the kernels at finite width: independent networks at each of several widths.
///
/// Networks are numbered, and each has random streams of its own; they are taken in fixed blocks whose statistics are
/// merged in order. The result is a function of the study alone, to the last bit, whatever the number of threads.
public struct WidthStudy: Sendable {
  public let network: Network
  public let points: [[ExactNumber]]
  public let widths: [Int]
  public let samples: Int
  public let seed: UInt64

  /// The number of networks in a block.
  static let blockSize = 16
  /// The largest memory that the weights of all networks under way may take, in bytes.
  static let maximumMemory = 8e9
  /// The largest number of random numbers of one network.
  static let maximumDraws = 1e11
  /// The largest number of random numbers of a study: a year of one processor.
  static let maximumTotalDraws = 1e15
  /// How long one random number with its share of the work takes, in seconds, for the message only.
  private static let secondsPerDraw = 5e-8

  /// - Parameters:
  ///   - points: The points; all pairs of them are studied.
  ///   - widths: The widths of the hidden layers.
  ///   - samples: The number of networks at each width, at least 2.
  ///   - seed: Two studies with the same seed draw the same networks.
  /// - Throws: ``WidthStudyError`` if the study is impossible or would not end.
  public init(
    network: Network, points: [[ExactNumber]], widths: [Int], samples: Int, seed: UInt64
  ) throws(WidthStudyError) {
    guard !points.isEmpty else { throw .noPoints }
    for (index, point) in points.enumerated() where point.count != network.inputDimension {
      throw .dimension(point: index, found: point.count, expected: network.inputDimension)
    }
    guard !widths.isEmpty else { throw .noWidths }
    do { _ = try LayeredNetwork(sampling: network, width: 1, seed: 0, index: 0) } catch { throw .layer(error) }
    guard samples >= 2 else { throw .tooFewSamples(samples) }
    let threads = Double(ProcessInfo.processInfo.activeProcessorCount)
    var total = 0.0
    for width in widths {
      guard width >= 1 else { throw .impossibleWidth(width) }
      let n = Double(width)
      let hiddenPairs = Double(network.depth - 1)
      let draws =
        network.isDense
        ? n * (Double(network.inputDimension) + 2) + hiddenPairs * n * (n + 1)
        : LayeredNetwork.drawCount(of: network, width: width)
      let memory = hiddenPairs > 0 ? 8 * draws * threads : 0
      guard memory <= Self.maximumMemory else {
        throw .tooWide(width, cost: "the weights of \(Int(threads)) networks at a time need \(Self.size(memory))")
      }
      guard draws <= Self.maximumDraws, width <= NetworkStreams.maximumWidth else {
        throw .tooWide(
          width,
          cost: "one network needs \(Self.rounded(draws)) random numbers, \(Self.duration(draws * Self.secondsPerDraw))"
        )
      }
      total += draws * Double(samples)
    }
    guard total <= Self.maximumTotalDraws, samples < NetworkStreams.maximumIndex else {
      throw .tooMuch(
        samples: samples,
        cost: "it needs \(Self.rounded(total)) random numbers, \(Self.duration(total * Self.secondsPerDraw))")
    }
    self.network = network
    self.points = points
    self.widths = widths
    self.samples = samples
    self.seed = seed
  }

  private static func rounded(_ value: Double) -> String { String(format: "%.1e", value) }

  private static func size(_ bytes: Double) -> String {
    bytes < 1e12 ? "\(Int((bytes / 1e9).rounded(.up))) GB of memory" : "\(rounded(bytes / 1e9)) GB of memory"
  }

  private static func duration(_ seconds: Double) -> String {
    if seconds < 2 * 86_400 { return "about \(Int((seconds / 3600).rounded(.up))) hours of computing" }
    if seconds < 1000 * 86_400 { return "about \(Int((seconds / 86_400).rounded(.up))) days of computing" }
    return "about \(rounded(seconds / 86_400)) days of computing"
  }

  /// Draws the networks.
  ///
  /// - Parameters:
  ///   - threads: How many threads may work; nil for one on each processor. It does not change the result.
  ///   - progress: Called from the working threads with the number of networks done and of all networks.
  /// - Throws: ``WidthStudyError/notFinite(width:sample:)`` if a network overflows.
  public func run(
    threads: Int? = nil, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
  ) throws(WidthStudyError) -> WidthStudyResult {
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    let counter = ProgressCounter(total: samples * widths.count, report: progress)
    var results: [WidthStudyResult.Width] = []
    for width in widths {
      let sampler = NetworkSampler(network, width: width, seed: seed, points: points)
      let blocks = (samples + Self.blockSize - 1) / Self.blockSize
      let parts = try mapBlocks(count: blocks, threads: threads) { block in
        let range = (block * Self.blockSize)..<min(samples, (block + 1) * Self.blockSize)
        let result = Self.statistics(of: sampler, networks: range)
        counter.add(range.count)
        return result
      }
      var merged = parts[0]
      for part in parts.dropFirst() { merged.merge(part) }
      results.append(merged)
    }
    return WidthStudyResult(pairs: PointPair.all(count: points.count), groups: network.trainedGroups, widths: results)
  }

  private static func statistics(
    of sampler: NetworkSampler, networks: Range<Int>
  ) -> Result<WidthStudyResult.Width, WidthStudyError> {
    let pairCount = sampler.points.count * (sampler.points.count + 1) / 2
    var result = WidthStudyResult.Width(
      width: sampler.width, pairCount: pairCount, groupCount: sampler.network.trainedGroups.count)
    for index in networks {
      let kernels = sampler.kernels(index: index)
      let ntk = kernels.ntk
      guard ntk.allSatisfy(\.isFinite), kernels.conditionalNNGP.allSatisfy(\.isFinite),
        kernels.outputs.allSatisfy(\.isFinite)
      else { return .failure(.notFinite(width: sampler.width, sample: index)) }
      result.add(kernels, ntk: ntk)
    }
    return .success(result)
  }
}

/// The statistics of a ``WidthStudy``.
public struct WidthStudyResult: Sendable, Equatable {
  /// The entries of the kernels, in order; the statistics stand in the same order.
  public let pairs: [PointPair]
  /// The trained parameter groups, in order.
  public let groups: [ParameterGroup]
  /// One for each width, in the order of the study.
  public let widths: [Width]

  /// The statistics at one width, one for each entry.
  public struct Width: Sendable, Equatable {
    public let width: Int
    /// Of the NTK `Θ_N`.
    public internal(set) var ntk: [SampleStatistics]
    /// Of the part of each parameter group: `groups[g][entry]`.
    public internal(set) var groups: [[SampleStatistics]]
    /// Of the conditional NNGP kernel, see ``EmpiricalKernels/conditionalNNGP``.
    public internal(set) var nngp: [SampleStatistics]
    /// Of `f(x) f(x′)`.
    public internal(set) var outputProducts: [SampleStatistics]

    /// The number of networks.
    public var samples: Int { ntk.first?.count ?? 0 }

    init(width: Int, pairCount: Int, groupCount: Int) {
      let empty = [SampleStatistics](repeating: SampleStatistics(), count: pairCount)
      self.width = width
      ntk = empty
      nngp = empty
      outputProducts = empty
      groups = Array(repeating: empty, count: groupCount)
    }

    mutating func add(_ kernels: EmpiricalKernels, ntk values: [Double]) {
      let products = kernels.outputProducts
      for index in values.indices {
        ntk[index].add(values[index])
        nngp[index].add(kernels.conditionalNNGP[index])
        outputProducts[index].add(products[index])
        for group in groups.indices { groups[group][index].add(kernels.groupNTK[group][index]) }
      }
    }

    mutating func merge(_ other: Width) {
      for index in ntk.indices {
        ntk[index].merge(other.ntk[index])
        nngp[index].merge(other.nngp[index])
        outputProducts[index].merge(other.outputProducts[index])
        for group in groups.indices { groups[group][index].merge(other.groups[group][index]) }
      }
    }
  }
}

extension WidthStudy {
  /// A quick estimate at one width: mean and standard error of each entry of the NTK.
  ///
  /// - Returns: The statistics at that width.
  public static func estimate(
    network: Network, points: [[ExactNumber]], width: Int, samples: Int, seed: UInt64, threads: Int? = nil
  ) throws(WidthStudyError) -> WidthStudyResult.Width {
    let study = try WidthStudy(network: network, points: points, widths: [width], samples: samples, seed: seed)
    return try study.run(threads: threads).widths[0]
  }
}

/// Counts what is done and tells it.
private final class ProgressCounter: @unchecked Sendable {
  // `done` is touched with the lock held.
  private let lock = NSLock()
  private var done = 0
  private let total: Int
  private let report: (@Sendable (Int, Int) -> Void)?

  init(total: Int, report: (@Sendable (Int, Int) -> Void)?) {
    self.total = total
    self.report = report
  }

  func add(_ count: Int) {
    guard let report else { return }
    let now = lock.withLock {
      done += count
      return done
    }
    report(now, total)
  }
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
  case tooFewSamples(Int)
  case tooMuch(samples: Int, cost: String)
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
    case .tooFewSamples(let samples):
      return "With \(samples == 1 ? "1 sample" : "\(samples) samples") there is no standard error. Take at least 2."
    case .tooMuch(let samples, let cost):
      return "The study with \(samples) samples is too large: \(cost). Take fewer samples or smaller widths."
    case .notFinite(let width, let sample):
      return "Network \(sample) of width \(width) overflows: its kernel is not a finite number. "
        + "Take smaller inputs or weights, or an activation that grows less."
    }
  }
}
