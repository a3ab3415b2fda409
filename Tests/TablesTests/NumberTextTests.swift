import Foundation
import Moments
import Testing

@testable import Tables

@Suite struct NumberTextTests {
  @Test(arguments: [
    (1.490277777, 1e-3, "1.49"), (1.490277777, 4e-4, "1.490"), (0.0625, 1e-17, "0.0625000000000000"),
    (-12345.678, 30, "-1.23e4"), (-12345.678, 0.4, "-12346"), (1.5e-9, 1e-12, "1.50e-9"), (0.25, 1.0, "0"),
    (0, 1e-9, "0"), (99.96, 0.04, "100"), (6.02e23, 1e20, "6.02e23"),
  ])
  func boundedValues(value: Double, error: Double, expected: String) {
    #expect(NumberText.supported(Estimate(value, error: error, method: .quadrature)) == expected)
  }

  @Test func sampledValuesEndAtTheLeadingDigitOfTheirError() {
    #expect(NumberText.supported(Estimate(1.51234, error: 0.011, method: .sampling)) == "1.51")
    #expect(NumberText.supported(Estimate(1.51234, error: 0.0099, method: .sampling)) == "1.512")
  }

  @Test func exactValuesHaveTwelveDigitsAndNoTrailingZeros() {
    #expect(NumberText.supported(Estimate(exact: ExactNumber(1073, 720))) == "1.49027777778")
    #expect(NumberText.supported(Estimate(exact: ExactNumber(1, 16))) == "0.0625")
    #expect(NumberText.supported(Estimate(exact: -25)) == "-25")
    #expect(NumberText.supported(Estimate(exact: ExactNumber(10).power(30))) == "1e30")
    #expect(NumberText.supported(.zero) == "0")
  }

  /// What is printed is within one unit of its last digit of every number within the bound, and that unit is at
  /// least twice the bound: decided in exact arithmetic over values and errors of all magnitudes.
  @Test func noDigitExceedsTheError() throws {
    var stream = RandomStream(seed: 7, stream: 0)
    for _ in 0..<4000 {
      let value = (stream.uniform() - 0.5) * pow(10, (stream.uniform() * 60 - 30).rounded())
      let error = value.magnitude * pow(10, -16 * stream.uniform() + 0.3)
      let text = NumberText.supported(Estimate(value, error: error, method: .series))
      if text == "0" {
        #expect(error >= value.magnitude * 0.04, "\(value) \(error)")
        continue
      }
      let printed = try ExactNumber(parsing: text)
      let exactValue = try #require(ExactNumber(exactly: value))
      let bound = try #require(ExactNumber(exactly: error))
      let unit = try Self.lastPlace(text)
      #expect((printed - exactValue).magnitude <= unit / 2, "\(value) ± \(error) as \(text)")
      #expect(bound + bound <= unit, "\(value) ± \(error) as \(text)")
      #expect(text.count { $0.isNumber } < 25)
    }
  }

  /// The unit of the last digit written.
  private static func lastPlace(_ text: String) throws -> ExactNumber {
    let parts = text.split(separator: "e")
    let decimals = parts[0].split(separator: ".").dropFirst().first?.count ?? 0
    let exponent = parts.count > 1 ? try #require(Int(parts[1])) : 0
    return try ExactNumber(parsing: "1e\(exponent - decimals)")
  }

  @Test func errorsAreRoundedUp() throws {
    var stream = RandomStream(seed: 8, stream: 0)
    for _ in 0..<2000 {
      let error = stream.uniform() * pow(10, (stream.uniform() * 40 - 30).rounded())
      let printed = try #require(Double(NumberText.error(error)))
      #expect(printed >= error)
      // Two digits rounded up: at most a tenth more than a leading 1.0.
      #expect(printed <= 1.11 * error)
    }
    #expect(NumberText.error(0) == "0")
    #expect(NumberText.error(2.01e-15) == "2.1e-15")
    #expect(NumberText.error(0.0123) == "0.013")
  }

  @Test func shortestTextReadsBack() {
    var stream = RandomStream(seed: 9, stream: 0)
    for value in [0.1, 1, -3, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e16, 123_456_789, -0.0] {
      #expect(Double(NumberText.shortest(value))?.bitPattern == value.bitPattern)
    }
    for _ in 0..<2000 {
      let value = Double(bitPattern: stream.next())
      if value.isFinite { #expect(Double(NumberText.shortest(value))?.bitPattern == value.bitPattern) }
    }
    #expect(NumberText.shortest(1) == "1")
  }
}
