import GSL
import Moments

/// Randomized quasi-Monte Carlo, the last resort: Sobol points (GSL) with random shifts modulo 1.
///
/// Each of ``replicas`` independent shifts of the same Sobol set gives an unbiased estimate; their spread gives the
/// standard error. Every law is sampled through its exact quantile, one coordinate each. The seed is fixed: the same
/// question has the same answer.
///
/// **Source.** Owen, *Monte Carlo theory, methods and examples*, chapter 17 (Cranley–Patterson rotation).
struct QuasiMonteCarlo: ExpectationMethod {
  let name = "randomized quasi-Monte Carlo"

  static let replicas = 16
  /// Points of one replica.
  var points = 1 << 13
  private static let seed: UInt64 = 0x1F1D_4E57

  func evaluate(_ question: ExpectationQuestion) throws -> MethodAnswer? {
    let pair = question.pair
    // GSL's Sobol points have at most 40 dimensions; beyond that the draws are plain random.
    let directions = Self.gaussianDirections(pair)
    if pair.summands.count + directions.count > SobolSequence.maximumDimension {
      return Self.answer(randomMeans(question, directions))
    }
    var coordinates: [(quantile: QuantileFunction, u: Double, v: Double)] = []
    for summand in pair.summands {
      coordinates.append((try QuantileFunction(summand.law), summand.u.doubleValue, summand.v.doubleValue))
    }
    for direction in directions {
      coordinates.append((try QuantileFunction(try NormalLaw()), direction.u, direction.v))
    }
    let dimension = coordinates.count
    let sobol = try SobolSequence(dimension: dimension)
    var set: [[Double]] = []
    for _ in 0..<points { set.append(sobol.next()) }
    let (f, g) = (question.f.evaluate, question.g.evaluate)
    let offset = (u: pair.offsetU.doubleValue, v: pair.offsetV.doubleValue)
    var means: [Double] = []
    for replica in 0..<Self.replicas {
      var stream = RandomStream(seed: Self.seed, stream: UInt64(replica))
      let shift = coordinates.map { _ in stream.uniform() }
      var sum = CompensatedSum()
      for index in 0..<points {
        var (u, v) = offset
        for (j, coordinate) in coordinates.enumerated() {
          var p = set[index][j] + shift[j]
          if p >= 1 { p -= 1 }
          let w = coordinate.quantile(min(max(p, 0x1p-54), 1 - 0x1p-54))
          u += coordinate.u * w
          v += coordinate.v * w
        }
        sum.add(f(u) * g(v))
      }
      means.append(sum.value / Double(points))
    }
    return Self.answer(means)
  }

  /// The means of independent samples, by the laws' own samplers.
  private func randomMeans(
    _ question: ExpectationQuestion, _ directions: [(u: Double, v: Double)]
  ) -> [Double] {
    let pair = question.pair
    let parts = pair.summands.map { (law: $0.law, u: $0.u.doubleValue, v: $0.v.doubleValue) }
    return (0..<Self.replicas).map { replica in
      var stream = RandomStream(seed: Self.seed, stream: UInt64(replica))
      var sum = CompensatedSum()
      for _ in 0..<points {
        var (u, v) = (pair.offsetU.doubleValue, pair.offsetV.doubleValue)
        for part in parts {
          let w = part.law.sample(from: &stream)
          u += part.u * w
          v += part.v * w
        }
        for direction in directions {
          let w = stream.normal()
          u += direction.u * w
          v += direction.v * w
        }
        sum.add(question.f.evaluate(u) * question.g.evaluate(v))
      }
      return sum.value / Double(points)
    }
  }

  /// Mean and standard error; nil where no two replicas differ, which says that the sample has seen nothing.
  private static func answer(_ means: [Double]) -> MethodAnswer? {
    let mean = means.reduce(0, +) / Double(replicas)
    let variance = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(replicas - 1)
    guard mean.isFinite, variance.isFinite, variance > 0 else { return nil }
    let error = (variance / Double(replicas)).squareRoot()
    return MethodAnswer(.finite(Estimate(mean, error: error, method: .sampling)))
  }

