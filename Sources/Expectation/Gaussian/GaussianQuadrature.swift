import Activations
import Moments

/// What quadrature needs to know of a function, in double precision and computed once.
struct PreparedFunction: Sendable {
  let evaluate: @Sendable (Double) -> Double
  /// Points between which the function is analytic.
  let kinks: [Double]
  /// Where it changes shape, kinks excluded, with coarser and coarser points outwards: beyond a transition a
  /// function approaches its asymptote exponentially or like a power, and under a wide law no rule would look there.
  let transitions: [Double]
  /// The rate λ of `|f| ≤ C e^{λ|z|}`, 0 for power growth.
  let rate: Double
  let degree: Double
  /// Its conditional mean under a Gaussian law, where there is a formula.
  let conditional: (@Sendable (_ mean: Double, _ deviation: Double) -> IntegrandSample)?

  init(_ function: ScalarFunction) throws(GaussianError) {
    evaluate = function.evaluate
    let kinks = function.kinks.map(\.doubleValue)
    self.kinks = kinks
    var points: [Double] = []
    if function.pieces == nil {
      points = function.transitions.isEmpty ? [-8, -2, 0, 2, 8] : function.transitions
      let reach = max(1, (points + kinks).map(\.magnitude).max() ?? 1)
      var distance = 4 * reach
      while distance < 0x1p28 * reach {
        points += [-distance, distance]
        distance *= 4
      }
      for kink in kinks { points += [kink - 16, kink - 4, kink - 1, kink + 1, kink + 4, kink + 16] }
    }
    transitions = Array(Set(points).subtracting(kinks)).sorted()
    if let pieces = function.pieces, let mean = try ConditionalMean(pieces) {
      conditional = { mean(mean: $0, deviation: $1) }
    } else if let mean = HalfExponentialMean(function.gaussianForm) {
      conditional = { mean(mean: $0, deviation: $1) }
    } else {
      conditional = nil
    }
    switch function.growth {
    case .power(let degree): (rate, self.degree) = (0, Double(max(0, degree)))
    case .vanishing: (rate, degree) = (0, 0)
    case .exponential(let rate): (self.rate, degree) = (rate.doubleValue, 0)
    }
  }
}

/// The panels of a Gaussian integral, built in a reused buffer.
struct PanelBuilder {
  var points: [Double] = []

  /// Starts from the panels of a standard normal weight that carry all of it, for an integrand that grows.
  ///
  /// - Parameters:
  ///   - rate: `λσ`, by which an exponential moves the peak of the integrand.
  ///   - degree: The degree of a power that multiplies the weight.
  ///   - far: The largest position of a feature beyond which the integrand might start.
  mutating func start(rate: Double, degree: Double, far: Double) {
    points.removeAll(keepingCapacity: true)
    // Where the function is negligible up to a far feature, what lies behind it counts: the weight there, relative to
    // that at the feature, is as small at √(far² + L²) as it is at L for a feature at 0.
    let base = 9.5 + 0.7 * degree.squareRoot()
    let reach = max(base + min(rate, 1e3), min((far * far + base * base).squareRoot(), 38))
    points.append(contentsOf: [-6.5, -4, -2, 0, 2, 4, 6.5])
    let step = max(3, (reach - 6.5) / 24)
    var edge = 6.5
    while edge < reach - 0.5 * step {
      edge = min(edge + step, reach)
      points.append(edge)
      points.append(-edge)
    }
    if edge < reach {
      points.append(reach)
      points.append(-reach)
    }
  }

  /// Adds a break point.
  @inline(__always)
  mutating func add(_ point: Double) { points.append(point) }

  /// Sorts the points, drops what lies outside, and merges points that rounding cannot tell apart.
  mutating func finish(keepingWithin reach: Double) {
    // Insertion sort: a few dozen points, mostly in order.
    for index in points.indices.dropFirst() {
      let point = points[index]
      var position = index
      while position > 0, points[position - 1] > point {
        points[position] = points[position - 1]
        position -= 1
      }
      points[position] = point
    }
    var count = 0
    for point in points where point.magnitude <= reach {
      if count > 0, point - points[count - 1] <= 0x1p-48 * point.magnitude { continue }
      points[count] = point
      count += 1
    }
    points.removeLast(points.count - count)
  }

