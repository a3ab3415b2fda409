import GSL
import Numerics

/// The Gaussian law conditioned on an interval.
///
/// With the anchor `x₀` the point of `[lo, hi]` nearest to the mean, `m = (x₀ − μ)/σ`, and `x = x₀ + σy`, the density in `y`
/// relative to its largest value is `exp(−m y − y²/2) ≤ 1`, however far in the tail the interval lies. Moments are
/// `E[W^k] = ∫ x^k exp(−m y − y²/2) dy / ∫ exp(−m y − y²/2) dy`, both by composite Gauss–Legendre rules that are exact
/// for polynomials of degree `k + 20`, on the part of the interval where the density has not fallen below
/// `exp(−100 − 3k)`. Recurrences for these moments lose digits; this sum of terms of one sign does not.
///
/// **Accuracy.** The error is a bound on the rounding: each term counts with the rounding of its exponent and power.
/// Measured: relative error below 3e-15 at orders up to 40, narrow, wide, one-sided and far-tail intervals
/// (`Tests/Reference/moments_order40.json`).
public struct TruncatedNormalLaw: Law {
  /// Mean of the Gaussian before the truncation.
  public let mean: ExactNumber
  /// Standard deviation of the Gaussian before the truncation, positive.
  public let standardDeviation: ExactNumber
  public let lower: ExactNumber
  public let upper: ExactNumber

  /// - Throws: ``LawError/impossible(law:problem:remedy:)`` unless `sd > 0` and `lower < upper`.
  public init(
    mean: ExactNumber, standardDeviation: ExactNumber, lower: ExactNumber, upper: ExactNumber
  ) throws(LawError) {
    let written = "truncated-normal(\(mean), \(standardDeviation), \(lower), \(upper))"
    let signature = "truncated-normal(mean, sd, lo, hi)"
    try LawError.requirePositive(standardDeviation, "standard deviation", law: written, signature: signature)
    guard lower < upper else {
      throw .impossible(
        law: written, problem: "the lower end is not below the upper end",
        remedy: "Write \(signature) with lo < hi, or constant(c) for a point mass.")
    }
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.lower = lower
    self.upper = upper
    isSymmetric = mean.isZero && (lower + upper).isZero
    low = lower.doubleValue
    high = upper.doubleValue
    let window = GaussianWindow(mean: mean, standardDeviation: standardDeviation, lower: lower, upper: upper)
    self.window = window
    waves = [64, 128].map { WaveRule(window: window, count: $0) }
  }

  private let low: Double
  private let high: Double
  private let window: GaussianWindow
  private let waves: [WaveRule]

  static let entry = LawEntry(
    name: "truncated-normal", signature: "truncated-normal(mean, sd, lo, hi) with sd > 0 and lo < hi",
    summary: "normal(mean, sd) conditioned on [lo, hi]",
    examples: [
      "truncated-normal(0, 1, -2, 2)", "truncated-normal(1/2, 3/2, -1, 4)", "truncated-normal(0, 1, 6, 8)",
      "truncated-normal(0, 1, -1/100, 1/50)",
    ]
  ) { call, _ throws(LawError) in
    let values = try call.numbers(4...4, "truncated-normal(mean, sd, lo, hi)")
    return try TruncatedNormalLaw(
      mean: values[0], standardDeviation: values[1], lower: values[2], upper: values[3])
  }

  public var description: String { "truncated-normal(\(mean), \(standardDeviation), \(lower), \(upper))" }

  public var tail: Tail { .bounded }

  public let isSymmetric: Bool

  public func moment(_ order: Int) -> Quantity {
    if order == 0 { return .finite(.one) }
    if isSymmetric && !order.isMultiple(of: 2) { return .zero }
    return .finite(window.moment(order, about: 0))
  }

  /// The raw moments about a point near the mean, exact as a double: shifting there first leaves less to cancel.
  private func nearlyCentralMoments(upTo order: Int) -> [Quantity] {
    let center = window.moment(1, about: 0).value
    return (0...order).map { .finite($0 == 0 ? .one : window.moment($0, about: center)) }
  }

  public func centralMoment(_ order: Int) -> Quantity {
    if isSymmetric || order < 2 { return order == 1 ? .zero : moment(order) }
    return MomentTransforms.centralMoment(order, raw: nearlyCentralMoments(upTo: order))
  }

