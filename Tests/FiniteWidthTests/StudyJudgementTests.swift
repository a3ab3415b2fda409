import Foundation
import LinearAlgebra
import Moments
import Networks
import Testing

@testable import FiniteWidth

/// What the verdict finds and what it leaves alone.
///
/// Seeds are fixed. The verdicts are at the family-wise rate 1e-4 of the command; `Benchmarks` measures it over 1000 seeds.
@Suite struct StudyJudgementTests {
  private static let widths = [16, 32, 64, 128, 256]

  /// Normal samples of mean `mean` and variance `variance/N` at each width.
  private static func samples(
    mean: @Sendable (Int) -> Double, variance: Double, counts: [Int], seed: UInt64
  ) -> [SampleStatistics] {
    zip(widths, counts).enumerated().map { index, pair in
      var stream = RandomStream(seed: seed, stream: UInt64(index))
      var statistics = SampleStatistics()
      let deviation = (variance / Double(pair.0)).squareRoot()
      for _ in 0..<pair.1 { statistics.add(mean(pair.0) + deviation * stream.normal()) }
      return statistics
    }
  }

  private static func exact(_ statistics: [SampleStatistics], mean: Double = 1, variance: Double = 4) -> EntrySeries {
    EntrySeries(
      widths: widths, statistics: statistics,
      prediction: widths.map {
        PredictedMoments(
          mean: mean, variance: .value(variance / Double($0)), fourthCumulant: .value(0), scale: 1, limit: mean)
      }, biasIsZero: true)
  }

  /// 200 correct studies of 12 tests at level 0.05: alarms are Binomial(200, ≤ 0.05), above 22 with probability 1e-4.
  @Test func falseAlarms() {
    var alarms = 0
    for seed in 0..<200 {
      let samples = Self.samples(mean: { _ in 1 }, variance: 4, counts: [60, 60, 60, 60, 60], seed: UInt64(seed))
      if StudyJudgement([Self.exact(samples)], level: 0.05).verdict == .disagrees { alarms += 1 }
    }
    #expect(alarms <= 22)
    #expect(alarms >= 1, "independent tests reach most of the level")
  }

  /// As many networks at each width as make the standard errors equal: a limit that is off by three of them is off by
  /// 3 √5 = 6.7 of the study's, and 1e-4/12 needs 4.5: found with probability 0.986.
  ///
  /// 100 studies: below 90 with probability 4e-6.
  @Test func aLimitOffByThreeStandardErrors() {
    let counts = Self.widths.map { 16 * 200 / $0 }
    let error = (4.0 / (16 * 200)).squareRoot()
    var found = 0
    for seed in 0..<100 {
      let samples = Self.samples(mean: { _ in 1 }, variance: 4, counts: counts, seed: 1000 + UInt64(seed))
      if StudyJudgement([Self.exact(samples, mean: 1 + 3 * error)]).verdict == .disagrees { found += 1 }
    }
    #expect(found >= 90)
  }

  /// A variance off by 15 %: with 5 · 1000 networks its relative error is √(2/5000) = 0.02, and 0.13/0.02 = 6.5.
  ///
  /// Found with probability 0.97; below 85 of 100 with probability 3e-7.
  @Test(arguments: [1.15, 1 / 1.15]) func aVarianceOff(factor: Double) {
    var found = 0
    for seed in 0..<100 {
      let samples = Self.samples(
        mean: { _ in 1 }, variance: 4, counts: Array(repeating: 1000, count: 5), seed: 2000 + UInt64(seed))
      if StudyJudgement([Self.exact(samples, variance: 4 * factor)]).verdict == .disagrees { found += 1 }
    }
    #expect(found >= 85)
  }

