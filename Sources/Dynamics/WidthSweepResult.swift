import FiniteWidth
import Foundation

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
