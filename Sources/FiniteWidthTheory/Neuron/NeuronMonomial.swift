import Activations
import Moments

/// A product of an activation and its derivative at several inputs of one neuron, `∏_a φ(z_a)^(i_a) φ′(z_a)^(j_a)`.
struct NeuronMonomial: Hashable, Sendable {
  /// The powers at one input.
  struct Powers: Hashable, Sendable {
    var value = 0
    var slope = 0
  }

  /// By input, counted from 0; only inputs that occur.
  private(set) var powers: [Int: Powers] = [:]

  static let one = NeuronMonomial()

  /// `φ_a φ_b …`.
  static func values(_ inputs: Int...) -> NeuronMonomial {
    inputs.reduce(into: one) { $0.powers[$1, default: Powers()].value += 1 }
  }

  /// `φ′_a φ′_b …`.
  static func slopes(_ inputs: Int...) -> NeuronMonomial {
    inputs.reduce(into: one) { $0.powers[$1, default: Powers()].slope += 1 }
  }

  static func * (a: NeuronMonomial, b: NeuronMonomial) -> NeuronMonomial {
    var product = a
    for (input, powers) in b.powers {
      product.powers[input, default: Powers()].value += powers.value
      product.powers[input, default: Powers()].slope += powers.slope
    }
    return product
  }

  func power(_ exponent: Int) -> NeuronMonomial { (0..<exponent).reduce(.one) { product, _ in product * self } }

  /// The inputs that occur, ascending.
  var inputs: [Int] { powers.keys.sorted() }

  /// The same monomial with its inputs renamed; inputs of the same name are joined.
  func renamed(_ name: (Int) -> Int) -> NeuronMonomial {
    var result = NeuronMonomial()
    for input in inputs {
      guard let powers = powers[input] else { continue }
      result.powers[name(input), default: Powers()].value += powers.value
      result.powers[name(input), default: Powers()].slope += powers.slope
    }
    return result
  }

  /// The function of one of its inputs.
  func function(of input: Int, _ activation: any Activation) -> ScalarFunction {
    guard let powers = powers[input] else { return .one }
    return activation.product(value: powers.value, slope: powers.slope)
  }
}

extension Activation {
  /// `φ^value φ′^slope`.
  func product(value: Int, slope: Int) -> ScalarFunction {
    let factors = Array(repeating: self.value, count: value) + Array(repeating: derivative, count: slope)
    guard let first = factors.first else { return .one }
    return factors.dropFirst().reduce(first) { $0 * $1 }
  }
}

extension ScalarFunction {
  /// The constant 1.
  static let one = ScalarFunction(name: "1", pieces: PiecewisePolynomial(Polynomial([1])))
}

/// The law of one neuron's preactivations at several inputs, as far as its moments go.
protocol NeuronLaw {
  /// `⟨monomial⟩`.
  func mean(_ monomial: NeuronMonomial) throws -> Quantity
}
