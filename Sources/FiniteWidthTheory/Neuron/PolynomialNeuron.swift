import Activations
import Expectation
import Moments

/// A Gaussian neuron of a polynomial activation with an exact covariance: expectations by the chain, exact.
///
/// Derivatives follow the product rule, since derivatives of polynomials are polynomials.
struct PolynomialNeuron: Sendable {
  private let value: Polynomial
  private let slope: Polynomial
  private let covariance: [[ExactNumber]]
  private let bias: (any Law)?
  private let biasMultiplier: ExactNumber

  /// Products of exact numbers grow from layer to layer; beyond this many bits they are rounded.
  private static let largestBitWidth = 1500

  /// Nil unless everything is exact.
  init?(_ activation: any Activation, covariance: [[Estimate]], bias: (any Law)?, biasMultiplier: ExactNumber) {
    guard let value = activation.value.pieces?.polynomial, let slope = activation.derivative.pieces?.polynomial else {
      return nil
    }
    var exact: [[ExactNumber]] = []
    for row in covariance {
      let entries = row.compactMap(\.exact)
      guard entries.count == row.count, entries.allSatisfy({ $0.bitWidth < Self.largestBitWidth }) else { return nil }
      exact.append(entries)
    }
    if let bias {
      // The recursion asks for fourth powers of φ.
      for order in 1...max(4 * value.degree, 1) where bias.moment(order).estimate?.exact == nil { return nil }
    }
    self.value = value
    self.slope = slope
    self.covariance = exact
    self.bias = bias
    self.biasMultiplier = biasMultiplier
  }

  func mean(_ monomial: NeuronMonomial) throws -> Quantity {
    let factors = monomial.inputs.map { input -> (Int, Polynomial) in
      let powers = monomial.powers[input] ?? .init()
      return (input, power(value, powers.value) * power(slope, powers.slope))
    }
    switch factors.count {
    case 0: return .finite(.one)
    case 1: return try expectation(factors[0].1, factors[0].0, Polynomial([1]), factors[0].0)
    case 2: return try expectation(factors[0].1, factors[0].0, factors[1].1, factors[1].0)
    default: return try many(factors)
    }
  }

  func derivative(_ kind: GaussianNeuron.Kind, _ a: Int, _ b: Int, _ i: Int, _ j: Int) throws -> Estimate {
    let f = kind == .value ? value : slope
    let result =
      a == b
      ? try expectation(derivative(f * f, i + j), a, Polynomial([1]), a)
      : try expectation(derivative(f, i), a, derivative(f, j), b)
    return result.estimate ?? .zero
  }

  func mixedDerivative(value c: Int, slope a: Int, direction e: Int) throws -> Estimate {
    let result: Quantity
    if a == c {
      result = e == a ? try expectation(derivative(value * slope, 1), a, Polynomial([1]), a) : .zero
    } else if e == c {
      result = try expectation(derivative(value, 1), c, slope, a)
    } else if e == a {
      result = try expectation(value, c, derivative(slope, 1), a)
    } else {
      result = .zero
    }
    return result.estimate ?? .zero
  }

  private func power(_ f: Polynomial, _ exponent: Int) -> Polynomial {
    (0..<exponent).reduce(Polynomial([1])) { product, _ in product * f }
  }

  private func derivative(_ f: Polynomial, _ order: Int) -> Polynomial {
    (0..<order).reduce(f) { result, _ in result.derivative }
  }

  private func expectation(_ f: Polynomial, _ a: Int, _ g: Polynomial, _ b: Int) throws -> Quantity {
    var pair = PreactivationPair()
    pair.addGaussian(uu: covariance[a][a], uv: covariance[a][b], vv: covariance[b][b])
    if let bias { pair.add(bias, u: biasMultiplier, v: biasMultiplier) }
    return try ExpectationChain.expectation(
      ExpectationQuestion(
        ScalarFunction(name: "p", pieces: PiecewisePolynomial(f)),
        ScalarFunction(name: "q", pieces: PiecewisePolynomial(g)), pair))
  }

  /// Isserlis' theorem by the joint moments of three or four inputs: `E ∏ u_k^(i_k)` by the recursion
  /// `E[u_a M] = Σ_b Σ_ab E[∂_b M]`, the bias summed outside.
  private func many(_ factors: [(input: Int, polynomial: Polynomial)]) throws -> Quantity {
    let table = MultiIndex(factors.map { max($0.polynomial.degree, 0) + 1 })
    if factors.contains(where: { $0.polynomial.degree < 0 }) { return .zero }
    // Gaussian moments about 0.
    var moments = [ExactNumber](repeating: 0, count: table.count)
    moments[0] = 1
    for position in 1..<table.count {
      let powers = table.indices(position)
      guard let a = powers.firstIndex(where: { $0 > 0 }) else { continue }
      var lowered = powers
      lowered[a] -= 1
      var sum = ExactNumber.zero
      for b in powers.indices where lowered[b] > 0 {
        var rest = lowered
        rest[b] -= 1
        let moment = moments[table.position(rest)]
        if !moment.isZero {
          sum += ExactNumber(lowered[b]) * covariance[factors[a].input][factors[b].input] * moment
        }
      }
      moments[position] = sum
    }
    // p(G + m b) expanded in G and b.
    var sum = ExactNumber.zero
    let highest = factors.reduce(0) { $0 + max($1.polynomial.degree, 0) }
    let biasMoments = try (0...highest).map { order -> ExactNumber in
      guard let bias else { return order == 0 ? 1 : 0 }
      guard let moment = bias.moment(order).estimate?.exact else {
        throw ExpectationError.notComputable(
          quantity: "a joint moment of \(factors.count) inputs", reason: "\(bias) has no exact moment of order \(order)"
        )
      }
      return biasMultiplier.power(order) * moment
    }
    for position in 0..<table.count where !moments[position].isZero {
      let powers = table.indices(position)
      // ∏ p_k^{(i_k)}(m b)/i_k!, a polynomial in b.
      let shifted = zip(factors, powers).reduce(Polynomial([1])) { product, item in
        let lowered = derivative(item.0.polynomial, item.1)
        let factor = ExactNumber(Rational(1, factorial(item.1)))
        return product * Polynomial(lowered.coefficients.map { factor * $0 })
      }
      var mean = ExactNumber.zero
      for (order, coefficient) in shifted.coefficients.enumerated() { mean += coefficient * biasMoments[order] }
      sum += moments[position] * mean
    }
    return .exact(sum)
  }
}
