import Foundation
import Moments

extension Quantity {
  /// The product, with `0 · anything = 0`.
  static func * (a: Quantity, b: Quantity) -> Quantity {
    switch (a, b) {
    case (.finite(let p), _): return p * b
    case (_, .finite(let q)): return q * a
    case (.infinite(let p, let reason), .infinite(let q, _)): return .infinite(positive: p == q, reason: reason)
    case (.undefined, _): return a
    case (_, .undefined): return b
    }
  }

  static prefix func - (a: Quantity) -> Quantity { Estimate(exact: -1) * a }
  static func - (a: Quantity, b: Quantity) -> Quantity { a + (-b) }
  static func * (factor: ExactNumber, b: Quantity) -> Quantity { Estimate(exact: factor) * b }

  var isExactlyZero: Bool { estimate?.isExactlyZero ?? false }

  /// The square root of what is non-negative; a value that rounding left below 0 counts as 0.
  var squareRoot: Quantity {
    guard let estimate else { return self }
    return .finite(estimate.squareRoot)
  }
}

extension Estimate {
  /// The square root of what is non-negative; a value that rounding left below 0 counts as 0.
  var squareRoot: Estimate {
    if let root = exact?.squareRoot { return Estimate(exact: root) }
    let error = roundedError
    let root = max(value, 0).squareRoot()
    // |√a − √b| = |a − b|/(√a + √b) ≤ min(|a − b|/√a, √|a − b|)
    let change = root > 0 ? min(error / root, error.squareRoot()) : error.squareRoot()
    return Estimate(root, error: change + root * 0x1p-53, method: max(method, .closedForm))
  }

  /// The quotient by what is not zero.
  static func / (a: Estimate, b: Estimate) -> Estimate {
    if let reciprocal = b.exact?.reciprocal { return Estimate(exact: reciprocal) * a }
    let inverse = 1 / b.value
    let slack = b.value.magnitude - b.roundedError
    let error = slack > 0 ? b.roundedError * inverse.magnitude / slack : .infinity
    return a * Estimate(inverse, error: error + inverse.magnitude * 0x1p-53, method: max(b.method, .closedForm))
  }
}

/// `N^exponent`: exact for whole and half exponents.
func widthPower(_ width: Int, _ exponent: Rational) -> Estimate { rationalPower(Rational(width), exponent) }

/// `base^exponent` of a positive number: exact for whole and half exponents.
func rationalPower(_ base: Rational, _ exponent: Rational) -> Estimate {
  if exponent.isZero || base == 1 { return .one }
  let doubled = 2 * exponent
  if doubled.isInteger, let twice = Int(exactly: doubled.doubleValue), twice.magnitude <= 64 {
    let root = twice.isMultiple(of: 2) ? ExactNumber.one : ExactNumber(squareRootOf: base)
    // Rounds down, so that the root stands in the numerator: N^(−1/2) = N^(−1) √N.
    let whole = (twice - (twice & 1)) / 2
    let power = base.power(abs(whole))
    return Estimate(exact: (whole < 0 ? .one / power : power) * root)
  }
  return Estimate(closedForm: pow(base.doubleValue, exponent.doubleValue), ulps: 8)
}
