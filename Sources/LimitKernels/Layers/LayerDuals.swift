import Activations
import Expectation
import GSL
import Moments

/// The dual activations of a layer whose preactivations are Gaussian plus a bias with a law of its own.
///
///     F = E_b E[φ(m_b b + G_u) φ(m_b b + G_v)] ,  h = E_b E[φ′(…) φ′(…)]
///
/// A Gaussian or constant bias goes into variance and mean. Any other bias is integrated over: atoms are summed,
/// densities integrated by GSL's adaptive rule, outside the Gaussian duals, for the defects as for the kernels.
///
/// Errors of the covariance are carried through. A relative error r of the variances moves F by `r · s`, with
/// `s = d ln F / d ln q` found from a second evaluation (the degree, for homogeneous φ), and an error of `1 − ρ` moves F
/// at most in proportion to its defect, which is a concave function of `1 − ρ` that vanishes at 0.
struct LayerDuals: Sendable {
  /// A shift of the preactivation, with its probability or density.
  private enum BiasPart: Sendable {
    case shift(Double, mass: Double)
    case density(Density, scale: Double, mass: Double)
  }

  private let activation: any Activation
  private let value: GaussianDualPlan
  private let slope: GaussianDualPlan
  private let valueDefect: GaussianDefectPlan
  private let slopeDefect: GaussianDefectPlan?
  /// `φ φ′ (u − μ)` at μ = 0, whose mean over q is the derivative of `E φ²`.
  private let radialSlope: ScalarFunction
  /// For φ positively homogeneous of degree k around 0: `E φ² ∝ q^k`.
  private let homogeneity: Int?
  private let biasVariance: Estimate
  private let parts: [BiasPart]
  private static let relativeTolerance = 1e-14

  init(_ activation: any Activation, bias: (any Law)?, biasMultiplier: ExactNumber) throws {
    self.activation = activation
    value = try GaussianDualPlan(activation.value, activation.value)
    slope = try GaussianDualPlan(activation.derivative, activation.derivative)
    valueDefect = try GaussianDefectPlan(activation)
    slopeDefect = try activation.derivative.pieces.map { try GaussianDefectPlan(DerivativeActivation(activation, $0)) }
    radialSlope =
      ScalarFunction(name: "z", pieces: PiecewisePolynomial(Polynomial([0, 1]))) * activation.value
      * activation.derivative
    homogeneity = activation.value.homogeneity

    var variance = ExactNumber.zero
    var parts: [BiasPart] = []
    let factor = biasMultiplier.doubleValue
    if let bias {
      let decomposition = bias.decomposition
      for atom in decomposition.atoms {
        parts.append(.shift(factor * atom.value.doubleValue, mass: atom.probability.doubleValue))
      }
      for density in decomposition.densities {
        if let gaussian = density.gaussian, density.mass == 1 {
          variance = biasMultiplier * biasMultiplier * gaussian.variance
          parts.append(.shift(factor * gaussian.mean.doubleValue, mass: 1))
        } else {
          parts.append(.density(density, scale: factor, mass: density.mass.doubleValue))
        }
      }
    } else {
      parts = [.shift(0, mass: 1)]
    }
    biasVariance = Estimate(exact: variance)
    self.parts = parts
  }