  private static func gaussianDirections(_ pair: PreactivationPair) -> [(u: Double, v: Double)] {
    guard pair.hasGaussian else { return [] }
    let (uu, uv, vv) = (pair.gaussianUU.doubleValue, pair.gaussianUV.doubleValue, pair.gaussianVV.doubleValue)
    if uu == 0 { return [(0, vv.squareRoot())] }
    let rest = pair.gaussianDeterminant.doubleValue / uu
    return [(uu.squareRoot(), uv / uu.squareRoot()), (0, max(rest, 0).squareRoot())]
  }
}

/// The quantile function of a law, from its atoms and densities.
///
/// The cumulative weight of each density is tabulated on panels of its chart; inside a panel the quantile is found by
/// Newton's method on the exact panel integral.
package struct QuantileFunction {
  private struct Panel {
    let start: Double
    let end: Double
    let cumulative: Double
    let mass: Double
  }
  private struct Part {
    let cumulative: Double
    let mass: Double
    let atom: Double?
    let density: Density?
    let panels: [Panel]
  }

  private var parts: [Part] = []
  private let rule: GaussLegendreRule

  package init(_ law: any Law) throws {
    rule = try GaussLegendreRule(count: 8)
    let decomposition = law.decomposition
    var total = 0.0
    for atom in decomposition.atoms {
      let mass = atom.probability.doubleValue
      parts.append(
        Part(cumulative: total, mass: mass, atom: atom.value.doubleValue, density: nil, panels: []))
      total += mass
    }
    for density in decomposition.densities {
      let ends = ([density.lower] + density.nodes + [density.upper]).sorted()
      var panels: [Panel] = []
      var sum = 0.0
      for (lower, upper) in zip(ends, ends.dropFirst()) where upper > lower {
        let count = 64
        for index in 0..<count {
          let start = lower + (upper - lower) * Double(index) / Double(count)
          let end = lower + (upper - lower) * Double(index + 1) / Double(count)
          let mass = Self.integral(rule, density, start, end)
          if mass > 0 {
            panels.append(Panel(start: start, end: end, cumulative: sum, mass: mass))
            sum += mass
          }
        }
      }
      let mass = density.mass.doubleValue
      parts.append(Part(cumulative: total, mass: mass, atom: nil, density: density, panels: panels))
      total += mass
    }
  }

  private static func integral(_ rule: GaussLegendreRule, _ density: Density, _ a: Double, _ b: Double) -> Double {
    let half = (b - a) / 2
    var sum = 0.0
    for (node, weight) in zip(rule.nodes, rule.weights) { sum += weight * density.weight(a + half * (1 + node)) }
    return sum * half
  }

  /// The quantile at `0 < p < 1`.
  package func callAsFunction(_ p: Double) -> Double {
    let part = parts.last { $0.cumulative <= p } ?? parts[0]
    if let atom = part.atom { return atom }
    guard let density = part.density, let last = part.panels.last else { return 0 }
    let target = min((p - part.cumulative) / part.mass, 1) * (last.cumulative + last.mass)
    var low = 0
    var high = part.panels.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if part.panels[middle].cumulative <= target { low = middle } else { high = middle - 1 }
    }
    let panel = part.panels[low]
    let wanted = target - panel.cumulative
    var (a, b) = (panel.start, panel.end)
    var t = a + (b - a) * min(max(wanted / panel.mass, 0), 1)
    for _ in 0..<60 {
      let excess = Self.integral(rule, density, panel.start, t) - wanted
      if excess > 0 { b = t } else { a = t }
      let slope = density.weight(t)
      var next = t - excess / slope
      if !(next > a && next < b) { next = (a + b) / 2 }
      if (next - t).magnitude <= 1e-12 * (panel.end - panel.start) { break }
      t = next
    }
    return density.point(t)
  }
}