  /// What the report calls detectable is found nine times in ten: 200 studies, outside 155…199 with probability 1e-5.
  @Test func detectableIsDetected() throws {
    var found = 0
    for seed in 0..<200 {
      let samples = Self.samples(
        mean: { _ in 1 }, variance: 4, counts: Array(repeating: 200, count: 5), seed: 3000 + UInt64(seed))
      let correct = try #require(StudyJudgement([Self.exact(samples)]).entries.first)
      let smallest = try #require(correct.detectableLimitError)
      if StudyJudgement([Self.exact(samples, mean: 1 + smallest)]).verdict == .disagrees { found += 1 }
    }
    #expect((155...199).contains(found), "\(found)")
  }

  /// A term of order 1/N² that theory leaves out is no failure, and a wrong 1/N coefficient is.
  @Test func secondOrderTermsAreAllowed() throws {
    func series(coefficient: Double, hidden: Double, seed: UInt64) -> EntrySeries {
      let samples = Self.samples(
        mean: { 1 + 2 / Double($0) + hidden / Double($0 * $0) }, variance: 0.04,
        counts: Array(repeating: 2000, count: 5),
        seed: seed)
      return EntrySeries(
        widths: Self.widths, statistics: samples,
        prediction: Self.widths.map { width in
          let n = Double(width)
          return PredictedMoments(
            mean: 1 + coefficient / n, meanTerms: [10 / (n * n)], variance: .value(0.04 / n), varianceTerm: 0.1 / n,
            limit: 1)
        })
    }
    // Without its size the hidden term would be 10/256 = 0.04, 35 standard errors at N = 16.
    #expect(StudyJudgement([series(coefficient: 2, hidden: 10, seed: 4)]).verdict == .agrees)
    #expect(StudyJudgement([series(coefficient: 2, hidden: -15, seed: 5)]).verdict == .agrees)
    #expect(StudyJudgement([series(coefficient: 2.4, hidden: 10, seed: 6)]).verdict == .disagrees)
    let bias = StudyJudgement([series(coefficient: 2, hidden: 10, seed: 4)]).entries[0].bias
    #expect(bias.status == .resolved)
    let (value, error) = (try #require(bias.coefficient), try #require(bias.standardError))
    #expect((value - 2).magnitude < 5 * error && error < 0.1)
    let (second, secondError) = (try #require(bias.secondOrder), try #require(bias.secondOrderError))
    #expect((second - 10).magnitude < 5 * secondError)
    #expect((try #require(bias.predicted) - 2).magnitude < 1e-12)
  }

  @Test func noiseHasNoBiasRate() throws {
    let samples = Self.samples(mean: { _ in 1 }, variance: 4, counts: Array(repeating: 100, count: 5), seed: 9)
    let zero = StudyJudgement([Self.exact(samples)]).entries[0].bias
    #expect(zero.status == .zero)
    #expect(zero.coefficient == nil)
    // A bias of c = 0.1 at V = 4: M ≥ 10.5 N V/c² = 67 200 networks of width 16, equation (5.1).
    var unresolved = Self.exact(samples)
    unresolved.biasIsZero = false
    for index in Self.widths.indices { unresolved.prediction[index].mean = 1 + 0.1 / Double(Self.widths[index]) }
    let bias = StudyJudgement([unresolved]).entries[0].bias
    #expect(bias.status == .unresolved)
    #expect((try #require(bias.networksNeeded) / 67248 - 1).magnitude < 1e-4)
    unresolved.biasIsPredicted = false
    #expect(BiasFit(unresolved).networksNeeded == nil, "a coefficient that is only noise needs no number")
    // The sizes of unknown terms widen a verdict's errors, not those of a rate.
    for index in Self.widths.indices {
      unresolved.prediction[index].fourthCumulant = .unknown
      unresolved.prediction[index].leastKurtosis = 10
    }
    #expect(unresolved.relativeVarianceOfVariance(0, forVerdict: true) > 10.0 / 100)
    #expect(unresolved.relativeVarianceOfVariance(0) < 5.0 / 100)
  }

  @Test func heavyTailsAreNotJudged() {
    let samples = Self.samples(mean: { _ in 1 }, variance: 4, counts: Array(repeating: 100, count: 5), seed: 10)
    var heavy = Self.exact(samples, mean: 100)
    for index in Self.widths.indices { heavy.prediction[index].variance = .infinite(reason: "tails") }
    let judgement = StudyJudgement([heavy])
    #expect(judgement.verdict == .undecided)
    #expect(judgement.testCount == 0)
    #expect(judgement.entries[0].rate == nil)
    #expect(judgement.entries[0].bias.status == .none)
    // Without the eighth moment of the weights the variance has no test, but the mean has.
    var fourth = Self.exact(samples)
    for index in Self.widths.indices { fourth.prediction[index].fourthCumulant = .infinite(reason: "tails") }
    #expect(StudyJudgement([fourth]).testCount == 6)
  }

  @Test func withoutAVarianceStudentDecides() {
    let samples = Self.samples(mean: { _ in 1 }, variance: 4, counts: [5, 5, 5, 5, 5], seed: 11)
    var series = Self.exact(samples)
    for index in Self.widths.indices { series.prediction[index].variance = .unknown }
    let scores = EntryScores(series)
    #expect(scores.variance.allSatisfy { $0 == nil })
    for (index, score) in scores.mean.enumerated() {
      let z = (samples[index].mean - 1) / samples[index].standardError
      #expect(((score?.z ?? 0) - z).magnitude < 1e-9)
      #expect((score?.probability ?? 0) == TailProbability.student(score?.z ?? 0, degreesOfFreedom: 4))
    }
  }

  /// A kernel without fluctuations (a readout bias alone) is judged to rounding.
  @Test func aConstantKernel() {
    var statistics = SampleStatistics()
    for _ in 0..<10 { statistics.add(0.1) }
    var series = EntrySeries(
      widths: [4], statistics: [statistics],
      prediction: [PredictedMoments(mean: 0.1, variance: .value(0), limit: 0.1)], biasIsZero: true)
    #expect(StudyJudgement([series]).verdict == .agrees)
    series.prediction[0].mean = 0.1001
    #expect(StudyJudgement([series]).verdict == .disagrees)
    series.prediction[0].mean = 0.1
    statistics.add(0.2)
    series.statistics = [statistics]
    #expect(StudyJudgement([series]).verdict == .disagrees, "it scatters, and theory says it does not")
  }

  @Test func widthsWithoutNetworksArePassedOver() {
    var samples = Self.samples(mean: { _ in 1 }, variance: 4, counts: Array(repeating: 50, count: 5), seed: 12)
    samples[4] = SampleStatistics()
    samples[3] = SampleStatistics(single: 1)
    let judgement = StudyJudgement([Self.exact(samples)])
    #expect(judgement.testCount == 3 + 3 + 2)
    #expect(judgement.verdict == .agrees)
  }
}

/// The error of the whole matrix, T1 of the finite-width notes: the quadratic network at 1 and −1.
@Suite struct GramErrorTests {
  private static let variances = [1295843.0 / 226800, 11639.0 / 226800, 1295843.0 / 226800]

  /// `N E‖Δ‖_F² = Σ V_ab = 11.529824` over all ordered pairs, at every N; five standard errors, false-alarm rate 6e-7.
  ///
  /// With 2000 networks of width 16 the standard error is 3 %.
  @Test func frobenius() throws {
    let limits = [1073.0 / 720, 113.0 / 720, 1073.0 / 720]
    let width = 16
    let study = try WidthStudy(
      network: try Network.headline, points: [[1], [-1]], widths: [width], plan: .samples(2000), seed: 21,
      references: [GramReference(ntk: limits)])
    let result = try study.run().widths[0]
    let errors = try #require(result.ntkError)
    let scaled = Double(width) * errors.squaredFrobenius.mean
    #expect((scaled - 11.529824).magnitude <= 5 * Double(width) * errors.squaredFrobenius.standardError)
    #expect(Double(width) * errors.squaredFrobenius.standardError < 0.5, "the test has power")
    #expect(result.nngpError == nil, "no limit was given")
    let series = Self.variances.indices.map { entry in
      EntrySeries(
        widths: [width], statistics: [result.ntk[entry]],
        prediction: [
          PredictedMoments(
            mean: limits[entry], variance: .value(Self.variances[entry] / Double(width)), limit: limits[entry])
        ], biasIsZero: true)
    }
    let fit = GramErrorFit(statistics: [errors], series: series, points: 2, covariances: [nil])
    #expect((try #require(fit.widths[0].predictedFrobenius) - (11.529824 / 16).squareRoot()).magnitude < 1e-6)
    #expect(fit.frobeniusRate == nil, "one width has no rate")
  }

  /// `√N E‖Δ‖ → 2.731` in the operator norm (section 5.1 of the notes), from covariances 23887/45360 and 7601/32400.
  ///
  /// The mean of 4000 matrices has a standard error of 0.7 %.
  @Test func operatorNorm() throws {
    let (diagonal, cross) = (23887.0 / 45360, 7601.0 / 32400)
    let (v, w) = (Self.variances[0], Self.variances[1])
    let covariance = Matrix([[v, cross, diagonal], [cross, w, cross], [diagonal, cross, v]])
    var statistics = SampleStatistics()
    for value in [1.0, 2, 3] { statistics.add(value) }
    let series = Self.variances.map { variance in
      EntrySeries(
        widths: [1], statistics: [statistics],
        prediction: [PredictedMoments(mean: 0, variance: .value(variance), limit: 0)])
    }
    let fit = GramErrorFit(
      statistics: [GramErrorStatistics(squaredFrobenius: statistics, operatorNorm: statistics)], series: series,
      points: 2, covariances: [covariance])
    #expect((try #require(fit.widths[0].predictedOperatorNorm) - 2.731).magnitude < 0.1)
  }

  /// Norms of matrices whose eigenvalues are known: [[1, 2], [2, 1]] has 3 and −1; the circulant 0,1,1 has 2, −1, −1.
  @Test func norms() {
    let two = GramError.norms([1, 2, 1], points: 2)
    #expect(two.squaredFrobenius == 10)
    #expect((two.operatorNorm - 3).magnitude < 1e-15)
    let three = GramError.norms([0, 1, 1, 0, 1, 0], points: 3)
    #expect(three.squaredFrobenius == 6)
    #expect((three.operatorNorm - 2).magnitude < 1e-14)
    #expect(GramError.norms([-3], points: 1) == (9, 3))
  }

  /// All means together: `χ²` of independent entries is the sum of squares of their scores, and a copy adds nothing.
  @Test func globalTest() throws {
    var statistics = SampleStatistics()
    for value in [1.0, 2, 3, 6] { statistics.add(value) }
    let prediction = PredictedMoments(mean: 2, variance: .value(4), limit: 2)
    let series = (0..<2).map { _ in
      EntrySeries(widths: [8], statistics: [statistics], prediction: [prediction])
    }
    // The mean 3 is 1 = one standard error √(4/4) away.
    let independent = try #require(
      GlobalTest(series: series, at: 0, covariance: Matrix([[4, 0], [0, 4]]), error: 0))
    #expect(independent.degreesOfFreedom == 2)
    #expect((independent.chiSquared - 2).magnitude < 1e-14)
    #expect((independent.probability - exp(-1)).magnitude < 1e-14)
    let copies = try #require(GlobalTest(series: series, at: 0, covariance: Matrix([[4, 4], [4, 4]]), error: 0))
    #expect(copies.degreesOfFreedom == 1)
    #expect((copies.chiSquared - 1).magnitude < 1e-12)
    #expect(GlobalTest(series: series, at: 0, covariance: nil, error: 0) == nil)
    #expect(
      GlobalTest(series: series, at: 0, covariance: Matrix([[4, 0], [0, 4]]), error: 1) == nil,
      "a covariance that is not known cannot judge")
  }
}
