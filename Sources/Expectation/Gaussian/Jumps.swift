import Activations
import Moments

/// A place where a function jumps.
public struct Jump: Sendable, Equatable {
  /// The place.
  public let place: Double
  /// The limits from the left and from the right.
  public let before: Double
  public let after: Double

  /// `f(place+) − f(place−)`.
  public var size: Double { after - before }
}

extension ScalarFunction {
  /// The places where the function itself jumps, ascending; kinks across which it is continuous are not among them.
  ///
  /// Exact forms decide it exactly. Without one, a function is taken to jump where its values at two neighbouring doubles
  /// differ by more than 2⁻³⁰ of their size.
  public var jumps: [Jump] {
    if let pieces {
      return pieces.breakpoints.indices.compactMap { index in
        let point = pieces.breakpoints[index]
        let (before, after) = (pieces.polynomials[index](point), pieces.polynomials[index + 1](point))
        guard before != after else { return nil }
        return Jump(place: point.doubleValue, before: before.doubleValue, after: after.doubleValue)
      }
    }
    return kinks.compactMap { kink in
      let point = kink.doubleValue
      let (before, after) = (evaluate(point.nextDown), evaluate(point.nextUp))
      guard (after - before).magnitude > 0x1p-30 * max(before.magnitude, after.magnitude) else { return nil }
      return Jump(place: point, before: before, after: after)
    }
  }
}

/// What the point masses of the derivative of a function with jumps add to `E[φ′(u) φ′(v)]`.
struct JumpDensities {
  private let jumps: [Jump]
  /// The jumps in units of the deviations: `(k − m)/σ` for u and for v.
  private let first: [Double]
  private let second: [Double]

  init(_ jumps: [Jump], _ pair: GaussianPair) {
    self.jumps = jumps
    first = jumps.map { ($0.place - pair.meanU) / pair.deviationU }
    second = jumps.map { ($0.place - pair.meanV) / pair.deviationV }
  }

  /// Distances of jumps on which the joint densities change as `√(1 − t²)` passes them.
  var features: [Double] {
    let gaps = first.flatMap { a in second.map { (a - $0).magnitude } }.filter { $0 > 0 }
    return Set(gaps).flatMap { [0.15 * $0, 0.4 * $0, $0] }.sorted()
  }

  /// `Σᵢ Jᵢ (p_u(kᵢ) E[c′(v) | u = kᵢ] + p_v(kᵢ) E[c′(u) | v = kᵢ]) + Σᵢⱼ Jᵢ Jⱼ p(kᵢ, kⱼ)`.
  func expectation(_ pair: GaussianPair, derivative: ScalarFunction) throws(GaussianError) -> Estimate {
    let sine = pair.sine
    let rho = pair.correlation
    var total = Estimate.zero
    for (index, jump) in jumps.enumerated() {
      let (a, b) = (first[index], second[index])
      for (z, density, mean, deviation) in [
        (a, 1 / pair.deviationU, pair.meanV, pair.deviationV), (b, 1 / pair.deviationV, pair.meanU, pair.deviationU),
      ] {
        let weight = jump.size * density * GaussianQuadrature.density(z)
        if weight == 0 { continue }
        let slope = try GaussianDual.expectation(
          derivative, mean: mean + rho * deviation * z, variance: deviation * sine * deviation * sine)
        total = total + Estimate(closedForm: weight, ulps: 6 + z * z) * slope
      }
      for (other, target) in jumps.enumerated() {
        // Given u = kᵢ, v lies at z_j − t z_i = (z_j − z_i) + (1 − t) z_i in units of its deviation.
        let distance = ((second[other] - a) + pair.oneMinusRho * a) / sine
        let weight =
          jump.size * target.size * GaussianQuadrature.density(a) * GaussianQuadrature.density(distance)
          / (pair.deviationU * pair.deviationV * sine)
        total = total + Estimate(closedForm: weight, ulps: 8 + a * a + 4 * distance * distance)
      }
    }
    return total
  }
}