  public func cumulants(upTo order: Int) -> [Quantity] {
    if isSymmetric || order < 2 { return MomentTransforms.cumulants(raw: moments(upTo: order)) }
    var result = MomentTransforms.cumulants(raw: nearlyCentralMoments(upTo: order))
    result[1] = moment(1)
    return result
  }

  /// The chart is `y`, in standard deviations from the anchor, cut where the density is `1e-300` of its peak.
  public var decomposition: LawDecomposition {
    let (window, low, high) = (self.window, self.low, self.high)
    let (start, end) = window.interval(depth: 691)
    let marks = [0.5, 4.5, 32, 200].map { window.distance(depth: $0) }
    let nodes = (marks.map { -$0 } + [0] + marks).filter { $0 > start && $0 < end }.sorted()
    return LawDecomposition(densities: [
      Density(
        mass: 1, lower: start, upper: end, nodes: nodes,
        point: { min(max(window.anchor + window.scale * $0, low), high) },
        parameter: { ($0 - window.anchor) / window.scale },
        weight: { Double.exp(-window.depth($0)) / window.integral })
    ])
  }

  /// Gauss–Legendre sums of enough points for the oscillations; for very many, integration by parts at the ends.
  ///
  /// Absolute error about 1e-15 plus that of the phase, `2⁻⁵³ |t x|`.
  public func characteristicFunction(_ t: Double) -> Complex<Double> {
    if t == 0 { return 1 }
    let angle = (t * waves[0].halfLength).magnitude
    let value: Complex<Double>
    switch angle {
    case ..<22: value = waves[0].transform(t)
    case ..<125: value = waves[1].transform(t)
    case ..<340: value = WaveRule(window: window, count: 256).transform(t)
    case ..<760: value = WaveRule(window: window, count: 512).transform(t)
    case ..<1600: value = WaveRule(window: window, count: 1024).transform(t)
    default: value = window.asymptoticTransform(t)
    }
    return isSymmetric ? Complex(value.real) : value
  }

  /// `E[exp(tW)]`: tilting shifts the Gaussian by `σ²t`, so the ratio of two integrals relative to their peaks and one
  /// exponential are enough.
  public func exponentialMoment(_ t: Double) -> Double {
    let tilted = window.tilted(by: t)
    let y = (tilted.anchor - window.anchor) / window.scale
    return Double.exp(t * tilted.anchor - window.depth(y)) * (tilted.integral / window.integral)
  }

  /// Rejection from the Gaussian, the uniform, or the truncated exponential law, whichever wastes least; at least a
  /// third of the proposals are accepted.
  ///
  /// **Source.** Robert 1995, *Simulation of truncated normal variables*.
  public func sample(from stream: inout RandomStream) -> Double {
    min(max(window.anchor + window.scale * window.sample(from: &stream), low), high)
  }
}

/// The factor `exp(−m y − y²/2)` on an interval that contains 0 at the place of its maximum.
private struct GaussianWindow: Sendable {
  /// The anchor `x₀`, and the standard deviation.
  let anchor: Double
  let scale: Double
  /// `m = (x₀ − μ)/σ`: 0 inside, positive where the interval lies above the mean, negative where it lies below.
  let slope: Double
  /// The interval of `y`, containing 0.
  let start: Double
  let end: Double
  /// `∫ exp(−m y − y²/2) dy` over the interval.
  let integral: Double

  init(mean: ExactNumber, standardDeviation: ExactNumber, lower: ExactNumber, upper: ExactNumber) {
    let place = min(max(mean, lower), upper)
    let scale = standardDeviation.doubleValue
    self.init(
      anchor: place.doubleValue, scale: scale, slope: (place - mean).doubleValue / scale,
      start: (lower - place).doubleValue / scale, end: (upper - place).doubleValue / scale)
  }

  private init(anchor: Double, scale: Double, slope: Double, start: Double, end: Double) {
    self.anchor = anchor
    self.scale = scale
    self.slope = slope
    self.start = start
    self.end = end
    var sum = 0.0
    Self.forEachNode(slope: slope, start: start, end: end, order: 0) { y, weight in
      sum += weight * Double.exp(-y * (slope + 0.5 * y))
    }
    integral = sum
  }

