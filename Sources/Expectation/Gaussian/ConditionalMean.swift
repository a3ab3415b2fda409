import Activations
import GSL
import Moments

/// `E[g(v)]`, `v ~ N(μ, τ²)`, of a piecewise polynomial in closed form: the inner integral of a dual, which leaves one
/// dimension to quadrature.
///
/// Outer pieces are combinations of `I_j(t) = ∫_t^∞ (x − t)^j φ(x) dx` about their kink (repeated integrals of the
/// normal distribution function), which obey `I_j = −t I_{j−1} + (j−1) I_{j−2}`: run upwards for small t and, as the
/// recurrence cancels in the tail, downwards (Miller) for large t, where all its terms are positive. A bounded piece no
/// wider than 2τ is a Gauss–Legendre sum; a wider one is what the half-lines leave.
///
/// **Accuracy.** The sum of moduli of what is added, with the cancellation inside the recurrence, is carried along
/// and bounds the rounding.
struct ConditionalMean: Sendable {
  private struct Piece: Sendable {
    let lower: Double
    let upper: Double
    /// Coefficients in `v − lower`, in `upper − v`, and in v.
    let fromLower: [Double]
    let fromUpper: [Double]
    let plain: [Double]
    let isZero: Bool
  }

  private let pieces: [Piece]
  private let degree: Int
  private let nodes: [Double]
  private let weights: [Double]

  /// Nil for degrees beyond 7.
  init?(_ function: PiecewisePolynomial) throws(GaussianError) {
    guard function.degree <= 7 else { return nil }
    degree = function.degree
    let kinks = function.breakpoints
    pieces = function.polynomials.enumerated().map { index, polynomial in
      let lower = index > 0 ? kinks[index - 1] : nil
      let upper = index < kinks.count ? kinks[index] : nil
      let mirrored = upper.map {
        polynomial.expanded(around: $0).coefficients.enumerated().map { term in
          let coefficient = term.element.doubleValue
          return term.offset.isMultiple(of: 2) ? coefficient : -coefficient
        }
      }
      return Piece(
        lower: lower?.doubleValue ?? -.infinity, upper: upper?.doubleValue ?? .infinity,
        fromLower: lower.map { polynomial.expanded(around: $0).coefficients.map(\.doubleValue) } ?? [],
        fromUpper: mirrored ?? [], plain: polynomial.coefficients.map(\.doubleValue), isZero: polynomial.degree < 0)
    }
    do {
      let rule = try GaussLegendreRule(count: 16)
      (nodes, weights) = (rule.nodes, rule.weights)
    } catch { throw .library(error) }
  }

  /// The mean with its rounding bound and `E|g|` or a bound for it.
  func callAsFunction(mean: Double, deviation: Double) -> IntegrandSample {
    var value = 0.0
    var moduli = 0.0
    for piece in pieces where !piece.isZero {
      if piece.lower == -.infinity {
        if piece.upper == .infinity {
          add(whole(piece.plain, mean, deviation), &value, &moduli, 1)
        } else {
          add(tail(piece.fromUpper, (mean - piece.upper) / deviation, deviation), &value, &moduli, 1)
        }
      } else if piece.upper == .infinity {
        add(tail(piece.fromLower, (piece.lower - mean) / deviation, deviation), &value, &moduli, 1)
      } else if piece.upper - piece.lower <= 2 * deviation {
        add(bounded(piece, mean, deviation), &value, &moduli, 1)
      } else if mean < piece.lower {
        add(tail(piece.fromLower, (piece.lower - mean) / deviation, deviation), &value, &moduli, 1)
        add(beyond(piece.fromUpper, (piece.upper - mean) / deviation, deviation), &value, &moduli, -1)
      } else if mean > piece.upper {
        add(tail(piece.fromUpper, (mean - piece.upper) / deviation, deviation), &value, &moduli, 1)
        add(beyond(piece.fromLower, (mean - piece.lower) / deviation, deviation), &value, &moduli, -1)
      } else {
        add(whole(piece.plain, mean, deviation), &value, &moduli, 1)
        add(beyond(piece.fromUpper, (piece.upper - mean) / deviation, deviation), &value, &moduli, -1)
        add(beyond(piece.fromLower, (mean - piece.lower) / deviation, deviation), &value, &moduli, -1)
      }
    }
    return IntegrandSample(value: value, error: 8 * 0x1p-53 * moduli, magnitude: max(value.magnitude, 0x1p-6 * moduli))
  }

  @inline(__always)
  private func add(
    _ term: (value: Double, moduli: Double), _ value: inout Double, _ moduli: inout Double, _ sign: Double
  ) {
    value += sign * term.value
    moduli += term.moduli
  }

