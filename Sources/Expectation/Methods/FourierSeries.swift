import Activations
import GSL
import Moments
import Numerics

/// A Fourier series of `f` and `g` against the joint characteristic function, for any number of inputs.
///
/// On an interval that contains the preactivation up to a probability of 1e-26, `f` is replaced by `F = f · W` with a
/// window W that is 1 there to within 1e-17 and falls to 0 smoothly outside,
///
///     W(z) = ½ [erf((z − c + B)/δ) − erf((z − c − B)/δ)] ,
///
/// so that F continues periodically without a jump, whatever f does at the ends. Then
///
///     E[f(u) g(v)] = Σ_{m,n} a_m b_n Ψ(ω_m, ω_n) ,  Ψ(s, t) = E exp(i (s u + t v)) = Πⱼ ψⱼ(s αⱼ + t βⱼ) .
///
/// For f analytic in a strip of half-width h the coefficients fall like `exp(−h ω)`; at a kink they fall like a power
/// of 1/ω, and the decay of Ψ must help. The sum runs over growing squares |m|, |n| ≤ M; the tail is bounded by the
/// absolute values of the last two dyadic shells, continued as the geometric series that they begin, twice over.
/// Rounding is bounded through the sum of all absolute values, and that of the coefficients, which are right to an ulp of
/// the mean of |F| only, through the sums in which they are set to 1. Terms that are below 1e-20 of what is already added up
/// are not finished: their product over the coordinates stops early, and what it has come to bounds what they are.
struct FourierSeries: ExpectationMethod {
  let name = "Fourier series"

  /// Evaluations of single characteristic functions that are worth the wait; 40 million take about a second.
  let affordableTerms: Int

  func evaluate(_ question: ExpectationQuestion) throws -> MethodAnswer? {
    let pair = question.pair
    guard let u = Side(question.f, pair), let psi = JointCharacteristicFunction(pair) else { return nil }
    if question.g.constantValue != nil || question.g.pieces?.polynomial?.degree ?? 1 <= 0 {
      let level = question.g.evaluate(0)
      return try univariate(u, psi, question).map { answer in
        let factor = Estimate(level, error: 4 * 0x1p-53 * level.magnitude, method: .closedForm)
        return MethodAnswer(factor * answer.quantity, scale: level.magnitude * answer.scale)
      }
    }
    guard let v = Side(question.g, pair.swapped) else { return nil }
    return try bivariate(u, v, psi, question)
  }

  private func univariate(
    _ u: Side, _ psi: JointCharacteristicFunction, _ question: ExpectationQuestion
  ) throws -> MethodAnswer? {
    var count = u.firstCount
    var previousShell = Double.infinity
    var best: (estimate: Estimate, scale: Double)?
    while count <= 5_000 {
      let a = try u.coefficients(upTo: count)
      var sum = a[0].real
      var magnitude = sum.magnitude
      var shell = 0.0
      var noise = u.noise
      for m in 1...count {
        let factor = psi.value(u.frequency(m), 0)
        let term = a[m] * factor
        sum += 2 * term.real
        noise += 2 * u.noise * factor.length
        let size = 2 * term.length
        magnitude += size
        if m > count / 2 { shell += size }
      }
      let estimate = Self.estimate(
        sum, magnitude, shell, previousShell, u.cutoffError * u.scale + noise, Double(psi.count))
      if let estimate {
        if best.map({ estimate.error < $0.estimate.error }) ?? true { best = (estimate, magnitude) }
        if estimate.error <= question.relativeTolerance * estimate.value.magnitude { break }
        if shell <= 1e-16 * magnitude + noise { break }
      }
      previousShell = shell
      count *= 2
    }
    return best.map { MethodAnswer(.finite($0.estimate), scale: $0.scale) }
  }

