import Networks

/// Which numbers of one network are accumulated, and where they stand.
struct StatisticsLayout: Sendable, Equatable {
  let pairCount: Int
  let groupCount: Int

  /// NTK, conditional NNGP kernel and `f(x) f(x′)`, then the groups, each with all entries, and the norms of the errors
  /// of the NTK and of the NNGP kernel: `‖Δ‖_F²` and `‖Δ‖`.
  var count: Int { (3 + groupCount) * pairCount + 4 }

  func entries(_ kernel: Int) -> Range<Int> { (kernel * pairCount)..<((kernel + 1) * pairCount) }
  func group(_ index: Int) -> Range<Int> { entries(3 + index) }
  var norms: Int { (3 + groupCount) * pairCount }
}

/// The statistics of networks of one width.
public struct WidthStatistics: Sendable, Equatable {
  public let width: Int
  /// The number of networks.
  public internal(set) var samples: Int
  let layout: StatisticsLayout
  /// One for each number of the layout.
  var values: [SampleStatistics]
  /// The NTK's first entries of the first networks, network by network, for histograms.
  var kept: [Double]

  /// The number of entries whose first values are kept.
  static let keptEntries = 6
  /// The networks whose values are kept are those with numbers below this.
  static let keptNetworks = 4000

  init(width: Int, layout: StatisticsLayout) {
    self.width = width
    self.layout = layout
    samples = 0
    values = Array(repeating: SampleStatistics(), count: layout.count)
    kept = []
  }

  /// Of the NTK `Θ_N`, one for each entry.
  public var ntk: [SampleStatistics] { Array(values[layout.entries(0)]) }
  /// Of the conditional NNGP kernel, see ``EmpiricalKernels/conditionalNNGP``.
  public var nngp: [SampleStatistics] { Array(values[layout.entries(1)]) }
  /// Of `f(x) f(x′)`.
  public var outputProducts: [SampleStatistics] { Array(values[layout.entries(2)]) }
  /// Of the part of each parameter group: `groups[g][entry]`.
  public var groups: [[SampleStatistics]] { (0..<layout.groupCount).map { Array(values[layout.group($0)]) } }
  /// Of the norms of `Θ_N − Θ` over all points; nil where the study knows no limit.
  public var ntkError: GramErrorStatistics? { errors(at: 0) }
  /// Of the norms of the conditional NNGP kernel's error.
  public var nngpError: GramErrorStatistics? { errors(at: 2) }

  private func errors(at offset: Int) -> GramErrorStatistics? {
    let squared = values[layout.norms + offset]
    guard squared.count > 0 else { return nil }
    return GramErrorStatistics(squaredFrobenius: squared, operatorNorm: values[layout.norms + offset + 1])
  }

  /// The NTK's values at entry `index` of the networks with the smallest numbers.
  public func values(ofEntry index: Int) -> [Double] {
    let stride = min(Self.keptEntries, layout.pairCount)
    guard index < stride else { return [] }
    return Swift.stride(from: index, to: kept.count, by: stride).map { kept[$0] }
  }

  /// The statistics of one network.
  init(
    _ kernels: EmpiricalKernels, ntk: [Double], width: Int, index: Int, layout: StatisticsLayout,
    reference: GramReference
  ) {
    self.width = width
    self.layout = layout
    samples = 1
    var values: [SampleStatistics] = []
    values.reserveCapacity(layout.count)
    for value in ntk { values.append(SampleStatistics(single: value)) }
    for value in kernels.conditionalNNGP { values.append(SampleStatistics(single: value)) }
    for value in kernels.outputProducts { values.append(SampleStatistics(single: value)) }
    for group in kernels.groupNTK { for value in group { values.append(SampleStatistics(single: value)) } }
    for (kernel, limit) in [(ntk, reference.ntk), (kernels.conditionalNNGP, reference.nngp)] {
      if let limit {
        let (squared, norm) = GramError.norms(of: kernel, limit: limit, points: kernels.pointCount)
        values.append(SampleStatistics(single: squared))
        values.append(SampleStatistics(single: norm))
      } else {
        values.append(SampleStatistics())
        values.append(SampleStatistics())
      }
    }
    self.values = values
    kept = index < Self.keptNetworks ? Array(ntk.prefix(Self.keptEntries)) : []
  }

  /// Takes the networks in that stand after these.
  mutating func merge(_ other: WidthStatistics) {
    samples += other.samples
    for index in values.indices { values[index].merge(other.values[index]) }
    kept += other.kept
  }
}

/// Statistics of the error of a Gram matrix.
public struct GramErrorStatistics: Sendable, Equatable {
  /// Of `‖Δ‖_F²`, the sum over all ordered pairs.
  public var squaredFrobenius: SampleStatistics
  /// Of the operator norm `‖Δ‖`.
  public var operatorNorm: SampleStatistics
}
