import Activations
@preconcurrency import BigInt
import Moments

/// Piecewise-polynomial `f` and `g` under sums of uniform variables and atoms: exact, in any dimension.
///
/// Between atoms, `(u, v) = o + Σⱼ θⱼ dⱼ` with `θⱼ ~ Unif(−½, ½)` independent: the density is a bivariate box
/// spline. A piecewise polynomial is a sum of one-sided powers `(±(z − κ))₊^m`, so all that is needed is
///
///     E[(u)₊^m (v)₊^n] = Σ_{s ∈ {±1}^D} (Πⱼ sⱼ) T(o + ½ Σⱼ sⱼ dⱼ) ,
///
/// where each uniform variable acts as a difference of antiderivatives along `dⱼ` and
/// `T = m! n! · (truncated power of the vectors e₁^{m+1}, e₂^{n+1}, d₁, …, d_D)`. Signs are chosen so that all vectors
/// lie in one half-plane. The truncated power's Laplace transform `Π_x 1/(x·ξ)` splits by partial fractions over the
/// distinct directions `r_i` against the pivot `e₂` into terms `γ / ((r_i·ξ)^k (e₂·ξ)^{M−k})`, each the transform of
/// a monomial on the cone of two vectors:
///
///     a^{k−1} b^{M−k−1} / ((k−1)! (M−k−1)! |det(r_i, e₂)|) ,  p = a r_i + b e₂ ,  a, b ≥ 0 .
///
/// Arithmetic is in integers, exact where the u- and v-data are each rational up to one common square root. Mixed
/// square roots are replaced by rational numbers right to 2⁻²⁵⁶, and the result is then a closed form, rounded.
///
/// The cost doubles with every uniform variable (a triangular one counts twice); ``affordableWork`` is the limit.
///
/// **Source.** Dahmen and Micchelli 1983 and de Boor, Höllig and Riemenschneider, *Box Splines*, 1993, chapter I, for
/// truncated powers; the partial-fraction form follows from their Laplace transform.
struct TruncatedPowers: ExpectationMethod {
  let name = "truncated powers"

  /// Corner evaluations times terms that are worth the wait, about a second.
  static let affordableWork = 600_000.0

  func evaluate(_ question: ExpectationQuestion) throws -> MethodAnswer? {
    guard let f = question.f.pieces, let g = question.g.pieces, !question.pair.hasGaussian else { return nil }
    guard let states = question.pair.mixtureStates(limit: 40_000) else { return nil }
    var work = 0.0
    for state in states {
      var count = 0
      for variable in state.variables {
        guard let box = variable.density.box else { return nil }
        count += box.widths.count
      }
      let groups = state.variables.isEmpty ? 1 : Double((f.breakpoints.count + 1) * (g.breakpoints.count + 1))
      work += Double(sign: .plus, exponent: count, significand: 1) * Double(count + 1) * groups
      guard work <= Self.affordableWork else { return nil }
    }
    var sum = ExactNumber.zero
    var isExact = true
    for state in states {
      let value = BoxState(state).expectation(f, g)
      isExact = isExact && value.isExact
      sum += state.probability * value.value
    }
    return MethodAnswer(
      .finite(isExact ? Estimate(exact: sum) : Estimate(closedForm: sum.doubleValue, ulps: 2)))
  }
}

/// `(u, v) = o + Σ θⱼ dⱼ` for one state of the atoms.
private struct BoxState {
  var offsetU: ExactNumber
  var offsetV: ExactNumber
  var directions: [(u: ExactNumber, v: ExactNumber)] = []

  init(_ state: MixtureState) {
    offsetU = state.offsetU
    offsetV = state.offsetV
    for variable in state.variables {
      guard let box = variable.density.box else { continue }
      offsetU += box.offset * variable.u
      offsetV += box.offset * variable.v
      for width in box.widths { directions.append((width * variable.u, width * variable.v)) }
    }
  }