  private func bivariate(
    _ u: Side, _ v: Side, _ psi: JointCharacteristicFunction, _ question: ExpectationQuestion
  ) throws -> MethodAnswer? {
    var counts = (u.firstCount, v.firstCount)
    var previousShell = Double.infinity
    var best: (estimate: Estimate, scale: Double)?
    while (counts.0 + 1) * (2 * counts.1 + 1) * psi.count <= affordableTerms {
      let a = try u.coefficients(upTo: counts.0)
      let b = try v.coefficients(upTo: counts.1)
      var sum = CompensatedSum()
      var magnitude = 0.0
      var shell = 0.0
      var skipped = 0.0
      var noise = 0.0
      let lengths = b.map(\.length)
      for m in 0...counts.0 {
        // Conjugate pairs (m, n) and (−m, −n) give twice the real part.
        let s = u.frequency(m)
        let factor = m == 0 ? 1.0 : 2.0
        var row = Complex<Double>.zero
        var rowMagnitude = 0.0
        var rowShell = 0.0
        let length = a[m].length * factor
        let negligible = 1e-20 * magnitude
        for n in -counts.1...counts.1 {
          let largest = length * lengths[abs(n)]
          if largest <= negligible {
            skipped += largest
            continue
          }
          guard let value = psi.value(s, v.frequency(n), atLeast: negligible / largest) else {
            skipped += negligible
            continue
          }
          let modulus = value.real.magnitude + value.imaginary.magnitude
          noise += factor * modulus * (u.noise * lengths[abs(n)] + v.noise * a[m].length)
          let coefficient = n >= 0 ? b[n] : b[-n].conjugate
          let term = coefficient * value
          row = row + term
          let size = term.real.magnitude + term.imaginary.magnitude
          rowMagnitude += size
          if abs(n) > counts.1 / 2 { rowShell += size }
        }
        sum.add(factor * (a[m] * row).real)
        magnitude += length * rowMagnitude
        shell += length * (m > counts.0 / 2 ? rowMagnitude : rowShell)
      }
      let cutoff = (u.cutoffError + v.cutoffError) * u.scale * v.scale + skipped + noise
      let dimension = Double(psi.count)
      if let estimate = Self.estimate(sum.value, magnitude, shell, previousShell, cutoff, dimension) {
        if best.map({ estimate.error < $0.estimate.error }) ?? true { best = (estimate, magnitude) }
        if estimate.error <= question.relativeTolerance * estimate.value.magnitude { break }
        if shell <= 1e-16 * magnitude + noise { break }
      }
      previousShell = shell
      counts = (counts.0 * 2, counts.1 * 2)
    }
    return best.map { MethodAnswer(.finite($0.estimate), scale: $0.scale) }
  }

  /// Nil until two shells show a geometric decay.
  private static func estimate(
    _ sum: Double, _ magnitude: Double, _ shell: Double, _ previousShell: Double, _ cutoff: Double, _ dimension: Double
  ) -> Estimate? {
    guard previousShell.isFinite else { return nil }
    let ratio = previousShell == 0 ? 0 : shell / previousShell
    guard ratio < 0.75 else { return nil }
    let tail = 4 * shell * max(ratio, 0.02) / (1 - ratio)
    let rounding = (8 + 2 * dimension) * 0x1p-53 * magnitude
    return Estimate(sum, error: tail + rounding + cutoff, method: .series)
  }
}

/// `Ψ(s, t) = E exp(i (s u + t v))`.
private struct JointCharacteristicFunction {
  private let offset: (u: Double, v: Double)
  private let covariance: (uu: Double, uv: Double, vv: Double)
  private typealias Factor = (function: (Double) -> Complex<Double>, u: Double, v: Double)
  /// Factors with real values, the widest first: they fall first.
  private let symmetric: [Factor]
  private let asymmetric: [Factor]
  /// The number of factors.
  var count: Int { symmetric.count + asymmetric.count + 1 }

  init?(_ pair: PreactivationPair) {
    offset = (pair.offsetU.doubleValue, pair.offsetV.doubleValue)
    covariance = (pair.gaussianUU.doubleValue, pair.gaussianUV.doubleValue, pair.gaussianVV.doubleValue)
    var tables: [String: TabulatedCharacteristicFunction] = [:]
    var symmetric: [Factor] = []
    var asymmetric: [Factor] = []
    for summand in pair.summands {
      var function: (Double) -> Complex<Double> = summand.law.characteristicFunction
      let name = summand.law.description
      if let table = tables[name] ?? TabulatedCharacteristicFunction(summand.law) {
        tables[name] = table
        function = { table.value($0) }
      }
      let factor = (function, summand.u.doubleValue, summand.v.doubleValue)
      if summand.law.isSymmetric { symmetric.append(factor) } else { asymmetric.append(factor) }
    }
    func width(_ factor: Factor) -> Double { factor.u.magnitude + factor.v.magnitude }
    self.symmetric = symmetric.sorted { width($0) > width($1) }
    self.asymmetric = asymmetric
  }

  func value(_ s: Double, _ t: Double) -> Complex<Double> { value(s, t, atLeast: 0) ?? .zero }

  /// Nil if the modulus is seen to be below `threshold`.
  func value(_ s: Double, _ t: Double, atLeast threshold: Double) -> Complex<Double>? {
    let quadratic = s * s * covariance.uu + 2 * s * t * covariance.uv + t * t * covariance.vv
    var real = quadratic == 0 ? 1 : Double.exp(-0.5 * max(quadratic, 0))
    for part in symmetric {
      if real.magnitude <= threshold { return nil }
      real *= part.function(s * part.u + t * part.v).real
    }
    if real.magnitude <= threshold { return nil }
    let phase = s * offset.u + t * offset.v
    if asymmetric.isEmpty && phase == 0 { return Complex(real) }
    var product = Complex(real) * Complex(.cos(phase), .sin(phase))
    for part in asymmetric { product = product * part.function(s * part.u + t * part.v) }
    return product
  }
}

