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

  /// - Parameter breakpointValues: nil takes the value from the piece on the left of each break point.
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

  /// The polynomial, if there are no break points.
  public var polynomial: Polynomial? { breakpoints.isEmpty ? polynomials[0] : nil }

  /// The piecewise derivative, with the given values at the break points (nil: 0 at each).
  public func derivative(breakpointValues: [ExactNumber]? = nil) -> PiecewisePolynomial {
    PiecewisePolynomial(
      breakpoints: breakpoints, polynomials: polynomials.map(\.derivative),
      breakpointValues: breakpointValues ?? breakpoints.map { _ in 0 })
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

  /// A closure that evaluates the function in double precision by Horner's scheme.
  public var evaluator: @Sendable (Double) -> Double {
    let points = breakpoints.map(\.doubleValue)
    let values = breakpointValues.map(\.doubleValue)
    let tables = polynomials.map { $0.coefficients.map(\.doubleValue) }
    return { z in
      var index = 0
      while index < points.count, z > points[index] { index += 1 }
      if index < points.count, z == points[index] { return values[index] }
      var sum = 0.0
      for coefficient in tables[index].reversed() { sum = sum * z + coefficient }
      return sum
    }
  }
}
