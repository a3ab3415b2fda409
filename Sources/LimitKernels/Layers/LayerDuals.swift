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
/// at most in proportion to its angular defect, a concave function of `1 − ρ` that vanishes at 0.
package struct LayerDuals: Sendable {
  /// A shift of the preactivation, with its probability or density.
  private enum BiasPart: Sendable {
    case shift(Double, mass: Double)
    case density(Density, scale: Double, mass: Double)
  }

  let activation: any Activation
  private let value: GaussianDualPlan
  private let slope: GaussianDualPlan
  /// For `E φ(u)`.
  let meanPlan: GaussianDualPlan
  let valueAngle: AngularDefect
  /// nil where φ″ is not known.
  private let slopeAngle: AngularDefect?
  let biasVariance: Estimate
  private let parts: [BiasPart]
  private static let relativeTolerance = 1e-14

  package init(_ activation: any Activation, bias: (any Law)?, biasMultiplier: ExactNumber) throws {
    self.activation = activation
    value = try GaussianDualPlan(activation.value, activation.value)
    slope = try GaussianDualPlan(activation.derivative, activation.derivative)
    meanPlan = try GaussianDualPlan(activation.value, .one)
    valueAngle = try AngularDefect(activation)
    slopeAngle = try activation.secondDerivative.map { second in
      try AngularDefect(DerivativeActivation(value: activation.derivative, derivative: second))
    }

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
  package func kernels(_ covariance: PairKernel, needsSlopes: Bool) throws -> (features: PairKernel, slopes: PairKernel) {
    let variance = PairKernel(constant: .finite(biasVariance))
    guard let geometry = PairGeometry(covariance + variance) else { return (.zero, .zero) }
    let features = try kernel(value, valueAngle, geometry)
    let valueSensitivity = try sensitivity(value, valueAngle.homogeneity, geometry, features)
    guard needsSlopes else { return (inflated(features, geometry, valueSensitivity), .zero) }
    let slopes = try kernel(slope, slopeAngle, geometry)
    let slopeSensitivity = try sensitivity(slope, slopeAngle?.homogeneity, geometry, slopes)
    return (inflated(features, geometry, valueSensitivity), inflated(slopes, geometry, slopeSensitivity))
  }

  private func kernel(
    _ plan: GaussianDualPlan, _ angle: AngularDefect?, _ geometry: PairGeometry
  ) throws -> PairKernel {
    var result = PairKernel(
      xx: .finite(try integrate(plan.expectation, geometry.xx)),
      xy: .finite(try integrate(plan.expectation, geometry.xy)),
      yy: .finite(try integrate(plan.expectation, geometry.yy)))
    if geometry.isIdentical {
      result.angular = .zero
      result.difference = .zero
    } else if let angle, parts.count == 1, case .shift(let shift, _) = parts[0] {
      try angle.refine(&result, geometry, shift: shift)
    } else if let angle, geometry.oneMinusRho.value < 0.25 {
      // Over a mixture of shifts half squared differences add, not angles.
      let defect = try integrate(angle.halfSquaredDifference, geometry.xy)
      try angle.refine(
        &result, geometry, halfSquaredDifference: defect,
        differenceOfSquares: try differenceOfSquares(angle, geometry))
    }
    return result
  }

  /// `E φ(u)² − E φ(v)²` over a mixture of shifts; nil where nothing better than the entries is known.
  private func differenceOfSquares(_ angle: AngularDefect, _ geometry: PairGeometry) throws -> Estimate? {
    guard try angle.difference(geometry, shift: 0) != nil else { return nil }
    return try integrate(
      { pair, _ in try angle.difference(geometry, shift: pair.meanU) ?? .zero },
      { try PairGeometry.diagonal(geometry.first.value, $0) })
  }

  /// The larger `|d ln E f² / d ln q|` of the two inputs, with a margin.
  private func sensitivity(
    _ plan: GaussianDualPlan, _ degree: Int?, _ geometry: PairGeometry, _ kernel: PairKernel
  ) throws -> Double {
    if geometry.relativeError == 0 { return 0 }
    if let degree, isCentered { return Double(degree) }
    let step = 0x1p-10
    var largest = 0.0
    let entries = [(geometry.first.value, kernel.xx), (geometry.second.value, kernel.yy)]
    for (index, (variance, entry)) in entries.enumerated() where index == 0 || geometry.difference.value != 0 {
      guard let value = entry.estimate?.value, value != 0 else { continue }
      let moved = variance * (1 + step)
      let other = try integrate(plan.expectation) { try PairGeometry.diagonal(moved, $0) }
      largest = max(largest, ((other.value - value) / (step * value)).magnitude)
    }
    return 1.05 * largest
  }

  var isCentered: Bool { parts.allSatisfy { if case .shift(0, _) = $0 { true } else { false } } }

  /// The mean over the bias of a quantity of the shifted pair.
  func integrate(
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

  /// The kernel with the errors of the geometry added to its own.
  private func inflated(_ kernel: PairKernel, _ geometry: PairGeometry, _ sensitivity: Double) -> PairKernel {
    let relative = geometry.relativeError * sensitivity
    let angle = geometry.relativeAngleError
    if relative == 0 && angle == 0 { return kernel }
    let (first, second) = (kernel.xx.estimate?.value.magnitude ?? 0, kernel.yy.estimate?.value.magnitude ?? 0)
    let scale = first.squareRoot() * second.squareRoot()
    // Where u and v are nearly opposite, 1 + ρ is what a kink feels, like a square root.
    let opposite = geometry.onePlusRho
    let reflex =
      opposite.value < 0.25 ? (opposite.value + opposite.roundedError).squareRoot() - opposite.value.squareRoot() : 0
    let angular = min(kernel.correlationGap?.value ?? 1, 1)
    func grown(_ estimate: Estimate, by error: Double) -> Estimate {
      if error == 0 { return estimate }
      return Estimate(
        estimate.value, error: estimate.roundedError + error, method: max(estimate.method, geometry.method, .closedForm)
      )
    }
    func grown(_ quantity: Quantity, by error: Double) -> Quantity {
      quantity.estimate.map { .finite(grown($0, by: error)) } ?? quantity
    }
    return PairKernel(
      xx: grown(kernel.xx, by: relative * first),
      xy: grown(kernel.xy, by: (relative + angle * angular + reflex) * scale),
      yy: grown(kernel.yy, by: relative * second),
      angular: kernel.angular.map { grown($0, by: (relative + angle) * $0.value.magnitude + reflex * scale) },
      // The difference of the variances has brought its own error along.
      difference: kernel.difference.map { grown($0, by: relative * $0.value.magnitude) })
  }
}

/// φ′ as an activation of its own, for its angular defect.
private struct DerivativeActivation: Activation {
  let value: ScalarFunction
  let derivative: ScalarFunction
  var description: String { value.name }
}
