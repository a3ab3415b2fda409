@preconcurrency import BigInt

/// How a value is known, from the surest to the least sure.
public enum EvaluationMethod: String, Sendable, Comparable, CaseIterable {
  /// Exact arithmetic in rational numbers and square roots.
  case exact
  /// A closed formula, rounded.
  case closedForm = "closed-form"
  /// A convergent series with a bound on its tail.
  case series
  /// Numerical integration with error control.
  case quadrature
  /// A random or quasi-random sample; the error is one standard error.
  case sampling

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  public static func < (a: EvaluationMethod, b: EvaluationMethod) -> Bool { a.rank < b.rank }
}

/// A real number with an error bound and the method it was found by.
///
/// Invariant: `|value − truth| ≤ error`, except that under ``EvaluationMethod/sampling`` the error is one standard
/// error, and that under ``EvaluationMethod/exact`` the error is 0 and `value` is the double nearest ``exact``.
/// Sums and products propagate the bound and add their own rounding.
public struct Estimate: Sendable, Equatable {
  /// The best double.
  public let value: Double
  /// An absolute bound on `|value − truth|`.
  public let error: Double
  /// The weakest method on the way to the value.
  public let method: EvaluationMethod
  /// The exact value, if it is known.
  public let exact: ExactNumber?

  /// A value known exactly.
  public init(exact: ExactNumber) {
    self.init(exact: exact, value: exact.doubleValue)
  }

  private init(exact: ExactNumber, value: Double) {
    self.value = value
    error = 0
    method = .exact
    self.exact = exact
  }

  /// A value known to within `error` by a method other than exact arithmetic.
  public init(_ value: Double, error: Double, method: EvaluationMethod) {
    self.value = value
    self.error = error
    self.method = method
    exact = nil
  }

  /// A closed form that is right to `ulps` units in the last place; 0 is taken to be no underflow.
  public init(closedForm value: Double, ulps: Double = 4) {
    let underflow = value == 0 ? 0 : Self.underflow(of: value)
    self.init(value, error: ulps * value.magnitude * 0x1p-53 + underflow, method: .closedForm)
  }

  /// What a value may lose by leaving the range of normal doubles, and its bound by being a multiple of something small:
  /// relative errors say nothing there.
  public static func underflow(of value: Double) -> Double {
    value.magnitude < 0x1p-960 ? 4 * .leastNonzeroMagnitude : 0
  }

  public static let zero = Estimate(exact: 0)
  public static let one = Estimate(exact: 1)
  public static let half = Estimate(exact: ExactNumber(1, 2))
  public static let quarter = Estimate(exact: ExactNumber(1, 4))

  /// Whether the value is known to be exactly zero.
  public var isExactlyZero: Bool { exact?.isZero ?? false }

  /// The bound on the true error of `value` as a double: an exact value still was rounded once.
  public var roundedError: Double {
    guard let exact else { return error }
    if value.magnitude >= .leastNormalMagnitude { return value.magnitude * 0x1p-53 }
    return exact.isZero ? 0 : .leastNonzeroMagnitude
  }

  public static func + (a: Estimate, b: Estimate) -> Estimate {
    if let p = a.exact, let q = b.exact { return Estimate(exact: p + q) }
    if a.isExactlyZero { return b }
    if b.isExactlyZero { return a }
    let sum = a.value + b.value
    return Estimate(
      sum, error: a.roundedError + b.roundedError + sum.magnitude * 0x1p-53,
      method: max(a.method, b.method, .closedForm))
  }

  public static prefix func - (a: Estimate) -> Estimate {
    if let p = a.exact { return Estimate(exact: -p, value: -a.value) }
    return Estimate(-a.value, error: a.error, method: a.method)
  }

  public static func - (a: Estimate, b: Estimate) -> Estimate { a + (-b) }

  public static func * (a: Estimate, b: Estimate) -> Estimate {
    if let p = a.exact, let q = b.exact { return Estimate(exact: p * q) }
    if a.isExactlyZero || b.isExactlyZero { return .zero }
    if a.exact == ExactNumber.one { return b }
    if b.exact == ExactNumber.one { return a }
    let product = a.value * b.value
    let error =
      a.roundedError * b.value.magnitude + a.value.magnitude * b.roundedError + a.roundedError * b.roundedError
      + product.magnitude * 0x1p-53 + underflow(of: product)
    return Estimate(product, error: error, method: max(a.method, b.method, .closedForm))
  }

  public static func * (a: ExactNumber, b: Estimate) -> Estimate { Estimate(exact: a) * b }
}
