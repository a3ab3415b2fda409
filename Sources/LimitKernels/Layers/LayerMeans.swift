import Activations
import Expectation
import Moments
import Numerics

extension LayerDuals {
  /// `E_b E[φ(m_b b + G)]` at both inputs, from the covariance of the weighted sums, whose entries are finite.
  ///
  /// An error of the variance moves the mean by its derivative, found from a second evaluation. The difference of the
  /// means of close variances is the mean of the derivative between them,
  ///
  ///     d/dq E φ(m + √q Z) = E[φ′(u) (u − m)]/2q ,
  ///
  /// by a Gauss rule, times the difference of the variances, which the recursion carries; a jump J of φ at k adds
  /// `J z e^{−z²/2}/(√(2π) 2q)`, `z = (k − m)/√q`.
  func means(_ covariance: PairKernel) throws -> PairMeans? {
    guard let geometry = PairGeometry(covariance + PairKernel(constant: .finite(biasVariance))) else { return nil }
    let first = try mean(geometry.first, geometry.relativeError)
    if geometry.difference.value == 0 && geometry.difference.roundedError == 0 {
      return PairMeans(x: first, y: first, difference: .zero)
    }
    let second = try mean(geometry.second, geometry.relativeError)
    return PairMeans(x: first, y: second, difference: try meanDifference(geometry))
  }

  private func mean(_ variance: Estimate, _ relativeError: Double) throws -> Estimate {
    func at(_ q: Double) throws -> Estimate {
      try integrate(meanPlan.expectation) { try PairGeometry.diagonal(q, $0) }
    }
    let result = try at(variance.value)
    if relativeError == 0 || variance.value == 0 || result.isExactlyZero { return result }
    let step = 0x1p-10
    let slope: Double
    if let degree = valueAngle.homogeneity, isCentered {
      slope = 0.5 * Double(degree) * result.value.magnitude
    } else {
      slope = 1.05 * ((try at(variance.value * (1 + step))).value - result.value).magnitude / step
    }
    return Estimate(
      result.value, error: result.roundedError + relativeError * slope,
      method: max(result.method, variance.method, .closedForm))
  }

  private func meanDifference(_ geometry: PairGeometry) throws -> Estimate? {
    let (p, q) = (geometry.first.value, geometry.second.value)
    guard p > 0, q > 0, geometry.difference.value != 0 else { return nil }
    if let degree = valueAngle.homogeneity, isCentered {
      // c (σ₁^k − σ₂^k) = c (q₁ − q₂) (Σ σ₁^i σ₂^{k−1−i})/(σ₁ + σ₂).
      if degree == 0 { return .zero }
      let unit = try integrate(meanPlan.expectation) { try PairGeometry.diagonal(1, $0) }
      let (s1, s2) = (p.squareRoot(), q.squareRoot())
      var sum = 0.0
      for power in 0..<degree {
        var term = 1.0
        for index in 0..<(degree - 1) { term *= index < power ? s1 : s2 }
        sum += term
      }
      let factor = sum / (s1 + s2)
      let relative = Double(degree + 1) * geometry.relativeError + Double(2 * degree + 6) * 0x1p-53
      return unit * Estimate(factor, error: factor * relative, method: .closedForm) * geometry.difference
    }
    guard geometry.difference.value.magnitude < 0.01 * max(p, q) else { return nil }
    let derivative = try integrate({ pair, _ in try meanSlope(shift: pair.meanU, p, q) }) {
      try PairGeometry.diagonal(p, $0)
    }
    // The derivative belongs to variances that have errors of their own; its change is of its own order.
    let error = derivative.roundedError + 4 * geometry.relativeError * derivative.value.magnitude
    return Estimate(derivative.value, error: error, method: max(derivative.method, .closedForm)) * geometry.difference
  }

  /// The mean of `d/dq E φ(m + √q Z)` between two close variances.
  private func meanSlope(shift: Double, _ p: Double, _ q: Double) throws -> Estimate {
    guard let center = ExactNumber(exactly: shift) else { return .zero }
    let line = ScalarFunction(name: "z", pieces: PiecewisePolynomial(Polynomial([-center, 1])))
    let slope = line * activation.derivative
    let node = 0.774_596_669_241_483_377
    var mean = Estimate.zero
    for (position, weight) in [(-node, 5.0), (0, 8), (node, 5)] {
      let variance = 0.5 * (p + q) + 0.5 * position * (p - q)
      var part = try GaussianDual.expectation(slope, mean: shift, variance: variance)
      for jump in activation.value.jumps {
        let z = (jump.place - shift) / variance.squareRoot()
        let mass = (jump.after - jump.before) * z * 0.398_942_280_401_432_678 * Double.exp(-0.5 * z * z)
        part = part + Estimate(closedForm: mass, ulps: 8 + z * z)
      }
      mean = mean + Estimate(closedForm: weight / 36 / variance, ulps: 4) * part
    }
    return mean
  }
}
