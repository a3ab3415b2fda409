import Moments
import Numerics

extension Density {
  /// The places in w where the density ends, jumps, or asks for attention; whether it is analytic there.
  var breaks: [(place: Double, isAnalytic: Bool)] {
    let peak = ([lower, upper, (lower + upper) / 2] + nodes).map(weight).max() ?? 0
    let step = 1e-6 * (upper - lower)
    var result = [lower, upper].map { t in (point(t), weight(t) <= 1e-25 * peak) }
    for t in nodes {
      // The second difference of an analytic weight is of second order in the step, that of a corner of first.
      let bend = (weight(t + step) - 2 * weight(t) + weight(t - step)).magnitude
      result.append((point(t), bend <= 1e-9 * peak))
    }
    return result
  }

  /// The density without what lies so far out that, times a growth of the given degree, it is below 1e-26 of the peak.
  func trimmed(growth: Double) -> Density {
    guard growth.isFinite else { return self }
    let reference = ([(lower + upper) / 2] + nodes).map(weight).max() ?? 0
    let unit = max(spread, 1e-300)
    func isNegligible(_ t: Double) -> Bool {
      weight(t) * Double.pow(1 + (point(t) / unit).magnitude, growth) * (upper - lower) < 1e-26 * reference
    }
    func cut(from end: Double, towards inner: Double) -> Double {
      guard isNegligible(end) else { return end }
      var (outside, inside) = (end, inner)
      for _ in 0..<12 {
        let middle = (outside + inside) / 2
        if isNegligible(middle) { outside = middle } else { inside = middle }
      }
      return outside
    }
    let middle = (lower + upper) / 2
    guard !isNegligible(middle) else { return self }
    var result = self
    result.lower = cut(from: lower, towards: middle)
    result.upper = cut(from: upper, towards: middle)
    result.nodes = nodes.filter { $0 > result.lower && $0 < result.upper }
    return result
  }

  /// A central value.
  var center: Double { point((lower + upper) / 2) }

  /// A length on which the density changes: the distance from the centre to the nearest node or end.
  var spread: Double {
    let middle = (lower + upper) / 2
    let distances = ([lower, upper] + nodes).map { (point($0) - point(middle)).magnitude }.filter { $0 > 0 }
    return distances.min() ?? 1
  }
}
