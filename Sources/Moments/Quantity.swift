/// A moment, an expectation or a kernel value: finite and estimated, or not a number at all, with the reason.
public enum Quantity: Sendable, Equatable {
  /// The value exists.
  case finite(Estimate)
  /// The integral diverges to +∞ (`positive`) or −∞.
  case infinite(positive: Bool, reason: String)
  /// Positive and negative parts both diverge.
  case undefined(reason: String)

  /// The estimate of a finite quantity.
  public var estimate: Estimate? {
    if case .finite(let estimate) = self { return estimate }
    return nil
  }

  /// Why there is no value, for a quantity that has none.
  public var reason: String? {
    switch self {
    case .finite: return nil
    case .infinite(_, let reason), .undefined(let reason): return reason
    }
  }

  /// The status word of the interface, `infinite` or `undefined`, for a quantity without a value.
  public var status: String? {
    switch self {
    case .finite: return nil
    case .infinite: return "infinite"
    case .undefined: return "undefined"
    }
  }

  public static func exact(_ value: ExactNumber) -> Quantity { .finite(Estimate(exact: value)) }
  public static let zero = Quantity.finite(.zero)

  /// The sum; `∞ − ∞` is undefined.
  public static func + (a: Quantity, b: Quantity) -> Quantity {
    switch (a, b) {
    case (.finite(let p), .finite(let q)): return .finite(p + q)
    case (.undefined, _): return a
    case (_, .undefined): return b
    case (.infinite(let p, let reason), .infinite(let q, let other)):
      return p == q ? a : .undefined(reason: "\(reason), and with the opposite sign \(other)")
    case (.infinite, .finite): return a
    case (.finite, .infinite): return b
    }
  }

  /// The product with a finite factor; a factor that is exactly zero removes the term, whatever it was.
  public static func * (factor: Estimate, b: Quantity) -> Quantity {
    if factor.isExactlyZero { return .zero }
    switch b {
    case .finite(let estimate): return .finite(factor * estimate)
    case .infinite(let positive, let reason): return .infinite(positive: positive == (factor.value > 0), reason: reason)
    case .undefined: return b
    }
  }
}
