import Activations
import Foundation

/// A function smoothed by a Gaussian, `S(m, s) = E f(m + s Z)`, by quadrature, for its even and its odd part.
///
/// The conditional mean `E[f(V) | U]` of Gaussian preactivations is such a value. Two rules cover all m and s of a function
/// that changes its shape at 0 only, on the scale `c`, and is analytic in a strip:
///
/// - a narrow Gaussian, or one that stays away from 0: the trapezoidal rule in z, whose spacing minds the strip;
/// - otherwise the trapezoidal rule in t, `v = m + s z = c sinh t`, which is fine at 0 and wide elsewhere.
struct GaussianSmoothing: Sendable {
  let value: @Sendable (Double) -> Double
  let parity: Parity
  /// The distance of the nearest singularity, or what stands for it in an entire function.
  let strip: Double
  /// The scale on which the function changes, `2 strip/π`.
  let scale: Double
  /// How it grows: 1 like a line, 0 bounded, −1 vanishing at both ends.
  let growth: Int
  /// The nodes `c sinh t ≥ 0` with `2 × weight × part` at each.
  private let wide: [(v: Double, even: Double, odd: Double)]

  static let spacing = 0.045
  /// The largest s, in units of the scale, that the wide rule reaches.
  static let reach = 1e4

  /// nil for functions that are not analytic in a strip, or that grow faster than a line.
  init?(_ f: ScalarFunction) {
    guard f.kinks.isEmpty, f.strip > 0, f.pieces == nil, f.waves == nil else { return nil }
    func order(_ growth: Growth) -> Int? {
      switch growth {
      case .power(let degree): degree <= 1 ? max(0, degree) : nil
      case .vanishing: -1
      case .exponential: nil
      }
    }
    guard let right = order(f.growth(towards: 1)), let left = order(f.growth(towards: -1)) else { return nil }
    growth = max(left, right)
    value = f.evaluate
    parity = f.parity
    strip = f.strip.isFinite ? f.strip : 0.5 * .pi
    scale = 2 * strip / .pi
    var nodes: [(v: Double, even: Double, odd: Double)] = []
    let count = Int(asinh(22 * Self.reach) / Self.spacing)
    for index in 0...count {
      let t = Double(index) * Self.spacing
      let v = scale * sinh(t)
      let weight = (index == 0 ? 0.5 : 1) * Self.spacing * scale * cosh(t) * 0.398_942_280_401_432_678
      let (even, odd) = Self.parts(f.evaluate, f.parity, v)
      nodes.append((v, weight * even, weight * odd))
    }
    wide = nodes
  }

  /// `(f(z) ± f(−z))/2`.
  @inline(__always)
  private static func parts(
    _ f: (Double) -> Double, _ parity: Parity, _ z: Double
  ) -> (even: Double, odd: Double) {
    switch parity {
    case .even: return (f(z), 0)
    case .odd: return (0, f(z))
    case .none:
      let (right, left) = (f(z), f(-z))
      return (0.5 * right + 0.5 * left, 0.5 * right - 0.5 * left)
    }
  }

  /// The even and the odd part of f.
  func parts(_ z: Double) -> (even: Double, odd: Double) { Self.parts(value, parity, z) }

  /// `S(m, s)` of both parts, m ≥ 0.
  func callAsFunction(_ m: Double, _ s: Double) -> (even: Double, odd: Double) {
    if s == 0 { return parts(m) }
    let isNarrow = s <= 2 * scale
    return isNarrow || m >= 12 * s ? narrow(m, s, isNarrow: isNarrow) : wide(m, s)
  }

  private func narrow(_ m: Double, _ s: Double, isNarrow: Bool) -> (even: Double, odd: Double) {
    let spacing = isNarrow ? min(0.25, 2 * Double.pi * strip / (40 * s)) : 0.2
    let count = Int(9.5 / spacing) + 1
    var (even, odd) = parts(m)
    for index in 1...count {
      let z = Double(index) * spacing
      let weight = exp(-0.5 * z * z)
      let (up, down) = (parts(m + s * z), parts(m - s * z))
      even += weight * (up.even + down.even)
      odd += weight * (up.odd + down.odd)
    }
    let factor = spacing * 0.398_942_280_401_432_678
    return (factor * even, factor * odd)
  }

  private func wide(_ m: Double, _ s: Double) -> (even: Double, odd: Double) {
    var (even, odd) = (0.0, 0.0)
    let inverse = 1 / s
    for node in wide {
      let (near, far) = ((node.v - m) * inverse, (node.v + m) * inverse)
      if near > 10 { break }
      let (a, b) = (exp(-0.5 * near * near), exp(-0.5 * far * far))
      even += node.even * (a + b)
      odd += node.odd * (a - b)
    }
    return (even * inverse, odd * inverse)
  }
}
