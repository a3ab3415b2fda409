import Activations
import Moments

/// Gaussian dual activations, `E[f(u) g(v)]` for jointly Gaussian `(u, v)`.
///
/// One question, several methods, chosen here in this order:
///
/// 1. a zero variance: a point mass, `f(m₁) E g(v)`, with `f` evaluated at the mean as at any atom;
/// 2. polynomials: exact for exact parameters, otherwise the finite sum in doubles;
/// 3. trigonometric sums and exponentials, any means;
/// 4. polynomials times `e^{−βz²}`, any means; erf, GELU and its derivative, centered;
/// 5. polynomials on both sides of a kink at 0, centered: arc-cosine kernels of all orders;
/// 6. odd times even under a centered law: exactly 0;
/// 7. functions analytic in a strip wide enough for the variances: the Mehler series;
/// 8. everything else: adaptive quadrature, in one dimension for ρ = ±1 and for piecewise polynomials, ELU, SELU and
///    CELU, whose inner integrals are closed, nested otherwise; the product of two means for ρ = 0.
///
/// To evaluate many pairs, keep a ``GaussianDualPlan``: it inspects the functions once.
public enum GaussianDual {
  /// `E[f(u) g(v)]`.
  ///
  /// - Parameters:
  ///   - f: The function of u.
  ///   - g: The function of v.
  ///   - pair: The law of `(u, v)`.
  ///   - relativeTolerance: Wanted of series and quadrature, relative to the value; the error of the result is a
  ///     bound whether or not the tolerance was reached.
  /// - Throws: ``GaussianError`` if the expectation is not finite as a double.
  public static func expectation(
    _ f: ScalarFunction, _ g: ScalarFunction, _ pair: GaussianPair, relativeTolerance: Double = 1e-12
  ) throws(GaussianError) -> Estimate {
    try GaussianDualPlan(f, g).expectation(pair, relativeTolerance: relativeTolerance)
  }

  /// `E[f(u)]`, `u ~ N(mean, variance)`.
  public static func expectation(
    _ f: ScalarFunction, mean: Double = 0, variance: Double, relativeTolerance: Double = 1e-12
  ) throws(GaussianError) -> Estimate {
    guard mean.isFinite else { throw .notFinite(parameter: "mean") }
    guard variance.isFinite else { throw .notFinite(parameter: "variance") }
    guard variance >= 0 else { throw .negativeVariance(variance) }
    return try marginal(
      f, PreparedFunction(f), mean: mean, deviation: variance.squareRoot(), relative: relativeTolerance)
  }

  static func marginal(
    _ f: ScalarFunction, _ prepared: PreparedFunction, mean: Double, deviation: Double, relative: Double
  ) throws(GaussianError) -> Estimate {
    if deviation == 0 { return try finite(Estimate(closedForm: f.evaluate(mean), ulps: 4), f.name) }
    if mean == 0, f.parity == .odd { return .zero }
    if let conditional = prepared.conditional {
      let sample = conditional(mean, deviation)
      if sample.error <= 0.1 * relative * sample.value.magnitude {
        return try finite(Estimate(sample.value, error: 2 * sample.error, method: .closedForm), f.name)
      }
    }
    let integral = GaussianQuadrature.line(prepared, mean: mean, deviation: deviation, relative: relative)
    return try finite(Estimate(integral.value, error: integral.error, method: .quadrature), f.name)
  }

  static func finite(
    _ estimate: Estimate, _ name: @autoclosure () -> String
  ) throws(GaussianError) -> Estimate {
    guard estimate.value.isFinite, estimate.error.isFinite else { throw .notIntegrable(function: name()) }
    return estimate
  }
}

/// A pair of functions, inspected once, whose dual can then be evaluated at many Gaussian laws.
public struct GaussianDualPlan: Sendable {
  /// How the dual is computed, where a closed form applies.
  private enum Form: Sendable {
    case polynomial(PolynomialDual)
    case waves(WaveDual)
    case gaussians([Double], Double, [Double], Double)
    case errorFunctions(Double, Double)
    case gelu
    case geluDerivative
    case rectified(RectifiedDual)
    case general
  }

  private let form: Form
  private let first: ScalarFunction
  private let second: ScalarFunction
  private let preparedFirst: PreparedFunction
  private let preparedSecond: PreparedFunction
  private let parity: Parity

  /// - Throws: ``GaussianError/library(_:)`` if GSL has no memory for a quadrature rule.
  public init(_ f: ScalarFunction, _ g: ScalarFunction) throws(GaussianError) {
    first = f
    second = g
    preparedFirst = try PreparedFunction(f)
    preparedSecond = try PreparedFunction(g)
    parity = f.parity * g.parity
    form = try Self.form(f, g)
  }