  /// `−ln` of the density relative to its peak.
  func depth(_ y: Double) -> Double { y * (slope + 0.5 * y) }

  /// The distance from the anchor at which the density has fallen by `exp(−depth)`, if the interval goes that far.
  func distance(depth: Double) -> Double { Self.distance(depth: depth, slope: slope) }

  private static func distance(depth: Double, slope: Double) -> Double {
    2 * depth / (slope.magnitude + Double.hypot(slope, (2 * depth).squareRoot()))
  }

  /// The part of the interval where the density is above `exp(−depth)`.
  func interval(depth: Double) -> (start: Double, end: Double) {
    let reach = distance(depth: depth)
    return (max(start, -reach), min(end, reach))
  }

  /// Visits the nodes `y` and weights of a composite Gauss–Legendre rule fit for `x^order exp(−m y − y²/2)`.
  private static func forEachNode(
    slope: Double, start: Double, end: Double, order: Int, _ visit: (Double, Double) -> Void
  ) {
    let reach = distance(depth: 100 + 3 * Double(order), slope: slope)
    let (low, high) = (max(start, -reach), min(end, reach))
    let rule = GaussLegendreTables.rule(atLeast: order / 2 + 12)
    let width = min(1, 3 / slope.magnitude)
    // Panels begin at 0, so that the peak is never inside one.
    for (length, sign) in [(-low, -1.0), (high, 1.0)] where length > 0 {
      let panels = max(1, (length / width).rounded(.up))
      let half = 0.5 * length / panels
      for panel in 0..<Int(panels) {
        let middle = (2 * Double(panel) + 1) * half
        for (node, weight) in zip(rule.nodes, rule.weights) {
          visit(sign * (middle + half * node), half * weight)
        }
      }
    }
  }

  /// `E[(W − c)^order]` with a bound on its rounding error.
  func moment(_ order: Int, about center: Double) -> Estimate {
    let offset = anchor - center
    // Powers relative to the largest |x − c| neither overflow nor underflow where it matters.
    let reach = distance(depth: 100 + 3 * Double(order))
    let largest = max(
      (offset + scale * max(start, -reach)).magnitude, (offset + scale * min(end, reach)).magnitude)
    guard largest > 0, largest.isFinite else { return Estimate(0, error: .infinity, method: .quadrature) }
    var sum = 0.0
    var rounding = 0.0
    let (p, m) = (Double(order), slope)
    Self.forEachNode(slope: slope, start: start, end: end, order: order) { y, weight in
      let exponent = y * (m + 0.5 * y)
      let x = (offset + scale * y) / largest
      let term = weight * Double.exp(-exponent) * Double.pow(x, order)
      sum += term
      // Relative rounding: of the exponent, of x (its own, and that of the sum that formed it), of exp, pow, products.
      let cancellation = x == 0 ? 1 : ((offset / largest).magnitude + (scale * y / largest).magnitude) / x.magnitude
      rounding += term.magnitude * (2 * exponent + p * (2 + cancellation) + 8)
    }
    let factor = Double.pow(largest, order)
    let value = factor * (sum / integral)
    // The normalizing integral: 8 roundings and an average exponent of at most 1/2.
    let error = 0x1p-53 * (factor * (rounding / integral) + 10 * value.magnitude)
    return Estimate(value, error: error, method: .quadrature)
  }

  /// The window of the law with density proportional to `exp(tx)` times this one's.
  func tilted(by t: Double) -> GaussianWindow {
    let shift = t * scale
    // In y the exponent is −(m − σt) y − y²/2, with its peak at σt − m.
    let peak = min(max(shift - slope, start), end)
    return GaussianWindow(
      anchor: anchor + scale * peak, scale: scale, slope: slope - shift + peak, start: start - peak, end: end - peak)
  }