  func expectation(_ f: PiecewisePolynomial, _ g: PiecewisePolynomial) -> (value: ExactNumber, isExact: Bool) {
    let alongU = directions.filter { !$0.u.isZero }.map(\.u)
    let alongV = directions.filter { !$0.v.isZero }.map(\.v)
    if alongU.isEmpty || alongV.isEmpty {
      // One argument is constant (then its kinks may carry mass), or both are.
      let first = alongU.isEmpty ? (f(offsetU), true) : univariate(f, offsetU, alongU)
      let second = alongV.isEmpty ? (g(offsetV), true) : univariate(g, offsetV, alongV)
      return (first.0 * second.0, first.1 && second.1)
    }
    guard let u = Axis(offset: offsetU, steps: directions.map(\.u), function: f),
      let v = Axis(offset: offsetV, steps: directions.map(\.v), function: g)
    else { return (0, true) }
    var sum = ExactNumber.zero
    for left in u.terms {
      for right in v.terms {
        // (σ(u − κ), τ(v − λ)) = o' + Σ θ d'
        let spline = BoxSplineMoment(
          offset: (left.sign * (u.offset - left.knot), right.sign * (v.offset - right.knot)),
          directions: zip(u.steps, v.steps).map { (left.sign * $0, right.sign * $1) })
        for (m, a) in left.coefficients.enumerated() where !a.isZero {
          for (n, b) in right.coefficients.enumerated() where !b.isZero {
            sum += a * b * ExactNumber(spline.moment(m, n))
          }
        }
      }
    }
    return (sum, u.isExact && v.isExact)
  }

  /// `E[h(o + Σ θⱼ dⱼ)]` in one variable.
  private func univariate(
    _ h: PiecewisePolynomial, _ offset: ExactNumber, _ steps: [ExactNumber]
  ) -> (ExactNumber, Bool) {
    guard let axis = Axis(offset: offset, steps: steps, function: h) else { return (0, true) }
    var sum = ExactNumber.zero
    for term in axis.terms {
      for (m, a) in term.coefficients.enumerated() where !a.isZero {
        sum += a * ExactNumber(axis.oneSidedMoment(m, knot: term.knot, sign: term.sign))
      }
    }
    return (sum, axis.isExact)
  }
}

/// One argument, scaled to rational data: `z = unit · (offset + Σ θⱼ stepsⱼ)`.
private struct Axis {
  /// `(sign · (z/unit − knot))₊^m` with coefficients by m, the unit's power included.
  struct Term {
    let knot: Rational
    let sign: Rational
    var coefficients: [ExactNumber]
  }

  let offset: Rational
  let steps: [Rational]
  let isExact: Bool
  private(set) var terms: [Term] = []

  /// Nil for the zero function.
  init?(offset: ExactNumber, steps: [ExactNumber], function: PiecewisePolynomial) {
    let numbers = [offset] + steps + function.breakpoints
    // Over one common square root √r everything is rational.
    let radicands = Set(numbers.filter { !$0.isZero }.map { $0.commonRadicand })
    let unit: ExactNumber
    if radicands.count <= 1, let radicand = radicands.first ?? 1 {
      unit = ExactNumber(squareRootOf: Rational(radicand))
      isExact = true
    } else {
      unit = 1
      isExact = false
    }
    let inverse = unit.reciprocal ?? 1
    func scaled(_ number: ExactNumber) -> Rational {
      (number * inverse).rationalApproximation(relativeBits: 256)
    }
    self.offset = scaled(offset)
    self.steps = steps.map(scaled)
    let exactPowers = (0...function.degree).map { unit.power($0) }

    func append(_ knot: Rational, _ sign: Int, _ polynomial: Polynomial) {
      let coefficients = polynomial.coefficients.enumerated().map { m, c in
        (sign < 0 && m % 2 == 1 ? -c : c) * exactPowers[m]
      }
      guard !coefficients.isEmpty else { return }
      terms.append(Term(knot: knot, sign: Rational(sign), coefficients: coefficients))
    }
    // f = p₀ + Σ_k (p_k − p_{k−1}) · 1(z > κ_k), with p₀ on both sides of the first knot.
    let first = function.breakpoints.first ?? 0
    let base = function.polynomials[0].expanded(around: first)
    append(scaled(first), -1, base)
    if function.breakpoints.isEmpty {
      append(scaled(first), 1, base)
    } else {
      for (index, knot) in function.breakpoints.enumerated() {
        // Right of the first knot the base continues, so that p₁ itself stands there.
        let before = index == 0 ? Polynomial.zero : function.polynomials[index]
        append(scaled(knot), 1, (function.polynomials[index + 1] - before).expanded(around: knot))
      }
    }
    if terms.isEmpty { return nil }
  }

