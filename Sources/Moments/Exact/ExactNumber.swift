@preconcurrency import BigInt

/// A finite sum `Σ qᵢ √rᵢ` of rational multiples of square roots of distinct positive integers.
///
/// These are the numbers that the interface can spell (`1/12`, `2*sqrt(2)/3`) and everything that addition and
/// multiplication make of them, so that a computation stays exact as long as it can. Radicands whose product is a
/// perfect square are merged, which keeps the square roots linearly independent over ℚ: a number is zero only if
/// it has no terms, and equality is decidable.
public struct ExactNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// One term `coefficient · √radicand`.
  public struct Term: Sendable, Hashable {
    /// The rational factor, nonzero.
    public let coefficient: Rational
    /// A positive integer, free of the square factors that trial division finds; 1 for the rational part.
    public let radicand: BigInt
  }

  /// The terms, by ascending radicand.
  public let terms: [Term]

  private init(normalizedTerms: [Term]) { terms = normalizedTerms }

  /// A rational number.
  public init(_ value: Rational) {
    terms = value.isZero ? [] : [Term(coefficient: value, radicand: 1)]
  }

  /// An integer.
  public init(_ value: Int) { self.init(Rational(value)) }

  /// The fraction `numerator / denominator`; the denominator must not be zero.
  public init(_ numerator: Int, _ denominator: Int) { self.init(Rational(BigInt(numerator), BigInt(denominator))) }

  /// The exact value of a finite double; nil for NaN and infinities.
  public init?(exactly value: Double) {
    guard let rational = Rational(exactly: value) else { return nil }
    self.init(rational)
  }

  /// The square root of a non-negative rational number.
  public init(squareRootOf value: Rational) {
    precondition(value.signum >= 0, "the square root of a negative number is not real")
    if value.isZero {
      terms = []
      return
    }
    // √(p/q) = √(p q) / q
    let (outside, inside) = Self.splitSquare(value.numerator * value.denominator)
    terms = [Term(coefficient: Rational(outside, value.denominator), radicand: inside)]
  }

  public static let zero = ExactNumber(0)
  public static let one = ExactNumber(1)

  /// Writes `n = outside² · inside`; complete for the square factors below 2¹⁰ and for perfect squares.
  private static func splitSquare(_ n: BigInt) -> (outside: BigInt, inside: BigInt) {
    var outside: BigInt = 1
    var inside = n
    func integerRoot(_ value: BigInt) -> BigInt? {
      let root = BigInt(value.magnitude.squareRoot())
      return root * root == value ? root : nil
    }
    if let root = integerRoot(inside) { return (root, 1) }
    for prime in smallPrimes {
      let square = prime * prime
      if square > inside { break }
      while true {
        let (quotient, remainder) = inside.quotientAndRemainder(dividingBy: square)
        if !remainder.isZero { break }
        inside = quotient
        outside *= prime
      }
    }
    if let root = integerRoot(inside) { return (outside * root, 1) }
    return (outside, inside)
  }

  private static let smallPrimes: [BigInt] = (2..<1024).filter { candidate in
    !(2..<candidate).prefix { $0 * $0 <= candidate }.contains { candidate % $0 == 0 }
  }.map { BigInt($0) }

  // MARK: Equality

  /// Equality of the numbers: radicands with large square factors have several spellings.
  public static func == (a: ExactNumber, b: ExactNumber) -> Bool {
    if a.terms == b.terms { return true }
    if a.terms.count != b.terms.count || a.terms.count == 1 && a.terms[0].radicand == 1 { return false }
    return (a - b).isZero
  }

  /// Equal numbers have as many terms and the same rational part, whatever the spelling.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(terms.count)
    if let first = terms.first, first.radicand == 1 { hasher.combine(first.coefficient) }
  }

  // MARK: Queries

  public var isZero: Bool { terms.isEmpty }

  /// The value as a rational number, if it is one.
  public var rational: Rational? {
    if terms.isEmpty { return .zero }
    guard terms.count == 1, terms[0].radicand == 1 else { return nil }
    return terms[0].coefficient
  }

  /// The radicand if the number is a rational times one square root (1 for a rational, including zero).
  public var commonRadicand: BigInt? {
    if terms.isEmpty { return 1 }
    return terms.count == 1 ? terms[0].radicand : nil
  }

  /// −1, 0 or 1, decided exactly.
  public var signum: Int {
    if terms.isEmpty { return 0 }
    if terms.count == 1 { return terms[0].coefficient.signum }
    // Linear independence makes the sum nonzero, so some precision separates it from zero.
    return rationalApproximation(relativeBits: 8).signum
  }

  /// The bits of the longest numerator or denominator: how long arithmetic with the number takes.
  public var bitWidth: Int {
    terms.map { max($0.coefficient.numerator.bitWidth, $0.coefficient.denominator.bitWidth, $0.radicand.bitWidth) }
      .max() ?? 0
  }

  public var magnitude: ExactNumber { signum < 0 ? -self : self }

  // MARK: Arithmetic

  public static func + (a: ExactNumber, b: ExactNumber) -> ExactNumber {
    if a.isZero { return b }
    if b.isZero { return a }
    if let p = a.rational, let q = b.rational { return ExactNumber(p + q) }
    var result = a.terms
    for term in b.terms { accumulate(term, into: &result) }
    return ExactNumber(normalizedTerms: result.sorted { $0.radicand < $1.radicand })
  }

  private static func accumulate(_ term: Term, into terms: inout [Term]) {
    for index in terms.indices {
      let present = terms[index]
      var coefficient = term.coefficient
      if present.radicand != term.radicand {
        // √r = √(r s)/s · √s where r s is a perfect square.
        let product = present.radicand * term.radicand
        let root = BigInt(product.magnitude.squareRoot())
        if root * root != product { continue }
        coefficient = coefficient * Rational(root, present.radicand)
      }
      let sum = present.coefficient + coefficient
      if sum.isZero {
        terms.remove(at: index)
      } else {
        terms[index] = Term(coefficient: sum, radicand: present.radicand)
      }
      return
    }
    terms.append(term)
  }

  public static prefix func - (a: ExactNumber) -> ExactNumber {
    ExactNumber(normalizedTerms: a.terms.map { Term(coefficient: -$0.coefficient, radicand: $0.radicand) })
  }
  public static func - (a: ExactNumber, b: ExactNumber) -> ExactNumber { a + (-b) }

  public static func * (a: ExactNumber, b: ExactNumber) -> ExactNumber {
    if let p = a.rational, let q = b.rational { return ExactNumber(p * q) }
    var result: [Term] = []
    for left in a.terms {
      for right in b.terms {
        let (outside, inside) = splitProduct(left.radicand, right.radicand)
        let coefficient = left.coefficient * right.coefficient * Rational(outside)
        accumulate(Term(coefficient: coefficient, radicand: inside), into: &result)
      }
    }
    return ExactNumber(normalizedTerms: result.sorted { $0.radicand < $1.radicand })
  }

  private static func splitProduct(_ r: BigInt, _ s: BigInt) -> (outside: BigInt, inside: BigInt) {
    if r == s { return (r, 1) }
    if r == 1 { return (1, s) }
    if s == 1 { return (1, r) }
    let common = r.greatestCommonDivisor(with: s)
    let (outside, inside) = splitSquare((r / common) * (s / common))
    return (outside * common, inside)
  }

  /// The reciprocal; nil for zero and for a sum of several square roots.
  public var reciprocal: ExactNumber? {
    guard terms.count == 1 else { return nil }
    // 1/(q √r) = √r/(q r)
    let coefficient = Rational.one / (terms[0].coefficient * Rational(terms[0].radicand))
    return ExactNumber(normalizedTerms: [Term(coefficient: coefficient, radicand: terms[0].radicand)])
  }

  /// The reciprocal of a nonzero number, or for a sum of several square roots a rational within `2^−160` of it.
  var reciprocalOrApproximation: ExactNumber {
    reciprocal ?? ExactNumber(.one / rationalApproximation(relativeBits: 168))
  }

  /// The square root, if it is representable: of a non-negative rational number.
  public var squareRoot: ExactNumber? {
    guard let value = rational, value.signum >= 0 else { return nil }
    return ExactNumber(squareRootOf: value)
  }

  public static func * (a: Rational, b: ExactNumber) -> ExactNumber { ExactNumber(a) * b }
  public static func / (a: ExactNumber, b: Rational) -> ExactNumber { ExactNumber(.one / b) * a }
  public static func += (a: inout ExactNumber, b: ExactNumber) { a = a + b }
  public static func -= (a: inout ExactNumber, b: ExactNumber) { a = a - b }
  public static func *= (a: inout ExactNumber, b: ExactNumber) { a = a * b }

  public static func < (a: ExactNumber, b: ExactNumber) -> Bool {
    if let p = a.rational, let q = b.rational { return p < q }
    return (a - b).signum < 0
  }

  /// The integer power, `exponent ≥ 0`.
  public func power(_ exponent: Int) -> ExactNumber {
    precondition(exponent >= 0, "an exact number has non-negative powers only")
    if let value = rational { return ExactNumber(value.power(exponent)) }
    if terms.count == 1 {
      let even = terms[0].coefficient.power(exponent) * Rational(terms[0].radicand.power(exponent / 2))
      let base = ExactNumber(even)
      return exponent.isMultiple(of: 2)
        ? base : ExactNumber(normalizedTerms: [Term(coefficient: even, radicand: terms[0].radicand)])
    }
    var result = ExactNumber.one
    for _ in 0..<exponent { result *= self }
    return result
  }

  // MARK: Rounding

  /// A rational number within `2^−relativeBits · |self|` of the value.
  public func rationalApproximation(relativeBits: Int) -> Rational {
    if let value = rational { return value }
    var bits = relativeBits + 32
    while true {
      var sum = Rational.zero
      var bound = Rational.zero
      for term in terms {
        if term.radicand == 1 {
          sum += term.coefficient
          continue
        }
        let root = BigInt((term.radicand.magnitude << (2 * bits)).squareRoot())
        sum += term.coefficient * Rational(root, BigInt(1) << bits)
        bound += term.coefficient.magnitude * Rational(1, BigInt(1) << bits)
      }
      if bound * Rational(BigInt(1) << relativeBits) <= sum.magnitude { return sum }
      bits *= 2
    }
  }

  /// The nearest double.
  public var doubleValue: Double { rationalApproximation(relativeBits: 160).doubleValue }

  /// The double nearest `numerator / denominator`, whatever the range of the two; the denominator must not be zero.
  public static func ratio(_ numerator: ExactNumber, _ denominator: ExactNumber) -> Double {
    (numerator.rationalApproximation(relativeBits: 160) / denominator.rationalApproximation(relativeBits: 160))
      .doubleValue
  }

  /// `p/q`, `p/q*sqrt(r)`, or a sum of such terms.
  public var description: String {
    if terms.isEmpty { return "0" }
    var text = ""
    for term in terms {
      let coefficient = term.coefficient
      var piece: String
      if term.radicand == 1 {
        piece = coefficient.magnitude.description
      } else {
        piece = "sqrt(\(term.radicand))"
        if coefficient.numerator.magnitude != 1 { piece = "\(coefficient.numerator.magnitude)*" + piece }
        if coefficient.denominator != 1 { piece += "/\(coefficient.denominator)" }
      }
      if text.isEmpty {
        text = (coefficient.signum < 0 ? "-" : "") + piece
      } else {
        text += (coefficient.signum < 0 ? " - " : " + ") + piece
      }
    }
    return text
  }
}

extension ExactNumber: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self.init(value) }
}
