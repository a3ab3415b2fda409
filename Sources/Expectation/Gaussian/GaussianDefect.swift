import Activations
import Moments

/// Half the mean squared difference of an activation at two jointly Gaussian preactivations.
///
///     D = ½ E[(φ(u) − φ(v))²] = ½ E φ(u)² + ½ E φ(v)² − E[φ(u) φ(v)],
///
/// to full relative accuracy however small it is: what carries `1 − ρ` from one layer to the next, where the three
/// duals would leave only rounding errors. With `K` the three kernels,
/// `1 − K₁₂/√(K₁₁K₂₂) = (D − ½ (√K₁₁ − √K₂₂)²) / √(K₁₁K₂₂)`, and multipliers act on D as on K, while a common bias
/// drops out.
///
/// D is the sum of what the lengths and what the angle contribute,
///
///     D = ½ E[(φ(m₁ + σ₁Z) − φ(m₂ + σ₂Z))²] + σ₁σ₂ ∫_ρ^1 E[φ′(u) φ′(v)]_t dt,
///
/// the second by Price's theorem, with a positive integrand where it matters. It is elementary where φ is linear or
/// constant on both sides of a kink at 0; elsewhere it is a quadrature in `x = √(1 − t)`, in which duals of kinked
/// functions are analytic.
public struct GaussianDefectPlan: Sendable {
  private let activation: any Activation
  private let dual: GaussianDualPlan
  private let slope: GaussianDualPlan
  private let prepared: PreparedFunction
  private let preparedSlope: PreparedFunction
  private let sides: RectifiedDual.Line?
  /// Where φ jumps: there φ′ holds point masses.
  private let jumps: [Jump]

  public init(_ activation: any Activation) throws(GaussianError) {
    self.activation = activation
    dual = try GaussianDualPlan(activation.value, activation.value)
    slope = try GaussianDualPlan(activation.derivative, activation.derivative)
    prepared = try PreparedFunction(activation.value)
    preparedSlope = try PreparedFunction(activation.derivative)
    sides = activation.value.pieces.flatMap { RectifiedDual.Line($0) }
    jumps = activation.value.jumps
  }

  /// `½ E[(φ(u) − φ(v))²]`.
  public func halfSquaredDifference(
    _ pair: GaussianPair, relativeTolerance: Double = 1e-12
  ) throws(GaussianError) -> Estimate {
    // An even φ does not tell v from −v.
    if activation.value.parity == .even, pair.isCentered, pair.correlation < 0 {
      return try halfSquaredDifference(pair.reflected, relativeTolerance: relativeTolerance)
    }
    let identical = pair.varianceDifference == 0 && pair.meanU == pair.meanV
    if identical, pair.oneMinusRho == 0 { return .zero }
    if pair.isCentered, let sides { return sides.halfSquaredDifference(pair) }
    // Far from parallel nothing cancels badly.
    if pair.oneMinusRho > 0.25 || pair.varianceU == 0 || pair.varianceV == 0 {
      return try direct(pair, relativeTolerance)
    }
    let angular = try angularPart(pair, relativeTolerance)
    if identical { return angular }
    let radial = radialPart(pair, relativeTolerance)
    return try GaussianDual.finite(radial + angular, activation.value.name)
  }

  /// The three duals.
  func direct(_ pair: GaussianPair, _ relative: Double) throws(GaussianError) -> Estimate {
    let first = try GaussianPair(
      meanU: pair.meanU, meanV: pair.meanU, varianceU: pair.varianceU, varianceV: pair.varianceU, oneMinusRho: 0.0)
    let second = try GaussianPair(
      meanU: pair.meanV, meanV: pair.meanV, varianceU: pair.varianceV, varianceV: pair.varianceV, oneMinusRho: 0.0)
    let half = Estimate(exact: ExactNumber(1, 2))
    let squares =
      try dual.expectation(first, relativeTolerance: relative)
      + dual.expectation(second, relativeTolerance: relative)
    return try half * squares - dual.expectation(pair, relativeTolerance: relative)
  }