/// The characteristic function of a law of bounded support that is slow to evaluate, by interpolation.
///
/// With the support in `[c − R, c + R]`, `e^{−ict} ψ(t)` has derivatives below `Rⁿ`. On panels of half-length `1/R`, 16
/// Chebyshev points interpolate it to `2 · 2^{−16}/16! < 1e-17`. Panels are filled when they are first needed.
private final class TabulatedCharacteristicFunction {
  private static let count = 16
  private static let largestPanel = 100_000
  private let law: any Law
  private let center: Double
  private let radius: Double
  private let isReal: Bool
  private var panels: [[Complex<Double>]] = []

  /// Nil for unbounded laws and those whose characteristic function is elementary.
  init?(_ law: any Law) {
    guard law.tail == .bounded else { return nil }
    let decomposition = law.decomposition
    guard decomposition.densities.contains(where: { $0.box == nil }) else { return nil }
    var ends = decomposition.atoms.map(\.value.doubleValue)
    for density in decomposition.densities { ends += [density.point(density.lower), density.point(density.upper)] }
    guard let lower = ends.min(), let upper = ends.max(), upper > lower else { return nil }
    self.law = law
    isReal = law.isSymmetric
    center = isReal ? 0 : (lower + upper) / 2
    radius = isReal ? max(upper, -lower) : (upper - lower) / 2
  }

  func value(_ t: Double) -> Complex<Double> {
    let position = t.magnitude * radius / 2
    guard position < Double(Self.largestPanel) else { return law.characteristicFunction(t) }
    let panel = Int(position)
    while panels.count <= panel { panels.append([]) }
    if panels[panel].isEmpty { panels[panel] = coefficients(panel) }
    // Clenshaw's recursion.
    let x = 2 * (position - Double(panel)) - 1
    let list = panels[panel]
    if isReal {
      var (b1, b2) = (0.0, 0.0)
      for k in stride(from: Self.count - 1, through: 1, by: -1) { (b1, b2) = (2 * x * b1 - b2 + list[k].real, b1) }
      return Complex(x * b1 - b2 + list[0].real)
    }
    var (b1, b2) = (Complex<Double>.zero, Complex<Double>.zero)
    for k in stride(from: Self.count - 1, through: 1, by: -1) { (b1, b2) = (Complex(2 * x) * b1 - b2 + list[k], b1) }
    let reduced = Complex(x) * b1 - b2 + list[0]
    let angle = center * t.magnitude
    let result = reduced * Complex(.cos(angle), .sin(angle))
    return t < 0 ? result.conjugate : result
  }

  /// Chebyshev coefficients on `[2 panel / R, 2 (panel + 1) / R]`.
  private func coefficients(_ panel: Int) -> [Complex<Double>] {
    let count = Self.count
    let values = (0..<count).map { j -> Complex<Double> in
      let x = Double.cos(.pi * (Double(j) + 0.5) / Double(count))
      let t = (2 * Double(panel) + 1 + x) / radius
      return Complex(.cos(-center * t), .sin(-center * t)) * law.characteristicFunction(t)
    }
    return (0..<count).map { k in
      var sum = Complex<Double>.zero
      for j in 0..<count {
        let factor = Double.cos(.pi * Double(k) * (Double(j) + 0.5) / Double(count))
        sum = sum + Complex(factor) * values[j]
      }
      return sum * Complex((k == 0 ? 1 : 2) / Double(count))
    }
  }
}

/// One argument: its interval, window and Fourier coefficients.
private struct Side {
  let function: ScalarFunction
  /// The interval's centre, relative to the origin of z.
  let center: Double
  /// Half the interval that holds the preactivation.
  let radius: Double
  /// The window's edge width δ.
  let edge: Double
  /// Half the period.
  let halfPeriod: Double
  /// What the cut at `radius` and the window leave out, relative to `scale`.
  let cutoffError: Double
  /// The largest |f| on the interval, sampled.
  let scale: Double
  /// A bound on the rounding errors of the coefficients.
  let noise: Double
  /// The number of coefficients to begin with.
  let firstCount: Int

  /// The probability beyond the interval.
  private static let outside = 1e-26

