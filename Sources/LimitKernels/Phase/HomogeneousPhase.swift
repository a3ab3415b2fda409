import Activations
import Foundation
import Moments

/// The phase of an activation that is homogeneous of degree 1 (relu, leaky relu, abs, identity) or 0 (step, sign).
///
/// With `φ(z) = r z` right of 0 and `l z` left of it, `E φ(√q z)² = g q` and `E φ′² = g`, `g = (l² + r²)/2`: the length
/// map is a line, and `χ₁ = σ_w² g` is its slope. With constants in place of the lines the length map is constant.
struct HomogeneousPhase {
  private let degree: Int
  private let left: ExactNumber
  private let right: ExactNumber

  init?(_ function: ScalarFunction) {
    guard let degree = function.homogeneity, degree <= 1, let pieces = function.pieces,
      let first = pieces.polynomials.first, let last = pieces.polynomials.last
    else { return nil }
    func leading(_ polynomial: Polynomial) -> ExactNumber {
      polynomial.coefficients.indices.contains(degree) ? polynomial.coefficients[degree] : 0
    }
    self.degree = degree
    left = leading(first)
    right = leading(last)
  }

  private var mean: ExactNumber { (left * left + right * right) / 2 }

  func analyze(_ result: inout PhaseAnalysis, _ maps: PhaseMaps) throws {
    if degree == 1 { try line(&result, maps) } else { try constant(&result, maps) }
  }

  private func line(_ result: inout PhaseAnalysis, _ maps: PhaseMaps) throws {
    let chi = result.weightVariance * mean
    let slope = Quantity.exact(chi)
    let stability = PhaseAnalysis.stability(Estimate(exact: chi))
    let critical = reciprocal(Estimate(exact: mean))
    result.chi = slope
    if result.biasVariance.isZero {
      result.critical = [
        PhaseAnalysis.CriticalPoint(
          weightVariance: .finite(critical), weightDeviation: .finite(squareRoot(critical)), q: nil,
          stability: .marginal)
      ]
    } else {
      result.notes.append(
        "With a bias, chi_1 = 1 is reached only in the limit of an infinite q*, as the weight variance goes to "
          + "\(critical.exact?.description ?? "\(critical.value)").")
    }
    guard stability != .marginal || !result.biasVariance.isZero else {
      result.lengths = .stays
      result.notes.append("Every q is a fixed point: lengths stay what they are, and no q* is preferred.")
      if left == right { result.notes.append("Every correlation is a fixed point: the activation is linear.") }
      result.lengthDepth = PhaseAnalysis.depth(slope)
      try result.findCorrelation(maps, .one) { try maps.correlationSlope(q: $0, oneMinus: $1) }
      return
    }
    let one = ExactNumber(1)
    if result.biasVariance.isZero || stability == .stable {
      let inverse = reciprocal(Estimate(exact: one - chi))
      let q = result.biasVariance.isZero ? Estimate.zero : Estimate(exact: result.biasVariance) * inverse
      result.fixedPoints = [PhaseAnalysis.FixedPoint(q: .finite(q), slope: slope, stability: stability)]
    }
    guard stability == .stable, let q = result.fixedPoints.first?.q.estimate else { return }
    result.lengths = .converges
    result.fixedPoint = result.fixedPoints.first
    result.lengthDepth = PhaseAnalysis.depth(slope)
    try result.findCorrelation(maps, q) { try maps.correlationSlope(q: $0, oneMinus: $1) }
  }

  private func constant(_ result: inout PhaseAnalysis, _ maps: PhaseMaps) throws {
    let q = Estimate(exact: result.weightVariance * mean + result.biasVariance)
    let point = PhaseAnalysis.FixedPoint(q: .finite(q), slope: .zero, stability: .stable)
    (result.lengths, result.fixedPoints, result.fixedPoint) = (.converges, [point], point)
    result.lengthDepth = .zero
    let height = right - left
    guard !height.isZero else {
      result.chi = .zero
      result.notes.append("No weight variance is critical: the activation is constant.")
      try result.findCorrelation(maps, q) { try maps.correlationSlope(q: $0, oneMinus: $1) }
      return
    }
    result.chi = .infinite(positive: true, reason: PhaseAnalysis.jumpReason(0))
    result.notes.append(
      "No weight variance is critical: the activation jumps at 0, and nearly equal inputs are always driven apart.")
    // d/dρ E φ(u) φ(v) = (r − l)²/(2π √(1 − ρ²)), the density of (u, v) at the jump.
    let factor = (result.weightVariance * height * height).doubleValue
    try result.findCorrelation(maps, q) { q, delta in
      Estimate(closedForm: factor / (q * 2 * .pi * (delta * (2 - delta)).squareRoot()), ulps: 12)
    }
  }
}
