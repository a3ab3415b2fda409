import Foundation

/// What a dual in closed form needs of one input, and its values on the diagonal.
struct InputDual {
  /// `√E φ²`.
  var scale = 0.0
  /// `E φ′²`.
  var slope = 0.0
  /// `r² = x/(1 + x)`, `e² = 1/(1 + x)`, x a multiple of the variance.
  var r = 0.0
  var e = 1.0
  /// `ω √q` of waves and exponentials.
  var deviation = 0.0
  /// 1 over the normalized `√E φ²`, 0 where it vanishes.
  var norm = 0.0

  /// nil for families without a closed form.
  @inline(__always)
  init?(_ family: DualFamily, variance q: Double) {
    switch family {
    case .bilinear(let linear, let even, let slopeAtZero):
      // The square may leave the range where the root does not.
      scale = (linear + even).squareRoot() * q.squareRoot()
      slope = q == 0 ? slopeAtZero * slopeAtZero : linear + even
    case .jump(let mean, let jump):
      scale = q == 0 ? 0 : (mean + jump).squareRoot()
    case .erf(let factor):
      tilt(2 * factor * factor * q)
      let arc = atan2(r * r, cosine)
      norm = arc > 0 ? 1 / arc.squareRoot() : 0
      scale = (2 / Double.pi * arc).squareRoot()
      slope = 4 * factor * factor / Double.pi * e * e / cosine
    case .gelu:
      tilt(q)
      let (r2, e2, root) = (r * r, e * e, cosine)
      let turn = atan2(r2, root) + 0.5 * Double.pi
      let relative = (turn + 2 * r2 * e2 / root) * 0.5 / Double.pi
      norm = 1 / relative.squareRoot()
      scale = q.squareRoot() * relative.squareRoot()
      slope = (turn + r2 / root * (2 * e2 + e2 * e2 / (root * root))) * 0.5 / Double.pi
    case .gaussian(let height, let rate):
      tilt(2 * rate * q)
      let root = cosine
      norm = root.squareRoot()
      scale = height.magnitude * e / root.squareRoot()
      slope = height * height * 2 * rate * r * r * e * e * e * e / (root * root * root)
    case .wave(let odd, let amplitude, let frequency):
      deviation = frequency * q.squareRoot()
      let drop = -0.5 * expm1(-2 * deviation * deviation)
      let square = odd ? drop : 1 - drop
      norm = square > 0 ? 1 / square.squareRoot() : 0
      scale = amplitude.magnitude * square.squareRoot()
      slope = amplitude * amplitude * frequency * frequency * (odd ? 1 - drop : drop)
    case .exponential(let amplitude, let rate):
      deviation = rate.magnitude * q.squareRoot()
      scale = amplitude.magnitude * exp(deviation * deviation)
      slope = rate * rate * scale * scale
    case .angular, .series, .pairwise: return nil
    }
  }

  private mutating func tilt(_ x: Double) {
    e = 1 / (1 + x).squareRoot()
    r = x.squareRoot() * e
  }

  /// `√(1 − r⁴) = e √(1 + r²)`.
  private var cosine: Double { e * (1 + r * r).squareRoot() }
}
