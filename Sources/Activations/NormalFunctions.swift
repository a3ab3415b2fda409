/// The density and the distribution function of the standard normal law, to a few ulps in both tails.
enum NormalFunctions {
  /// `1/√(2π)`.
  static let densityAtZero = 0.3989422804014327
  /// `1/√2` in two terms.
  private static let inverseRootTwo = TwoTerm(0.7071067811865476, -4.833646656726457e-17)
  private static let twoOverRootPi = 1.1283791670955126

  /// Below this the asymptotic series of Mills' ratio has converged: its term of order 9 is below 10⁻¹⁸ there.
  static let asymptoticBound = -26.0

  /// `factor · e^{−z²/2} / √(2π)`.
  @inline(__always) static func density(_ z: Double, times factor: Double = 1) -> Double {
    exponential(.minusHalfSquare(z), times: factor * densityAtZero)
  }

  /// `Φ(z)` for `z ≥ asymptoticBound`.
  ///
  /// `Φ(z) = erfc(x)/2` at `x = −z/√2`. The relative derivative of erfc is about −2x, so the rounding of x costs z²
  /// half-ulps; the first-order correction by the part of x that was rounded off removes that.
  static func distribution(_ z: Double) -> Double {
    let x = inverseRootTwo * -z
    if z > -0.5 { return 0.5 * Libm.erfc(x.high) }
    return 0.5 * (Libm.erfc(x.high) - twoOverRootPi * x.low * Libm.exp(-x.high * x.high))
  }

  /// `R` with `Φ(z) = φ(z) R / |z|` for `z ≤ asymptoticBound`: `R = Σ (−1)^k (2k − 1)!! / z^{2k}`.
  @inline(__always) static func millsFactor(_ z: Double) -> Double {
    let t = 1 / (z * z)
    // Horner's scheme of 1 − t (1 − 3t (1 − 5t (…))).
    var sum = 1.0
    for odd in stride(from: 17.0, through: 1, by: -2) { sum = 1 - odd * t * sum }
    return sum
  }
}
