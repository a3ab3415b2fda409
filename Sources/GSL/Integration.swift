import CGSL

/// The value of a definite integral together with the rule's error estimate.
public struct IntegrationResult: Sendable, Equatable {
  /// The integral.
  public var value: Double
  /// An estimate of `|value − integral|`, conservative for integrands that are smooth between the break points.
  public var error: Double
  /// Whether the requested tolerance was met.
  public var converged: Bool

  public init(value: Double, error: Double, converged: Bool) {
    self.value = value
    self.error = error
    self.converged = converged
  }
}

/// A workspace for GSL's adaptive Gauss–Kronrod quadrature.
///
/// Owned by one integration at a time: nested integrals need one workspace a level. The class frees GSL's memory
/// when the last reference goes.
public final class QuadratureWorkspace {
  let pointer: UnsafeMutablePointer<gsl_integration_workspace>
  /// The largest number of subintervals.
  public let limit: Int

  /// Allocates room for `limit` subintervals.
  ///
  /// - Throws: ``GSLError`` if memory is exhausted.
  public init(limit: Int = 400) throws(GSLError) {
    GSLRuntime.prepare()
    guard let pointer = gsl_integration_workspace_alloc(limit) else {
      throw GSLError(status: Int32(GSL_ENOMEM), routine: "gsl_integration_workspace_alloc")
    }
    self.pointer = pointer
    self.limit = limit
  }

  deinit { gsl_integration_workspace_free(pointer) }
}

/// The integrand as GSL sees it: a Swift closure behind a `void *`.
private struct IntegrandBox {
  let evaluate: (Double) -> Double
}

private func callIntegrand(_ x: Double, _ parameters: UnsafeMutableRawPointer?) -> Double {
  guard let parameters else { return .nan }
  return parameters.assumingMemoryBound(to: IntegrandBox.self).pointee.evaluate(x)
}

/// The Gauss–Kronrod pair used on each subinterval.
public enum GaussKronrodRule: Int32, Sendable {
  case points15 = 1
  case points21 = 2
  case points31 = 3
  case points41 = 4
  case points51 = 5
  case points61 = 6
}

/// Integrates a smooth function over a finite interval by GSL's adaptive Gauss–Kronrod rule (QAG).
///
/// - Parameters:
///   - lower: The lower limit, finite.
///   - upper: The upper limit, finite; may lie below `lower`.
///   - absolute: The absolute tolerance.
///   - relative: The relative tolerance.
///   - rule: The Gauss–Kronrod pair.
///   - workspace: Not in use by an enclosing integral.
///   - integrand: The function; it may be evaluated at any interior point.
/// - Returns: Value and error estimate. Where the tolerance was not met because of rounding or the limit on
///   subintervals, `converged` is false and the estimate still describes the best value.
/// - Throws: ``GSLError`` for a failure other than missing the tolerance.
public func integrateAdaptively(
  from lower: Double, to upper: Double, absolute: Double, relative: Double,
  rule: GaussKronrodRule = .points21, workspace: QuadratureWorkspace, _ integrand: (Double) -> Double
) throws(GSLError) -> IntegrationResult {
  GSLRuntime.prepare()
  var value = 0.0
  var error = 0.0
  let status = withoutActuallyEscaping(integrand) { escapable in
    var box = IntegrandBox(evaluate: escapable)
    return withUnsafeMutablePointer(to: &box) { boxPointer in
      var function = gsl_function(function: callIntegrand, params: UnsafeMutableRawPointer(boxPointer))
      return gsl_integration_qag(
        &function, lower, upper, absolute, max(relative, 1.2e-14), workspace.limit, rule.rawValue,
        workspace.pointer, &value, &error)
    }
  }
  let missed = [Int32(GSL_EMAXITER), Int32(GSL_EROUND), Int32(GSL_ESING), Int32(GSL_EDIVERGE)]
  if status != Int32(GSL_SUCCESS) && !missed.contains(status) {
    throw GSLError(status: status, routine: "gsl_integration_qag")
  }
  return IntegrationResult(value: value, error: error, converged: status == Int32(GSL_SUCCESS))
}

/// Nodes and weights of a fixed Gauss–Legendre rule.
///
/// **Accuracy.** Nodes to one rounding, weights to a few. GSL has tables of that accuracy for some numbers of nodes;
/// what it computes for the others is good to 1e-10 only, and is refined here by Newton's method.
public final class GaussLegendreRule {
  /// Nodes in (−1, 1), ascending.
  public let nodes: [Double]
  /// Weights; they sum to 2.
  public let weights: [Double]

  /// The numbers of nodes of GSL's tables.
  public static let tabulatedCounts: [Int] = Array(1...20) + [32, 64, 96, 100, 128, 256, 512, 1024]

  /// The `count`-point rule.
  ///
  /// - Throws: ``GSLError`` if memory is exhausted.
  public init(count: Int) throws(GSLError) {
    GSLRuntime.prepare()
    guard let table = gsl_integration_glfixed_table_alloc(count) else {
      throw GSLError(status: Int32(GSL_ENOMEM), routine: "gsl_integration_glfixed_table_alloc")
    }
    defer { gsl_integration_glfixed_table_free(table) }
    let isTabulated = Self.tabulatedCounts.contains(count)
    var pairs: [(node: Double, weight: Double)] = []
    for index in 0..<count {
      var node = 0.0
      var weight = 0.0
      let status = gsl_integration_glfixed_point(-1, 1, index, &node, &weight, table)
      try GSLRuntime.check(status, "gsl_integration_glfixed_point")
      pairs.append(isTabulated ? (node, weight) : Self.refined(node, count))
    }
    pairs.sort { $0.node < $1.node }
    nodes = pairs.map(\.node)
    weights = pairs.map(\.weight)
  }

  /// A tabulated rule of at least `count` points; beyond 1024, the rule of `count` points.
  ///
  /// - Throws: ``GSLError`` if memory is exhausted.
  public convenience init(atLeast count: Int) throws(GSLError) {
    try self.init(count: Self.tabulatedCounts.first { $0 >= count } ?? count)
  }

  /// A zero of the Legendre polynomial `P_n` near `start`, and its weight `2/((1 − x²) P_n′(x)²)`.
  ///
  /// The weight's derivative with respect to x vanishes at the zero, so that the rounding of x does not reach it.
  private static func refined(_ start: Double, _ count: Int) -> (node: Double, weight: Double) {
    var node = start
    var weight = 0.0
    for _ in 0..<2 {
      var (previous, value) = (1.0, node)
      for k in 1..<count {
        let next = (Double(2 * k + 1) * node * value - Double(k) * previous) / Double(k + 1)
        (previous, value) = (value, next)
      }
      let complement = (1 - node) * (1 + node)
      let slope = Double(count) * (previous - node * value) / complement
      weight = 2 / (complement * slope * slope)
      node -= value / slope
    }
    return (node, weight)
  }
}
