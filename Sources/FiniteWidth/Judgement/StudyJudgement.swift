import GSL

/// The verdict over all entries of a study at one family-wise false-alarm rate.
public struct StudyJudgement: Sendable {
  /// Whether samples and theory agree.
  public enum Verdict: String, Sendable {
    case agrees, disagrees
    /// Nothing could be tested.
    case undecided
  }

  /// One entry.
  public struct Entry: Sendable {
    public let scores: EntryScores
    public let verdict: Verdict
    /// Holm's adjusted probability of the entry's worst test; nil where nothing was tested.
    public let adjustedProbability: Double?
    /// The fitted rate of the standard deviation; nil where none is to be expected or to be found.
    public let rate: PowerFit?
    public let bias: BiasFit
    /// The smallest error of the limit, in units of the kernel's scale, that the study would have found with probability
    /// 0.9 at the family's level; nil where the limit was not tested.
    public let detectableLimitError: Double?
    /// The same of the variance, relative to it.
    public let detectableVarianceError: Double?
  }

  public let entries: [Entry]
  /// The family-wise false-alarm rate.
  public let level: Double
  /// The number of tests.
  public let testCount: Int

  /// The recommended level: a check that runs every day for a lifetime alarms once.
  public static let standardLevel = 1e-4

  /// The verdict over all entries.
  public var verdict: Verdict {
    if testCount == 0 { return .undecided }
    return entries.contains { $0.verdict == .disagrees } ? .disagrees : .agrees
  }

  public init(_ series: [EntrySeries], level: Double = standardLevel) {
    let scores = series.map(EntryScores.init)
    let families = scores.map { $0.scores.map(\.probability) }
    let test = HolmTest(families.flatMap { $0 }, level: level)
    let count = test.probabilities.count
    self.level = level
    testCount = count
    // What the first step of Holm's test needs, with probability 0.9.
    let threshold =
      count == 0
      ? 0 : Distributions.normalUpperQuantile(level / Double(2 * count)) + Distributions.normalUpperQuantile(0.1)
    var position = 0
    entries = zip(series, zip(scores, families)).map { series, pair in
      let (scores, family) = pair
      let own = test.adjusted[position..<(position + family.count)]
      position += family.count
      let worst = own.min()
      let verdict: Verdict = worst.map { $0 <= level ? .disagrees : .agrees } ?? .undecided
      return Entry(
        scores: scores, verdict: verdict, adjustedProbability: worst,
        rate: series.heavyTail == nil ? PowerFit.deviation(series) : nil, bias: BiasFit(series),
        detectableLimitError: scores.limitError.map { threshold * $0.standardError },
        detectableVarianceError: scores.varianceError.map { threshold * $0.standardError })
    }
  }
}
