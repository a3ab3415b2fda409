import FiniteWidth
import Moments
import Testing

@Suite struct SampleStatisticsTests {
  private static let values: [Double] = {
    var stream = RandomStream(seed: 1, stream: 1)
    return (0..<1000).map { _ in 1e6 + stream.uniform() * stream.uniform() }
  }()

  /// Two passes over the data, with the mean taken out first.
  @Test func againstTwoPasses() {
    var statistics = SampleStatistics()
    for value in Self.values { statistics.add(value) }
    let shifted = Self.values.map { $0 - 1e6 }
    let mean = shifted.reduce(0, +) / 1000
    func central(_ power: Int) -> Double {
      shifted.reduce(0) { sum, value in
        sum + (0..<power).reduce(1.0) { product, _ in product * (value - mean) }
      }
    }
    // The data are rounded to 1e-10 beside a scatter of 0.2.
    #expect(abs(statistics.mean - 1e6 - mean) < 1e-9)
    #expect(abs(statistics.variance / (central(2) / 999) - 1) < 1e-9)
    #expect(abs(statistics.fourthCentralMoment / (central(4) / 1000) - 1) < 1e-9)
    #expect(abs(statistics.skewness / (1000.0.squareRoot() * central(3) / pow(central(2), 3)) - 1) < 1e-8)
    #expect(abs(statistics.excessKurtosis - (1000 * central(4) / (central(2) * central(2)) - 3)) < 1e-8)
    #expect(abs(statistics.standardError - (central(2) / 999 / 1000).squareRoot()) < 1e-10)
  }

  private func pow(_ x: Double, _ halves: Int) -> Double { (0..<halves).reduce(1) { p, _ in p * x.squareRoot() } }

  @Test(arguments: [0, 1, 2, 499, 999, 1000])
  func merging(cut: Int) {
    var (left, right, all) = (SampleStatistics(), SampleStatistics(), SampleStatistics())
    for value in Self.values[..<cut] { left.add(value) }
    for value in Self.values[cut...] { right.add(value) }
    for value in Self.values { all.add(value) }
    left.merge(right)
    #expect(left.count == 1000)
    #expect(abs(left.mean - all.mean) < 1e-9)
    #expect(abs(left.variance / all.variance - 1) < 1e-9)
    #expect(abs(left.fourthCentralMoment / all.fourthCentralMoment - 1) < 1e-9)
    #expect(abs(left.skewness - all.skewness) < 1e-8)
  }

  @Test func smallSamples() {
    var statistics = SampleStatistics()
    #expect(statistics.variance.isNaN)
    statistics.add(3)
    #expect(statistics.mean == 3)
    #expect(statistics.variance.isNaN)
    statistics.add(5)
    #expect(statistics.variance == 2)
    #expect(statistics.standardError == 1)
    #expect(statistics.zScore(limit: 3) == 1)
    #expect(statistics.zScore(limit: 4) == 0)
    #expect(abs(statistics.zScore(limit: 3, standardDeviation: 2.0.squareRoot() * 10) - 0.1) < 1e-12)
  }

  @Test func aSampleWithoutScatter() {
    var statistics = SampleStatistics()
    for _ in 0..<10 { statistics.add(0.1) }
    #expect(statistics.zScore(limit: 0.1).magnitude <= 1)
    #expect(statistics.zScore(limit: 0.1 + 1e-16).magnitude <= 1)
    #expect(statistics.zScore(limit: 0.1001).magnitude > 1e6)
  }
}