  var reach: Double { points.map(\.magnitude).max() ?? 0 }
}

/// Integrals against Gaussian laws in one and two dimensions, for functions known only as closures with kinks.
///
/// In two dimensions the integral is nested: outside over `u = m₁ + σ₁ z`, inside over `v` given `u`, which is
/// Gaussian with mean `m₂ + σ₂ ρ z` and deviation `σ₂ √(1 − ρ²)`. Inner panels break at the kinks of `g`, outer ones
/// at the kinks of `f` and, because the inner integral changes there on the scale `√(1 − ρ²)/|ρ|`, around the images
/// of the kinks of `g` on that scale. So nothing degenerates as ρ → ±1: the across direction only gets short.
///
/// **Accuracy.** *Estimated*, by QUADPACK's rule, plus a rounding term of 24 ε `E|f g|`.
enum GaussianQuadrature {
  static let normalization = 0.398_942_280_401_432_677_94
  /// Rounding of the rule and of the integrand, relative to the integral of moduli.
  static let rounding = 24 * 0x1p-53

  @inline(__always)
  static func density(_ z: Double) -> Double { normalization * exponential(-0.5 * z * z) }

  /// An integrand times the density, which turns the rounding of `z` into a relative error `z² ε`.
  @inline(__always)
  private static func weighted(_ value: Double, at z: Double) -> IntegrandSample {
    let product = density(z) * value
    return IntegrandSample(value: product, error: 0x1p-52 * z * z * product.magnitude, magnitude: product.magnitude)
  }

  /// `E[f(m + σz)]`, or `E[f(m₁ + σ₁z) g(m₂ ± σ₂z)]` when `second` is given.
  static func line(
    _ f: PreparedFunction, mean: Double, deviation: Double,
    second: (function: PreparedFunction, mean: Double, deviation: Double)? = nil, relative: Double
  ) -> PanelIntegral {
    var builder = PanelBuilder()
    var functions = [(f, mean, deviation)]
    if let second { functions.append((second.function, second.mean, second.deviation)) }
    var far = 0.0
    var rate = 0.0
    var degree = 0.0
    for (function, mean, deviation) in functions {
      rate += function.rate * deviation.magnitude
      degree += function.degree
      for point in function.kinks + function.transitions.filter({ $0.magnitude <= 64 }) {
        let position = ((point - mean) / deviation).magnitude
        if position < 34 { far = max(far, position) }
      }
    }
    builder.start(rate: rate, degree: degree, far: far)
    let reach = builder.reach
    for (function, mean, deviation) in functions {
      for kink in function.kinks { builder.add((kink - mean) / deviation) }
      if deviation.magnitude > 0.5 {
        for point in function.transitions { builder.add((point - mean) / deviation) }
      }
    }
    builder.finish(keepingWithin: reach)
    let rule = AdaptiveGaussKronrod(limit: 400)
    let (first, points) = (f.evaluate, builder.points)
    var result: PanelIntegral
    if let second {
      let (other, otherMean, otherDeviation) = (second.function.evaluate, second.mean, second.deviation)
      result = rule.integrate(over: points, relative: 0.05 * relative) { z in
        weighted(first(mean + deviation * z) * other(otherMean + otherDeviation * z), at: z)
      }
    } else {
      result = rule.integrate(over: points, relative: 0.05 * relative) { z in
        weighted(first(mean + deviation * z), at: z)
      }
    }
    result.error += roundingFactor(rate: rate, reach: reach) * result.magnitude
    return result
  }

