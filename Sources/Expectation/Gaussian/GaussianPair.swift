import Moments

/// The joint law of two jointly Gaussian preactivations `(u, v)`.
///
/// The correlation is held three times, as `ρ`, `1 − ρ` and `1 + ρ`, each to full relative accuracy, because each is
/// what one of the limits ρ → 0, 1, −1 needs. From exact numbers they are formed without cancellation:
///
///     1 − ρ = (q₁q₂ − c²) / (√(q₁q₂) (√(q₁q₂) + c)),   q₁q₂ − c² exact, c ≥ 0,
///
/// and `1 + ρ` likewise for `c < 0`. Where a variance is zero the correlation is set to 0.
///
/// **Accuracy.** From exact numbers every stored property is right to 3 units in the last place (a few roundings
/// of positive factors). From doubles, `q₁q₂ − c²` is formed with fused multiply-adds.
public struct GaussianPair: Sendable {
  public let meanU: Double
  public let meanV: Double
  public let varianceU: Double
  public let varianceV: Double
  /// `√q₁`.
  public let deviationU: Double
  /// `√q₂`.
  public let deviationV: Double
  public let covariance: Double
  /// `ρ = c / √(q₁q₂)`.
  public let correlation: Double
  /// `1 − ρ`.
  public let oneMinusRho: Double
  /// `1 + ρ`.
  public let onePlusRho: Double
  /// The exact parameters, if the pair was made from them.
  public let exact: ExactGaussianPair?
  /// `q₁ − q₂`: of nearly equal variances it may be known better than their doubles say.
  public private(set) var varianceDifference: Double

  /// The pair with a difference of variances that is known better than from their doubles.
  public func with(varianceDifference: Double) -> GaussianPair {
    var result = self
    result.varianceDifference = varianceDifference
    return result
  }

  /// `√(1 − ρ²)`.
  @inlinable public var sine: Double { (oneMinusRho * onePlusRho).squareRoot() }
  /// The determinant `q₁q₂ − c²`.
  @inlinable public var determinant: Double { varianceU * varianceV * (oneMinusRho * onePlusRho) }
  /// Whether both means vanish.
  @inlinable public var isCentered: Bool { meanU == 0 && meanV == 0 }
  /// The pair `(v, u)`.
  public var swapped: GaussianPair {
    GaussianPair(
      meanU: meanV, meanV: meanU, varianceU: varianceV, varianceV: varianceU, deviationU: deviationV,
      deviationV: deviationU, covariance: covariance, correlation: correlation, oneMinusRho: oneMinusRho,
      onePlusRho: onePlusRho, exact: exact?.swapped
    ).with(varianceDifference: -varianceDifference)
  }

  /// The pair `(u, −v)`.
  public var reflected: GaussianPair {
    GaussianPair(
      meanU: meanU, meanV: -meanV, varianceU: varianceU, varianceV: varianceV, deviationU: deviationU,
      deviationV: deviationV, covariance: -covariance, correlation: -correlation, oneMinusRho: onePlusRho,
      onePlusRho: oneMinusRho,
      exact: exact.map {
        ExactGaussianPair(
          meanU: $0.meanU, meanV: -$0.meanV, varianceU: $0.varianceU, varianceV: $0.varianceV,
          covariance: -$0.covariance)
      }
    ).with(varianceDifference: varianceDifference)
  }

  private init(
    meanU: Double, meanV: Double, varianceU: Double, varianceV: Double, deviationU: Double, deviationV: Double,
    covariance: Double, correlation: Double, oneMinusRho: Double, onePlusRho: Double, exact: ExactGaussianPair?
  ) {
    self.meanU = meanU
    self.meanV = meanV
    self.varianceU = varianceU
    self.varianceV = varianceV
    self.deviationU = deviationU
    self.deviationV = deviationV
    self.covariance = covariance
    self.correlation = correlation
    self.oneMinusRho = oneMinusRho
    self.onePlusRho = onePlusRho
    self.exact = exact
    varianceDifference = exact.map { ($0.varianceU - $0.varianceV).doubleValue } ?? varianceU - varianceV
  }

