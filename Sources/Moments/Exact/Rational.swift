@preconcurrency import BigInt

/// A rational number in lowest terms, with a positive denominator.
///
/// Arithmetic is exact. Numerator and denominator grow without bound, so callers that loop bound their work.
public struct Rational: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The numerator, which carries the sign.
  public let numerator: BigInt
  /// The denominator, positive.
  public let denominator: BigInt

  /// Reduces `numerator / denominator` to lowest terms; the denominator must not be zero.
  public init(_ numerator: BigInt, _ denominator: BigInt) {
    precondition(!denominator.isZero, "a rational number needs a nonzero denominator")
    if denominator == 1 {
      self.init(reducedNumerator: numerator, denominator: denominator)
      return
    }
    let divisor = numerator.greatestCommonDivisor(with: denominator)
    let sign: BigInt = denominator.sign == .minus ? -1 : 1
    if divisor == 1 {
      self.init(reducedNumerator: sign * numerator, denominator: sign * denominator)
    } else {
      self.init(reducedNumerator: sign * numerator / divisor, denominator: sign * denominator / divisor)
    }
  }

  private init(reducedNumerator: BigInt, denominator: BigInt) {
    self.numerator = reducedNumerator
    self.denominator = denominator
  }

  /// The integer `value`.
  public init(_ value: Int) { self.init(reducedNumerator: BigInt(value), denominator: 1) }

  /// The integer `value`.
  public init(_ value: BigInt) { self.init(reducedNumerator: value, denominator: 1) }

  /// The exact value of a finite double.
  ///
  /// Returns nil for NaN and infinities.
  public init?(exactly value: Double) {
    guard value.isFinite else { return nil }
    if value == 0 {
      self.init(0)
      return
    }
    let significand = BigInt(value.significandBitPattern | (value.isNormal ? 1 << 52 : 0))
    let exponent = Int(max(value.exponentBitPattern, 1)) - 1075
    let signed = value.sign == .minus ? -significand : significand
    if exponent >= 0 {
      self.init(signed << exponent)
    } else {
      self.init(signed, BigInt(1) << (-exponent))
    }
  }

  public static let zero = Rational(0)
  public static let one = Rational(1)

  public var isZero: Bool { numerator.isZero }
  public var isInteger: Bool { denominator == 1 }
  /// −1, 0 or 1.
  public var signum: Int { numerator.isZero ? 0 : (numerator.sign == .minus ? -1 : 1) }
  public var magnitude: Rational { signum < 0 ? -self : self }

  public static func + (a: Rational, b: Rational) -> Rational {
    if a.denominator == b.denominator { return Rational(a.numerator + b.numerator, a.denominator) }
    return Rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
  }
  public static prefix func - (a: Rational) -> Rational {
    Rational(reducedNumerator: -a.numerator, denominator: a.denominator)
  }
  public static func - (a: Rational, b: Rational) -> Rational { a + (-b) }
  public static func * (a: Rational, b: Rational) -> Rational {
    Rational(a.numerator * b.numerator, a.denominator * b.denominator)
  }
  /// The divisor must not be zero.
  public static func / (a: Rational, b: Rational) -> Rational {
    Rational(a.numerator * b.denominator, a.denominator * b.numerator)
  }
  public static func += (a: inout Rational, b: Rational) { a = a + b }
  public static func -= (a: inout Rational, b: Rational) { a = a - b }
  public static func *= (a: inout Rational, b: Rational) { a = a * b }

  public static func < (a: Rational, b: Rational) -> Bool {
    a.numerator * b.denominator < b.numerator * a.denominator
  }

  /// The integer power, `exponent ≥ 0` or a nonzero base.
  public func power(_ exponent: Int) -> Rational {
    if exponent < 0 { return Rational(denominator.power(-exponent), numerator.power(-exponent)) }
    return Rational(reducedNumerator: numerator.power(exponent), denominator: denominator.power(exponent))
  }

  /// The nearest double, ties to even; overflow gives an infinity, underflow a subnormal or zero.
  public var doubleValue: Double {
    if numerator.isZero { return 0 }
    let magnitude = numerator.magnitude
    let divisor = denominator.magnitude
    // Scale so that the quotient has 64 or 65 bits; the sticky bit keeps rounding correct.
    let shift = 64 - (magnitude.bitWidth - divisor.bitWidth)
    let scaledNumerator = shift >= 0 ? magnitude << shift : magnitude
    let scaledDivisor = shift >= 0 ? divisor : divisor << (-shift)
    let (quotient, remainder) = scaledNumerator.quotientAndRemainder(dividingBy: scaledDivisor)
    // The significand of the result has `precision` bits, fewer where the result is subnormal.
    let exponent = quotient.bitWidth - 1 - shift
    let precision = exponent >= -1022 ? 53 : max(0, 53 - (-1022 - exponent))
    let drop = quotient.bitWidth - precision
    var significand = quotient >> drop
    let half = BigUInt(1) << (drop - 1)
    let rest = quotient - (significand << drop)
    if rest > half || (rest == half && (!remainder.isZero || significand & 1 == 1)) { significand += 1 }
    let rounded = Double(sign: .plus, exponent: drop - shift, significand: Double(UInt64(significand)))
    return numerator.sign == .minus ? -rounded : rounded
  }

  /// `p/q`, or `p` for an integer.
  public var description: String { isInteger ? "\(numerator)" : "\(numerator)/\(denominator)" }
}

/// The binomial coefficient `n! / (k! (n−k)!)`.
public func binomial(_ n: Int, _ k: Int) -> BigInt {
  if k < 0 || k > n { return 0 }
  var result: BigInt = 1
  for index in 0..<min(k, n - k) { result = result * BigInt(n - index) / BigInt(index + 1) }
  return result
}

/// The factorial `n!`.
public func factorial(_ n: Int) -> BigInt {
  n < 2 ? 1 : (2...n).reduce(BigInt(1)) { $0 * BigInt($1) }
}

/// The double factorial `n!! = n (n−2) (n−4) ⋯`, with `(−1)!! = 0!! = 1`.
public func doubleFactorial(_ n: Int) -> BigInt {
  n < 2 ? 1 : stride(from: n, to: 1, by: -2).reduce(BigInt(1)) { $0 * BigInt($1) }
}

extension Rational: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self.init(value) }
}