  /// `E[(sign (offset + Σ θ steps − knot))₊^m] = Σ_corners ± p₊^{m+D} · m! / (m+D)! / Π |stepⱼ|`.
  func oneSidedMoment(_ m: Int, knot: Rational, sign: Rational) -> Rational {
    let magnitudes = steps.map(\.magnitude)
    let center = sign * (offset - knot)
    let scale = commonDenominator([center] + magnitudes.map { $0 / 2 })
    let halves = magnitudes.map { ($0 / 2 * Rational(scale)).numerator }
    var sum: BigInt = 0
    forEachCorner(start: (center * Rational(scale)).numerator, 0, steps: halves.map { ($0, 0) }) { p, _, parity in
      if p.sign == .plus && (!p.isZero) {
        let power = p.power(m + magnitudes.count)
        sum = parity ? sum - power : sum + power
      }
    }
    let product = magnitudes.reduce(Rational.one) { $0 * $1 }
    let constant = Rational(factorial(m), factorial(m + magnitudes.count) * scale.power(m + magnitudes.count))
    return Rational(sum) * constant / product
  }
}

private func commonDenominator(_ values: [Rational]) -> BigInt {
  values.reduce(BigInt(1)) { $0 / $0.greatestCommonDivisor(with: $1.denominator) * $1.denominator }
}

/// Visits `start + Σ sⱼ stepsⱼ` for all signs, in Gray-code order; `parity` tells whether an odd number of signs is −1.
private func forEachCorner(
  start u: BigInt, _ v: BigInt, steps: [(BigInt, BigInt)], _ body: (BigInt, BigInt, Bool) -> Void
) {
  var p = steps.reduce(u) { $0 + $1.0 }
  var q = steps.reduce(v) { $0 + $1.1 }
  var signs = [Bool](repeating: true, count: steps.count)
  var parity = false
  body(p, q, parity)
  let corners = 1 << steps.count
  for index in stride(from: 1, to: corners, by: 1) {
    let flipped = index.trailingZeroBitCount
    let step = steps[flipped]
    if signs[flipped] {
      p -= step.0 * 2
      q -= step.1 * 2
    } else {
      p += step.0 * 2
      q += step.1 * 2
    }
    signs[flipped].toggle()
    parity.toggle()
    body(p, q, parity)
  }
}

/// `E[(u)₊^m (v)₊^n]` for `(u, v) = offset + Σ θⱼ dⱼ`, neither u nor v constant.
private struct BoxSplineMoment {
  let offset: (u: Rational, v: Rational)
  /// All in one open half-plane with e₁ and e₂; θ is symmetric, so signs are free.
  let directions: [(u: Rational, v: Rational)]

  init(offset: (Rational, Rational), directions: [(Rational, Rational)]) {
    self.offset = offset
    // A functional (1, t), t > 0, that vanishes on no direction.
    var slope = Rational.one
    while directions.contains(where: { ($0.0 + slope * $0.1).isZero }) { slope += .one }
    self.directions = directions.map { ($0.0 + slope * $0.1).signum < 0 ? (-$0.0, -$0.1) : $0 }
  }

