import BigInt
import Foundation
import Moments
import Testing

@Suite struct RationalTests {
  /// Rationals of mixed sizes, from a fixed seed.
  static func samples(_ count: Int, seed: UInt64) -> [Rational] {
    var stream = RandomStream(seed: seed, stream: 0)
    return (0..<count).map { index in
      var numerator = BigInt(Int(truncatingIfNeeded: stream.next() >> (1 + stream.next() % 62)))
      if stream.next() & 1 == 1 { numerator.negate() }
      var denominator = BigInt(Int(truncatingIfNeeded: stream.next() >> (1 + stream.next() % 62))) + 1
      if index.isMultiple(of: 5) {
        numerator *= BigInt(stream.next()) * BigInt(stream.next())
        denominator *= BigInt(stream.next()) + 1
      }
      return Rational(numerator, denominator)
    }
  }

  @Test func fieldAxioms() {
    let a = Self.samples(60, seed: 1)
    let b = Self.samples(60, seed: 2)
    let c = Self.samples(60, seed: 3)
    for ((x, y), z) in zip(zip(a, b), c) {
      #expect(x + y == y + x)
      #expect(x * y == y * x)
      #expect((x + y) + z == x + (y + z))
      #expect((x * y) * z == x * (y * z))
      #expect(x * (y + z) == x * y + x * z)
      #expect((x - x).isZero)
      if !y.isZero { #expect(x / y * y == x) }
      #expect((x < y) == ((x - y).signum < 0))
      #expect(x.power(3) == x * x * x)
      if !x.isZero { #expect(x.power(-2) * x * x == .one) }
    }
  }

  @Test func lowestTermsAndSign() {
    #expect(Rational(6, -4).description == "-3/2")
    #expect(Rational(0, -7).description == "0")
    #expect(Rational(-8, 2).isInteger)
    for value in Self.samples(100, seed: 4) {
      #expect(value.denominator.sign == .plus)
      #expect(value.numerator.greatestCommonDivisor(with: value.denominator) == 1)
    }
  }

  @Test func reductionOfWideFractions() {
    // The greatest common divisor of numbers of many words, and of one word with many.
    let common = BigInt(3).power(400)
    let wide = Rational(common * BigInt(7).power(300), common * BigInt(10).power(200))
    #expect(wide == Rational(BigInt(7).power(300), BigInt(10).power(200)))
    #expect(Rational(factorial(200), factorial(198)) == Rational(200 * 199))
    #expect(Rational(6, BigInt(2).power(100) * 3) == Rational(1, BigInt(2).power(99)))
    #expect(Rational(BigInt(2).power(100) * 3, 6) == Rational(BigInt(2).power(99)))
  }

  @Test(arguments: [
    "0.1", "123456789012345678901234567890", "1e23", "9007199254740993", "9007199254740992.999",
    "4.9406564584124654e-324",
    "2.4703282292062327e-324", "2.4703282292062328e-324", "7.4e-324", "2.2250738585072011e-308",
    "2.2250738585072014e-308", "1.7976931348623157e308", "1.7976931348623158e308", "1e309", "-0.3", "1e-400",
    "0.50000000000000005551115123125782702118158340454101562", "3.14159265358979323846264338327950288419716939937510",
    "8.98846567431158e307", "1.00000000000000011102230246251565404236316680908203125",
    "1.00000000000000011102230246251565404236316680908203124",
    "1.00000000000000033306690738754696212708950042724609375",
  ])
  func roundsLikeDecimalConversion(_ text: String) throws {
    // The C library's decimal conversion is an independent correctly rounding converter.
    let expected = try #require(strtod(text, nil))
    #expect(decimal(text).doubleValue == expected)
  }

  /// A rational from decimal text, without the range check of the number parser.
  private func decimal(_ text: String) -> Rational {
    let parts = text.split(separator: "e")
    let pieces = parts[0].split(separator: ".")
    let fraction = pieces.count > 1 ? pieces[1] : ""
    let exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - fraction.count
    let mantissa = Rational(BigInt(String(pieces[0] + fraction), radix: 10) ?? 0)
    return mantissa * Rational(10).power(exponent)
  }

  @Test func doublesRoundTrip() throws {
    var stream = RandomStream(seed: 5, stream: 0)
    for _ in 0..<500 {
      let value = Double(bitPattern: stream.next())
      guard value.isFinite else { continue }
      #expect(try #require(Rational(exactly: value)).doubleValue == value)
    }
    for value in [0.0, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, -1.5] {
      #expect(try #require(Rational(exactly: value)).doubleValue == value)
    }
    #expect(Rational(exactly: .nan) == nil)
    #expect(Rational(exactly: .infinity) == nil)
  }

  @Test func tiesGoToEven() {
    let half = Rational(1, BigInt(2).power(53))
    #expect((Rational.one + half).doubleValue == 1)
    #expect((Rational.one + half + half + half).doubleValue == 1 + 4 * 0x1p-53)
    #expect((Rational.one + half + Rational(1, BigInt(2).power(300))).doubleValue == 1.0.nextUp)
    // Half of the smallest subnormal number goes to zero, anything more does not.
    #expect(Rational(1, BigInt(2).power(1075)).doubleValue == 0)
    #expect(Rational(3, BigInt(2).power(1076)).doubleValue == .leastNonzeroMagnitude)
    #expect(Rational(1, BigInt(2).power(1076)).doubleValue == 0)
    #expect(Rational(BigInt(2).power(1024)).doubleValue == .infinity)
  }

  @Test func countingFunctions() {
    #expect(binomial(40, 20) == 137_846_528_820)
    #expect(binomial(5, 6) == 0 && binomial(5, -1) == 0 && binomial(0, 0) == 1)
    #expect(factorial(20) == 2_432_902_008_176_640_000)
    #expect(
      doubleFactorial(-1) == 1 && doubleFactorial(0) == 1 && doubleFactorial(7) == 105 && doubleFactorial(8) == 384)
  }
}
