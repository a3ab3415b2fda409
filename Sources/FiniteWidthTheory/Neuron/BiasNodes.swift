import Expectation
import Moments

/// The bias of a Gaussian layer as a mixture of shifts: atoms, and the nodes of composite rules for densities.
///
/// A Gaussian bias adds its variance to every entry of the covariance instead and is not among the shifts.
struct BiasNodes: Sendable {
  /// One shift of every preactivation, with its weight under the 21-point rule and under the 10-point rule.
  struct Node: Sendable {
    let shift: Double
    let weight: Double
    let coarseWeight: Double
  }

  private(set) var nodes: [Node] = []
  /// The variance that a Gaussian bias adds.
  private(set) var variance: ExactNumber = 0
  /// Whether densities were replaced by nodes.
  private(set) var isQuadrature = false

  /// - Parameters:
  ///   - scale: A length on which expectations change as the bias moves, the standard deviation of the weighted sum.
  ///   - breaks: Preactivations at which they are not analytic.
  init(_ bias: (any Law)?, multiplier: ExactNumber, scale: Double, breaks: [Double]) {
    guard let bias, !multiplier.isZero else {
      nodes = [Node(shift: 0, weight: 1, coarseWeight: 1)]
      return
    }
    let decomposition = bias.decomposition
    let factor = multiplier.doubleValue
    for atom in decomposition.atoms {
      let mass = atom.probability.doubleValue
      nodes.append(Node(shift: factor * atom.value.doubleValue, weight: mass, coarseWeight: mass))
    }
    for density in decomposition.densities {
      if let gaussian = density.gaussian, density.mass == 1 {
        variance = multiplier * multiplier * gaussian.variance
        nodes.append(Node(shift: factor * gaussian.mean.doubleValue, weight: 1, coarseWeight: 1))
      } else {
        add(density, factor: factor, scale: scale, breaks: breaks)
      }
    }
  }

  private mutating func add(_ density: Density, factor: Double, scale: Double, breaks: [Double]) {
    isQuadrature = true
    let mass = density.mass.doubleValue
    var ends = [density.lower, density.upper] + density.nodes
    ends += breaks.map { density.parameter($0 / factor) }.filter { $0 > density.lower && $0 < density.upper }
    ends = Set(ends).sorted()
    for (lower, upper) in zip(ends, ends.dropFirst()) where upper > lower {
      // Panels no longer than a few scales of the expectations, where the chart is not stretched too far.
      let length = (factor * (density.point(upper) - density.point(lower))).magnitude
      let count = min(max(1, Int((length / max(2 * scale, 1e-3 * length)).rounded(.up))), 24)
      for panel in 0..<count {
        let start = lower + (upper - lower) * Double(panel) / Double(count)
        let half = 0.5 * (upper - lower) / Double(count)
        add(density, factor, mass, at: start + half, half * AdaptiveGaussKronrod.centerWeight, 0)
        for (node, fine, coarse) in AdaptiveGaussKronrod.table {
          add(density, factor, mass, at: start + half - half * node, half * fine, half * coarse)
          add(density, factor, mass, at: start + half + half * node, half * fine, half * coarse)
        }
      }
    }
  }

  private mutating func add(
    _ density: Density, _ factor: Double, _ mass: Double, at t: Double, _ fine: Double, _ coarse: Double
  ) {
    let weight = mass * density.weight(t)
    if weight == 0 { return }
    nodes.append(Node(shift: factor * density.point(t), weight: weight * fine, coarseWeight: weight * coarse))
  }
}
