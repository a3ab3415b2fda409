import Moments

/// A kernel on two inputs, with how far it is from being the same at both.
///
/// Nearly parallel inputs are the hard case: `K(x,x) + K(y,y) − 2 K(x,y)` would leave only rounding errors if it were
/// formed from its terms. It is carried beside them instead, as the *defect*
///
///     D = ½ (K(x,x) + K(y,y)) − K(x,y) = ½ E (f(x) − f(y))² ,
///
/// together with the difference `Δ = K(x,x) − K(y,y)`. Sums, multiples and entrywise products act on all five, and
/// the correlation follows without cancellation.
struct PairKernel: Sendable {
  var xx: Quantity
  var xy: Quantity
  var yy: Quantity
  /// D; nil where it is not known any better than from the three entries.
  var defect: Estimate?
  /// Δ; likewise.
  var difference: Estimate?
  /// `1 − ρ`, where it is known better than from D and Δ: lengths that differ much hide the angle in D.
  var oneMinusRho: Estimate?

  init(
    xx: Quantity, xy: Quantity, yy: Quantity, defect: Estimate? = nil, difference: Estimate? = nil,
    oneMinusRho: Estimate? = nil
  ) {
    self.xx = xx
    self.xy = xy
    self.yy = yy
    self.oneMinusRho = oneMinusRho
    // Exact entries have exact differences.
    if let a = xx.estimate?.exact, let b = yy.estimate?.exact, let c = xy.estimate?.exact {
      self.defect = Estimate(exact: (a + b) / 2 - c)
      self.difference = Estimate(exact: a - b)
    } else {
      self.defect = defect
      self.difference = difference
    }
  }

  /// The same value everywhere.
  init(constant: Quantity) {
    self.init(xx: constant, xy: constant, yy: constant, defect: .zero, difference: .zero)
  }

  static let zero = PairKernel(constant: .zero)

  /// The defect, from the entries where nothing better is known; nil where they are not finite.
  var knownDefect: Estimate? {
    if let defect { return defect }
    guard let a = xx.estimate, let b = yy.estimate, let c = xy.estimate else { return nil }
    return Estimate.half * (a + b) - c
  }

  /// The difference, likewise.
  var knownDifference: Estimate? {
    if let difference { return difference }
    guard let a = xx.estimate, let b = yy.estimate else { return nil }
    return a - b
  }

  static func + (a: PairKernel, b: PairKernel) -> PairKernel {
    var defect: Estimate?
    if let p = a.knownDefect, let q = b.knownDefect { defect = p + q }
    var difference: Estimate?
    if let p = a.knownDifference, let q = b.knownDifference { difference = p + q }
    return PairKernel(xx: a.xx + b.xx, xy: a.xy + b.xy, yy: a.yy + b.yy, defect: defect, difference: difference)
  }

  /// The multiple by a number that may not exist (an infinite variance).
  static func * (factor: Quantity, kernel: PairKernel) -> PairKernel {
    let number = factor.estimate
    func scaled(_ value: Estimate?) -> Estimate? { number.flatMap { n in value.map { n * $0 } } }
    return PairKernel(
      xx: product(factor, kernel.xx), xy: product(factor, kernel.xy), yy: product(factor, kernel.yy),
      defect: scaled(kernel.defect), difference: scaled(kernel.difference), oneMinusRho: kernel.oneMinusRho)
  }

  /// The entrywise product.
  ///
  /// With means `ā = ½ (a_xx + a_yy)`: `D_{ab} = ā D_b + b̄ D_a − D_a D_b + ¼ Δ_a Δ_b` and `Δ_{ab} = ā Δ_b + b̄ Δ_a`.
  static func * (a: PairKernel, b: PairKernel) -> PairKernel {
    var defect: Estimate?
    var difference: Estimate?
    if let meanA = a.mean, let meanB = b.mean, let dA = a.knownDefect, let dB = b.knownDefect,
      let gapA = a.knownDifference, let gapB = b.knownDifference
    {
      defect = meanA * dB + meanB * dA - dA * dB + Estimate.quarter * (gapA * gapB)
      difference = meanA * gapB + meanB * gapA
    }
    return PairKernel(
      xx: product(a.xx, b.xx), xy: product(a.xy, b.xy), yy: product(a.yy, b.yy), defect: defect,
      difference: difference)
  }

  private var mean: Estimate? {
    guard let a = xx.estimate, let b = yy.estimate else { return nil }
    return Estimate.half * (a + b)
  }

  /// `1 − K(x,y)/√(K(x,x) K(y,y))`; nil where a kernel is not finite or a diagonal entry is not positive.
  ///
  ///     1 − ρ = (D − ½ (√K_xx − √K_yy)²) / √(K_xx K_yy) ,  √K_xx − √K_yy = Δ/(√K_xx + √K_yy) .
  var correlationGap: Estimate? {
    guard let p = xx.estimate, let q = yy.estimate, let c = xy.estimate, p.value > 0, q.value > 0 else { return nil }
    let (first, second) = (p.value.squareRoot(), q.value.squareRoot())
    let root = first * second
    if let a = c.exact, let b = p.exact, let d = q.exact {
      let product = b * d
      if a * a == product { return Estimate(exact: a.signum >= 0 ? 0 : 2) }
      if let exactRoot = product.squareRoot, exactRoot.rational != nil, let inverse = exactRoot.reciprocal {
        return Estimate(exact: 1 - a * inverse)
      }
      // (pq − c²)/(pq (1 + c/√(pq))); for c < 0 there is nothing to cancel.
      if c.value <= 0 { return Estimate(closedForm: 1 - c.value / root, ulps: 8) }
      return Estimate(closedForm: ExactNumber.ratio(product - a * a, product) / (1 + c.value / root), ulps: 8)
    }
    if let oneMinusRho { return oneMinusRho }
    let ratio = c.value / root
    let relativeSum = p.roundedError / p.value + q.roundedError / q.value
    let plain = Estimate(
      min(max(1 - ratio, 0), 2), error: c.roundedError / root + ratio.magnitude * relativeSum + 4 * 0x1p-53,
      method: max(c.method, p.method, q.method, .closedForm))
    guard let defect, let gap = knownDifference else { return plain }
    let radial = gap.value / (first + second)
    let square = 0.5 * radial * radial
    let value = (defect.value - square) / root
    let relative = p.roundedError / p.value + q.roundedError / q.value + 8 * 0x1p-53
    let error =
      (defect.roundedError + radial.magnitude * gap.roundedError / (first + second)
        + (defect.value.magnitude + square) * relative) / root
    let method = max(defect.method, p.method, q.method, .closedForm)
    guard error <= plain.error else { return plain }
    return Estimate(min(max(value, 0), 2), error: error, method: method)
  }
}

/// The product of quantities, with `0 · anything = 0`.
func product(_ a: Quantity, _ b: Quantity) -> Quantity {
  switch (a, b) {
  case (.finite(let p), _): return p * b
  case (_, .finite(let q)): return q * a
  case (.infinite(let p, let reason), .infinite(let q, _)): return .infinite(positive: p == q, reason: reason)
  case (.undefined, _): return a
  case (_, .undefined): return b
  }
}