  /// F and h from the covariance of the weighted sums, whose entries are finite.
  func kernels(_ covariance: PairKernel, needsSlopes: Bool) throws -> (features: PairKernel, slopes: PairKernel) {
    guard let a = covariance.xx.estimate, let b = covariance.yy.estimate, let defect = covariance.knownDefect,
      let gap = covariance.knownDifference
    else { return (.zero, .zero) }
    let known = biasVariance.isExactlyZero ? covariance.correlationGap : nil
    let geometry = Geometry(a + biasVariance, b + biasVariance, defect, gap, oneMinusRho: known)
    let features = PairKernel(
      xx: .finite(try integrate(value.expectation, geometry.xx)),
      xy: .finite(try integrate(value.expectation, geometry.xy)),
      yy: .finite(try integrate(value.expectation, geometry.yy)),
      defect: try featureDefect(geometry), difference: try featureDifference(geometry),
      oneMinusRho: try featureAngle(geometry))
    let valueSensitivity = try sensitivity(value, homogeneity.map { Double($0) }, geometry, features)
    guard needsSlopes else { return (inflated(features, geometry, valueSensitivity), .zero) }
    let slopes = PairKernel(
      xx: .finite(try integrate(slope.expectation, geometry.xx)),
      xy: .finite(try integrate(slope.expectation, geometry.xy)),
      yy: .finite(try integrate(slope.expectation, geometry.yy)),
      defect: try slopeDefect(geometry), difference: geometry.isIdentical ? .zero : nil)
    let slopeSensitivity = try sensitivity(slope, homogeneity.map { Double($0 - 1) }, geometry, slopes)
    return (inflated(features, geometry, valueSensitivity), inflated(slopes, geometry, slopeSensitivity))
  }

  /// The larger `|d ln E f² / d ln q|` of the two inputs, with a margin.
  private func sensitivity(
    _ plan: GaussianDualPlan, _ degree: Double?, _ geometry: Geometry, _ kernel: PairKernel
  ) throws -> Double {
    if geometry.relativeError == 0 { return 0 }
    if let degree, isCentered, biasVariance.isExactlyZero { return degree }
    let step = 0x1p-10
    var largest = 0.0
    let entries = [(geometry.first.value, kernel.xx), (geometry.second.value, kernel.yy)]
    for (index, (variance, entry)) in entries.enumerated() where index == 0 || geometry.gap.value != 0 {
      guard let value = entry.estimate?.value, value != 0 else { continue }
      let moved = variance * (1 + step)
      let other = try integrate(plan.expectation) { try geometry.pair(moved, moved, 0, $0) }
      largest = max(largest, ((other.value - value) / (step * value)).magnitude)
    }
    return 1.05 * largest
  }

  private var isCentered: Bool { parts.allSatisfy { if case .shift(0, _) = $0 { true } else { false } } }

  /// Two variances and `1 − ρ`, with their errors.
  private struct Geometry {
    let first: Estimate
    let second: Estimate
    let gap: Estimate
    let oneMinusRho: Estimate

    init(
      _ first: Estimate, _ second: Estimate, _ defect: Estimate, _ gap: Estimate, oneMinusRho known: Estimate?
    ) {
      self.first = first
      self.second = second
      self.gap = gap
      if let known {
        oneMinusRho = known
        return
      }
      let kernel = PairKernel(
        xx: .finite(first), xy: .finite(Estimate.half * (first + second) - defect),
        yy: .finite(second), defect: defect, difference: gap)
      oneMinusRho = kernel.correlationGap ?? .one
    }

    var isIdentical: Bool { gap.value == 0 && oneMinusRho.value == 0 }
    /// The largest relative error of a variance.
    var relativeError: Double {
      max(
        first.roundedError / max(first.value, .leastNormalMagnitude),
        second.roundedError / max(second.value, .leastNormalMagnitude))
    }
    /// The relative error of `1 − ρ`.
    var relativeAngleError: Double {
      oneMinusRho.value > 0 ? min(1, oneMinusRho.roundedError / oneMinusRho.value) : 0
    }
    var method: EvaluationMethod { max(first.method, second.method, oneMinusRho.method) }

    func pair(_ q: Double, _ p: Double, _ delta: Double, _ shift: Double) throws -> GaussianPair {
      try GaussianPair(meanU: shift, meanV: shift, varianceU: q, varianceV: p, oneMinusRho: delta)
    }
    func xx(_ shift: Double) throws -> GaussianPair { try pair(first.value, first.value, 0, shift) }
    func xy(_ shift: Double) throws -> GaussianPair { try pair(first.value, second.value, oneMinusRho.value, shift) }
    func yy(_ shift: Double) throws -> GaussianPair { try pair(second.value, second.value, 0, shift) }
  }

