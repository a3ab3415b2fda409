import Activations
import GSL
import Moments
import Numerics

/// Nested adaptive Gauss–Kronrod quadrature (GSL) over the continuous variables, with break points at every place
/// where the integrand is not analytic.
///
/// The singular places are zeros of affine forms in the variables: kinks `u = κ`, `v = λ`, and ends and nodes of the
/// densities. The inner integral over the last variable, as a function of the others, is not analytic where two of
/// its break points cross, which is again an affine form: eliminate the variable between each two. The forms are
/// eliminated exactly, so that break points of nearly parallel inputs are not lost. Atoms are summed outside.
///
/// The inner integrals' errors are added to the outer estimate.
struct NestedQuadrature: ExpectationMethod {
  /// The largest number of integrals inside one another.
  let maximumVariables: Int

  var name: String { "nested quadrature in up to \(maximumVariables) variables" }

  /// States of the atoms times nested evaluations that are worth the wait.
  static let maximumStates = [0: 200_000, 1: 20_000, 2: 400, 3: 8]
  /// Evaluations of the integrand that are worth the wait, some seconds; beyond it the method gives up.
  static let affordableEvaluations = 12_000_000

  func evaluate(_ question: ExpectationQuestion) throws -> MethodAnswer? {
    guard let gaussian = GaussianVariables(question.pair) else { return nil }
    let continuous = question.pair.summands.count { !$0.law.decomposition.isDiscrete } + gaussian.variables.count
    guard continuous <= maximumVariables, continuous > 0 else { return nil }
    guard let limit = Self.maximumStates[continuous],
      let states = question.pair.mixtureStates(limit: limit)
    else { return nil }
    var total = 0.0
    var error = 0.0
    var scale = 0.0
    for state in states {
      var variables = gaussian.variables
      for variable in state.variables { variables.append(.init(variable.density, u: variable.u, v: variable.v)) }
      let mass = state.probability.doubleValue
      var integral = NestedIntegral(
        f: question.f, g: question.g, offset: (state.offsetU, state.offsetV), variables: variables,
        relativeTolerance: question.relativeTolerance)
      guard let (result, size) = try integral.evaluate(limit: Self.affordableEvaluations / states.count) else {
        return nil
      }
      scale += mass * size
      total += mass * result.value
      error += mass * result.error
    }
    error += total.magnitude * Double(states.count + 2) * 0x1p-53
    guard total.isFinite, error.isFinite else { return nil }
    return MethodAnswer(.finite(Estimate(total, error: error, method: .quadrature)), scale: scale)
  }
}

/// A standardized Gaussian part as one or two independent variables.
private struct GaussianVariables {
  var variables: [NestedIntegral.Variable] = []

  /// Nil if a direction has no exact form.
  init?(_ pair: PreactivationPair) {
    guard pair.hasGaussian else { return }
    guard let standard = try? NormalLaw(mean: 0, standardDeviation: 1).decomposition.densities.first else { return nil }
    if pair.gaussianUU.isZero {
      guard let root = pair.gaussianVV.squareRoot else { return nil }
      variables = [.init(standard, u: 0, v: root)]
      return
    }
    // u = √Σ_uu z₁, v = Σ_uv/√Σ_uu z₁ + √(Σ_vv − Σ_uv²/Σ_uu) z₂
    guard let root = pair.gaussianUU.squareRoot, let inverse = root.reciprocal,
      let inverseVariance = pair.gaussianUU.reciprocal
    else { return nil }
    variables = [.init(standard, u: root, v: pair.gaussianUV * inverse)]
    let rest = pair.gaussianDeterminant * inverseVariance
    if rest.isZero { return }
    guard let restRoot = rest.squareRoot else { return nil }
    variables.append(.init(standard, u: 0, v: restRoot))
  }
}

/// One nested integral `E[f(o_u + Σ α_j w_j) g(o_v + Σ β_j w_j)]` over independent densities.
struct NestedIntegral {
  /// One variable of integration: a density and its coefficients.
  struct Variable {
    let density: Density
    let u: ExactNumber
    let v: ExactNumber

    init(_ density: Density, u: ExactNumber, v: ExactNumber) {
      self.density = density
      self.u = u
      self.v = v
    }
  }

  /// Why the integrand is broken where a form vanishes.
  private enum Origin: Hashable {
    /// f, g or a derivative jumps.
    case kink
    /// A density ends or jumps there.
    case end
    /// A density is analytic, but an adaptive rule should look.
    case node
    /// f or g changes its shape.
    case transition
  }

