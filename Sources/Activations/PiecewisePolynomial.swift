import Moments

/// A polynomial with exact coefficients, lowest degree first; the zero polynomial has none.
public struct Polynomial: Sendable, Hashable {
  /// Coefficients of 1, z, z², …; the last one is not zero.
  public let coefficients: [ExactNumber]

  public init(_ coefficients: [ExactNumber]) {
    var trimmed = coefficients
    while let last = trimmed.last, last.isZero { trimmed.removeLast() }
    self.coefficients = trimmed
  }

  public static let zero = Polynomial([])
  /// −1 for the zero polynomial.
  public var degree: Int { coefficients.count - 1 }

  public static func + (a: Polynomial, b: Polynomial) -> Polynomial {
    let count = max(a.coefficients.count, b.coefficients.count)
    return Polynomial(
      (0..<count).map { index in
        (index < a.coefficients.count ? a.coefficients[index] : 0)
          + (index < b.coefficients.count ? b.coefficients[index] : 0)
      })
  }

  public static func - (a: Polynomial, b: Polynomial) -> Polynomial {
    a + Polynomial(b.coefficients.map { -$0 })
  }

  public static func * (a: Polynomial, b: Polynomial) -> Polynomial {
    if a.coefficients.isEmpty || b.coefficients.isEmpty { return .zero }
    var product = [ExactNumber](repeating: 0, count: a.coefficients.count + b.coefficients.count - 1)
    for (i, p) in a.coefficients.enumerated() where !p.isZero {
      for (j, q) in b.coefficients.enumerated() where !q.isZero { product[i + j] += p * q }
    }
    return Polynomial(product)
  }

  public var derivative: Polynomial {
    Polynomial(coefficients.enumerated().dropFirst().map { ExactNumber($0.offset) * $0.element })
  }

  /// The polynomial in `h` that equals this one at `z = center + h`.
  public func expanded(around center: ExactNumber) -> Polynomial {
    // Horner's scheme in the ring of polynomials in h.
    let shift = Polynomial([center, 1])
    return coefficients.reversed().reduce(.zero) { $0 * shift + Polynomial([$1]) }
  }

  /// The exact value at `z`.
  public func callAsFunction(_ z: ExactNumber) -> ExactNumber {
    coefficients.reversed().reduce(ExactNumber.zero) { $0 * z + $1 }
  }
}

/// A function that is a polynomial between finitely many break points.
public struct PiecewisePolynomial: Sendable, Hashable {
  /// The break points κ₁ < … < κ_K.
  public let breakpoints: [ExactNumber]
  /// K + 1 polynomials in z: left of κ₁, between the break points, right of κ_K.
  public let polynomials: [Polynomial]
  /// The values at the break points, which count where a law has an atom there.
  public let breakpointValues: [ExactNumber]

  /// - Parameters:
  ///   - breakpoints: κ₁ < … < κ_K.
  ///   - polynomials: K + 1 of them, from left to right.
  ///   - breakpointValues: nil takes the value from the piece on the left of each break point.
  public init(breakpoints: [ExactNumber], polynomials: [Polynomial], breakpointValues: [ExactNumber]? = nil) {
    precondition(polynomials.count == breakpoints.count + 1, "K break points separate K + 1 pieces")
    self.breakpoints = breakpoints
    self.polynomials = polynomials
    self.breakpointValues = breakpointValues ?? breakpoints.indices.map { polynomials[$0](breakpoints[$0]) }
  }

  /// A polynomial.
  public init(_ polynomial: Polynomial) {
    self.init(breakpoints: [], polynomials: [polynomial])
  }

  /// The largest degree of a piece, at least 0.
  public var degree: Int { max(0, polynomials.map(\.degree).max() ?? 0) }

  /// The larger degree of the two outermost pieces, at least 0: what the function grows like.
  public var growthDegree: Int { max(0, polynomials[0].degree, polynomials[breakpoints.count].degree) }