  /// A pair with an exactly given covariance.
  ///
  /// - Throws: ``GaussianError/indefinite(varianceU:varianceV:covariance:)`` if `c² > q₁q₂`, decided exactly.
  public init(
    meanU: ExactNumber = 0, meanV: ExactNumber = 0, varianceU: ExactNumber, varianceV: ExactNumber,
    covariance: ExactNumber
  ) throws(GaussianError) {
    try Self.check(varianceU)
    try Self.check(varianceV)
    let product = varianceU * varianceV
    let determinant = product - covariance * covariance
    guard determinant.signum >= 0 else {
      throw .indefinite(
        varianceU: varianceU.doubleValue, varianceV: varianceV.doubleValue, covariance: covariance.doubleValue)
    }
    let (q1, q2, c) = (varianceU.doubleValue, varianceV.doubleValue, covariance.doubleValue)
    var (rho, minus, plus) = (0.0, 1.0, 1.0)
    if product.signum > 0 {
      // The product may leave the range of doubles where no factor does.
      rho = c / (q1.squareRoot() * q2.squareRoot())
      let near = ExactNumber.ratio(determinant, product) / (1 + rho.magnitude)
      (minus, plus) = rho >= 0 ? (near, 2 - near) : (2 - near, near)
      if near == 0 { rho = rho < 0 ? -1 : 1 }
    }
    let parameters = ExactGaussianPair(
      meanU: meanU, meanV: meanV, varianceU: varianceU, varianceV: varianceV, covariance: covariance)
    try self.init(
      checking: (meanU.doubleValue, meanV.doubleValue), (q1, q2), covariance: c, correlation: (rho, minus, plus),
      exact: parameters)
  }

  /// A pair with an exactly given `1 − ρ`.
  public init(
    meanU: ExactNumber = 0, meanV: ExactNumber = 0, varianceU: ExactNumber, varianceV: ExactNumber,
    oneMinusRho: ExactNumber
  ) throws(GaussianError) {
    try Self.check(varianceU)
    try Self.check(varianceV)
    let onePlusRho = ExactNumber(2) - oneMinusRho
    guard oneMinusRho.signum >= 0, onePlusRho.signum >= 0 else {
      throw .impossibleCorrelation(oneMinusRho: oneMinusRho.doubleValue)
    }
    let rho = ExactNumber(1) - oneMinusRho
    let (q1, q2) = (varianceU.doubleValue, varianceV.doubleValue)
    let covariance = (varianceU * varianceV).squareRoot.map { rho * $0 }
    let c = covariance?.doubleValue ?? rho.doubleValue * (q1.squareRoot() * q2.squareRoot())
    let parameters = covariance.map {
      ExactGaussianPair(meanU: meanU, meanV: meanV, varianceU: varianceU, varianceV: varianceV, covariance: $0)
    }
    try self.init(
      checking: (meanU.doubleValue, meanV.doubleValue), (q1, q2), covariance: c,
      correlation: (rho.doubleValue, oneMinusRho.doubleValue, onePlusRho.doubleValue), exact: parameters)
  }

  /// A pair from doubles taken at their word, with `1 − ρ` or `1 + ρ` whichever is smaller implied by `oneMinusRho`.
  public init(
    meanU: Double = 0, meanV: Double = 0, varianceU: Double, varianceV: Double, oneMinusRho: Double
  ) throws(GaussianError) {
    guard oneMinusRho >= 0, oneMinusRho <= 2 else { throw .impossibleCorrelation(oneMinusRho: oneMinusRho) }
    let rho = 1 - oneMinusRho
    try self.init(
      checking: (meanU, meanV), (varianceU, varianceV),
      covariance: rho * (varianceU.squareRoot() * varianceV.squareRoot()),
      correlation: (rho, oneMinusRho, 2 - oneMinusRho),
      exact: nil)
  }

