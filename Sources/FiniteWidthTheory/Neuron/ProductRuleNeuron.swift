import Activations
import Expectation
import LinearAlgebra
import Moments
import Networks

/// A first-layer neuron of a smooth activation with few random variables: all monomials from one product rule.
///
/// The chain of methods answers one question at a time; here the activation is evaluated once at the nodes of a tensor
/// product of Gauss–Legendre rules over the charts of the laws, and all monomials of two inputs are one matrix product.
///
/// **Accuracy.** *Estimated*: the difference from a second product with fewer nodes, which is about that one's error. Where
/// it is not at rounding level the neuron is not used.
struct ProductRuleNeuron: NeuronLaw, Sendable {
  private static let monomials = [NeuronMonomial.Powers()] + HermiteTable.products

  /// The nodes of a tensor product, with the monomials of one input at each.
  private struct Grid {
    let weights: [Double]
    /// By input: nodes × monomials.
    let columns: [Matrix]
  }

  private let fine: Grid
  private let coarse: Grid
  /// By pair of inputs: monomials × monomials, of both grids, and of the moduli.
  private let grams: [InputPair: (fine: Matrix, coarse: Matrix, modulus: Matrix)]

  /// Nil where the activation has kinks, a law is too wide, or there are too many variables.
  init?(_ layer: DenseLayer, activation: any Activation, inputScale: ExactNumber, points: [[ExactNumber]]) {
    let strip = min(activation.value.strip, activation.derivative.strip, 1.5)
    guard strip > 0 else { return nil }
    func grid(more: Int) -> Grid? {
      guard let rule = ProductRule(layer, inputScale: inputScale, points: points, strip: strip, more: more) else {
        return nil
      }
      return Grid(weights: rule.weights, columns: rule.arguments.map { Self.columns($0, activation) })
    }
    guard let fine = grid(more: 8), let coarse = grid(more: 0) else { return nil }
    self.fine = fine
    self.coarse = coarse
    var grams: [InputPair: (fine: Matrix, coarse: Matrix, modulus: Matrix)] = [:]
    for pair in InputPair.all(points.count) {
      grams[pair] = (
        Self.gram(fine, pair), Self.gram(coarse, pair), Self.gram(fine, pair, moduli: true)
      )
    }
    self.grams = grams
    // The fourth powers are the hardest.
    for input in points.indices {
      for powers in [NeuronMonomial.Powers(value: 4, slope: 0), NeuronMonomial.Powers(value: 0, slope: 4)] {
        let estimate = pair(input, powers, input, .init())
        guard estimate.error <= 2e-14 * estimate.value.magnitude else { return nil }
      }
    }
  }

  // MARK: Grids

  private static func columns(_ arguments: [Double], _ activation: any Activation) -> Matrix {
    let width = monomials.count
    var elements: [Double] = []
    elements.reserveCapacity(arguments.count * width)
    for z in arguments {
      let (value, slope) = (activation.value.evaluate(z), activation.derivative.evaluate(z))
      let (value2, slope2) = (value * value, slope * slope)
      elements += [
        1, value, value2, value2 * value, value2 * value2, slope, slope2, slope2 * slope, slope2 * slope2,
        value * slope, value * slope2, value2 * slope, value2 * slope2,
      ]
    }
    return Matrix(rows: arguments.count, columns: width, elements: elements)
  }

  private static func gram(_ grid: Grid, _ pair: InputPair, moduli: Bool = false) -> Matrix {
    var first = grid.columns[pair.first]
    var second = grid.columns[pair.second]
    let width = monomials.count
    if moduli {
      for index in first.elements.indices { first.elements[index] = first.elements[index].magnitude }
      for index in second.elements.indices { second.elements[index] = second.elements[index].magnitude }
    }
    for row in grid.weights.indices {
      for column in 0..<width { second.elements[row * width + column] *= grid.weights[row] }
    }
    return first.transposed * second
  }

  // MARK: Means

  func mean(_ monomial: NeuronMonomial) throws -> Quantity {
    let inputs = monomial.inputs
    switch inputs.count {
    case 0: return .finite(.one)
    case 1: return .finite(pair(inputs[0], monomial.powers[inputs[0]] ?? .init(), inputs[0], .init()))
    case 2:
      return .finite(
        pair(inputs[0], monomial.powers[inputs[0]] ?? .init(), inputs[1], monomial.powers[inputs[1]] ?? .init()))
    default: return .finite(many(inputs.map { ($0, monomial.powers[$0] ?? .init()) }))
    }
  }

  private func pair(
    _ a: Int, _ first: NeuronMonomial.Powers, _ b: Int, _ second: NeuronMonomial.Powers
  ) -> Estimate {
    let isOrdered = a <= b
    guard let gram = grams[InputPair(a, b)],
      let row = Self.monomials.firstIndex(of: isOrdered ? first : second),
      let column = Self.monomials.firstIndex(of: isOrdered ? second : first)
    else { return Estimate(0, error: .infinity, method: .quadrature) }
    return estimate(gram.fine[row, column], gram.coarse[row, column], gram.modulus[row, column])
  }

  private func many(_ factors: [(input: Int, powers: NeuronMonomial.Powers)]) -> Estimate {
    func sum(_ grid: Grid) -> (value: Double, modulus: Double) {
      let width = Self.monomials.count
      let positions = factors.compactMap { factor in
        Self.monomials.firstIndex(of: factor.powers).map { (grid.columns[factor.input], $0) }
      }
      var result = (value: 0.0, modulus: 0.0)
      for index in grid.weights.indices {
        var product = grid.weights[index]
        for (matrix, column) in positions { product *= matrix.elements[index * width + column] }
        result.value += product
        result.modulus += product.magnitude
      }
      return result
    }
    let (best, rough) = (sum(fine), sum(coarse))
    return estimate(best.value, rough.value, best.modulus)
  }

  private func estimate(_ value: Double, _ rough: Double, _ modulus: Double) -> Estimate {
    Estimate(value, error: (value - rough).magnitude + 32 * 0x1p-53 * modulus, method: .quadrature)
  }
}
