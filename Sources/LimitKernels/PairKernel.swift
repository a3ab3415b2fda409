import Moments

/// A kernel on two inputs, with the angle between them.
///
/// Nearly parallel inputs are the hard case: `√(K(x,x) K(y,y)) − K(x,y)` would leave only rounding errors if it were
/// formed from its terms. It is carried beside them instead, as the *angular defect*
///
///     A = √(K_xx K_yy) − K_xy = √(K_xx K_yy) (1 − ρ) ,
///
/// together with the difference `Δ = K_xx − K_yy` of the squared lengths. Multiples, sums and entrywise products act on
/// all five without cancellation:
///
///     A_{ab}  = √(a_xx a_yy) A_b + √(b_xx b_yy) A_a − A_a A_b ,
///     A_{a+b} = A_a + A_b + (√(a_xx b_yy) − √(a_yy b_xx))² / (√((a+b)_xx (a+b)_yy) + √(a_xx a_yy) + √(b_xx b_yy)) .
package struct PairKernel: Sendable {
  package var xx: Quantity
  package var xy: Quantity
  package var yy: Quantity
  /// A; nil where it is not known any better than from the three entries.
  package var angular: Estimate?
  /// Δ; likewise.
  package var difference: Estimate?

  package init(xx: Quantity, xy: Quantity, yy: Quantity, angular: Estimate? = nil, difference: Estimate? = nil) {
    self.xx = xx
    self.xy = xy
    self.yy = yy
    self.angular = angular
    self.difference = difference
    // Exact entries have exact differences.
    if let p = xx.estimate?.exact, let q = yy.estimate?.exact, let c = xy.estimate?.exact {
      self.difference = Estimate(exact: p - q)
      self.angular = Self.exactAngular(p, q, c)
    }
  }

  /// `(pq − c²)/(√(pq) + c)`; for c < 0 there is nothing to cancel.
  private static func exactAngular(_ p: ExactNumber, _ q: ExactNumber, _ c: ExactNumber) -> Estimate {
    let product = p * q
    if product.isZero { return .zero }
    if c * c == product { return Estimate(exact: c.signum >= 0 ? 0 : -2 * c) }
    let root = p.doubleValue.squareRoot() * q.doubleValue.squareRoot()
    if c.signum < 0 { return Estimate(closedForm: root - c.doubleValue, ulps: 6) }
    let ratio = c.doubleValue / root
    return Estimate(closedForm: root * (ExactNumber.ratio(product - c * c, product) / (1 + ratio)), ulps: 10)
  }

  /// The same value everywhere.
  package init(constant: Quantity) {
    self.init(xx: constant, xy: constant, yy: constant, angular: .zero, difference: .zero)
  }

  static let zero = PairKernel(constant: .zero)

  /// The three entries as estimates, if all are finite.
  private var entries: (xx: Estimate, xy: Estimate, yy: Estimate)? {
    guard let p = xx.estimate, let c = xy.estimate, let q = yy.estimate else { return nil }
    return (p, c, q)
  }

  /// Square roots of the diagonal.
  var lengths: (x: Estimate, y: Estimate)? {
    guard let entries, entries.xx.value >= 0, entries.yy.value >= 0 else { return nil }
    return (Self.root(entries.xx), Self.root(entries.yy))
  }

  private static func root(_ square: Estimate) -> Estimate {
    if square.isExactlyZero { return .zero }
    let value = square.value.squareRoot()
    if value == 0 { return Estimate(0, error: square.roundedError.squareRoot(), method: square.method) }
    return Estimate(
      value, error: square.roundedError / value + value * 0x1p-53, method: max(square.method, .closedForm))
  }

  /// `√xx − √yy`, from Δ.
  var lengthDifference: Estimate? {
    guard let lengths, let difference = knownDifference else { return nil }
    let sum = lengths.x.value + lengths.y.value
    if sum == 0 { return .zero }
    let value = difference.value / sum
    let relative = (lengths.x.roundedError + lengths.y.roundedError) / sum + 2 * 0x1p-53
    return Estimate(
      value, error: difference.roundedError / sum + value.magnitude * relative,
      method: max(difference.method, .closedForm))
  }

  /// A, from the entries where nothing better is known; nil where they are not finite.
  var knownAngular: Estimate? {
    if let angular { return angular }
    guard let lengths, let entries else { return nil }
    return lengths.x * lengths.y - entries.xy
  }

  /// Δ, likewise.
  var knownDifference: Estimate? {
    if let difference { return difference }
    return entries.map { $0.xx - $0.yy }
  }

  private var isExactlyZero: Bool {
    [xx, xy, yy].allSatisfy { $0.estimate?.isExactlyZero ?? false }
  }

  static func + (a: PairKernel, b: PairKernel) -> PairKernel {
    if a.isExactlyZero { return b }
    if b.isExactlyZero { return a }
    var difference: Estimate?
    if let p = a.knownDifference, let q = b.knownDifference { difference = p + q }
    var result = PairKernel(xx: a.xx + b.xx, xy: a.xy + b.xy, yy: a.yy + b.yy, difference: difference)
    if result.angular == nil, let first = a.knownAngular, let second = b.knownAngular,
      let twist = twist(a, b, sum: result)
    {
      result.angular = first + second + twist
    }
    return result
  }

  /// `(√(a_xx b_yy) − √(a_yy b_xx))²/(√((a+b)_xx (a+b)_yy) + √(a_xx a_yy) + √(b_xx b_yy))`, by which the angular defect
  /// of a sum exceeds the sum of the defects; nil where the entries are not finite.
  static func twist(_ a: PairKernel, _ b: PairKernel, sum: PairKernel) -> Estimate? {
    guard let lengthsA = a.lengths, let lengthsB = b.lengths, let gapA = a.lengthDifference,
      let gapB = b.lengthDifference, let sum = sum.lengths
    else { return nil }
    // From the differences for close lengths, directly for very different ones.
    let close = lengthsB.y * gapA - lengthsA.y * gapB
    let direct = lengthsA.x * lengthsB.y - lengthsA.y * lengthsB.x
    let isClose = gapA.value.magnitude <= 0.1 * lengthsA.x.value && gapB.value.magnitude <= 0.1 * lengthsB.x.value
    let twist = isClose ? close : direct
    let scale = sum.x * sum.y + lengthsA.x * lengthsA.y + lengthsB.x * lengthsB.y
    guard scale.value > 0 else { return .zero }
    let part = twist.value / scale.value.squareRoot()
    let spread = twist.roundedError / scale.value.squareRoot()
    return Estimate(
      part * part, error: 2 * part.magnitude * spread + spread * spread + part * part * 8 * 0x1p-53,
      method: max(twist.method, .closedForm))
  }

  /// The multiple by a number that may not exist (an infinite variance).
  static func * (factor: Quantity, kernel: PairKernel) -> PairKernel {
    let number = factor.estimate
    func scaled(_ value: Estimate?) -> Estimate? { number.flatMap { n in value.map { n * $0 } } }
    return PairKernel(
      xx: product(factor, kernel.xx), xy: product(factor, kernel.xy), yy: product(factor, kernel.yy),
      angular: scaled(kernel.angular), difference: scaled(kernel.difference))
  }

  /// The entrywise product.
  static func * (a: PairKernel, b: PairKernel) -> PairKernel {
    var angular: Estimate?
    var difference: Estimate?
    if let lengthsA = a.lengths, let lengthsB = b.lengths, let first = a.knownAngular, let second = b.knownAngular {
      angular = (lengthsA.x * lengthsA.y) * second + (lengthsB.x * lengthsB.y) * first - first * second
    }
    if let gapA = a.knownDifference, let gapB = b.knownDifference, let meanA = a.mean, let meanB = b.mean {
      difference = meanA * gapB + meanB * gapA
    }
    return PairKernel(
      xx: product(a.xx, b.xx), xy: product(a.xy, b.xy), yy: product(a.yy, b.yy), angular: angular,
      difference: difference)
  }

  private var mean: Estimate? { entries.map { Estimate.half * ($0.xx + $0.yy) } }

  /// `1 − K(x,y)/√(K(x,x) K(y,y))`; nil where a kernel is not finite or a diagonal entry is not positive.
  package var correlationGap: Estimate? {
    guard let entries, entries.xx.value > 0, entries.yy.value > 0 else { return nil }
    let (p, c, q) = (entries.xx, entries.xy, entries.yy)
    if let a = c.exact, let b = p.exact, let d = q.exact {
      if a * a == b * d { return Estimate(exact: a.signum >= 0 ? 0 : 2) }
      if let root = (b * d).squareRoot, root.rational != nil, let inverse = root.reciprocal {
        return Estimate(exact: 1 - a * inverse)
      }
    }
    let root = p.value.squareRoot() * q.value.squareRoot()
    let relative = (p.roundedError / p.value + q.roundedError / q.value) / 2 + 4 * 0x1p-53
    let ratio = c.value / root
    let plain = Estimate(
      min(max(1 - ratio, 0), 2), error: c.roundedError / root + ratio.magnitude * relative + 4 * 0x1p-53,
      method: max(c.method, p.method, q.method, .closedForm))
    guard let angular else { return plain }
    let value = angular.value / root
    let error = angular.roundedError / root + value.magnitude * relative
    guard error <= plain.error else { return plain }
    return Estimate(min(max(value, 0), 2), error: error, method: max(angular.method, p.method, q.method, .closedForm))
  }

  /// `1 + K(x,y)/√(K(x,x) K(y,y))`, exact entries without cancellation.
  package var onePlusCorrelation: Estimate? {
    guard entries != nil else { return nil }
    func negated(_ quantity: Quantity) -> Quantity { quantity.estimate.map { .finite(-$0) } ?? quantity }
    return PairKernel(xx: xx, xy: negated(xy), yy: yy, difference: difference).correlationGap
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