  /// The mean over the bias of a quantity of the shifted pair.
  private func integrate(
    _ quantity: (GaussianPair, Double) throws -> Estimate, _ pair: (Double) throws -> GaussianPair
  ) throws -> Estimate {
    if parts.count == 1, case .shift(let shift, _) = parts[0] {
      return try quantity(try pair(shift), Self.relativeTolerance)
    }
    var sum = Estimate.zero
    for part in parts {
      switch part {
      case .shift(let shift, let mass):
        let weight = Estimate(closedForm: mass, ulps: 1)
        sum = sum + weight * (try quantity(try pair(shift), Self.relativeTolerance))
      case .density(let density, let scale, let mass):
        sum = sum + Estimate(closedForm: mass, ulps: 1) * (try integral(density, scale, quantity, pair))
      }
    }
    return sum
  }

  private func integral(
    _ density: Density, _ scale: Double, _ quantity: (GaussianPair, Double) throws -> Estimate,
    _ pair: (Double) throws -> GaussianPair
  ) throws -> Estimate {
    let workspace = try QuadratureWorkspace()
    var ends = [density.lower, density.upper] + density.nodes
    for kink in activation.value.kinks where scale != 0 {
      let t = density.parameter(kink.doubleValue / scale)
      if t > density.lower && t < density.upper { ends.append(t) }
    }
    ends.sort()
    var failure: (any Error)?
    var innerError = 0.0
    var total = 0.0
    var error = 0.0
    var method = EvaluationMethod.quadrature
    for (lower, upper) in zip(ends, ends.dropFirst()) where upper > lower {
      let result = try integrateAdaptively(
        from: lower, to: upper, absolute: total.magnitude * 1e-15, relative: 10 * Self.relativeTolerance,
        workspace: workspace
      ) { t in
        let weight = density.weight(t)
        if weight == 0 || failure != nil { return 0 }
        do {
          let inner = try quantity(try pair(scale * density.point(t)), Self.relativeTolerance)
          innerError = max(innerError, weight * inner.roundedError)
          method = max(method, inner.method)
          return weight * inner.value
        } catch let caught {
          failure = caught
          return 0
        }
      }
      if let failure { throw failure }
      total += result.value
      error += result.error
    }
    error += innerError * min(density.upper - density.lower, 16) + 4 * 0x1p-53 * total.magnitude
    return Estimate(total, error: error, method: method)
  }

  // MARK: Defects and differences

  /// Whether the three entries would cancel.
  private func isDelicate(_ geometry: Geometry) -> Bool {
    geometry.oneMinusRho.value < 0.25 || (activation.value.parity == .even && geometry.oneMinusRho.value > 1.75)
  }

  private func featureDefect(_ geometry: Geometry) throws -> Estimate? {
    if geometry.isIdentical { return .zero }
    guard isDelicate(geometry) else { return nil }
    return try integrate(valueDefect.halfSquaredDifference, geometry.xy)
  }

  /// `1 − ρ` after a homogeneous φ without bias: a function of the angle alone, `D(1, 1, δ)/F(1)`.
  private func featureAngle(_ geometry: Geometry) throws -> Estimate? {
    guard homogeneity != nil, isCentered, biasVariance.isExactlyZero, isDelicate(geometry),
      geometry.first.value > 0, geometry.second.value > 0
    else { return nil }
    let delta = geometry.oneMinusRho.value
    if delta == 0 { return .zero }
    let unit = try value.expectation(try geometry.pair(1, 1, 0, 0), relativeTolerance: Self.relativeTolerance)
    let defect = try valueDefect.halfSquaredDifference(
      try geometry.pair(1, 1, delta, 0), relativeTolerance: Self.relativeTolerance)
    let ratio = defect.value / unit.value
    let relative = defect.roundedError / defect.value + unit.roundedError / unit.value + geometry.relativeAngleError
    return Estimate(ratio, error: ratio * (relative + 0x1p-53), method: max(geometry.method, .closedForm))
  }