  /// `E[Σ c_j y^j; y > 0]` for `y = τ(x − t)`.
  private func tail(_ coefficients: [Double], _ t: Double, _ deviation: Double) -> (value: Double, moduli: Double) {
    let (integrals, sizes) = Self.repeatedIntegrals(t, degree: coefficients.count - 1)
    var value = 0.0
    var moduli = 0.0
    var power = 1.0
    for j in coefficients.indices {
      value += coefficients[j] * power * integrals[j]
      moduli += (coefficients[j] * power).magnitude * sizes[j]
      power *= deviation
    }
    return (value, moduli * Self.sensitivity(t))
  }

  /// `E[Σ c_j (−y)^j; y > 0]`: the coefficients belong to the other direction.
  private func beyond(_ coefficients: [Double], _ t: Double, _ deviation: Double) -> (value: Double, moduli: Double) {
    let (integrals, sizes) = Self.repeatedIntegrals(t, degree: coefficients.count - 1)
    var value = 0.0
    var moduli = 0.0
    var power = 1.0
    for j in coefficients.indices {
      value += coefficients[j] * power * integrals[j]
      moduli += (coefficients[j] * power).magnitude * sizes[j]
      power *= -deviation
    }
    return (value, moduli * Self.sensitivity(t))
  }

  /// How much the rounding of t weighs in the tail, where everything falls like the normal density.
  private static func sensitivity(_ t: Double) -> Double { t > 2 ? 1 + 0.5 * t * t : 1 }

  /// `E[p(v)]` over the whole line.
  private func whole(_ coefficients: [Double], _ mean: Double, _ deviation: Double) -> (value: Double, moduli: Double) {
    // E v^k = μ E v^{k−1} + (k−1) τ² E v^{k−2}
    var (previous, current) = (0.0, 1.0)
    var (previousSize, currentSize) = (0.0, 1.0)
    var value = 0.0
    var moduli = 0.0
    for k in coefficients.indices {
      value += coefficients[k] * current
      moduli += coefficients[k].magnitude * currentSize
      let factor = Double(k) * deviation * deviation
      (previous, current) = (current, mean * current + factor * previous)
      (previousSize, currentSize) = (currentSize, mean.magnitude * currentSize + factor * previousSize)
    }
    return (value, moduli)
  }

  private func bounded(_ piece: Piece, _ mean: Double, _ deviation: Double) -> (value: Double, moduli: Double) {
    let half = 0.5 * (piece.upper - piece.lower)
    let center = (0.5 * (piece.upper + piece.lower) - mean) / deviation
    if center.magnitude > 40 { return (0, 0) }
    var value = 0.0
    var moduli = 0.0
    for index in nodes.indices {
      let offset = half * (1 + nodes[index])
      var sum = 0.0
      for coefficient in piece.fromLower.reversed() { sum = sum * offset + coefficient }
      let term = weights[index] * GaussianQuadrature.density(center + half * nodes[index] / deviation) * sum
      value += term
      moduli += term.magnitude
    }
    return (value * half / deviation, moduli * half / deviation)
  }

  /// `I_0 … I_degree` at t, and the sizes of what was subtracted to get them.
  static func repeatedIntegrals(_ t: Double, degree: Int) -> (values: SIMD8<Double>, sizes: SIMD8<Double>) {
    var values = SIMD8<Double>.zero
    let density = GaussianQuadrature.density(t)
    if t <= (degree <= 1 ? 2.5 : 1.5) {
      var sizes = SIMD8<Double>.zero
      values[0] = 0.5 * complementaryErrorFunction(t * 0.707_106_781_186_547_524_40)
      sizes[0] = values[0]
      if degree >= 1 {
        values[1] = density - t * values[0]
        sizes[1] = density + t.magnitude * values[0]
      }
      if degree >= 2 {
        for j in 2...degree {
          values[j] = Double(j - 1) * values[j - 2] - t * values[j - 1]
          sizes[j] = Double(j - 1) * sizes[j - 2] + t.magnitude * sizes[j - 1]
        }
      }
      return (values, sizes)
    }
    if density == 0 { return (values, values) }
    // The minimal solution: started high enough, any start converges like exp(−2t√N). It falls by √N! on the way.
    let root = 20 / t
    let start = min(reciprocals.count - 1, Int(root * root) + 16 + 2 * degree)
    var (upper, lower) = (0.0, 1e150)
    for j in stride(from: start, through: 2, by: -1) {
      // I_{j−2} = (I_j + t I_{j−1})/(j−1)
      (upper, lower) = (lower, (upper + t * lower) * reciprocals[j - 1])
      if j - 2 <= degree { values[j - 2] = lower }
      if j == 2 && degree >= 1 { values[1] = upper }
    }
    let scale = density / (upper + t * lower)
    values *= scale
    return (values, values)
  }

  private static let reciprocals: [Double] = (0..<256).map { 1 / Double($0) }
}