  /// `E[f(u) g(v)]` for `0 < 1 − ρ < 2` and positive variances.
  ///
  /// - Parameter usingFormulas: Whether the inner integral may be a formula, as ``ConditionalMean``; without it both integrals are
  ///   numerical, which tests the formula.
  static func plane(
    _ f: PreparedFunction, _ g: PreparedFunction, _ pair: GaussianPair, relative: Double, usingFormulas: Bool = true
  ) -> PanelIntegral {
    if usingFormulas, g.conditional == nil, f.conditional != nil {
      return plane(g, f, pair.swapped, relative: relative)
    }
    let (m1, m2, s1, s2) = (pair.meanU, pair.meanV, pair.deviationU, pair.deviationV)
    let (rho, sine) = (pair.correlation, pair.sine)
    let across = s2 * sine
    let along = s2 * rho
    let width = rho == 0 ? Double.infinity : sine / rho.magnitude

    // Outer panels.
    var outer = PanelBuilder()
    var far = 0.0
    let rate = f.rate * s1 + g.rate * along.magnitude
    for kink in f.kinks + f.transitions.filter({ $0.magnitude <= 64 }) {
      let position = ((kink - m1) / s1).magnitude
      if position < 34 { far = max(far, position) }
    }
    if width < 2 {
      for kink in g.kinks + g.transitions.filter({ $0.magnitude <= 64 }) {
        let position = ((kink - m2) / along).magnitude
        if position < 34 { far = max(far, position) }
      }
    }
    outer.start(rate: rate, degree: f.degree + g.degree, far: far)
    let outerReach = outer.reach
    for kink in f.kinks { outer.add((kink - m1) / s1) }
    if s1 > 0.5 { for point in f.transitions { outer.add((point - m1) / s1) } }
    if width < 2 {
      for kink in g.kinks {
        let position = (kink - m2) / along
        outer.add(position)
        for offset in [1.5, 4, 9] {
          outer.add(position - offset * width)
          outer.add(position + offset * width)
        }
      }
    }
    if s2 > 0.5, width < 4 {
      for point in g.transitions { outer.add((point - m2) / along) }
      if across > 1 {
        let position = -m2 / along
        for offset in [1.5, 4, 9] {
          outer.add(position - offset * width)
          outer.add(position + offset * width)
        }
      }
    }
    outer.finish(keepingWithin: outerReach)

    // Inner panels: the transitions matter only where the inner law is wide.
    let innerTransitions = across > 0.5 ? g.transitions : []
    let innerRate = g.rate * across
    var inner = PanelBuilder()
    let innerRule = AdaptiveGaussKronrod(limit: 120)
    let outerRule = AdaptiveGaussKronrod(limit: 300)
    let (first, second) = (f.evaluate, g.evaluate)
    var evaluations = 0
    let innerRelative = min(1e-14, 0.01 * relative)
    if let conditional = g.conditional, usingFormulas {
      var result = outerRule.integrate(over: outer.points, relative: 0.05 * relative) { z in
        let factor = density(z) * first(m1 + s1 * z)
        if factor == 0 { return IntegrandSample(0) }
        let inner = conditional(m2 + along * z, across)
        return IntegrandSample(
          value: factor * inner.value, error: factor.magnitude * (inner.error + 0x1p-52 * z * z * inner.magnitude),
          magnitude: factor.magnitude * inner.magnitude)
      }
      result.error += roundingFactor(rate: rate, reach: outerReach) * result.magnitude
      return result
    }
    var result = outerRule.integrate(over: outer.points, relative: 0.05 * relative) { z in
      let factor = density(z) * first(m1 + s1 * z)
      if factor == 0 { return IntegrandSample(0) }
      let mean = m2 + along * z
      var far = 0.0
      for kink in g.kinks {
        let position = ((kink - mean) / across).magnitude
        if position < 34 { far = max(far, position) }
      }
      for point in innerTransitions where point.magnitude <= 64 {
        let position = ((point - mean) / across).magnitude
        if position < 34 { far = max(far, position) }
      }
      inner.start(rate: innerRate, degree: g.degree, far: far)
      let innerReach = inner.reach
      for kink in g.kinks { inner.add((kink - mean) / across) }
      for point in innerTransitions { inner.add((point - mean) / across) }
      inner.finish(keepingWithin: innerReach)
      let integral = innerRule.integrate(over: inner.points, relative: innerRelative, floor: 0x1p-52) { w in
        weighted(second(mean + across * w), at: w)
      }
      evaluations += integral.evaluations
      return IntegrandSample(
        value: factor * integral.value,
        error: factor.magnitude * (integral.error + 0x1p-52 * z * z * integral.magnitude),
        magnitude: factor.magnitude * integral.magnitude)
    }
    result.evaluations = evaluations
    result.error += roundingFactor(rate: rate + innerRate, reach: outerReach) * result.magnitude
    return result
  }

  /// An exponential of rate λσ turns the rounding of its argument into a relative error.
  private static func roundingFactor(rate: Double, reach: Double) -> Double {
    rounding * (1 + 0.1 * rate * reach)
  }
}