  /// `constant + Σ coefficients · w`, with a break where it vanishes.
  private struct AffineForm: Hashable {
    var constant: ExactNumber
    var coefficients: [ExactNumber]
    var origin: Origin

    /// The form scaled so that equal hyperplanes are equal forms.
    var normalized: AffineForm {
      guard let pivot = coefficients.last(where: { !$0.isZero }), let inverse = pivot.reciprocal else { return self }
      return AffineForm(constant: constant * inverse, coefficients: coefficients.map { $0 * inverse }, origin: origin)
    }

    /// The form with one variable held at a value: where the outer integral should look.
    func fixing(_ index: Int, at value: ExactNumber) -> AffineForm {
      var result = self
      result.constant += coefficients[index] * value
      result.coefficients[index] = 0
      result.origin = .transition
      return result
    }
  }

  /// A form as the integrator needs it: where it vanishes in its last variable, given the ones outside.
  private struct Breakpoint {
    let constant: Double
    let outer: [Double]
    let inverse: Double

    func position(_ values: [Double]) -> Double {
      var sum = constant
      for (coefficient, value) in zip(outer, values) { sum += coefficient * value }
      return -sum * inverse
    }
  }

  private let f: ScalarFunction
  private let g: ScalarFunction
  private let variables: [Variable]
  private let coefficients: [(u: Double, v: Double)]
  private let offset: (u: Double, v: Double)
  private let relativeTolerance: Double
  private var breakpoints: [[Breakpoint]] = []

  /// - Parameter variables: Outermost first.
  init(
    f: ScalarFunction, g: ScalarFunction, offset: (ExactNumber, ExactNumber), variables: [Variable],
    relativeTolerance: Double
  ) {
    self.f = f
    self.g = g
    self.variables = variables
    self.relativeTolerance = relativeTolerance
    self.offset = (offset.0.doubleValue, offset.1.doubleValue)
    coefficients = variables.map { ($0.u.doubleValue, $0.v.doubleValue) }
    breakpoints = Self.eliminate(f: f, g: g, offset: offset, variables: variables)
  }

  /// The break points of each level, from the forms of all levels inside it.
  ///
  /// Only where a kink meets something does the inner integral stop being analytic. Analytic nodes are crossed with
  /// kinks as well if the inner variable moves the argument much less than the outer one: then the inner integral
  /// has a feature too narrow to be found by chance. Transitions pass outwards with the inner variable at its centre.
  private static func eliminate(
    f: ScalarFunction, g: ScalarFunction, offset: (ExactNumber, ExactNumber), variables: [Variable]
  ) -> [[Breakpoint]] {
    let count = variables.count
    func unit(_ index: Int) -> [ExactNumber] { (0..<count).map { $0 == index ? 1 : 0 } }
    var forms: [AffineForm] = []
    for (function, shift, coefficients) in [
      (f, offset.0, variables.map(\.u)), (g, offset.1, variables.map(\.v)),
    ] {
      for kink in function.kinks {
        forms.append(AffineForm(constant: shift - kink, coefficients: coefficients, origin: .kink))
      }
      for place in function.transitions.compactMap({ ExactNumber(exactly: $0) }) {
        forms.append(AffineForm(constant: shift - place, coefficients: coefficients, origin: .transition))
      }
    }
    for (index, variable) in variables.enumerated() {
      for (place, isAnalytic) in variable.density.breaks {
        guard let node = ExactNumber(exactly: place) else { continue }
        forms.append(AffineForm(constant: -node, coefficients: unit(index), origin: isAnalytic ? .node : .end))
      }
    }
    let spreads = variables.map { variable -> Double in
      let coefficient = max(variable.u.magnitude, variable.v.magnitude).doubleValue
      return coefficient * variable.density.spread
    }
    var levels = [[Breakpoint]](repeating: [], count: count)
    for level in stride(from: count - 1, through: 0, by: -1) {
      var seen = Set<AffineForm>()
      let present = forms.filter { !$0.coefficients[level].isZero }.map(\.normalized).filter {
        seen.insert($0).inserted
      }
      levels[level] = present.map { form in
        Breakpoint(
          constant: form.constant.doubleValue, outer: form.coefficients[..<level].map(\.doubleValue),
          inverse: 1 / form.coefficients[level].doubleValue)
      }
      if level == 0 { break }
      let isNarrow = spreads[level] < 0.2 * (spreads[..<level].max() ?? 0)
      let center = ExactNumber(exactly: variables[level].density.center) ?? 0
      var projected = forms.filter { $0.coefficients[level].isZero }
      for (i, a) in present.enumerated() {
        if a.origin == .transition || a.origin == .kink { projected.append(a.fixing(level, at: center)) }
        for b in present[..<i] {
          let origins: Set<Origin> = [a.origin, b.origin]
          guard origins.contains(.kink), !origins.contains(.transition), isNarrow || !origins.contains(.node) else {
            continue
          }
          let coefficients = zip(a.coefficients, b.coefficients).map {
            $0 * b.coefficients[level] - $1 * a.coefficients[level]
          }
          let constant = a.constant * b.coefficients[level] - b.constant * a.coefficients[level]
          projected.append(AffineForm(constant: constant, coefficients: coefficients, origin: .kink))
        }
      }
      var unique = Set<AffineForm>()
      forms = projected.filter { !$0.coefficients.allSatisfy(\.isZero) }.map(\.normalized)
        .filter { unique.insert($0).inserted }
    }
    return levels
  }