  /// What the angle takes from `E[φ(u) φ(v)]`: its value at ρ = 1 less the one at ρ.
  ///
  ///     σ₁σ₂ ∫_ρ^1 E[φ′(u) φ′(v)]_t dt ,  1 − t = (1 − ρ) x² ,
  ///
  /// where φ′ holds a point mass J at every jump of φ: with `p` the density of the preactivations,
  ///
  ///     E[φ′ φ′] = E[c′ c′] + Σᵢ Jᵢ (p_u(kᵢ) E[c′(v) | u = kᵢ] + p_v(kᵢ) E[c′(u) | v = kᵢ]) + Σᵢⱼ Jᵢ Jⱼ p(kᵢ, kⱼ) .
  public func angularDefect(
    _ pair: GaussianPair, relativeTolerance: Double = 1e-12
  ) throws(GaussianError) -> Estimate {
    try angularPart(pair, relativeTolerance)
  }

  private func angularPart(_ pair: GaussianPair, _ relative: Double) throws(GaussianError) -> Estimate {
    let delta = pair.oneMinusRho
    if delta == 0 { return .zero }
    let scale = pair.deviationU * pair.deviationV
    // Features of scale 1 in the preactivation are felt where 1 − t is about 1/(σ₁σ₂).
    var points: [Double] = [0, 1]
    let natural = 1 / (scale * delta).squareRoot()
    for factor in [0.1, 0.5, 2, 8] where factor * natural < 0.9 { points.append(factor * natural) }
    let masses = JumpDensities(jumps, pair)
    points.append(contentsOf: masses.features.map { $0 / (2 * delta).squareRoot() }.filter { $0 > 1e-8 && $0 < 0.9 })
    points.sort()
    var failure: GaussianError?
    var method = EvaluationMethod.closedForm
    let rule = AdaptiveGaussKronrod(limit: 60)
    let integral = rule.integrate(over: points, relative: 0.1 * relative) { x in
      do throws(GaussianError) {
        let moved = try GaussianPair(
          meanU: pair.meanU, meanV: pair.meanV, varianceU: pair.varianceU, varianceV: pair.varianceV,
          oneMinusRho: delta * x * x)
        let estimate = try slope.expectation(moved, relativeTolerance: 0.1 * relative)
        method = max(method, estimate.method)
        var sample = IntegrandSample(
          value: 2 * x * estimate.value, error: 2 * x * estimate.error, magnitude: 2 * x * estimate.value.magnitude)
        if !jumps.isEmpty {
          let part = try masses.expectation(moved, derivative: activation.derivative)
          sample = IntegrandSample(
            value: sample.value + 2 * x * part.value, error: sample.error + 2 * x * part.error,
            magnitude: sample.magnitude + 2 * x * part.value.magnitude)
        }
        return sample
      } catch {
        failure = error
        return IntegrandSample(0)
      }
    }
    if let failure { throw failure }
    let error = integral.error + GaussianQuadrature.rounding * integral.magnitude
    return Estimate(scale * delta * integral.value, error: scale * delta * error, method: max(method, .quadrature))
  }

