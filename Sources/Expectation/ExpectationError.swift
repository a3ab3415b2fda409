/// Why an expectation has no answer.
public enum ExpectationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The best method's error is larger than what was asked for.
  case accuracyNotReached(quantity: String, requested: Double, reached: Double)
  /// No method applies.
  case notComputable(quantity: String, reason: String)
  /// A covariance is not positive semidefinite.
  case indefinite(String)
  /// A value leaves the range of `Double`.
  case overflow(quantity: String)

  public var description: String {
    switch self {
    case .accuracyNotReached(let quantity, let requested, let reached):
      return "\(quantity): the requested relative accuracy \(requested) was not reached; the best error bound is "
        + "\(reached) relative. Ask for less (--tolerance), or leave --tolerance out to get a value with its error."
    case .notComputable(let quantity, let reason): return "\(quantity) cannot be computed: \(reason)."
    case .indefinite(let text):
      return "The covariance is not positive semidefinite: \(text). It needs |c| ≤ √(q1 q2) and q1, q2 ≥ 0."
    case .overflow(let quantity):
      return "\(quantity) exceeds the range of double precision, about 1.8e308. Scale the inputs or the laws down."
    }
  }
}