  /// The value with a bound on its error, rounding included, and roughly the integral of |f g|; nil if that takes more
  /// than `limit` evaluations.
  mutating func evaluate(limit: Int) throws -> (result: IntegrationResult, scale: Double)? {
    if variables.isEmpty {
      let value = f.evaluate(offset.u) * g.evaluate(offset.v)
      let error = 8 * 0x1p-53 * value.magnitude
      return (IntegrationResult(value: value, error: error, converged: true), value.magnitude)
    }
    // A rough product rule for |f g| gives the scale that absolute tolerances refer to.
    let rough = try RoughScale(self)
    let scale = rough.total
    if scale == 0 { return (IntegrationResult(value: 0, error: 0, converged: true), 0) }
    // Where the bulk of the densities carries the integral, their far tails are cut off.
    let densities =
      rough.bulk > 0.5 * scale ? variables.map { $0.density.trimmed(growth: growth) } : variables.map(\.density)
    let absolute = 0.2 * relativeTolerance * scale
    let pass = try Pass(
      self, densities, absolute: absolute, relative: 0.2 * relativeTolerance, limit: limit)
    var result = pass.integrate(level: 0, u: offset.u, v: offset.v)
    result.error += 16 * 0x1p-53 * scale + 4 * 0x1p-53 * rough.sensitivity
    if let failure = pass.failure { throw failure }
    if pass.remaining < 0 { return nil }
    return (result, scale)
  }

  /// The degree with which |f g| can grow, for cutting tails.
  private var growth: Double {
    var degree = 0.0
    for function in [f, g] {
      for side in [-1, 1] {
        switch function.growth(towards: side) {
        case .power(let power): degree += Double(power)
        case .vanishing: continue
        case .exponential: return .infinity
        }
      }
    }
    return degree
  }

  /// `∫ |f g|` by a coarse product rule on the panels, and the part where no density is in its far tail.
  private struct RoughScale {
    private(set) var total = 0.0
    private(set) var bulk = 0.0
    /// What a relative change of the arguments is multiplied by: they are sums that are rounded.
    private(set) var sensitivity = 0.0

    init(_ integral: NestedIntegral) throws {
      let rule = try GaussLegendreRule(count: integral.variables.count > 2 ? 2 : 4)
      var values = [Double](repeating: 0, count: integral.variables.count)
      add(
        integral, rule, level: 0, mass: 1, isBulk: true, u: integral.offset.u, v: integral.offset.v,
        sizes: (integral.offset.u.magnitude, integral.offset.v.magnitude), &values)
    }