  /// A pair from doubles.
  ///
  /// A covariance beyond `√(q₁q₂)` by no more than 8 units in the last place, as rounding leaves it, is taken as
  /// `±√(q₁q₂)`. Prefer the initializers that take `1 − ρ` for nearly parallel inputs.
  public init(
    meanU: Double = 0, meanV: Double = 0, varianceU: Double, varianceV: Double, covariance: Double
  ) throws(GaussianError) {
    let product = varianceU * varianceV
    var (rho, minus, plus) = (0.0, 1.0, 1.0)
    if product > 0 {
      // Kahan's difference of products: right to 1.5 units in the last place.
      let square = covariance * covariance
      let determinant = Self.difference(varianceU, varianceV, covariance)
      guard determinant >= -0x1p-49 * product else {
        throw .indefinite(varianceU: varianceU, varianceV: varianceV, covariance: covariance)
      }
      guard product.isFinite, square.isFinite, product >= 1e-290 else {
        throw .notFinite(parameter: "product of the variances")
      }
      rho = covariance / product.squareRoot()
      let near = max(0, determinant) / product / (1 + rho.magnitude)
      (minus, plus) = rho >= 0 ? (near, 2 - near) : (2 - near, near)
      if near == 0 { rho = rho < 0 ? -1 : 1 }
    } else if covariance != 0 {
      throw .indefinite(varianceU: varianceU, varianceV: varianceV, covariance: covariance)
    }
    try self.init(
      checking: (meanU, meanV), (varianceU, varianceV), covariance: covariance, correlation: (rho, minus, plus),
      exact: nil)
  }

  /// `a b − c²` with one rounding error of each product compensated.
  private static func difference(_ a: Double, _ b: Double, _ c: Double) -> Double {
    let square = c * c
    let error = (-square).addingProduct(c, c)
    return (-square).addingProduct(a, b) - error
  }

  private static func check(_ variance: ExactNumber) throws(GaussianError) {
    if variance.signum < 0 { throw .negativeVariance(variance.doubleValue) }
  }

  private init(
    checking means: (Double, Double), _ variances: (Double, Double), covariance: Double,
    correlation: (rho: Double, minus: Double, plus: Double), exact: ExactGaussianPair?
  ) throws(GaussianError) {
    guard means.0.isFinite, means.1.isFinite else { throw .notFinite(parameter: "mean") }
    guard variances.0.isFinite, variances.1.isFinite else { throw .notFinite(parameter: "variance") }
    guard covariance.isFinite else { throw .notFinite(parameter: "covariance") }
    if variances.0 < 0 || variances.1 < 0 { throw .negativeVariance(min(variances.0, variances.1)) }
    let degenerate = variances.0 == 0 || variances.1 == 0
    self.init(
      meanU: means.0, meanV: means.1, varianceU: variances.0, varianceV: variances.1,
      deviationU: variances.0.squareRoot(), deviationV: variances.1.squareRoot(),
      covariance: degenerate ? 0 : covariance,
      correlation: degenerate ? 0 : correlation.rho, oneMinusRho: degenerate ? 1 : correlation.minus,
      onePlusRho: degenerate ? 1 : correlation.plus, exact: exact)
  }
}

/// The parameters of a ``GaussianPair`` as exact numbers; a class, so that a pair without them stays small.
public final class ExactGaussianPair: Sendable {
  public let meanU: ExactNumber
  public let meanV: ExactNumber
  public let varianceU: ExactNumber
  public let varianceV: ExactNumber
  public let covariance: ExactNumber

  public init(
    meanU: ExactNumber, meanV: ExactNumber, varianceU: ExactNumber, varianceV: ExactNumber, covariance: ExactNumber
  ) {
    self.meanU = meanU
    self.meanV = meanV
    self.varianceU = varianceU
    self.varianceV = varianceV
    self.covariance = covariance
  }

  var swapped: ExactGaussianPair {
    ExactGaussianPair(
      meanU: meanV, meanV: meanU, varianceU: varianceV, varianceV: varianceU, covariance: covariance)
  }
}
