import Foundation
import GSL
import Moments
import Networks

/// Nodes of a tensor product of Gauss–Legendre rules over the charts of a first layer's weights and bias.
///
/// For functions of the preactivations that are analytic in a strip around the real axis.
struct ProductRule: Sendable {
  let weights: [Double]
  /// By input: the preactivation at every node.
  let arguments: [[Double]]

  /// The tensor product must not have more nodes.
  private static let affordableNodes = 200_000
  /// Nodes of smaller weight are left out.
  private static let negligible = 1e-28

  private typealias Rule = [(value: Double, weight: Double)]

  /// Nil where there are more than three variables, or a law is too wide.
  ///
  /// - Parameters:
  ///   - strip: The half-width of analyticity.
  ///   - more: Nodes beyond those that analyticity asks for, on every smooth piece of a density.
  init?(_ layer: DenseLayer, inputScale: ExactNumber, points: [[ExactNumber]], strip: Double, more: Int) {
    var summands: [(law: any Law, coefficients: [Double])] = []
    let scale = layer.weightMultiplier * inputScale
    for coordinate in (points.first ?? []).indices {
      let coefficients = points.map { (scale * $0[coordinate]).doubleValue }
      if coefficients.contains(where: { $0 != 0 }) { summands.append((layer.weights, coefficients)) }
    }
    if let bias = layer.bias { summands.append((bias, points.map { _ in layer.biasMultiplier.doubleValue })) }
    guard (1...3).contains(summands.count) else { return nil }
    let rules = summands.map { summand in
      Self.rule(summand.law, largest: summand.coefficients.map(\.magnitude).max() ?? 0, strip: strip, more: more)
    }
    let size = rules.reduce(1.0) { $0 * Double($1.count) }
    guard size > 0, size <= Double(Self.affordableNodes) else { return nil }
    var weights = [1.0]
    var arguments = [[Double]](repeating: [0], count: points.count)
    for (rule, summand) in zip(rules, summands) {
      var kept: [(old: Int, value: Double)] = []
      var next: [Double] = []
      for (index, weight) in weights.enumerated() {
        for node in rule where weight * node.weight > Self.negligible {
          kept.append((index, node.value))
          next.append(weight * node.weight)
        }
      }
      for (index, coefficient) in summand.coefficients.enumerated() {
        let before = arguments[index]
        arguments[index] = kept.map { before[$0.old] + coefficient * $0.value }
      }
      weights = next
    }
    self.weights = weights
    self.arguments = arguments
  }

  /// The nodes of one variable: atoms, and on every smooth piece of a density as many as analyticity asks for.
  private static func rule(_ law: any Law, largest: Double, strip: Double, more: Int) -> Rule {
    let decomposition = law.decomposition
    var rule: Rule = decomposition.atoms.map { ($0.value.doubleValue, $0.probability.doubleValue) }
    for density in decomposition.densities {
      let mass = density.mass.doubleValue
      var (first, last) = (density.lower, density.upper)
      if let gaussian = density.gaussian {
        let reach = 11 * gaussian.variance.doubleValue.squareRoot()
        let mean = gaussian.mean.doubleValue
        (first, last) = (max(first, density.parameter(mean - reach)), min(last, density.parameter(mean + reach)))
      }
      let ends = Set([first, last] + (density.gaussian == nil ? density.nodes : [])).sorted()
      for (lower, upper) in zip(ends, ends.dropFirst()) where upper > lower {
        // The error falls like ρ^(−2n), ρ from the distance of the nearest singularity in half-lengths.
        let length =
          max(largest, density.gaussian.map { 1.2 * strip / $0.variance.doubleValue.squareRoot() } ?? 0)
          * (density.point(upper) - density.point(lower))
        let distance = 2 * strip / max(length, 1e-3 * strip)
        let radius = distance + (1 + distance * distance).squareRoot()
        let count = min(max(12, Int((20 / log(radius)).rounded(.up))), 400) + more
        guard let legendre = try? GaussLegendreRule(count: count) else { return [] }
        let half = 0.5 * (upper - lower)
        for (node, weight) in zip(legendre.nodes, legendre.weights) {
          let t = lower + half * (1 + node)
          let total = mass * half * weight * density.weight(t)
          if total > negligible { rule.append((density.point(t), total)) }
        }
      }
    }
    return rule
  }
}
