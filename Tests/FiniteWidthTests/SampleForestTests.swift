import Foundation
import Moments
import Networks
import TestSupport
import Testing

@testable import FiniteWidth

/// The order of combination: whatever arrives when, the same numbers to the last bit.
@Suite struct SampleForestTests {
  private static let layout = StatisticsLayout(pairCount: 1, groupCount: 0)

  private static func leaf(_ index: Int) -> SampleForest.Node {
    var stream = RandomStream(seed: 3, stream: UInt64(index))
    let value = stream.normal()
    var statistics = WidthStatistics(width: 4, layout: layout)
    statistics.samples = 1
    statistics.values = statistics.values.map { _ in SampleStatistics(single: value) }
    statistics.kept = [value]
    return SampleForest.Node(start: index, level: 0, statistics: statistics)
  }

  private static func forest(_ order: [Int]) -> SampleForest {
    var forest = SampleForest()
    for index in order { forest.insert(leaf(index)) }
    return forest
  }

  @Test(arguments: [1, 2, 3, 7, 64, 100, 257])
  func anyOrder(count: Int) {
    let reference = Self.forest(Array(0..<count))
    #expect(reference.count == count)
    #expect(reference.nodes.count <= Int(log2(Double(count))) + 1)
    var stream = RandomStream(seed: 5, stream: UInt64(count))
    for _ in 0..<5 {
      let shuffled = Self.forest((0..<count).shuffled(using: &stream))
      #expect(shuffled == reference)
      #expect(shuffled.total == reference.total)
    }
    #expect(
      reference.total?.kept == (0..<count).map { Self.leaf($0).statistics.kept[0] }, "in the order of the networks")
  }

  @Test func shardsJoin() throws {
    let whole = Self.forest(Array(0..<101))
    var joined = Self.forest(Array(67..<101))
    let first = joined.insert(Self.forest(Array(0..<30)))
    #expect(first == nil)
    #expect(joined.missing(in: 0..<101) == [30..<67])
    #expect(joined.missing(in: 20..<40) == [30..<40])
    let rest = joined.insert(Self.forest(Array(30..<67).reversed()))
    #expect(rest == nil)
    #expect(joined == whole)
    #expect(joined.missing(in: 0..<101).isEmpty)
    let twice = joined.insert(Self.forest([50]))
    #expect(twice == 50, "a network that is there already")
    let isNew = joined.insert(Self.leaf(0))
    #expect(!isNew)
  }

  @Test func nothingIsThere() {
    #expect(SampleForest().total == nil)
    #expect(SampleForest().missing(in: 3..<5) == [3..<5])
  }

  /// One pass over the values in order gives the same moments up to rounding.
  @Test func agreesWithASequentialSum() throws {
    var sequential = SampleStatistics()
    for index in 0..<300 { sequential.add(Self.leaf(index).statistics.kept[0]) }
    let tree = try #require(Self.forest(Array(0..<300)).total).values[0]
    #expect(tree.count == 300)
    #expect((tree.mean - sequential.mean).magnitude < 1e-15)
    #expect((tree.variance / sequential.variance - 1).magnitude < 1e-13)
    #expect((tree.fourthCentralMoment / sequential.fourthCentralMoment - 1).magnitude < 1e-13)
  }
}
