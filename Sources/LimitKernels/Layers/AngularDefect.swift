import Activations
import Expectation
import GSL
import Moments
import Numerics

/// The angular defect `√(F_xx F_yy) − F_xy` of a dual activation, to high relative accuracy however small it is.
///
/// - For φ positively homogeneous around a zero mean it is a function of the angle alone.
/// - For other continuous φ it is what the angle takes (Price's theorem) plus what the lengths take,
///
///       ½ E[(λ φ(m + σ₁Z) − φ(m + σ₂Z)/λ)²] ,  λ = (F_yy/F_xx)^{1/4} ,
///
///   where nearly equal lengths enter through their difference, which the recursion carries.
/// Jumps of φ are point masses of φ′ in all of these.
struct AngularDefect: Sendable {
  /// For φ positively homogeneous of degree k around 0: `E φ² ∝ q^k`.
  let homogeneity: Int?
  private let value: ScalarFunction
  private let derivative: ScalarFunction
  private let plan: GaussianDefectPlan
  private let dual: GaussianDualPlan
  private let even: Bool
  private let jumps: [Jump]
  private static let relativeTolerance = 1e-13

  init(_ activation: any Activation) throws {
    value = activation.value
    derivative = activation.derivative
    plan = try GaussianDefectPlan(activation)
    dual = try GaussianDualPlan(value, value)
    even = value.parity == .even
    jumps = value.jumps
    homogeneity = value.homogeneity
  }

  /// `½ E[(φ(u) − φ(v))²]`.
  func halfSquaredDifference(_ pair: GaussianPair, relativeTolerance: Double) throws -> Estimate {
    try plan.halfSquaredDifference(pair, relativeTolerance: relativeTolerance)
  }

  /// Adds what is known of the angle and of the lengths to a kernel that has its entries.
  func refine(_ kernel: inout PairKernel, _ geometry: PairGeometry, shift: Double) throws {
    guard let first = kernel.xx.estimate, let second = kernel.yy.estimate, first.value > 0, second.value > 0 else {
      return
    }
    let isReflected = even && shift == 0 && geometry.onePlusRho.value < geometry.oneMinusRho.value
    let gap = isReflected ? geometry.onePlusRho : geometry.oneMinusRho
    guard gap.value < 0.25 else { return }
    if let homogeneity, shift == 0 {
      kernel.difference = try homogeneousDifference(homogeneity, geometry)
      kernel.angular = try homogeneousAngle(gap, first, second)
      return
    }
    kernel.difference = try difference(geometry, shift: shift)
    let pair = try GaussianPair(
      meanU: shift, meanV: shift, varianceU: geometry.first.value, varianceV: geometry.second.value,
      oneMinusRho: gap.value)
    let angle = try plan.angularDefect(pair, relativeTolerance: Self.relativeTolerance)
    kernel.angular = angle + (try radial(kernel, geometry, shift: shift))
  }

  /// The same from half the mean squared difference and the difference of squares, for a mixture of shifts.
  func refine(
    _ kernel: inout PairKernel, _ geometry: PairGeometry, halfSquaredDifference defect: Estimate,
    differenceOfSquares: Estimate?
  ) throws {
    guard let first = kernel.xx.estimate, let second = kernel.yy.estimate, first.value > 0, second.value > 0 else {
      return
    }
    if geometry.difference.value == 0 {
      kernel.difference = geometry.difference.roundedError == 0 ? .zero : nil
    } else {
      kernel.difference = differenceOfSquares
    }
    guard let difference = kernel.knownDifference else { return }
    let sum = first.value.squareRoot() + second.value.squareRoot()
    let radial = difference.value / sum
    let spread = difference.roundedError / sum
    kernel.angular = Estimate(
      defect.value - 0.5 * radial * radial,
      error: defect.roundedError + 2 * geometry.relativeDifferenceError * defect.value + radial.magnitude * spread
        + spread * spread + 2 * 0x1p-53 * radial * radial,
      method: max(defect.method, .closedForm))
  }

  // MARK: Homogeneous functions

  /// `√(F_xx F_yy) D(1, 1, δ)/F(1)`.
  private func homogeneousAngle(_ gap: Estimate, _ first: Estimate, _ second: Estimate) throws -> Estimate {
    if gap.value == 0 { return .zero }
    let unit = try dual.expectation(try PairGeometry.diagonal(1, 0), relativeTolerance: Self.relativeTolerance)
    let defect = try plan.halfSquaredDifference(
      try GaussianPair(varianceU: 1.0, varianceV: 1.0, oneMinusRho: gap.value),
      relativeTolerance: Self.relativeTolerance)
    let ratio = defect.value / unit.value
    let scale = first.value.squareRoot() * second.value.squareRoot()
    let relative =
      defect.roundedError / max(defect.value, .leastNormalMagnitude) + unit.roundedError / unit.value
      + (first.roundedError / first.value + second.roundedError / second.value) / 2 + 4 * 0x1p-53
    return Estimate(scale * ratio, error: scale * ratio * relative, method: max(defect.method, .closedForm))
  }