  /// `½ E[(φ(m₁ + σ₁Z) − φ(m₂ + σ₂Z))²]`.
  ///
  /// Where the two arguments are close, the difference is the integral of φ′ between them by a Gauss rule.
  private func radialPart(_ pair: GaussianPair, _ relative: Double) -> Estimate {
    let (f, slope) = (prepared.evaluate, preparedSlope.evaluate)
    // Differences of rounded quantities: as good as the variances given.
    let stretch = pair.varianceDifference / (pair.deviationU + pair.deviationV)
    let shift = pair.meanU - pair.meanV
    let kinks = prepared.kinks
    let node = 0.774_596_669_241_483_377_04
    func difference(_ z: Double) -> Double {
      let a = pair.meanU + pair.deviationU * z
      let gap = shift + stretch * z
      let b = a - gap
      let crosses = kinks.contains { (a - $0) * (b - $0) <= 0 }
      if crosses || gap.magnitude > 1e-3 { return f(a) - f(pair.meanV + pair.deviationV * z) }
      let (center, half) = (a - 0.5 * gap, 0.5 * gap)
      return gap * (5 * (slope(center - node * half) + slope(center + node * half)) + 8 * slope(center)) / 18
    }
    var builder = PanelBuilder()
    builder.start(
      rate: 2 * prepared.rate * max(pair.deviationU, pair.deviationV), degree: 2 * prepared.degree, far: 0)
    let reach = builder.reach
    for (mean, deviation) in [(pair.meanU, pair.deviationU), (pair.meanV, pair.deviationV)] {
      for kink in kinks { builder.add((kink - mean) / deviation) }
      if deviation > 0.5 { for point in prepared.transitions { builder.add((point - mean) / deviation) } }
    }
    builder.finish(keepingWithin: reach)
    let integral = AdaptiveGaussKronrod(limit: 300).integrate(over: builder.points, relative: 0.05 * relative) { z in
      let gap = difference(z)
      return IntegrandSample(0.5 * gap * gap * GaussianQuadrature.density(z))
    }
    let error = integral.error + 4 * GaussianQuadrature.rounding * integral.magnitude
    return Estimate(integral.value, error: error, method: .quadrature)
  }
}

extension RectifiedDual {
  /// A function that is linear on both sides of 0: `a₀ + a₁ z` on the right, `b₀ − b₁ z` on the left.
  struct Line: Sendable {
    private let right: (Double, Double)
    private let left: (Double, Double)

    init?(_ pieces: PiecewisePolynomial) {
      guard pieces.degree <= 1, pieces.breakpoints.count == 1, pieces.breakpoints[0].isZero else { return nil }
      func pair(_ polynomial: Polynomial, _ sign: Double) -> (Double, Double) {
        let c = polynomial.coefficients.map(\.doubleValue)
        return (c.first ?? 0, c.count > 1 ? sign * c[1] : 0)
      }
      right = pair(pieces.polynomials[1], 1)
      left = pair(pieces.polynomials[0], -1)
    }

    /// Centered.
    ///
    /// The radial part is `½ (σ₁ − σ₂)² (a₁² + b₁²)/2`; the angular part subtracts `J(α)` from `J(π)` analytically:
    /// `J₀₀: θ/2π,  J₀₁: (1−ρ)/√(8π),  J₁₁: (1−ρ)/2 − S(θ)/2π`, `S(θ) = sin θ − θ cos θ`, against
    /// `J_ij(π − α)` of the opposite sides.
    func halfSquaredDifference(_ pair: GaussianPair) -> Estimate {
      let (s1, s2) = (pair.deviationU, pair.deviationV)
      let theta = 2 * arcTangent(pair.oneMinusRho.squareRoot(), pair.onePlusRho.squareRoot())
      let turn = 0.5 / Double.pi
      let jump = right.0 - left.0
      let gap = s1 + s2 > 0 ? pair.varianceDifference / (s1 + s2) : 0
      // Orders (0, 0): (a₀ − b₀)² θ/2π.
      let zero = jump * jump * turn * theta
      // Orders (0, 1) and (1, 0): what is left of a₀a₁ + b₀b₁ − a₀b₁ − b₀a₁.
      let one = jump * (right.1 - left.1) * (s1 + s2) * 0.199_471_140_200_716_338_97 * pair.oneMinusRho
      let squares = right.1 * right.1 + left.1 * left.1
      let sum = right.1 + left.1
      let arc = RectifiedDual.firstOrder(theta, pair.sine, -pair.correlation)
      let two = s1 * s2 * (0.5 * squares * pair.oneMinusRho - sum * sum * turn * arc)
      let radial = 0.25 * squares * gap * gap
      let value = zero + one + two + radial
      let size = zero + one.magnitude + s1 * s2 * squares * pair.oneMinusRho + radial
      return Estimate(value, error: 16 * 0x1p-53 * size, method: .closedForm)
    }
  }
}
