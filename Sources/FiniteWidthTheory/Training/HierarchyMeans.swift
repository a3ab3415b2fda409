import Activations
import Expectation
import Moments
import Networks

/// Expectations of the hierarchy's monomials at initialization, each computed once.
///
/// Polynomials are exact; smooth activations with few random variables come from a product rule; others of one or two
/// inputs from the chain of methods, and of more inputs from samples.
final class HierarchyMeans {
  private let layer: DenseLayer
  private let inputScale: ExactNumber
  private let points: [[ExactNumber]]
  private let moments: WeightMoments
  /// φ, φ′, φ″, φ‴.
  private let derivatives: [ScalarFunction]
  private let fine: Grid?
  private let coarse: Grid?
  private var known: [[HierarchyMonomial.Factor]: Quantity] = [:]

  /// By input and order of the derivative, the values at the nodes.
  private struct Grid {
    let weights: [Double]
    let values: [[[Double]]]
  }

  /// - Throws: ``FiniteWidthTheoryError/kinkedTraining(activation:)`` for an activation without third derivative.
  init(_ layer: DenseLayer, readout: DenseLayer, inputScale: ExactNumber, points: [[ExactNumber]]) throws {
    self.layer = layer
    self.inputScale = inputScale
    self.points = points
    moments = WeightMoments(readout)
    let activation = try layer.requireActivation(layer: 1)
    guard activation.value.kinks.isEmpty, let second = activation.secondDerivative else {
      throw FiniteWidthTheoryError.kinkedTraining(activation: activation.description)
    }
    derivatives = [
      activation.value, activation.derivative, second, second.differentiated(strip: activation.value.strip),
    ]
    let strip = min(activation.value.strip, activation.derivative.strip, 1.5)
    let isPolynomial = activation.value.pieces?.polynomial != nil
    let functions = derivatives
    func grid(more: Int) -> Grid? {
      guard !isPolynomial, strip > 0,
        let rule = ProductRule(layer, inputScale: inputScale, points: points, strip: strip, more: more)
      else { return nil }
      return Grid(
        weights: rule.weights, values: rule.arguments.map { nodes in functions.map { nodes.map($0.evaluate) } })
    }
    fine = grid(more: 8)
    coarse = grid(more: 0)
  }

  /// `E Σ c w^p ∏ φ^(o)`.
  func callAsFunction(_ sum: HierarchySum) throws -> Quantity {
    var total = Quantity.zero
    // A fixed order: sums of doubles must not depend on hashing.
    let terms = sum.terms.sorted { a, b in
      a.key.power != b.key.power ? a.key.power < b.key.power : a.key.factors.lexicographicallyPrecedes(b.key.factors)
    }
    for (monomial, coefficient) in terms {
      let weight = coefficient * moments(monomial.power)
      if weight.isExactlyZero { continue }
      total = total + weight * (try mean(monomial.factors))
    }
    return total
  }

  private func mean(_ factors: [HierarchyMonomial.Factor]) throws -> Quantity {
    if let value = known[factors] { return value }
    let value = try computed(factors)
    known[factors] = value
    return value
  }

  private func computed(_ factors: [HierarchyMonomial.Factor]) throws -> Quantity {
    if let fine, let coarse {
      let (best, rough) = (Self.sum(fine, factors), Self.sum(coarse, factors))
      let error = (best.value - rough.value).magnitude + 64 * 0x1p-53 * best.modulus
      return .finite(Estimate(best.value, error: error, method: .quadrature))
    }
    let inputs = Set(factors.map(\.input)).sorted()
    let functions = inputs.map { input in
      factors.filter { $0.input == input }.map { derivatives[$0.order] }.reduce(ScalarFunction.one) { $0 * $1 }
    }
    if inputs.count <= 2, let first = inputs.first, let last = inputs.last {
      let pair = PreactivationPair(
        weights: layer.weights, bias: layer.bias, weightScale: layer.weightMultiplier * inputScale,
        biasScale: layer.biasMultiplier, x: points[first], y: points[last])
      return try ExpectationChain.expectation(
        ExpectationQuestion(
          functions[0], inputs.count == 1 ? .one : functions[1], inputs.count == 1 ? pair.marginalU : pair))
    }
    var summands: [ManyInputMean.Summand] = []
    for coordinate in points[0].indices {
      let coefficients = inputs.map { layer.weightMultiplier * inputScale * points[$0][coordinate] }
      if coefficients.contains(where: { !$0.isZero }) { summands.append((layer.weights, coefficients)) }
    }
    if let bias = layer.bias { summands.append((bias, inputs.map { _ in layer.biasMultiplier })) }
    return try ManyInputMean(functions: functions, summands: summands).value()
  }

  private static func sum(_ grid: Grid, _ factors: [HierarchyMonomial.Factor]) -> (value: Double, modulus: Double) {
    var products = grid.weights
    for factor in factors {
      let values = grid.values[factor.input][factor.order]
      for index in products.indices { products[index] *= values[index] }
    }
    return products.reduce((0, 0)) { ($0.0 + $1, $0.1 + $1.magnitude) }
  }
}

extension ScalarFunction {
  /// The derivative: exact for polynomials, otherwise the central difference of order 16.
  ///
  /// With m = 8 points on each side at distance h the truncation is `(m!)²/(2m+1)! h^(2m) f^(2m+1)`, below rounding for h of
  /// 0.035 strips; rounding contributes some ε/h.
  func differentiated(strip: Double) -> ScalarFunction {
    if let pieces { return ScalarFunction(name: name + "'", pieces: pieces.derivative()) }
    let step = 0.035 * min(strip, 1.5)
    let evaluate = self.evaluate
    // 2 (−1)^(k+1) (m!)²/(k (m−k)! (m+k)!) over 2h
    let coefficients = (1...8).map { k -> Double in
      var ratio = 1.0
      for j in 0..<k { ratio *= Double(8 - j) / Double(8 + 1 + j) }
      return (k.isMultiple(of: 2) ? -1 : 1) * ratio / (Double(k) * step)
    }
    var result = self
    result.name = name + "'"
    result.waves = nil
    result.gaussianForm = nil
    result.parity = parity == .even ? .odd : parity == .odd ? .even : .none
    result.evaluate = { z in
      var sum = 0.0
      for (index, coefficient) in coefficients.enumerated() {
        let shift = Double(index + 1) * step
        sum += coefficient * (evaluate(z + shift) - evaluate(z - shift))
      }
      return sum
    }
    return result
  }
}
