import Activations
import Moments

/// All spelled examples of the registry.
let allExamples: [String] = ActivationRegistry.all.flatMap(\.examples)

/// Doubles on many scales, the same ones each run: both signs of `10^e` with e uniform in the range.
func scatteredPoints(count: Int, exponents: ClosedRange<Double> = -3...1.3, seed: UInt64 = 7) -> [Double] {
  var state = seed
  func next() -> Double {
    // Marsaglia's xorshift generator is enough to scatter points.
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Double(state >> 11) * 0x1p-53
  }
  return (0..<count).map { _ in
    let exponent = exponents.lowerBound + (exponents.upperBound - exponents.lowerBound) * next()
    return (next() < 0.5 ? -1 : 1) * power10(exponent)
  }
}

private func power10(_ exponent: Double) -> Double {
  // 2^(whole) · e^(rest) by repeated square roots would do as well; exactness does not matter here.
  var result = 1.0
  var factor = 10.0
  var rest = exponent.magnitude
  while rest >= 1 {
    result *= 10
    rest -= 1
  }
  for _ in 0..<20 {
    factor = factor.squareRoot()
    rest *= 2
    if rest >= 1 {
      result *= factor
      rest -= 1
    }
  }
  return exponent < 0 ? 1 / result : result
}

/// A bound on the error of `value` in units of the last place of the truth.
///
/// It is the distance from the rounded truth, an exact difference, and half a unit for that rounding. A subnormal truth
/// counts in units of the smallest subnormal.
func ulps(_ value: Double, from truth: String) -> Double {
  guard let rounded = Double(truth) else { return .infinity }
  if rounded.isInfinite { return value == rounded ? 0 : .infinity }
  if value == rounded { return 0.5 }
  return (value - rounded).magnitude / max(rounded.ulp, .leastNonzeroMagnitude) + 0.5
}