  private static func form(_ f: ScalarFunction, _ g: ScalarFunction) throws(GaussianError) -> Form {
    if let p = f.pieces, let q = g.pieces {
      if let a = p.polynomial, let b = q.polynomial { return .polynomial(PolynomialDual(a, b)) }
      if let rectified = try RectifiedDual(p, q) { return .rectified(rectified) }
    }
    if let p = f.waves, let q = g.waves, let dual = WaveDual(p, q) { return .waves(dual) }
    switch (f.gaussianForm, g.gaussianForm) {
    case (.gaussian(let p, let beta), .gaussian(let q, let gamma)): return .gaussians(p, beta, q, gamma)
    case (.errorFunction(let a), .errorFunction(let b)): return .errorFunctions(a, b)
    case (.gelu, .gelu): return .gelu
    case (.geluDerivative, .geluDerivative): return .geluDerivative
    case (.gaussian(let p, let beta), nil):
      if let q = g.pieces?.polynomial { return .gaussians(p, beta, q.coefficients.map(\.doubleValue), 0) }
    case (nil, .gaussian(let q, let gamma)):
      if let p = f.pieces?.polynomial { return .gaussians(p.coefficients.map(\.doubleValue), 0, q, gamma) }
    default: break
    }
    return .general
  }

  /// `E[f(u) g(v)]`; see ``GaussianDual/expectation(_:_:_:relativeTolerance:)``.
  public func expectation(
    _ pair: GaussianPair, relativeTolerance: Double = 1e-12
  ) throws(GaussianError) -> Estimate {
    if let closed = closedForm(pair) { return try GaussianDual.finite(closed, name) }
    if pair.varianceU == 0 || pair.varianceV == 0 {
      return try marginal(first: pair, relativeTolerance) * marginal(second: pair, relativeTolerance)
    }
    if pair.isCentered, parity == .odd { return .zero }
    if pair.correlation == 0 {
      return try marginal(first: pair, relativeTolerance) * marginal(second: pair, relativeTolerance)
    }
    if let series = series(pair, relativeTolerance), series.error <= relativeTolerance * series.value.magnitude {
      return series
    }
    return try quadrature(pair, relativeTolerance)
  }

  private var name: String { "\(first.name)·\(second.name)" }

  /// The closed form, if there is one for this pair.
  @inline(__always)
  func closedForm(_ pair: GaussianPair) -> Estimate? {
    switch form {
    case .polynomial(let dual): return dual.expectation(pair)
    case .rectified(let dual):
      guard pair.isCentered, pair.varianceU > 0, pair.varianceV > 0 else { return nil }
      return dual.expectation(pair)
    case .waves(let dual): return dual.expectation(pair)
    case .gaussians(let p, let beta, let q, let gamma): return ErrorFunctionDual.gaussians(p, beta, q, gamma, pair)
    case .errorFunctions(let a, let b): return pair.isCentered ? ErrorFunctionDual.errorFunctions(a, b, pair) : nil
    case .gelu: return pair.isCentered ? ErrorFunctionDual.gelu(pair) : nil
    case .geluDerivative: return pair.isCentered ? ErrorFunctionDual.geluDerivative(pair) : nil
    case .general: return nil
    }
  }

  /// The Mehler series, if it converges fast enough.
  func series(_ pair: GaussianPair, _ relative: Double) -> Estimate? {
    guard let (value, error, _) = HermiteSeries.expectation(first, second, pair, relative: relative) else { return nil }
    return value.isFinite && error.isFinite ? Estimate(value, error: error, method: .series) : nil
  }

  /// Quadrature in one or two dimensions; both variances must be positive.
  func quadrature(
    _ pair: GaussianPair, _ relative: Double, usingFormulas: Bool = true
  ) throws(GaussianError) -> Estimate {
    let integral: PanelIntegral
    if pair.oneMinusRho == 0 || pair.onePlusRho == 0 {
      let sign: Double = pair.oneMinusRho == 0 ? 1 : -1
      integral = GaussianQuadrature.line(
        preparedFirst, mean: pair.meanU, deviation: pair.deviationU,
        second: (preparedSecond, pair.meanV, sign * pair.deviationV), relative: relative)
    } else {
      integral = GaussianQuadrature.plane(
        preparedFirst, preparedSecond, pair, relative: relative, usingFormulas: usingFormulas)
    }
    return try GaussianDual.finite(Estimate(integral.value, error: integral.error, method: .quadrature), name)
  }

  private func marginal(first pair: GaussianPair, _ relative: Double) throws(GaussianError) -> Estimate {
    try GaussianDual.marginal(first, preparedFirst, mean: pair.meanU, deviation: pair.deviationU, relative: relative)
  }

  private func marginal(second pair: GaussianPair, _ relative: Double) throws(GaussianError) -> Estimate {
    try GaussianDual.marginal(second, preparedSecond, mean: pair.meanV, deviation: pair.deviationV, relative: relative)
  }
}
