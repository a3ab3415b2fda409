import Moments
import Numerics
import Testing

@Suite struct StudentTLawTests {
  /// Characteristic functions by mpmath's Bessel functions at 40 digits: small, half-integer and very large ν.
  @Test(arguments: CharacteristicRow.studentT)
  func characteristicFunction(_ row: CharacteristicRow) throws {
    let value = try LawRegistry.law(parsing: row.law).characteristicFunction(row.t)
    #expect(value.imaginary == 0)
    // 2e-14 relative where the exponent is moderate; it grows with the exponent, whose rounding counts.
    let exponent = max(1, -Double.log(row.real))
    #expect(abs(value.real / row.real - 1) < 1e-14 * (1 + exponent / 20), "\(value.real) \(row.real)")
  }

  @Test func cauchyAndThreeDegrees() throws {
    let cauchy = try LawRegistry.law(parsing: "student-t(1, 1/2)")
    let three = try LawRegistry.law(parsing: "student-t(3, 1)")
    for t in [1e-9, 0.1, 1, 7, 40] {
      #expect(abs(cauchy.characteristicFunction(t).real / Double.exp(-t / 2) - 1) < 1e-14)
      let z = 3.0.squareRoot() * t
      #expect(abs(three.characteristicFunction(t).real / ((1 + z) * Double.exp(-z)) - 1) < 3e-14)
    }
    #expect(cauchy.characteristicFunction(1e300).real == 0)
    #expect(cauchy.characteristicFunction(.infinity).real == 0)
  }

  @Test func monstrousParameters() throws {
    for text in [
      "student-t(1e300, 1)", "student-t(1e-300, 1)", "student-t(1e-3, 1e300)", "student-t(123456789/1000, 1e-300)",
    ] {
      let law = try LawRegistry.law(parsing: text)
      let time = ContinuousClock().measure {
        _ = law.moment(40)
        _ = law.characteristicFunction(0.5)
        _ = law.decomposition
        var stream = RandomStream(seed: 1, stream: 0)
        #expect(law.sample(from: &stream).isFinite)
      }
      #expect(time < .seconds(10))
      #expect(law.characteristicFunction(0.5).real <= 1)
    }
    // Far enough it is the Gaussian.
    let large = try LawRegistry.law(parsing: "student-t(1e300, 1)")
    #expect(abs(large.characteristicFunction(0.5).real - Double.exp(-0.125)) < 1e-15)
  }

  @Test func reasonsNameTheLaw() throws {
    let law = try LawRegistry.law(parsing: "student-t(7/2, 1)")
    #expect(law.moment(4) == .infinite(positive: true, reason: "student-t(7/2, 1) has moments of order k < 7/2 only"))
    #expect(law.moment(5).status == "undefined")
    #expect(law.moment(3) == .zero)
    #expect(try LawRegistry.law(parsing: "student-t(4, 1)").moment(4).status == "infinite")
  }
}
