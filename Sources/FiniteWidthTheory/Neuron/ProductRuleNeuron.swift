import Activations
import Expectation
import Foundation
import LinearAlgebra
import Moments
import Networks

/// A first-layer neuron of a smooth activation with few random variables: all monomials from one product rule.
///
/// The chain of methods answers one question at a time; here the activation is evaluated once at the nodes of a tensor
/// product of composite 21-point Gauss–Kronrod rules over the charts of the laws, and every monomial is a sum over them.
///
/// **Accuracy.** *Estimated*: the difference from the embedded 10-point rules, to the power 3/2 as in QUADPACK. Where the
/// nodes that are affordable do not reach rounding level the neuron is not used.
struct ProductRuleNeuron: NeuronLaw, Sendable {
  private let activation: any Activation
  private let weights: [Double]
  private let coarse: [Double]
  /// By input: nodes × (1 and the products of `HermiteTable`).
  private let columns: [Matrix]

  /// The tensor product must not have more nodes.
  private static let affordableNodes = 160_000
  private static let monomials = [NeuronMonomial.Powers()] + HermiteTable.products

  /// One independent variable: its nodes with both weights.
  private typealias Rule = [(value: Double, weight: Double, coarse: Double)]

  /// Nil where the activation has kinks, a law is too wide, or there are too many variables.
  init?(_ layer: DenseLayer, activation: any Activation, inputScale: ExactNumber, points: [[ExactNumber]]) {
    guard activation.value.strip > 0, activation.derivative.strip > 0 else { return nil }
    var summands: [(law: any Law, coefficients: [Double])] = []
    let scale = layer.weightMultiplier * inputScale
    for coordinate in (points.first ?? []).indices {
      let coefficients = points.map { (scale * $0[coordinate]).doubleValue }
      if coefficients.contains(where: { $0 != 0 }) { summands.append((layer.weights, coefficients)) }
    }
    if let bias = layer.bias { summands.append((bias, points.map { _ in layer.biasMultiplier.doubleValue })) }
    guard (1...3).contains(summands.count) else { return nil }
    let strip = min(activation.value.strip, activation.derivative.strip, 1.5)
    let rules = summands.map { summand in
      Self.rule(summand.law, largest: summand.coefficients.map(\.magnitude).max() ?? 0, strip: strip)
    }
    let count = rules.reduce(1) { $0 * $1.count }
    guard count <= Self.affordableNodes, count > 0 else { return nil }

    self.activation = activation
    var weights = [1.0]
    var coarse = [1.0]
    var arguments = points.map { _ in [0.0] }
    for (rule, summand) in zip(rules, summands) {
      weights = weights.flatMap { weight in rule.map { weight * $0.weight } }
      coarse = coarse.flatMap { weight in rule.map { weight * $0.coarse } }
      for (index, coefficient) in summand.coefficients.enumerated() {
        arguments[index] = arguments[index].flatMap { z in rule.map { z + coefficient * $0.value } }
      }
    }
    self.weights = weights
    self.coarse = coarse
    columns = arguments.map { Self.columns($0, activation) }
    // The fourth powers are the hardest.
    for input in points.indices {
      for powers in [NeuronMonomial.Powers(value: 4, slope: 0), NeuronMonomial.Powers(value: 0, slope: 4)] {
        let estimate = pair(input, powers, input, .init())
        guard estimate.error <= 1e-13 * max(estimate.value.magnitude, 1e-3) else { return nil }
      }
    }
  }

  private static func rule(_ law: any Law, largest: Double, strip: Double) -> Rule {
    let decomposition = law.decomposition
    var rule: Rule = decomposition.atoms.map {
      ($0.value.doubleValue, $0.probability.doubleValue, $0.probability.doubleValue)
    }
    for density in decomposition.densities {
      let mass = density.mass.doubleValue
      let ends = Set([density.lower, density.upper] + density.nodes).sorted()
      for (lower, upper) in zip(ends, ends.dropFirst()) where upper > lower {
        let length = largest * (density.point(upper) - density.point(lower))
        let panels = min(max(1, Int((length / (2 * strip)).rounded(.up))), 40)
        for panel in 0..<panels {
          let half = 0.5 * (upper - lower) / Double(panels)
          let center = lower + half * Double(2 * panel + 1)
          func add(_ t: Double, _ fine: Double, _ coarse: Double) {
            let weight = mass * half * density.weight(t)
            if weight * fine > 1e-40 { rule.append((density.point(t), weight * fine, weight * coarse)) }
          }
          add(center, AdaptiveGaussKronrod.centerWeight, 0)
          for (node, fine, coarse) in AdaptiveGaussKronrod.table {
            add(center - half * node, fine, coarse)
            add(center + half * node, fine, coarse)
          }
        }
      }
    }
    return rule
  }

  private static func columns(_ arguments: [Double], _ activation: any Activation) -> Matrix {
    let width = monomials.count
    var matrix = Matrix(rows: arguments.count, columns: width)
    for (row, z) in arguments.enumerated() {
      let (value, slope) = (activation.value.evaluate(z), activation.derivative.evaluate(z))
      let (value2, slope2) = (value * value, slope * slope)
      let products = [
        1, value, value2, value2 * value, value2 * value2, slope, slope2, slope2 * slope, slope2 * slope2,
        value * slope, value * slope2, value2 * slope, value2 * slope2,
      ]
      matrix.elements.replaceSubrange((row * width)..<((row + 1) * width), with: products)
    }
    return matrix
  }

  func mean(_ monomial: NeuronMonomial) throws -> Quantity {
    let inputs = monomial.inputs
    switch inputs.count {
    case 0: return .finite(.one)
    case 1: return .finite(pair(inputs[0], monomial.powers[inputs[0]] ?? .init(), inputs[0], .init()))
    case 2:
      return .finite(
        pair(inputs[0], monomial.powers[inputs[0]] ?? .init(), inputs[1], monomial.powers[inputs[1]] ?? .init()))
    default: return .finite(sum(inputs.map { ($0, monomial.powers[$0] ?? .init()) }))
    }
  }

  private func pair(
    _ a: Int, _ first: NeuronMonomial.Powers, _ b: Int, _ second: NeuronMonomial.Powers
  ) -> Estimate {
    sum([(a, first), (b, second)])
  }

  private func sum(_ factors: [(input: Int, powers: NeuronMonomial.Powers)]) -> Estimate {
    let width = Self.monomials.count
    let positions = factors.compactMap { factor in
      Self.monomials.firstIndex(of: factor.powers).map { (columns[factor.input], $0) }
    }
    var (total, rough, magnitude) = (0.0, 0.0, 0.0)
    for index in weights.indices {
      var product = 1.0
      for (matrix, column) in positions { product *= matrix.elements[index * width + column] }
      total += weights[index] * product
      rough += coarse[index] * product
      magnitude += weights[index] * product.magnitude
    }
    let ratio = magnitude > 0 ? min((total - rough).magnitude / magnitude, 1) : 0
    let error = min((total - rough).magnitude, magnitude * pow(200 * ratio, 1.5))
    let rounding = 4 * Double(weights.count).squareRoot() * 0x1p-53
    return Estimate(total, error: error + (rounding + 16 * 0x1p-53) * magnitude, method: .quadrature)
  }
}
