import Activations
import Expectation
import LinearAlgebra
import Moments

/// A neuron whose weighted sums at n inputs are jointly Gaussian, plus a bias with a law of its own.
///
///     z_a = G_a + m_b b ,  G ~ N(0, Σ)
///
/// Expectations and their derivatives with respect to Σ come from Hermite coefficients and Mehler's series, one method
/// for smooth and for kinked activations alike. The uncertainty of Σ is carried to first order, by the next derivatives
/// of the same series, `∂/∂Σ_aa = ½ ∂_a²` and `∂/∂Σ_ab = ∂_a ∂_b`.
struct GaussianNeuron: NeuronLaw, Sendable {
  /// φ or φ′.
  enum Kind: Sendable {
    case value, slope

    func powers(_ exponent: Int) -> NeuronMonomial.Powers {
      self == .value ? .init(value: exponent, slope: 0) : .init(value: 0, slope: exponent)
    }
  }

  let activation: any Activation
  let bias: (any Law)?
  let biasMultiplier: ExactNumber
  /// Σ without the bias, exact where it is known so.
  let covariance: [[Estimate]]
  /// Σ with the variance of a Gaussian bias.
  private let total: [[Estimate]]
  private let nodes: BiasNodes
  /// By node and input.
  private let tables: [[HermiteTable]]
  private let correlations: [[Double]]
  /// A polynomial of an exact covariance has exact expectations.
  private let polynomial: PolynomialNeuron?

  var count: Int { covariance.count }

  init(_ activation: any Activation, covariance: [[Estimate]], bias: (any Law)?, biasMultiplier: ExactNumber) throws {
    self.activation = activation
    self.bias = bias
    self.biasMultiplier = biasMultiplier
    self.covariance = covariance
    let count = covariance.count
    let smallest = (0..<count).map { max(covariance[$0][$0].value, 0).squareRoot() }.min() ?? 1
    let nodes = BiasNodes(
      bias, multiplier: biasMultiplier, scale: smallest, breaks: activation.value.kinks.map(\.doubleValue))
    self.nodes = nodes
    let variance = Estimate(exact: nodes.variance)
    let total = covariance.map { row in row.map { $0 + variance } }
    self.total = total
    polynomial = PolynomialNeuron(activation, covariance: covariance, bias: bias, biasMultiplier: biasMultiplier)
    let deviations = (0..<count).map { max(total[$0][$0].value, 0).squareRoot() }
    var correlations = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
    var order = 16
    for a in 0..<count {
      for b in 0..<count where a != b && deviations[a] > 0 && deviations[b] > 0 {
        let rho = max(-1, min(1, total[a][b].value / (deviations[a] * deviations[b])))
        correlations[a][b] = rho
        let strip = min(activation.value.strip, activation.derivative.strip, 1.5)
        let width = activation.value.kinks.isEmpty ? strip / deviations[a] + strip / deviations[b] : 0
        order = max(order, MehlerSeries.order(correlation: rho, width: min(width, 6)))
      }
    }
    self.correlations = correlations
    tables =
      polynomial != nil
      ? []
      : nodes.nodes.map { node in
        deviations.map { HermiteTable(activation, mean: node.shift, deviation: $0, order: order) }
      }
  }

  // MARK: Means

  func mean(_ monomial: NeuronMonomial) throws -> Quantity {
    if let polynomial { return try polynomial.mean(monomial) }
    if let obstacle = obstacle(monomial) { return obstacle }
    let inputs = monomial.inputs
    switch inputs.count {
    case 0: return .finite(.one)
    case 1:
      return .finite(single(monomial.powers[inputs[0]] ?? .init(), inputs[0], derivative: 0))
    case 2:
      let (a, b) = (inputs[0], inputs[1])
      return .finite(
        pair(
          Argument(input: a, powers: monomial.powers[a] ?? .init(), derivative: 0),
          Argument(input: b, powers: monomial.powers[b] ?? .init(), derivative: 0)))
    default: return .finite(try sampled(monomial))
    }
  }

  /// `⟨∂_a^i ∂_b^j (f_a f_b)⟩` with f = φ or φ′; for a = b, `⟨(f²)^{(i+j)}⟩`.
  func derivative(_ kind: Kind, _ a: Int, _ b: Int, _ i: Int, _ j: Int) throws -> Estimate {
    if let polynomial { return try polynomial.derivative(kind, a, b, i, j) }
    if a == b { return single(kind.powers(2), a, derivative: i + j) }
    return pair(
      Argument(input: a, powers: kind.powers(1), derivative: i),
      Argument(input: b, powers: kind.powers(1), derivative: j))
  }

  /// `r_{a;c,e} = ⟨∂_e (φ_c φ′_a)⟩`, zero unless e is a or c.
  func mixedDerivative(value c: Int, slope a: Int, direction e: Int) throws -> Estimate {
    if let polynomial { return try polynomial.mixedDerivative(value: c, slope: a, direction: e) }
    if a == c { return e == a ? single(.init(value: 1, slope: 1), a, derivative: 1) : .zero }
    guard e == a || e == c else { return .zero }
    return pair(
      Argument(input: c, powers: .init(value: 1, slope: 0), derivative: e == c ? 1 : 0),
      Argument(input: a, powers: .init(value: 0, slope: 1), derivative: e == a ? 1 : 0))
  }

  // MARK: One and two inputs

  private struct Argument {
    var input: Int
    var powers: NeuronMonomial.Powers
    var derivative: Int
  }

