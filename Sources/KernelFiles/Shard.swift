/// One of several processes that share the tiles of a matrix: the i-th of m.
public struct Shard: Sendable, Equatable, CustomStringConvertible {
  /// From 0 to `count − 1`.
  public let index: Int
  public let count: Int

  /// All tiles.
  public static let whole = Shard(index: 0, count: 1)
  /// The largest number of processes.
  public static let maximumCount = 1_000_000

  /// - Parameters:
  ///   - index: Counted modulo `count`, so that 0 … m − 1 and 1 … m both name every shard once.
  ///   - count: The number of shards, m.
  public init(index: Int, count: Int) {
    precondition(count >= 1 && index >= 0, "shards are numbered from 0, and there is at least one")
    self.index = index % count
    self.count = count
  }

  /// Reads `i/m`.
  public init(parsing text: String) throws(KernelFileError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]),
      (1...Self.maximumCount).contains(count), (0...count).contains(index)
    else { throw .shard(text) }
    self.init(index: index, count: count)
  }

  public var description: String { "\(index)/\(count)" }

  /// The tiles of this shard among `total`: shards are disjoint, cover all, and differ by at most one tile.
  public func tiles(of total: Int) -> Range<Int> {
    // Split so that no product can overflow.
    func start(_ shard: Int) -> Int { total / count * shard + total % count * shard / count }
    return start(index)..<start(index + 1)
  }
}
