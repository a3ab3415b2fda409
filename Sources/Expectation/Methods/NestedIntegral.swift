import Activations
import GSL
import Moments

/// One nested integral `E[F(u, v)]`, `u = o_u + Σ α_j w_j`, `v = o_v + Σ β_j w_j`, over independent densities.
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

  private let integrand: PairIntegrand
  private let variables: [Variable]
  private let coefficients: [Arguments]
  private let offset: Arguments
  private let relativeTolerance: Double
  private var breakpoints: [[Breakpoint]] = []

  /// - Parameter variables: Outermost first.
  init(
    _ integrand: PairIntegrand, offset: (ExactNumber, ExactNumber), variables: [Variable], relativeTolerance: Double
  ) {
    self.integrand = integrand
    self.variables = variables
    self.relativeTolerance = relativeTolerance
    self.offset = Arguments(u: offset.0, v: offset.1)
    coefficients = variables.map { Arguments(u: $0.u, v: $0.v) }
    breakpoints = Self.eliminate(integrand, offset: offset, variables: variables)
  }

  /// The break points of each level, from the forms of all levels inside it.
  ///
  /// Only where a kink meets something does the inner integral stop being analytic. Analytic nodes are crossed with
  /// kinks as well if the inner variable moves the argument much less than the outer one: then the inner integral
  /// has a feature too narrow to be found by chance. Transitions pass outwards with the inner variable at its centre.
  private static func eliminate(
    _ integrand: PairIntegrand, offset: (ExactNumber, ExactNumber), variables: [Variable]
  ) -> [[Breakpoint]] {
    let count = variables.count
    func unit(_ index: Int) -> [ExactNumber] { (0..<count).map { $0 == index ? 1 : 0 } }
    var forms: [AffineForm] = []
    for (function, shift, coefficients) in [
      (integrand.f, offset.0, variables.map(\.u)), (integrand.g, offset.1, variables.map(\.v)),
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

  /// The value with a bound on its error, rounding included, and roughly the integral of |F|; nil if that takes more
  /// than `limit` evaluations.
  mutating func evaluate(limit: Int) throws -> (result: IntegrationResult, scale: Double)? {
    if variables.isEmpty {
      let value = integrand.evaluate(offset)
      let error = 8 * 0x1p-53 * value.magnitude
      return (IntegrationResult(value: value, error: error, converged: true), value.magnitude)
    }
    // A rough product rule for |F| gives the scale that absolute tolerances refer to.
    let rough = try RoughScale(self)
    let scale = rough.total
    if scale == 0 { return (IntegrationResult(value: 0, error: 0, converged: true), 0) }
    // Where the bulk of the densities carries the integral, their far tails are cut off.
    let densities =
      rough.bulk > 0.5 * scale ? variables.map { $0.density.trimmed(growth: growth) } : variables.map(\.density)
    let absolute = 0.2 * relativeTolerance * scale
    let pass = try Pass(
      self, densities, absolute: absolute, relative: 0.2 * relativeTolerance, limit: limit)
    var result = pass.integrate(level: 0, at: offset)
    result.error += 16 * 0x1p-53 * scale + 4 * 0x1p-53 * rough.sensitivity
    if let failure = pass.failure { throw failure }
    if pass.remaining < 0 { return nil }
    return (result, scale)
  }

  /// The degree with which |F| can grow, for cutting tails.
  private var growth: Double {
    var degree = 0.0
    for function in [integrand.f, integrand.g] {
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

  /// `∫ |F|` by a coarse product rule on the panels, and the part where no density is in its far tail.
  private struct RoughScale {
    private(set) var total = 0.0
    private(set) var bulk = 0.0
    /// What a relative change of the arguments is multiplied by: they are sums that are rounded.
    private(set) var sensitivity = 0.0

    init(_ integral: NestedIntegral) throws {
      let rule = try GaussLegendreRule(count: integral.variables.count > 2 ? 2 : 4)
      var values = [Double](repeating: 0, count: integral.variables.count)
      add(
        integral, rule, level: 0, mass: 1, isBulk: true, at: integral.offset, sizes: integral.offset.magnitude, &values)
    }

    private mutating func add(
      _ integral: NestedIntegral, _ rule: GaussLegendreRule, level: Int, mass: Double, isBulk: Bool,
      at arguments: Arguments, sizes: Arguments, _ values: inout [Double]
    ) {
      if level == integral.variables.count {
        let size = mass * integral.integrand.evaluate(arguments).magnitude
        total += size
        if isBulk { bulk += size }
        let change = integral.integrand.change(arguments, sizes: sizes, step: 0x1p-26)
        if change.isFinite { sensitivity += mass * change / 0x1p-26 }
        return
      }
      let density = integral.variables[level].density
      let coefficients = integral.coefficients[level]
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
            integral, rule, level: level + 1, mass: mass * part, isBulk: isBulk && part > 1e-9,
            at: arguments.adding(coefficients, times: w),
            sizes: sizes.adding(coefficients.magnitude, times: w.magnitude), &values)
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

    /// The integral over the variables from `level` inwards, at the given partial sums of the arguments.
    func integrate(level: Int, at arguments: Arguments) -> IntegrationResult {
      let density = densities[level]
      let coefficients = integral.coefficients[level]
      let isInnermost = level == integral.variables.count - 1
      let evaluate = integral.integrand.evaluate
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
              return factor * evaluate(arguments.adding(coefficients, times: w))
            }
            values[level] = w
            let inner = integrate(level: level + 1, at: arguments.adding(coefficients, times: w))
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
