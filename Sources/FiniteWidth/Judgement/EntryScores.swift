/// The tests of one entry of one kernel: means and variances at each width, and over all widths.
///
/// At one width, `z = (mean − μ)/√(V/M)` with the variance `V` of theory, which does not underestimate under heavy tails
/// (Student's t with the sample's own variance where theory knows none), and
/// `z = (s² − V)/√(k₄/M + 2V²/(M−1))`. Over the widths a common relative error of the limit, a common coefficient of 1/N
/// and a common relative error of the variance are estimated by least squares: with J widths of equal standard errors
/// they are √J times sharper. Terms that theory leaves out enter all of them by their size, see ``PredictedMoments``.
public struct EntryScores: Sendable {
  /// One test.
  public struct Score: Sendable, Equatable {
    /// The deviation in standard errors; unknown terms of the theory are not in it.
    public var z: Double
    /// The two-sided probability of a deviation as large, unknown terms taken into account.
    public var probability: Double
  }

  /// The tests of one entry at each width; nil where nothing can be tested.
  public internal(set) var mean: [Score?]
  public internal(set) var variance: [Score?]
  /// The estimate of a common relative error of the limit, in units of the kernel's scale, and of the variance.
  public internal(set) var limitError: CommonError?
  public internal(set) var varianceError: CommonError?
  /// The estimate of an error of the coefficient of 1/N.
  public internal(set) var coefficientError: CommonError?

  /// An error that all widths share.
  public struct CommonError: Sendable, Equatable {
    public var value: Double
    public var standardError: Double
    public var score: Score
  }

  /// All tests that were possible.
  var scores: [Score] {
    mean.compactMap { $0 } + variance.compactMap { $0 }
      + [limitError, varianceError, coefficientError].compactMap { $0?.score }
  }

  public init(_ series: EntrySeries) {
    mean = series.widths.map { _ in nil }
    variance = series.widths.map { _ in nil }
    scoreMeans(series)
    scoreVariances(series)
  }

  /// The rounding error of a mean of doubles.
  private static func rounding(_ statistics: SampleStatistics, _ mean: Double) -> Double {
    0x1p-48 * max(statistics.mean.magnitude, mean.magnitude)
  }

  private mutating func scoreMeans(_ series: EntrySeries) {
    guard series.heavyTail == nil else { return }
    let places = series.usable.filter { series.prediction[$0].mean != nil }
    guard !places.isEmpty else { return }
    let hasVariance = places.allSatisfy { series.prediction[$0].variance.value != nil }
    let degrees = places.reduce(0.0) { $0 + Double(series.statistics[$1].count - 1) }
    func probability(_ z: Double, skewness: Double, degrees: Double) -> Double {
      hasVariance
        ? TailProbability.pearson(z, skewness: skewness) : TailProbability.student(z, degreesOfFreedom: degrees)
    }
    var deviations = Deviations(values: [], variances: [], thirdMoments: [], terms: [])
    let termCount = places.map { series.prediction[$0].meanTerms.count }.max() ?? 0
    // The last term is the error of the prediction as a number, which all widths share.
    deviations.terms = Array(repeating: [], count: termCount + 1)
    for place in places {
      let (statistics, prediction) = (series.statistics[place], series.prediction[place])
      let mean = prediction.mean ?? 0
      let rounding = Self.rounding(statistics, mean)
      let sampling = (hasVariance ? series.variance(place) : statistics.variance) / Double(statistics.count)
      deviations.values.append(statistics.mean - mean)
      deviations.variances.append(sampling + rounding * rounding + Double.leastNormalMagnitude)
      let skewness = statistics.skewness
      let samples = Double(statistics.count)
      deviations.thirdMoments.append(
        skewness.isFinite ? skewness / samples.squareRoot() * sampling * sampling.squareRoot() : 0)
      for term in 0..<termCount {
        deviations.terms[term].append(term < prediction.meanTerms.count ? prediction.meanTerms[term] : 0)
      }
      deviations.terms[termCount].append(prediction.meanError)
    }
    for (number, place) in places.enumerated() {
      let plain =
        (deviations.variances[number] + deviations.terms[termCount][number] * deviations.terms[termCount][number])
        .squareRoot()
      let value = deviations.values[number]
      mean[place] = Score(
        z: value / plain,
        probability: probability(
          value / deviations.standardError(number), skewness: deviations.skewness(number),
          degrees: Double(series.statistics[place].count - 1)))
    }
    func common(_ pattern: [Double]) -> CommonError? {
      deviations.estimate(pattern: pattern).map { estimate in
        CommonError(
          value: estimate.value, standardError: estimate.standardError,
          score: Score(
            z: estimate.score,
            probability: probability(estimate.score, skewness: estimate.skewness, degrees: degrees)))
      }
    }
    limitError = common(places.map { series.prediction[$0].scale })
    if termCount > 0 {
      coefficientError = common(places.map { series.prediction[$0].scale / Double(series.widths[$0]) })
    }
  }

  private mutating func scoreVariances(_ series: EntrySeries) {
    let places = series.usable.filter { place in
      if case .infinite = series.prediction[place].fourthCumulant { return false }
      return series.prediction[place].variance.value != nil
    }
    var deviations = Deviations(values: [], variances: [], thirdMoments: [], terms: [[]])
    var judged: [Int] = []
    for place in places {
      guard let variance = series.prediction[place].variance.value else { continue }
      let statistics = series.statistics[place]
      let rounding = Self.rounding(statistics, 0)
      guard variance > rounding * rounding else {
        // A kernel without fluctuations: what scatters is an error unless it is rounding.
        let isRounding = statistics.variance <= 4 * Double(statistics.count) * rounding * rounding
        self.variance[place] = Score(z: isRounding ? 0 : .infinity, probability: isRounding ? 1 : 0)
        continue
      }
      let relative = series.relativeVarianceOfVariance(place)
      deviations.values.append(statistics.variance / variance - 1)
      deviations.variances.append(relative)
      // As of a gamma law, which the variance of normal samples has: γ = 2 √(relative variance).
      deviations.thirdMoments.append(2 * relative * relative)
      deviations.terms[0].append(series.prediction[place].varianceTerm)
      judged.append(place)
    }
    for (number, place) in judged.enumerated() {
      let value = deviations.values[number]
      variance[place] = Score(
        z: value / deviations.variances[number].squareRoot(),
        probability: TailProbability.pearson(
          value / deviations.standardError(number), skewness: deviations.skewness(number)))
    }
    varianceError = deviations.estimate(pattern: judged.map { _ in 1 }).map { estimate in
      CommonError(
        value: estimate.value, standardError: estimate.standardError,
        score: Score(
          z: estimate.score, probability: TailProbability.pearson(estimate.score, skewness: estimate.skewness)))
    }
  }
}
