/// What one evaluation of an integrand tells: the value, a bound on its error, and the integral of moduli behind it.
struct IntegrandSample {
  var value: Double
  var error: Double
  var magnitude: Double

  @inline(__always)
  init(_ value: Double) {
    self.value = value
    error = 0
    magnitude = value.magnitude
  }

  @inline(__always)
  init(value: Double, error: Double, magnitude: Double) {
    self.value = value
    self.error = error
    self.magnitude = magnitude
  }
}

/// An integral with its error estimate and `∫|f|`, the scale of rounding errors.
struct PanelIntegral {
  var value = 0.0
  /// The rule's estimate plus the integral of the integrand's own error bounds.
  var error = 0.0
  var magnitude = 0.0
  var evaluations = 0
}

/// Globally adaptive Gauss–Kronrod quadrature (10, 21 points) over given panels.
///
/// The algorithm and the error estimate are those of QUADPACK's QAGP without extrapolation. It is written out here
/// because nested integrals need what the library's routine does not give: a tolerance relative to `∫|f|` over all
/// panels at once, the integral of the inner error bounds, and no allocation per call.
///
/// **Accuracy.** *Estimated*: the difference of the two rules raised to the power 3/2 and scaled as in QUADPACK;
/// believed where the integrand is analytic on each panel, which the callers arrange by breaking at kinks.
package final class AdaptiveGaussKronrod {
  private struct Panel {
    var lower: Double
    var upper: Double
    var value: Double
    var error: Double
    var carried: Double
    var magnitude: Double
  }

  private var panels: [Panel] = []
  /// The largest number of panels.
  let limit: Int

  init(limit: Int) {
    self.limit = limit
    panels.reserveCapacity(limit + 2)
  }

  /// Integrates over consecutive panels `[points[i], points[i+1]]`.
  ///
  /// Stops when the summed estimate is below `relative · |value| + floor · ∫|f|`, or when the limit is reached; the
  /// returned error is then honest but larger than asked for.
  @inline(__always)
  func integrate(
    over points: [Double], relative: Double, floor: Double = 0x1p-50, _ integrand: (Double) -> IntegrandSample
  ) -> PanelIntegral {
    panels.removeAll(keepingCapacity: true)
    var total = PanelIntegral()
    var carried = 0.0
    for index in points.indices.dropLast() {
      let panel = Self.rule(points[index], points[index + 1], integrand)
      panels.append(panel)
      total.value += panel.value
      total.error += panel.error
      carried += panel.carried
      total.magnitude += panel.magnitude
    }
    total.evaluations = 21 * panels.count
    while total.error > relative * total.value.magnitude + floor * total.magnitude, panels.count < limit {
      var worst = 0
      for index in panels.indices where panels[index].error > panels[worst].error { worst = index }
      let parent = panels[worst]
      let middle = 0.5 * (parent.lower + parent.upper)
      if !(parent.lower < middle && middle < parent.upper) { break }
      if (parent.upper - parent.lower) < 0x1p-40 * (parent.upper.magnitude + parent.lower.magnitude) { break }
      let left = Self.rule(parent.lower, middle, integrand)
      let right = Self.rule(middle, parent.upper, integrand)
      panels[worst] = left
      panels.append(right)
      // Sum afresh: differences of large estimates would leave rounding errors behind.
      (total.value, total.error, total.magnitude, carried) = (0, 0, 0, 0)
      for panel in panels {
        total.value += panel.value
        total.error += panel.error
        total.magnitude += panel.magnitude
        carried += panel.carried
      }
      total.evaluations += 42
    }
    total.error += carried
    return total
  }

  @inline(__always)
  private static func rule(_ lower: Double, _ upper: Double, _ integrand: (Double) -> IntegrandSample) -> Panel {
    let center = 0.5 * (lower + upper)
    let half = 0.5 * (upper - lower)
    let middle = integrand(center)
    var kronrod = centerWeight * middle.value
    var gauss = 0.0
    var magnitude = centerWeight * middle.magnitude
    var modulus = centerWeight * middle.value.magnitude
    var carried = centerWeight * middle.error
    for index in 0..<10 {
      let (node, weight, coarse) = table[index]
      let right = integrand(center + half * node)
      let left = integrand(center - half * node)
      kronrod += weight * (left.value + right.value)
      gauss += coarse * (left.value + right.value)
      magnitude += weight * (left.magnitude + right.magnitude)
      modulus += weight * (left.value.magnitude + right.value.magnitude)
      carried += weight * (left.error + right.error)
    }
    // QUADPACK compares with ∫|f − mean|; ∫|f| is an upper bound for it up to a factor 2 and leaves the 3/2 power
    // slightly less optimistic for nearly constant integrands.
    var error = (kronrod - gauss).magnitude
    if modulus > 0, error > 0 { error = min(error, modulus * pow32(200 * error / modulus)) }
    return Panel(
      lower: lower, upper: upper, value: half * kronrod, error: half * error, carried: half * carried,
      magnitude: half * magnitude)
  }

  @inline(__always)
  private static func pow32(_ x: Double) -> Double { x * x.squareRoot() }

  package static let centerWeight = 0.1494455540029169056649
  /// Node, Kronrod weight, Gauss weight.
  package static let table: [(Double, Double, Double)] = [
    (0.9956571630258080807355, 0.0116946388673718742780, 0),
    (0.9739065285171717200779, 0.0325581623079647274788, 0.0666713443086881375935),
    (0.9301574913557082260012, 0.0547558965743519960313, 0),
    (0.8650633666889845107320, 0.0750396748109199527670, 0.1494513491505805931457),
    (0.7808177265864168970637, 0.0931254545836976055350, 0),
    (0.6794095682990244062343, 0.1093871588022976418992, 0.2190863625159820439955),
    (0.5627571346686046833390, 0.1234919762620658510779, 0),
    (0.4333953941292471907992, 0.1347092173114733259280, 0.2692667193099963550912),
    (0.2943928627014601981311, 0.1427759385770600807970, 0),
    (0.1488743389816312108848, 0.1477391049013384913748, 0.2955242247147528701738),
  ]
}