  /// `E[exp(itW)]` for fast oscillation: `Σ_j (i/t)^{j+1} f^{(j)} e^{itx}` at the ends, where
  /// `f^{(j+1)} = −z f^{(j)} − j f^{(j−1)}` in units of the standard deviation.
  func asymptoticTransform(_ t: Double) -> Complex<Double> {
    let frequency = t * scale
    guard frequency.isFinite else { return 0 }
    var total = Complex<Double>(0)
    for (y, sign) in [(start, -1.0), (end, 1.0)] {
      let depth = self.depth(y)
      if depth > 40 || depth.isNaN { continue }
      let z = slope + y
      var (previous, current) = (0.0, Double.exp(-depth) / integral)
      // ∫ f e^{iωy} = [e^{iωy} Σ_j f^{(j)} (i/ω)^j / (iω)]
      var factor = Complex<Double>(0, -1 / frequency)
      var sum = Complex<Double>(0)
      for j in 0..<24 {
        sum += factor * Complex(current)
        (previous, current) = (current, -z * current - Double(j) * previous)
        factor *= Complex(0, 1 / frequency)
      }
      total += Complex(sign) * sum * Complex(length: 1, phase: t * (anchor + scale * y))
    }
    return total
  }

  func sample(from stream: inout RandomStream) -> Double {
    let width = end - start
    let rate = slope.magnitude
    if rate == 0 {
      if width > 2.5 {
        while true {
          let y = stream.normal()
          if y >= start && y <= end { return y }
        }
      }
      while true {
        let y = start + width * stream.uniform()
        if stream.uniform() <= Double.exp(-0.5 * y * y) { return y }
      }
    }
    let size: Double
    if width * (rate + 0.5 * width) < 1 {
      while true {
        let y = width * stream.uniform()
        if stream.uniform() <= Double.exp(-y * (rate + 0.5 * y)) {
          size = y
          break
        }
      }
    } else {
      // The exponential rate that accepts most, λ = (m + √(m² + 4))/2; its excess over m peaks at y = λ − m.
      let best = 0.5 * (rate + Double.hypot(rate, 2))
      let excess = 2 / (rate + Double.hypot(rate, 2))
      let top = min(excess, width)
      let share = -Double.expMinusOne(-best * width)
      while true {
        let y = -Double.log(onePlus: -share * stream.uniform()) / best
        let gap = y - excess
        let least = top - excess
        if stream.uniform() <= Double.exp(0.5 * (least * least - gap * gap)) {
          size = min(y, width)
          break
        }
      }
    }
    return slope < 0 ? -size : size
  }
}

/// A Gauss–Legendre rule on the part of the interval where the density is above `e⁻⁴⁰`, for Fourier integrals.
private struct WaveRule: Sendable {
  let center: Double
  let halfLength: Double
  let offsets: [Double]
  let weights: [Double]

  init(window: GaussianWindow, count: Int) {
    let (start, end) = window.interval(depth: 40)
    let half = 0.5 * (end - start)
    let middle = 0.5 * (end + start)
    let rule = GaussLegendreTables.rule(atLeast: count)
    center = window.anchor + window.scale * middle
    halfLength = window.scale * half
    offsets = rule.nodes.map { window.scale * half * $0 }
    let raw = zip(rule.nodes, rule.weights).map { node, weight in
      weight * Double.exp(-window.depth(middle + half * node))
    }
    // The same rule integrates the density itself to rounding.
    let sum = raw.reduce(0, +)
    weights = raw.map { $0 / sum }
  }

  func transform(_ t: Double) -> Complex<Double> {
    var (real, imaginary) = (0.0, 0.0)
    for index in offsets.indices {
      let phase = t * offsets[index]
      real += weights[index] * Double.cos(phase)
      imaginary += weights[index] * Double.sin(phase)
    }
    return Complex(length: 1, phase: t * center) * Complex(real, imaginary)
  }
}

/// The Gauss–Legendre rules that GSL has tabulated to full precision.
private enum GaussLegendreTables {
  struct Rule: Sendable {
    let nodes: [Double]
    let weights: [Double]
  }

  private static let rules: [Rule] = [20, 32, 64, 128, 256, 512, 1024].compactMap { count in
    (try? GaussLegendreRule(count: count)).map { Rule(nodes: $0.nodes, weights: $0.weights) }
  }

  /// The smallest rule of at least `count` points, or the largest.
  static func rule(atLeast count: Int) -> Rule {
    rules.first { $0.nodes.count >= count } ?? rules.last ?? Rule(nodes: [], weights: [])
  }
}