  private func single(_ powers: NeuronMonomial.Powers, _ input: Int, derivative: Int) -> Estimate {
    func value(_ order: Int) -> (value: Double, coarse: Double, error: Double) {
      integrate { tables in
        let table = tables[input]
        let row = table[powers]
        if table.deviation == 0 { return order == 0 ? (row.coefficients[0], row.error) : (0, 0) }
        var factor = 1.0
        for m in 1...max(order, 1) where m <= order { factor *= Double(m).squareRoot() / table.deviation }
        return (factor * row.coefficients[order], factor * row.error)
      }
    }
    let variance = total[input][input].roundedError
    let spread = variance > 0 ? 0.5 * value(derivative + 2).value.magnitude * variance : 0
    return estimate(value(derivative), spread)
  }

  private func pair(_ f: Argument, _ g: Argument) -> Estimate {
    func value(_ i: Int, _ j: Int) -> (value: Double, coarse: Double, error: Double) {
      integrate { tables in
        let (first, second) = (tables[f.input], tables[g.input])
        return MehlerSeries.sum(
          .init(row: first[f.powers], deviation: first.deviation, derivative: i),
          .init(row: second[g.powers], deviation: second.deviation, derivative: j),
          correlation: correlations[f.input][g.input])
      }
    }
    let (i, j) = (f.derivative, g.derivative)
    let errors = (
      total[f.input][f.input].roundedError, total[f.input][g.input].roundedError, total[g.input][g.input].roundedError
    )
    var spread = 0.0
    if errors.0 > 0 { spread += 0.5 * value(i + 2, j).value.magnitude * errors.0 }
    if errors.1 > 0 { spread += value(i + 1, j + 1).value.magnitude * errors.1 }
    if errors.2 > 0 { spread += 0.5 * value(i, j + 2).value.magnitude * errors.2 }
    return estimate(value(i, j), spread)
  }

  /// The mean over the bias.
  private func integrate(
    _ quantity: ([HermiteTable]) -> (value: Double, error: Double)
  ) -> (value: Double, coarse: Double, error: Double) {
    var result = (value: 0.0, coarse: 0.0, error: 0.0)
    var magnitude = 0.0
    for (node, table) in zip(nodes.nodes, tables) {
      let (value, error) = quantity(table)
      result.value += node.weight * value
      result.coarse += node.coarseWeight * value
      result.error += node.weight * error
      magnitude += (node.weight * value).magnitude
    }
    if nodes.nodes.count > 1 { result.error += 8 * 0x1p-53 * magnitude }
    return result
  }

  private func estimate(_ sum: (value: Double, coarse: Double, error: Double), _ spread: Double) -> Estimate {
    var error = sum.error + spread + 2 * 0x1p-53 * sum.value.magnitude
    if nodes.isQuadrature {
      let difference = (sum.value - sum.coarse).magnitude
      let scale = max(sum.value.magnitude, difference)
      let ratio = scale > 0 ? difference / scale : 0
      error += min(difference, scale * 200 * ratio * (200 * ratio).squareRoot())
    }
    return Estimate(sum.value, error: error, method: nodes.isQuadrature ? .quadrature : .series)
  }

  // MARK: Three and more inputs

  private func sampled(_ monomial: NeuronMonomial) throws -> Estimate {
    let inputs = monomial.inputs
    let matrix = Matrix(inputs.map { a in inputs.map { b in total[a][b].value } })
    let eigen = try SymmetricEigen(matrix)
    let roots = eigen.values.map { max($0, 0).squareRoot() }
    let standard = try NormalLaw(mean: 0, standardDeviation: 1)
    var summands: [ManyInputMean.Summand] = inputs.indices.map { k in
      (standard, inputs.indices.map { ExactNumber(exactly: roots[k] * eigen.vectors[$0, k]) ?? 0 })
    }
    if let bias, nodes.variance.isZero { summands.append((bias, inputs.map { _ in biasMultiplier })) }
    let offset = bias != nil && !nodes.variance.isZero ? nodes.nodes[0].shift : 0
    let functions = inputs.map { input -> ScalarFunction in
      var function = monomial.function(of: input, activation)
      let evaluate = function.evaluate
      // The rounded root of Σ is not exact: no exact form.
      function.pieces = nil
      function.evaluate = { evaluate($0 + offset) }
      return function
    }
    return try ManyInputMean(functions: functions, summands: summands).sampled()
  }

  /// A bias of heavy tails may have no such moment.
  private func obstacle(_ monomial: NeuronMonomial) -> Quantity? {
    guard let bias else { return nil }
    let functions = monomial.inputs.map { monomial.function(of: $0, activation) }
    let growth = { (side: Int) in functions.map { $0.growth(towards: side) }.reduce(.power(0)) { $0 * $1 } }
    for side in [1, -1] {
      switch (bias.tail, growth(side)) {
      case (.power(let index), .power(let degree)) where degree > 0 && ExactNumber(degree) >= index:
        return .infinite(positive: true, reason: "it needs E|b|^\(degree), which does not exist for \(bias)")
      case (.power, .exponential):
        return .infinite(positive: true, reason: "it needs an exponential moment, which \(bias) does not have")
      case (.exponential(let rate), .exponential(let needed)) where needed * biasMultiplier.magnitude >= rate:
        return .infinite(positive: true, reason: "it needs E exp(\(needed)·|b|), which does not exist for \(bias)")
      default: continue
      }
    }
    return nil
  }
}