  func moment(_ m: Int, _ n: Int) -> Rational {
    // Corners as integers: everything times `scale`.
    let halves = directions.map { (u: $0.u / 2, v: $0.v / 2) }
    let scale = commonDenominator([offset.u, offset.v] + halves.flatMap { [$0.u, $0.v] })
    func integer(_ value: Rational) -> BigInt { (value * Rational(scale)).numerator }

    let classes = directionClasses(m, n)
    let total = classes.reduce(0) { $0 + $1.multiplicity }
    let pivot = classes[0]
    let terms = classes.dropFirst().map { partialFractions($0, others: classes, pivot: pivot, total: total) }

    var sums = terms.map { $0.map { _ in BigInt(0) } }
    let steps = halves.map { (integer($0.u), integer($0.v)) }
    forEachCorner(start: integer(offset.u), integer(offset.v), steps: steps) { p, q, parity in
      // Every term switches on across the line p = 0; from the right only directions with r_u > 0 count.
      let right = p.sign == .plus
      for (index, direction) in classes.dropFirst().enumerated() {
        guard (direction.u.sign == .plus) == right else { continue }
        // b ∝ (q r_u − p r_v) / r_u
        let numerator = q * direction.u - p * direction.v
        guard numerator.isZero || (numerator.sign == .plus) == right else { continue }
        for k in 1...direction.multiplicity where !terms[index][k - 1].isZero {
          let value = p.power(k - 1) * numerator.power(total - k - 1)
          if parity { sums[index][k - 1] -= value } else { sums[index][k - 1] += value }
        }
      }
    }
    var result = Rational.zero
    for (index, direction) in classes.dropFirst().enumerated() {
      for k in 1...direction.multiplicity where !terms[index][k - 1].isZero {
        // a^{k−1} b^{M−k−1} has r_u^{M−2} below the line, and |det(r, e₂)| = |r_u|.
        let below = Rational(direction.u).power(total - 2) * Rational(direction.u).magnitude
        let factorials = Rational(factorial(k - 1) * factorial(total - k - 1))
        result += terms[index][k - 1] * Rational(sums[index][k - 1]) / (below * factorials)
      }
    }
    return result * Rational(factorial(m) * factorial(n)) / Rational(scale.power(total - 2))
  }

  /// Vectors grouped by direction: primitive integer representative, multiplicity, and `Π 1/λ` for `x = λ r`.
  private struct DirectionClass {
    let u: BigInt
    let v: BigInt
    var multiplicity: Int
    var inverseScale: Rational
  }

  /// The classes of e₂ (the pivot, first), e₁ and the directions.
  private func directionClasses(_ m: Int, _ n: Int) -> [DirectionClass] {
    var classes = [
      DirectionClass(u: 0, v: 1, multiplicity: n + 1, inverseScale: 1),
      DirectionClass(u: 1, v: 0, multiplicity: m + 1, inverseScale: 1),
    ]
    for direction in directions {
      let denominator = commonDenominator([direction.u, direction.v])
      var u = (direction.u * Rational(denominator)).numerator
      var v = (direction.v * Rational(denominator)).numerator
      let divisor = u.greatestCommonDivisor(with: v)
      u /= divisor
      v /= divisor
      let inverse = Rational(denominator, divisor)
      if let index = classes.firstIndex(where: { $0.u == u && $0.v == v }) {
        classes[index].multiplicity += 1
        classes[index].inverseScale *= inverse
      } else {
        classes.append(DirectionClass(u: u, v: v, multiplicity: 1, inverseScale: inverse))
      }
    }
    return classes
  }

  /// γ_k, k = 1 … μ_i: the principal part of `Π_l (r_l·ξ)^{−μ_l}` at `r_i·ξ = 0` in powers of the pivot.
  private func partialFractions(
    _ direction: DirectionClass, others: [DirectionClass], pivot: DirectionClass, total: Int
  ) -> [Rational] {
    let order = direction.multiplicity
    // r_l = A r_i + B e₂ with A = r_lu / r_iu, B = r_lv − A r_iv; series of Π (A z + B)^{−μ_l} in z to order μ_i.
    var series = [Rational](repeating: .zero, count: order)
    series[0] = others.reduce(Rational.one) { $0 * $1.inverseScale }
    for other in others where !(other.u == direction.u && other.v == direction.v) {
      if other.u == pivot.u && other.v == pivot.v { continue }
      let a = Rational(other.u, direction.u)
      let b = Rational(other.v) - a * Rational(direction.v)
      let ratio = a / b
      let power = Rational.one / b.power(other.multiplicity)
      // (1 + t)^{−μ} = Σ_j C(−μ, j) t^j
      var factor = [Rational](repeating: .zero, count: order)
      factor[0] = power
      for j in stride(from: 1, to: order, by: 1) {
        factor[j] = factor[j - 1] * ratio * Rational(BigInt(-(other.multiplicity + j - 1)), BigInt(j))
      }
      var product = [Rational](repeating: .zero, count: order)
      for i in 0..<order where !series[i].isZero {
        for j in 0..<(order - i) { product[i + j] += series[i] * factor[j] }
      }
      series = product
    }
    return (1...order).map { series[order - $0] }
  }
}
