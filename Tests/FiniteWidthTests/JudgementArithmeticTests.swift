import Foundation
import GSL
import TestSupport
import Testing

@testable import FiniteWidth

/// The arithmetic of the verdict against `study_statistics.json`.
@Suite struct JudgementArithmeticTests {
  private static let reference: JSONValue = {
    let data = try? Data(contentsOf: referenceFolder.appendingPathComponent("study_statistics.json"))
    return JSONValue(any: data.flatMap { try? JSONSerialization.jsonObject(with: $0) } ?? [:])
  }()

  private static func rows(_ key: String) -> [JSONValue] { reference[key]?.array ?? [] }

  private func numbers(_ json: JSONValue?) throws -> [Double] {
    try #require(json?.array).map { try #require($0.number ?? $0.string.flatMap(Double.init)) }
  }

  @Test func pearsonTails() throws {
    let rows = Self.rows("pearson")
    #expect(rows.count == 42)
    for row in rows {
      let (z, skewness) = (try #require(row["z"]?.number), try #require(row["skewness"]?.number))
      let expected = try #require(row["probability"]?.string.flatMap(Double.init))
      let value = TailProbability.pearson(z, skewness: skewness)
      // GSL's incomplete gamma function, and the saddlepoint formula beyond shape 100: relative 3e-5.
      #expect((value - expected).magnitude <= 3e-5 * expected + 1e-300, "z \(z), skewness \(skewness): \(value)")
    }
  }

  /// A law of no skewness is normal, and the tails meet where the formula changes (shape 100: skewness 1/5).
  @Test func pearsonTailsAreContinuous() {
    #expect((TailProbability.pearson(3, skewness: 0) - 0.0026997960632601866).magnitude < 1e-15)
    #expect((TailProbability.pearson(3, skewness: 2e-5) / 0.0026997960632601866 - 1).magnitude < 2e-4)
    for z in [-4.0, -1, 0, 0.001, 2, 6] {
      let (below, above) = (
        TailProbability.pearson(z, skewness: 0.1999999), TailProbability.pearson(z, skewness: 0.2000001)
      )
      #expect((below / above - 1).magnitude < 4e-5, "z \(z)")
    }
    #expect(TailProbability.pearson(.nan, skewness: 0.1) == 1)
    #expect(TailProbability.pearson(.infinity, skewness: 0.1) == 0)
  }

  @Test func chiSquaredTails() {
    // e^(−x/2) on two degrees of freedom.
    #expect((TailProbability.chiSquared(7, degreesOfFreedom: 2) / exp(-3.5) - 1).magnitude < 1e-13)
    #expect(TailProbability.chiSquared(0, degreesOfFreedom: 3) == 1)
    // GSL's own function would abort the process or fail here.
    #expect((TailProbability.chiSquared(2000, degreesOfFreedom: 2000) - 0.5).magnitude < 0.01)
  }

  @Test func studentTails() throws {
    for row in Self.rows("student") {
      let (t, degrees) = (try #require(row["t"]?.number), try #require(row["degrees"]?.number))
      let expected = try #require(row["probability"]?.string.flatMap(Double.init))
      let value = TailProbability.student(t, degreesOfFreedom: degrees)
      #expect((value / expected - 1).magnitude < 1e-10)  // GSL's incomplete beta function
    }
  }

  @Test func lines() throws {
    let rows = Self.rows("lines")
    #expect(rows.count == 2)
    for row in rows {
      let expected = try numbers(row["expected"])
      let fit = try fitLine(x: try numbers(row["x"]), y: try numbers(row["y"]), weights: try numbers(row["weights"]))
      let values = [fit.intercept, fit.slope, fit.interceptError, fit.slopeError, fit.chiSquared]
      for (value, reference) in zip(values, expected) {
        #expect((value - reference).magnitude <= 1e-13 * max(1, reference.magnitude))
      }
    }
  }

  @Test func commonCauses() throws {
    let rows = Self.rows("common")
    #expect(rows.count == 3)
    for row in rows {
      let values = try numbers(row["values"])
      let deviations = Deviations(
        values: values, variances: try numbers(row["variances"]), thirdMoments: values.map { _ in 0 },
        terms: try #require(row["terms"]?.array).map(numbers))
      let estimate = try #require(deviations.estimate(pattern: try numbers(row["pattern"])))
      let expected = try numbers(row["expected"])
      #expect((estimate.value - expected[0]).magnitude < 1e-13)
      #expect((estimate.standardError - expected[1]).magnitude < 1e-13)
    }
  }

  /// The skewness of a mean of J equal widths is that of one, over √J.
  @Test func skewnessOfACommonCause() throws {
    let deviations = Deviations(
      values: [1, 1, 1, 1], variances: [4, 4, 4, 4], thirdMoments: [4, 4, 4, 4], terms: [])
    #expect(deviations.skewness(0) == 0.5)
    let estimate = try #require(deviations.estimate(pattern: [1, 1, 1, 1]))
    #expect((estimate.standardError - 1).magnitude < 1e-15)
    #expect((estimate.skewness - 0.25).magnitude < 1e-15)
  }

  /// Holm's own arithmetic: 0.01·4, then 0.015·3 below 0.06, and so on, never decreasing.
  @Test func holm() {
    let test = HolmTest([0.03, 0.01, 0.015, 0.5], level: 0.05)
    let expected = [0.06, 0.04, 0.045, 0.5]
    for (value, reference) in zip(test.adjusted, expected) { #expect((value - reference).magnitude < 1e-15) }
    #expect(test.rejected == [false, true, true, false])
    #expect(HolmTest([], level: 0.05).rejected.isEmpty)
    #expect(HolmTest([0.02, 0.3, 0.9], level: 0.05).rejected == [false, false, false], "0.02 · 3 is above 0.05")
    #expect(HolmTest([0, 1], level: 1e-4).rejected == [true, false])
  }

  @Test func powersAreFound() throws {
    let fit = try #require(
      PowerFit([16, 32, 64, 128].map { ($0, 3 * pow(Double($0), -0.75), 0.01) }))
    #expect((fit.slope + 0.75).magnitude < 1e-13)
    #expect((exp(fit.intercept) - 3).magnitude < 1e-12)
    // Five dyadic widths: Σ (x − x̄)² = 10 log²2 = 4.80, as section 5.1 of the finite-width notes says.
    let five = try #require(PowerFit([16, 32, 64, 128, 256].map { ($0, 1, 0.1) }))
    #expect((five.standardError - 0.1 / (10 * log(2.0) * log(2.0)).squareRoot()).magnitude < 1e-13)
    #expect(five.interval.contains(0))
    #expect(PowerFit([(16, 1, 0.01)]) == nil, "one width has no slope")
    #expect(PowerFit([(16, 1, 0.01), (16, 2, 0.01)]) == nil)
    #expect(PowerFit([(16, 1, 0.7), (32, 2, 0.01)]) == nil, "noise has no slope")
  }
}
