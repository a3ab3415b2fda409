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
    let divisor = BigInt(greatestCommonDivisor(numerator.magnitude, denominator.magnitude))
    let negative = denominator.sign == .minus
    let (top, bottom) = divisor == 1 ? (numerator, denominator) : (numerator / divisor, denominator / divisor)
    self.init(reducedNumerator: negative ? -top : top, denominator: negative ? -bottom : bottom)
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

  /// Numerator and denominator where both are below 2³¹ in magnitude: products of two then fit in a word.
  @inline(__always)
  private var small: (numerator: Int, denominator: Int)? {
    let top = numerator.magnitude
    let bottom = denominator.magnitude
    guard top.bitWidth <= 31, bottom.bitWidth <= 31 else { return nil }
    let size = Int(truncatingIfNeeded: top)
    return (numerator.sign == .minus ? -size : size, Int(truncatingIfNeeded: bottom))
  }

  /// A fraction of words, `denominator > 0`.
  private init(words numerator: Int, _ denominator: Int) {
    let divisor = Int(wordGreatestCommonDivisor(numerator.magnitude, denominator.magnitude))
    self.init(reducedNumerator: BigInt(numerator / divisor), denominator: BigInt(denominator / divisor))
  }

  /// The sum.
  ///
  /// With `g` the common divisor of the denominators only `g` can still divide the new numerator, which keeps the second
  /// reduction small; for coprime denominators nothing is left to reduce (Knuth, *Seminumerical Algorithms*, 4.5.1).
  public static func + (a: Rational, b: Rational) -> Rational {
    if let p = a.small, let q = b.small {
      return Rational(words: p.numerator * q.denominator + q.numerator * p.denominator, p.denominator * q.denominator)
    }
    if a.denominator == b.denominator { return Rational(a.numerator + b.numerator, a.denominator) }
    let common = greatestCommonDivisor(a.denominator.magnitude, b.denominator.magnitude)
    if common == 1 {
      return Rational(
        reducedNumerator: a.numerator * b.denominator + b.numerator * a.denominator,
        denominator: a.denominator * b.denominator)
    }
    let divisor = BigInt(common)
    let left = a.denominator / divisor
    let top = a.numerator * (b.denominator / divisor) + b.numerator * left
    let rest = BigInt(greatestCommonDivisor(top.magnitude, common))
    return Rational(reducedNumerator: top / rest, denominator: left * (b.denominator / rest))
  }
  public static prefix func - (a: Rational) -> Rational {
    Rational(reducedNumerator: -a.numerator, denominator: a.denominator)
  }
  public static func - (a: Rational, b: Rational) -> Rational { a + (-b) }

  /// The product: only across the fractions can there be anything to cancel.
  public static func * (a: Rational, b: Rational) -> Rational {
    if let p = a.small, let q = b.small {
      return Rational(words: p.numerator * q.numerator, p.denominator * q.denominator)
    }
    if a.isZero || b.isZero { return .zero }
    if a.isInteger && b.isInteger { return Rational(a.numerator * b.numerator) }
    let first = BigInt(greatestCommonDivisor(a.numerator.magnitude, b.denominator.magnitude))
    let second = BigInt(greatestCommonDivisor(b.numerator.magnitude, a.denominator.magnitude))
    return Rational(
      reducedNumerator: (a.numerator / first) * (b.numerator / second),
      denominator: (a.denominator / second) * (b.denominator / first))
  }

  /// The divisor must not be zero.
  public static func / (a: Rational, b: Rational) -> Rational {
    precondition(!b.isZero, "a rational number cannot be divided by zero")
    let negative = b.numerator.sign == .minus
    return a
      * Rational(
        reducedNumerator: negative ? -b.denominator : b.denominator, denominator: negative ? -b.numerator : b.numerator)
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
    if magnitude.bitWidth <= 53 && divisor.bitWidth <= 53 {
      // Both are doubles, and their division rounds once.
      let quotient = Double(UInt64(truncatingIfNeeded: magnitude)) / Double(UInt64(truncatingIfNeeded: divisor))
      return numerator.sign == .minus ? -quotient : quotient
    }
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

/// The greatest common divisor of words, not both zero.
private func wordGreatestCommonDivisor(_ a: UInt, _ b: UInt) -> UInt {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}

/// The greatest common divisor, not both zero.
///
/// Lehmer's method: Euclid's quotients are found from the leading 62 bits as long as these decide them, and the steps
/// so collected are applied to the long numbers at once. Quotients of numbers of one word are taken directly.
///
/// **Source.** Knuth, *Seminumerical Algorithms*, 4.5.2, algorithm L.
private func greatestCommonDivisor(_ a: BigUInt, _ b: BigUInt) -> BigUInt {
  if a == 1 || b == 1 { return 1 }
  var (a, b) = a < b ? (b, a) : (a, b)
  while b.bitWidth > 64 {
    let shift = a.bitWidth - 62
    // The cofactors of both numbers in the leading digits, where each quotient is certain.
    var x = Int(truncatingIfNeeded: a >> shift)
    var y = Int(truncatingIfNeeded: b >> shift)
    var (p, q, r, s) = (1, 0, 0, 1)
    while y + r != 0 && y + s != 0 {
      let quotient = (x + p) / (y + r)
      if quotient != (x + q) / (y + s) { break }
      (p, r) = (r, p - quotient * r)
      (q, s) = (s, q - quotient * s)
      (x, y) = (y, x - quotient * y)
    }
    if q == 0 {
      (a, b) = (b, a % b)
    } else {
      // Of p and q one is negative or zero, and likewise of r and s; both combinations are non-negative.
      func combine(_ first: Int, _ second: Int) -> BigUInt {
        let left = a * BigUInt(first.magnitude)
        let right = b * BigUInt(second.magnitude)
        if first < 0 { return right - left }
        return second < 0 ? left - right : left + right
      }
      (a, b) = (combine(p, q), combine(r, s))
    }
  }
  if b.isZero { return a }
  return BigUInt(wordGreatestCommonDivisor(UInt(truncatingIfNeeded: b), UInt(truncatingIfNeeded: a % b)))
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
