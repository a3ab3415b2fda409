/// How many networks are drawn at each width.
public enum SamplingPlan: Sendable, Equatable {
  /// The same number at every width.
  case samples(Int)
  /// As many as it takes until the standard error of the mean of each entry of the NTK, `errors[width][entry]`, is
  /// reached.
  ///
  /// It begins with ``pilot`` networks. As long as an entry's standard error is too large, the number of networks is
  /// raised to what the measured variance says, and 5 % more. What is drawn is a function of the study alone.
  case standardErrors([[Double]])

  /// The number of networks that a requested standard error begins with: the variance is then known to about 20 %.
  public static let pilot = 64
  private static let margin = 1.05

  var firstGoal: Int {
    switch self {
    case .samples(let count): count
    case .standardErrors: Self.pilot
    }
  }

  /// The number of networks that the statistics of `goal` networks ask for, at least `goal`.
  func nextGoal(after goal: Int, statistics: [SampleStatistics], width index: Int) -> Int {
    guard case .standardErrors(let errors) = self else { return goal }
    var needed = Double(goal)
    for (entry, requested) in zip(statistics, errors[index]) where entry.standardError > requested {
      let ratio = entry.standardError / requested
      needed = max(needed, Double(entry.count) * ratio * ratio * Self.margin)
    }
    return needed > Double(goal) ? Int(min(needed.rounded(.up), Double(NetworkStreams.maximumIndex))) : goal
  }
}

/// One of `count` equal shares of the networks of a study, which run anywhere and are merged afterwards.
public struct Shard: Sendable, Equatable, CustomStringConvertible {
  /// From 1.
  public let index: Int
  public let count: Int

  /// The largest number of shards.
  public static let maximumCount = 1_000_000
  /// All networks.
  public static let whole = Shard()

  private init() { (index, count) = (1, 1) }

  /// - Throws: ``WidthStudyError/impossibleShard(index:count:)`` unless `1 ≤ index ≤ count`.
  public init(_ index: Int, of count: Int) throws(WidthStudyError) {
    guard (1...Self.maximumCount).contains(count), (1...count).contains(index) else {
      throw .impossibleShard(index: index, count: count)
    }
    self.index = index
    self.count = count
  }

  /// The numbers of its networks among `total`.
  func range(of total: Int) -> Range<Int> { total * (index - 1) / count..<total * index / count }

  public var description: String { "\(index)/\(count)" }
}
