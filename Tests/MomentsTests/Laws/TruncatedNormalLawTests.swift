import Moments
import Numerics
import TestSupport
import Testing

@Suite struct TruncatedNormalLawTests {
  private func law(_ text: String) throws -> any Law { try LawRegistry.law(parsing: text) }

  /// Characteristic functions by mpmath at 40 digits, through slow and fast oscillation.
  @Test(arguments: CharacteristicRow.truncatedNormal)
  func characteristicFunction(_ row: CharacteristicRow) throws {
    let value = try law(row.law).characteristicFunction(row.t)
    // 4e-15 of rounding in the sums, and the phase t x, whose argument is rounded.
    let tolerance = 4e-15 + 3e-16 * (row.t * row.reach).magnitude * value.length
    #expect((value - Complex(row.real, row.imaginary)).length < tolerance, "\(value)")
  }

  @Test func farTails() throws {
    let far = try law("truncated-normal(0, 1, 1e6, 1e7)")
    // A tail as far as that is exponential with rate 10⁶: the mean exceeds the end by 1e-6 (1 − 1e-12).
    let mean = try #require(far.moment(1).estimate)
    #expect(abs(mean.value - 1_000_000.000001) <= mean.error)
    var stream = RandomStream(seed: 1, stream: 1)
    for _ in 0..<1000 {
      let draw = far.sample(from: &stream)
      #expect(draw >= 1e6 && draw < 1_000_000.00005)
    }
    let extreme = try law("truncated-normal(0, 1e-300, 1e300, 1.5e300)")
    #expect(extreme.sample(from: &stream) == 1e300)
    #expect(
      try law("truncated-normal(0, 1, -1e300, 1e300)").moment(2).estimate.map { abs($0.value - 1) < 1e-15 } == true)
  }

  @Test func centralMomentsOfANarrowLawKeepTheirDigits() throws {
    // Far from 0 the raw moments cancel; the shifted ones do not. Uniform to 1e-10: variance 10⁻⁶/12.
    let narrow = try law("truncated-normal(1000, 1000, 999.9995, 1000.0005)")
    let variance = try #require(narrow.centralMoment(2).estimate)
    #expect(abs(variance.value * 12e6 - 1) < 1e-9)
    #expect(variance.error < 1e-14)
  }

  @Test func exponentialMomentFarOut() throws {
    // E[e^{tW}] of N(0,1) cut at ±50 is e^{t²/2}, also where the tilted peak is far from the old one.
    let wide = try law("truncated-normal(0, 1, -50, 60)")
    #expect(abs(wide.exponentialMoment(30) / Double.exp(450) - 1) < 1e-13)
    // At t = 200 the end at 60 decides: e^{200·60 − 1800} / (√(2π) 140) …, beyond the doubles.
    #expect(wide.exponentialMoment(200) == .infinity)
    #expect(wide.exponentialMoment(-200) == .infinity)
    #expect(try law("truncated-normal(0, 1, 6, 8)").exponentialMoment(-800) == 0)
  }
}

/// A reference value of a characteristic function.
struct CharacteristicRow: Sendable, CustomTestStringConvertible {
  let law: String
  let t: Double
  let real: Double
  let imaginary: Double
  /// The largest value of the law that matters for the phase.
  let reach: Double
  var testDescription: String { "\(law) at \(t)" }
}