  /// The polynomial, if there are no break points.
  public var polynomial: Polynomial? { breakpoints.isEmpty ? polynomials[0] : nil }

  /// The piecewise derivative, with the given values at the break points (nil: 0 at each), simplified.
  public func derivative(breakpointValues: [ExactNumber]? = nil) -> PiecewisePolynomial {
    PiecewisePolynomial(
      breakpoints: breakpoints, polynomials: polynomials.map(\.derivative),
      breakpointValues: breakpointValues ?? breakpoints.map { _ in 0 }
    ).simplified
  }

  /// The exact value at `z`.
  public func callAsFunction(_ z: ExactNumber) -> ExactNumber {
    for (index, breakpoint) in breakpoints.enumerated() {
      if z < breakpoint { return polynomials[index](z) }
      if z == breakpoint { return breakpointValues[index] }
    }
    return polynomials[breakpoints.count](z)
  }

  public static func * (a: PiecewisePolynomial, b: PiecewisePolynomial) -> PiecewisePolynomial {
    let all = Array(Set(a.breakpoints + b.breakpoints)).sorted()
    func piece(_ f: PiecewisePolynomial, _ index: Int) -> Polynomial {
      // The piece of f to the left of all[index], or its last one.
      guard index < all.count else { return f.polynomials[f.breakpoints.count] }
      return f.polynomials[f.breakpoints.firstIndex { $0 >= all[index] } ?? f.breakpoints.count]
    }
    return PiecewisePolynomial(
      breakpoints: all, polynomials: (0...all.count).map { piece(a, $0) * piece(b, $0) },
      breakpointValues: all.map { a($0) * b($0) })
  }

  /// The function without the break points where nothing changes: the same polynomial on both sides, and its value.
  public var simplified: PiecewisePolynomial {
    let real = breakpoints.indices.filter { index in
      polynomials[index] != polynomials[index + 1]
        || polynomials[index](breakpoints[index]) != breakpointValues[index]
    }
    if real.count == breakpoints.count { return self }
    return PiecewisePolynomial(
      breakpoints: real.map { breakpoints[$0] }, polynomials: [polynomials[0]] + real.map { polynomials[$0 + 1] },
      breakpointValues: real.map { breakpointValues[$0] })
  }

  /// The parity, decided exactly; the zero function counts as even.
  public var parity: Parity {
    func reflected(_ polynomial: Polynomial) -> Polynomial {
      Polynomial(polynomial.coefficients.enumerated().map { $0.offset.isMultiple(of: 2) ? $0.element : -$0.element })
    }
    let mirror = PiecewisePolynomial(
      breakpoints: breakpoints.reversed().map { -$0 }, polynomials: polynomials.reversed().map(reflected),
      breakpointValues: breakpointValues.reversed())
    if mirror == self { return .even }
    let negative = PiecewisePolynomial(
      breakpoints: mirror.breakpoints, polynomials: mirror.polynomials.map { .zero - $0 },
      breakpointValues: mirror.breakpointValues.map { -$0 })
    return negative == self ? .odd : .none
  }

  /// A closure that evaluates the function in double precision.
  ///
  /// Each piece is computed as if in twice the working precision (see `Polynomial.evaluator`), so that a value
  /// near a root or a break point, as hard-swish has at −3, is as accurate as any other. A break point that is no
  /// double separates the doubles on its two sides; none of them takes its value.
  public var evaluator: @Sendable (Double) -> Double {
    let pieces = polynomials.map(\.evaluator)
    if breakpoints.isEmpty { return pieces[0] }
    // Left of a break point are the doubles up to `below`, right of it those from `above` on.
    let below = breakpoints.map { point -> Double in
      let rounded = point.doubleValue
      return ExactNumber(exactly: rounded).map { $0 < point } == true ? rounded : rounded.nextDown
    }
    let above = breakpoints.map { point -> Double in
      let rounded = point.doubleValue
      return ExactNumber(exactly: rounded).map { $0 > point } == true ? rounded : rounded.nextUp
    }
    let values = breakpointValues.map(\.doubleValue)
    if breakpoints.count == 1 {
      let (left, right, low, high, value) = (pieces[0], pieces[1], below[0], above[0], values[0])
      return { z in z >= high ? right(z) : z <= low ? left(z) : value }
    }
    return { z in
      var index = 0
      while index < above.count, z >= above[index] { index += 1 }
      return index == above.count || z <= below[index] ? pieces[index](z) : values[index]
    }
  }
}

