/// Statistics of a set of numbered networks, combined in one order whatever the order of arrival.
///
/// The networks are the leaves of a binary tree: a node of level j holds those with numbers in `[k 2^j, (k+1) 2^j)`, and
/// two siblings that are both there become their parent at once. What a set of networks leaves behind, and so every
/// digit of its statistics, depends on the set alone: not on threads, on interruptions, or on which machine drew which
/// networks. A range of M networks needs about log₂ M nodes. Pairwise sums also keep rounding small.
struct SampleForest: Sendable, Equatable {
  /// One node.
  struct Node: Sendable, Equatable {
    let start: Int
    let level: Int
    var statistics: WidthStatistics

    var range: Range<Int> { start..<(start + (1 << level)) }
    /// Where the sibling begins.
    fileprivate var sibling: Int { start ^ (1 << level) }
  }

  /// In order of their networks, disjoint.
  private(set) var nodes: [Node] = []

  init() {}

  /// Puts a node in.
  ///
  /// - Returns: False, and nothing has changed, if one of its networks is there already.
  @discardableResult
  mutating func insert(_ node: Node) -> Bool {
    var position = nodes.count
    if let last = nodes.last, node.start < last.range.upperBound {
      var (low, high) = (0, nodes.count)
      while low < high {
        let middle = (low + high) / 2
        if nodes[middle].start < node.start { low = middle + 1 } else { high = middle }
      }
      position = low
      if position > 0, nodes[position - 1].range.upperBound > node.start { return false }
      if position < nodes.count, nodes[position].start < node.range.upperBound { return false }
    }
    var node = node
    while true {
      if node.sibling < node.start, position > 0, nodes[position - 1].start == node.sibling,
        nodes[position - 1].level == node.level
      {
        position -= 1
        let level = node.level
        let right = node.statistics
        var left = nodes.remove(at: position)
        left.statistics.merge(right)
        node = Node(start: left.start, level: level + 1, statistics: left.statistics)
      } else if node.sibling > node.start, position < nodes.count, nodes[position].start == node.sibling,
        nodes[position].level == node.level
      {
        let right = nodes.remove(at: position)
        node.statistics.merge(right.statistics)
        node = Node(start: node.start, level: node.level + 1, statistics: node.statistics)
      } else {
        break
      }
    }
    nodes.insert(node, at: position)
    return true
  }

  /// Puts all nodes of another forest in.
  ///
  /// - Returns: The first network that is in both; then this forest is worthless.
  mutating func insert(_ other: SampleForest) -> Int? {
    for node in other.nodes where !insert(node) { return overlap(node) }
    return nil
  }

  private func overlap(_ node: Node) -> Int {
    nodes.first { $0.range.overlaps(node.range) }.map { max($0.start, node.start) } ?? node.start
  }

  /// The number of networks.
  var count: Int { nodes.reduce(0) { $0 + (1 << $1.level) } }

  /// The numbers in `range` that are not there, in order.
  func missing(in range: Range<Int>) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var position = range.lowerBound
    for node in nodes where node.range.overlaps(range) {
      if node.start > position { result.append(position..<node.start) }
      position = max(position, node.range.upperBound)
    }
    if position < range.upperBound { result.append(position..<range.upperBound) }
    return result
  }

  /// The statistics of all networks; nil where there are none.
  var total: WidthStatistics? {
    guard var result = nodes.first?.statistics else { return nil }
    for node in nodes.dropFirst() { result.merge(node.statistics) }
    return result
  }
}