  private func slopeDefect(_ geometry: Geometry) throws -> Estimate? {
    if geometry.isIdentical { return .zero }
    guard isDelicate(geometry), let slopeDefect else { return nil }
    return try integrate(slopeDefect.halfSquaredDifference, geometry.xy)
  }

  /// `E φ(u)² − E φ(v)²`: from the difference of the variances where it is small.
  private func featureDifference(_ geometry: Geometry) throws -> Estimate? {
    if geometry.gap.value == 0 { return geometry.gap.roundedError == 0 ? .zero : nil }
    let (p, q) = (geometry.first.value, geometry.second.value)
    guard geometry.gap.value.magnitude < 0.01 * max(p, q), isDelicate(geometry) else { return nil }
    if let homogeneity, isCentered {
      // C (q₁^k − q₂^k) = C (q₁ − q₂) Σ q₁^i q₂^{k−1−i}
      let unit = try value.expectation(try geometry.pair(1, 1, 0, 0), relativeTolerance: Self.relativeTolerance)
      var sum = Estimate.zero
      for power in 0..<homogeneity {
        var term = Estimate.one
        for index in 0..<(homogeneity - 1) { term = term * (index < power ? geometry.first : geometry.second) }
        sum = sum + term
      }
      return unit * sum * geometry.gap
    }
    guard isCentered else { return nil }
    // The mean of the derivative E[φ φ′ u]/q between the two variances, by a Gauss rule.
    let node = 0.774_596_669_241_483_377
    var mean = Estimate.zero
    for (position, weight) in [(-node, 5.0), (0, 8), (node, 5)] {
      let variance = 0.5 * (p + q) + 0.5 * position * (p - q)
      let derivative = try GaussianDual.expectation(radialSlope, variance: variance)
      mean = mean + Estimate(closedForm: weight / 18 / variance, ulps: 4) * derivative
    }
    return mean * geometry.gap
  }

  /// The kernels with the errors of the geometry added to their own.
  private func inflated(_ kernel: PairKernel, _ geometry: Geometry, _ sensitivity: Double) -> PairKernel {
    let relative = geometry.relativeError * sensitivity
    let angle = geometry.relativeAngleError
    if relative == 0 && angle == 0 { return kernel }
    let angular = kernel.correlationGap?.value ?? 1
    let (first, second) = (kernel.xx.estimate?.value.magnitude ?? 0, kernel.yy.estimate?.value.magnitude ?? 0)
    let scale = first.squareRoot() * second.squareRoot()
    func grown(_ quantity: Quantity, by error: Double) -> Quantity {
      guard let estimate = quantity.estimate, error > 0 else { return quantity }
      return .finite(
        Estimate(
          estimate.value, error: estimate.roundedError + error,
          method: max(estimate.method, geometry.method, .closedForm)))
    }
    func grown(_ estimate: Estimate?, by error: Double) -> Estimate? {
      estimate.flatMap { grown(.finite($0), by: error).estimate }
    }
    return PairKernel(
      xx: grown(kernel.xx, by: relative * (kernel.xx.estimate?.value.magnitude ?? 0)),
      xy: grown(kernel.xy, by: (relative + angle * angular) * scale),
      yy: grown(kernel.yy, by: relative * (kernel.yy.estimate?.value.magnitude ?? 0)),
      defect: grown(kernel.defect, by: (relative + angle) * (kernel.defect?.value.magnitude ?? 0)),
      difference: grown(kernel.difference, by: relative * (kernel.difference?.value.magnitude ?? 0)),
      oneMinusRho: kernel.oneMinusRho)
  }
}

/// φ′ of a piecewise polynomial as an activation of its own, for its defect.
private struct DerivativeActivation: Activation {
  let value: ScalarFunction
  let derivative: ScalarFunction
  var description: String { value.name }

  init(_ activation: any Activation, _ pieces: PiecewisePolynomial) {
    value = activation.derivative
    derivative = ScalarFunction(name: value.name + "'", pieces: pieces.derivative())
  }
}