    private mutating func add(
      _ integral: NestedIntegral, _ rule: GaussLegendreRule, level: Int, mass: Double, isBulk: Bool, u: Double,
      v: Double, sizes: (u: Double, v: Double), _ values: inout [Double]
    ) {
      if level == integral.variables.count {
        let (first, second) = (integral.f.evaluate(u), integral.g.evaluate(v))
        let size = mass * (first * second).magnitude
        total += size
        if isBulk { bulk += size }
        let step = 0x1p-26
        let change =
          (integral.f.evaluate(u + step * sizes.u) - first).magnitude * second.magnitude
          + (integral.g.evaluate(v + step * sizes.v) - second).magnitude * first.magnitude
        if change.isFinite { sensitivity += mass * change / step }
        return
      }
      let density = integral.variables[level].density
      let (a, b) = integral.coefficients[level]
      let ends = integral.panelEnds(level: level, density: density, values)
      for (lower, upper) in zip(ends, ends.dropFirst()) where upper > lower {
        let half = (upper - lower) / 2
        for (node, weight) in zip(rule.nodes, rule.weights) {
          let t = lower + half * (1 + node)
          let w = density.point(t)
          let part = density.weight(t) * weight * half
          if part * mass < 1e-200 { continue }
          values[level] = w
          add(
            integral, rule, level: level + 1, mass: mass * part, isBulk: isBulk && part > 1e-9, u: u + a * w,
            v: v + b * w, sizes: (sizes.u + (a * w).magnitude, sizes.v + (b * w).magnitude), &values)
        }
      }
    }
  }

  /// The ends, nodes and break points of one level, ascending.
  private func panelEnds(level: Int, density: Density, _ values: [Double]) -> [Double] {
    var ends = [density.lower, density.upper]
    ends.append(contentsOf: density.nodes)
    for breakpoint in breakpoints[level] {
      let t = density.parameter(breakpoint.position(values))
      if t > density.lower && t < density.upper { ends.append(t) }
    }
    ends.sort()
    return ends
  }

  /// One run over all levels, with a workspace for each.
  private final class Pass {
    let integral: NestedIntegral
    let densities: [Density]
    let absolute: Double
    let relative: Double
    let workspaces: [QuadratureWorkspace]
    var values: [Double]
    /// The first failure: GSL's callback cannot throw.
    var failure: GSLError?

    /// The evaluations that are left; below 0 the result means nothing.
    var remaining: Int

    init(_ integral: NestedIntegral, _ densities: [Density], absolute: Double, relative: Double, limit: Int) throws {
      remaining = limit
      self.integral = integral
      self.densities = densities
      self.absolute = absolute
      self.relative = relative
      var list: [QuadratureWorkspace] = []
      for _ in integral.variables { list.append(try QuadratureWorkspace(limit: 200)) }
      workspaces = list
      values = [Double](repeating: 0, count: integral.variables.count)
    }

    /// The integral over the variables from `level` inwards, at the given partial sums of u and v.
    func integrate(level: Int, u: Double, v: Double) -> IntegrationResult {
      let density = densities[level]
      let (a, b) = integral.coefficients[level]
      let isInnermost = level == integral.variables.count - 1
      let (f, g) = (integral.f.evaluate, integral.g.evaluate)
      let (point, weight) = (density.point, density.weight)
      var innerError = 0.0
      var total = IntegrationResult(value: 0, error: 0, converged: true)
      let panels = integral.panelEnds(level: level, density: density, values)
      let length = density.upper - density.lower
      for (lower, upper) in zip(panels, panels.dropFirst()) {
        // A panel too short to hold nodes contributes nothing that rounding would keep.
        if upper - lower <= 1e-15 * max(length, lower.magnitude, upper.magnitude) { continue }
        do {
          let result = try integrateAdaptively(
            from: lower, to: upper, absolute: absolute / 4, relative: relative,
            workspace: workspaces[level]
          ) { [self] t in
            let w = point(t)
            let factor = weight(t)
            if factor == 0 { return 0 }
            if remaining < 0 { return 0 }
            if isInnermost {
              remaining -= 1
              return factor * f(u + a * w) * g(v + b * w)
            }
            values[level] = w
            let inner = integrate(level: level + 1, u: u + a * w, v: v + b * w)
            innerError = max(innerError, factor * inner.error)
            return factor * inner.value
          }
          total.value += result.value
          total.error += result.error
        } catch {
          failure = error
        }
      }
      // The weight integrates to 1; its largest value times its length bounds what inner errors can add.
      total.error += innerError * min(length, 8)
      return total
    }
  }
}

extension Density {
  /// The places in w where the density ends, jumps, or asks for attention; whether it is analytic there.
  fileprivate var breaks: [(place: Double, isAnalytic: Bool)] {
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
  fileprivate func trimmed(growth: Double) -> Density {
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
  fileprivate var center: Double { point((lower + upper) / 2) }

  /// A length on which the density changes: the distance from the centre to the nearest node or end.
  var spread: Double {
    let middle = (lower + upper) / 2
    let distances = ([lower, upper] + nodes).map { (point($0) - point(middle)).magnitude }.filter { $0 > 0 }
    return distances.min() ?? 1
  }
}