extension Polynomial {
  /// A closure that evaluates the polynomial in double precision, as if computed with twice the digits and rounded.
  ///
  /// Horner's scheme with every rounding error carried along (compensated Horner; Graillat, Langlois and Louvet
  /// 2009), and coefficients of two doubles each, or
  /// integers over a common denominator, which keeps rational roots exact. The relative error is about ε + (2 n ε)² κ with κ the condition
  /// number `Σ|cᵢ zⁱ| / |p(z)|`: a few ulps unless κ exceeds 10¹⁵. A monomial is multiplied out, or a power.
  /// Overflow gives an infinity, never NaN.
  var evaluator: @Sendable (Double) -> Double {
    let coefficients = coefficients.map { TwoTerm($0) }
    guard let leading = coefficients.last else { return { _ in 0 } }
    let degree = coefficients.count - 1
    if coefficients.dropLast().allSatisfy({ $0.high == 0 }) {
      return monomialEvaluator(coefficient: leading.high, degree: degree)
    }
    let constant = coefficients[0]
    if degree == 1, leading.high.magnitude == 1, leading.low == 0, constant.low == 0 {
      let (slope, offset) = (leading.high, constant.high)
      return { z in slope * z + offset }
    }
    let (terms, denominator) = numerators ?? (coefficients, 1)
    return { z in
      var value = terms[degree].high
      var correction = terms[degree].low
      var index = degree
      while index > 0 {
        index -= 1
        let coefficient = terms[index]
        let product = value * z
        let productError = (-product).addingProduct(value, z)
        let sum = product + coefficient.high
        let part = sum - product
        let sumError = (product - (sum - part)) + (coefficient.high - part)
        correction = (productError + sumError + coefficient.low).addingProduct(correction, z)
        value = sum
      }
      let result = (value + correction) / denominator
      if result.isFinite { return result }
      // The error terms of an overflow are not numbers.
      var plain = leading.high
      for coefficient in coefficients.dropLast().reversed() { plain = plain * z + coefficient.high }
      return plain
    }
  }

  /// The coefficients over their common denominator, if it and the numerators are doubles and it is not 1.
  private var numerators: ([TwoTerm], Double)? {
    let rationals = coefficients.compactMap(\.rational)
    guard rationals.count == coefficients.count else { return nil }
    var common = Rational.one
    for rational in rationals {
      common = common * Rational((rational * common).denominator)
    }
    guard common != .one, common < Rational(1 << 53) else { return nil }
    let scaled = rationals.map { TwoTerm(ExactNumber($0 * common)) }
    return scaled.allSatisfy { $0.low == 0 } ? (scaled, common.doubleValue) : nil
  }
}

/// `coefficient · z^degree` in an order that neither over- nor underflows before the result does.
private func monomialEvaluator(coefficient: Double, degree: Int) -> @Sendable (Double) -> Double {
  switch degree {
  case 0: return { _ in coefficient }
  case 1: return { z in coefficient * z }
  case 2: return { z in coefficient * z * z }
  case 3: return { z in coefficient * z * z * z }
  default:
    let exponent = Double(degree)
    return { z in
      let power = Libm.pow(z, exponent)
      let result = coefficient * power
      if power.isNormal && result.isFinite { return result }
      var product = coefficient
      for _ in 0..<degree { product *= z }
      return product
    }
  }
}