  /// `C (q₁^k − q₂^k) = C (q₁ − q₂) Σ q₁^i q₂^{k−1−i}`.
  private func homogeneousDifference(_ degree: Int, _ geometry: PairGeometry) throws -> Estimate? {
    if degree == 0 { return .zero }
    guard geometry.difference.value != 0 || geometry.difference.roundedError == 0 else { return nil }
    let unit = try dual.expectation(try PairGeometry.diagonal(1, 0), relativeTolerance: Self.relativeTolerance)
    var sum = Estimate.zero
    for power in 0..<degree {
      var term = Estimate.one
      for index in 0..<(degree - 1) { term = term * (index < power ? geometry.first : geometry.second) }
      sum = sum + term
    }
    return unit * sum * geometry.difference
  }

  // MARK: Other functions

  /// `E φ(u)² − E φ(v)²` as the mean of its derivative `E[φ φ′ Z]/σ` between close variances, by a Gauss rule.
  ///
  /// A jump of φ² by J at k adds `J (k − m) p(k)/2q` to the derivative, p the density of the preactivation.
  func difference(_ geometry: PairGeometry, shift: Double) throws -> Estimate? {
    if geometry.difference.value == 0 { return geometry.difference.roundedError == 0 ? .zero : nil }
    let (p, q) = (geometry.first.value, geometry.second.value)
    guard geometry.difference.value.magnitude < 0.01 * max(p, q), let center = ExactNumber(exactly: shift) else {
      return nil
    }
    let line = ScalarFunction(name: "z", pieces: PiecewisePolynomial(Polynomial([-center, 1])))
    let slope = line * value * derivative
    let node = 0.774_596_669_241_483_377
    var mean = Estimate.zero
    for (position, weight) in [(-node, 5.0), (0, 8), (node, 5)] {
      let variance = 0.5 * (p + q) + 0.5 * position * (p - q)
      var part = try GaussianDual.expectation(slope, mean: shift, variance: variance)
      for jump in jumps {
        let z = (jump.place - shift) / variance.squareRoot()
        let size = jump.after * jump.after - jump.before * jump.before
        let mass = 0.5 * size * z * 0.398_942_280_401_432_678 * Double.exp(-0.5 * z * z)
        part = part + Estimate(closedForm: mass, ulps: 8 + z * z)
      }
      mean = mean + Estimate(closedForm: weight / 18 / variance, ulps: 4) * part
    }
    return mean * geometry.difference
  }

  /// `½ E[(λ φ(m + σ₁Z) − φ(m + σ₂Z)/λ)²]`.
  private func radial(_ kernel: PairKernel, _ geometry: PairGeometry, shift: Double) throws -> Estimate {
    guard geometry.difference.value != 0, let first = kernel.xx.estimate?.value, let second = kernel.yy.estimate?.value,
      let difference = kernel.knownDifference
    else { return .zero }
    let (s1, s2) = (geometry.first.value.squareRoot(), geometry.second.value.squareRoot())
    let stretch = geometry.difference.value / (s1 + s2)
    let fourth = (first.squareRoot() * second.squareRoot()).squareRoot()
    let lambda = (second / first).squareRoot().squareRoot()
    // λ − 1/λ
    let excess = -difference.value / ((first.squareRoot() + second.squareRoot()) * fourth)
    let (f, g) = (value.evaluate, derivative.evaluate)
    let isClose = stretch.magnitude < 1e-3 * max(s1, s2)
    let node = 0.774_596_669_241_483_377
    func term(_ z: Double) -> Double {
      let (a, b) = (shift + s1 * z, shift + s2 * z)
      let crosses = jumps.contains { (a - $0.place) * (b - $0.place) < 0 }
      guard isClose, !crosses else { return lambda * f(a) - f(b) / lambda }
      let (middle, half) = (0.5 * (a + b), 0.5 * stretch * z)
      let mean = (5 * (g(middle - node * half) + g(middle + node * half)) + 8 * g(middle)) / 18
      return lambda * stretch * z * mean + f(b) * excess
    }
    var ends = [-12.0, -6, -3, -1, 0, 1, 3, 6, 12]
    for kink in value.kinks.map(\.doubleValue) {
      ends.append(contentsOf: [(kink - shift) / s1, (kink - shift) / s2].filter { $0.magnitude < 12 })
    }
    ends.sort()
    let workspace = try QuadratureWorkspace()
    var total = 0.0
    var error = 0.0
    for (lower, upper) in zip(ends, ends.dropFirst()) where upper - lower > 1e-14 {
      let result = try integrateAdaptively(
        from: lower, to: upper, absolute: 1e-15 * total, relative: 1e-12, workspace: workspace
      ) { z in
        let size = term(z)
        return 0.5 * size * size * Double.exp(-0.5 * z * z) * 0.398_942_280_401_432_678
      }
      total += result.value
      error += result.error
    }
    // Lengths, their difference, and for close ones the rule across a kink.
    let relative =
      4
      * (geometry.relativeDifferenceError + difference.roundedError
        / max(difference.value.magnitude, .leastNormalMagnitude))
      + (isClose ? (value.kinks.isEmpty ? 0 : stretch.magnitude / max(s1, s2)) : 1e-9) + 1e-13
    return Estimate(total, error: error + min(1, relative) * total, method: .quadrature)
  }
}