  init?(_ function: ScalarFunction, _ pair: PreactivationPair) {
    // Heavy tails leave no interval; exponential growth outruns the cut.
    for side in [-1, 1] {
      if case .exponential = function.growth(towards: side) { return nil }
    }
    guard let interval = Self.interval(pair) else { return nil }
    self.function = function
    let radius = max((interval.upper - interval.lower) / 2, 1e-290)
    let center = (interval.upper + interval.lower) / 2
    let isAnalytic = function.strip > 0
    // Entire functions of the interface behave like strips of half-width 3: erf and its kin grow like e^{y²}.
    // At kinks the coefficients fall slowly anyway: there a short period counts, not a soft edge.
    let edge = isAnalytic ? min(min(function.strip, 3) / 3, radius) : radius / 24
    self.radius = radius
    self.center = center
    self.edge = edge
    halfPeriod = radius + 12 * edge
    let rate = 12 / edge
    let first = rate * (radius + 12 * edge) / Double.pi
    guard first < 1500 else { return nil }
    firstCount = max(8, Int(first) / 2)
    var largest = 0.0
    var mean = 0.0
    for index in 0...64 {
      let value = function.evaluate(center + radius * (Double(index) / 32 - 1)).magnitude
      largest = max(largest, value)
      mean += value / 65
    }
    scale = largest
    // 8 products of powers, two ulps each, between fresh ones.
    noise = 16 * 0x1p-53 * mean
    // At the end of the interval W is 1 to within 1e-17; there is mass near it only if it is the support's end.
    cutoffError = interval.isSupport ? 4e-17 : 1e-22
  }

  /// Where u is but for a probability of 1e-26: the exact support, or Chernoff's bound, whichever is shorter.
  private static func interval(_ pair: PreactivationPair) -> (lower: Double, upper: Double, isSupport: Bool)? {
    var parts: [(law: any Law, coefficient: Double)] = []
    for summand in pair.summands where !summand.u.isZero {
      let coefficient = summand.u.doubleValue
      parts.append((summand.law, coefficient))
      if case .power = summand.law.tail { return nil }
    }
    let support = pair.supportOfU
    let variance = pair.gaussianUU.doubleValue
    let offset = pair.offsetU.doubleValue
    // P(u ≥ r) ≤ E e^{t u} e^{−t r} for every t > 0.
    func chernoff(_ side: Double) -> Double {
      var best = Double.infinity
      for exponent in stride(from: -12.0, through: 12, by: 0.25) {
        let t = Double.pow(2, exponent)
        var logarithm = 0.5 * variance * t * t + side * offset * t
        for part in parts { logarithm += Double.log(part.law.exponentialMoment(side * part.coefficient * t)) }
        guard logarithm.isFinite else { continue }
        best = min(best, (logarithm - Double.log(outside)) / t)
      }
      return best
    }
    var upper = chernoff(1)
    var lower = -chernoff(-1)
    let isSupport = support.upper <= upper || support.lower >= lower
    upper = min(upper, support.upper)
    lower = max(lower, support.lower)
    guard lower.isFinite, upper.isFinite, lower < upper else { return nil }
    return (lower, upper, isSupport)
  }

  func frequency(_ m: Int) -> Double { Double.pi * Double(m) / halfPeriod }

  /// a₀ … a_count of `F(z) = Σ a_m exp(i ω_m z)`, by Gauss–Legendre panels that end at the kinks.
  func coefficients(upTo count: Int) throws -> [Complex<Double>] {
    let rule = try GaussLegendreRule(count: 20)
    let highest = frequency(count)
    var ends = [center - halfPeriod, center + halfPeriod]
    ends += function.kinks.map(\.doubleValue).filter { ($0 - center).magnitude < halfPeriod }
    ends.sort()
    // 20 nodes resolve a phase of 12, and the window's and the function's own scale.
    let width = min(12 / highest, edge, function.strip > 0 ? 2 * function.strip : .infinity)
    var nodes: [(z: Double, value: Double)] = []
    for (lower, upper) in zip(ends, ends.dropFirst()) where upper > lower {
      let panels = max(1, Int(((upper - lower) / width).rounded(.up)))
      let half = (upper - lower) / Double(2 * panels)
      for panel in 0..<panels {
        let middle = lower + half * Double(2 * panel + 1)
        for (node, weight) in zip(rule.nodes, rule.weights) {
          let z = middle + half * node
          nodes.append((z, weight * half * function.evaluate(z) * window(z) / (2 * halfPeriod)))
        }
      }
    }
    var result = [Complex<Double>](repeating: .zero, count: count + 1)
    for node in nodes where node.value != 0 {
      // Powers of e^{−i ω₁ z}, restarted so that rounding does not grow.
      let angle = -Double.pi * node.z / halfPeriod
      let step = Complex<Double>(.cos(angle), .sin(angle))
      var power = Complex<Double>(node.value)
      for m in 0...count {
        if m % 8 == 0 { power = Complex(node.value * .cos(angle * Double(m)), node.value * .sin(angle * Double(m))) }
        result[m] = result[m] + power
        power = power * step
      }
    }
    return result
  }

  private func window(_ z: Double) -> Double {
    let inner = radius + 6 * edge
    return 0.5 * (Double.erf((z - center + inner) / edge) - Double.erf((z - center - inner) / edge))
  }
}
