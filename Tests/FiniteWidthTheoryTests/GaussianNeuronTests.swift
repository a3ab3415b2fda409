import Activations
import Expectation
import Foundation
import Moments
import Testing

@testable import FiniteWidthTheory

/// Derivatives of Gaussian expectations with respect to the covariance, by two methods.
@Suite struct GaussianNeuronTests {
  static func neuron(
    _ activation: String, _ A: Double, _ B: Double, _ C: Double, bias: String? = nil
  ) throws -> GaussianNeuron {
    func estimate(_ value: Double) -> Estimate { Estimate(exact: ExactNumber(exactly: value) ?? 0) }
    return try GaussianNeuron(
      try ActivationRegistry.activation(parsing: activation),
      covariance: [[estimate(A), estimate(C)], [estimate(C), estimate(B)]],
      bias: try bias.map { try LawRegistry.law(parsing: $0) }, biasMultiplier: 1)
  }

  /// T17: relu at (A, B, C) = (1.09, 0.97, 0.30); the numbers are finite differences and closed forms of the derivation.
  @Test func reluPieces() throws {
    let neuron = try Self.neuron("relu", 1.09, 0.97, 0.30)
    let rows: [(GaussianNeuron.Kind, Int, Int, Double)] = [
      (.slope, 1, 1, 0.16182273528), (.slope, 2, 0, -0.04453836751), (.slope, 2, 2, 0.05018796711),
      (.slope, 3, 1, -0.16227442698), (.slope, 4, 0, 0.12638446157), (.value, 2, 0, 0.14360654297),
      (.value, 1, 1, 0.29712002425), (.value, 4, 0, -0.11949085570),
    ]
    for (kind, i, j, expected) in rows {
      let value = try neuron.derivative(kind, 0, 1, i, j)
      #expect((value.value - expected).magnitude < 1e-11 && value.error < 1e-11, "\(kind) \(i) \(j): \(value)")
    }
  }

  /// By parts, `⟨∂^α g⟩ = ⟨g H_α⟩` with the Hermite polynomials of Σ.
  ///
  /// Each monomial is a dual activation: another method with no derivative of φ and no series of its own. Kinked, smooth
  /// and growing activations, with a mean.
  @Test(arguments: ["relu", "tanh", "gelu", "elu", "hard-tanh", "sin"])
  func byParts(_ name: String) throws {
    for (A, B, C, mean) in [(0.9, 2.1, 0.8, 0.3)] {
      let neuron = try Self.neuron(name, A, B, C, bias: mean == 0 ? nil : "constant(3/10)")
      let activation = try ActivationRegistry.activation(parsing: name)
      for kind in [GaussianNeuron.Kind.value, .slope] {
        let f = kind == .value ? activation.value : activation.derivative
        for (i, j) in [(1, 1), (2, 0), (2, 1), (2, 2), (0, 4)] {
          let series = try neuron.derivative(kind, 0, 1, i, j)
          let parts = try Self.byParts(f, A, B, C, mean, i, j)
          let slack = series.roundedError + parts.error
          #expect(
            (series.value - parts.value).magnitude <= slack, "\(name) \(kind) (\(i), \(j)): \(series), \(parts)")
          #expect(
            series.roundedError < 1e-11 && parts.error < 1e-9, "\(name) \(kind) (\(i), \(j)): \(series), \(parts)")
        }
      }
    }
  }

  /// `E[f(u) f(v) H_ij(G)]`, u = G₁ + m, v = G₂ + m, H from `H_{α+e} = y_e H_α − ∂_e H_α`, `y = Σ⁻¹ G`.
  static func byParts(
    _ f: ScalarFunction, _ A: Double, _ B: Double, _ C: Double, _ mean: Double, _ i: Int, _ j: Int
  ) throws -> (value: Double, error: Double) {
    let determinant = A * B - C * C
    let inverse = (B / determinant, -C / determinant, A / determinant)
    struct Power: Hashable {
      let u: Int
      let v: Int
    }
    var hermite: [Power: Double] = [Power(u: 0, v: 0): 1]
    func raised(_ polynomial: [Power: Double], alongU: Bool) -> [Power: Double] {
      var next: [Power: Double] = [:]
      for (power, c) in polynomial {
        let (p, q) = alongU ? (inverse.0, inverse.1) : (inverse.1, inverse.2)
        next[Power(u: power.u + 1, v: power.v), default: 0] += c * p
        next[Power(u: power.u, v: power.v + 1), default: 0] += c * q
        if alongU, power.u > 0 { next[Power(u: power.u - 1, v: power.v), default: 0] -= c * Double(power.u) }
        if !alongU, power.v > 0 { next[Power(u: power.u, v: power.v - 1), default: 0] -= c * Double(power.v) }
      }
      return next
    }
    for _ in 0..<i { hermite = raised(hermite, alongU: true) }
    for _ in 0..<j { hermite = raised(hermite, alongU: false) }
    let shift = try ExactNumber(parsing: mean == 0 ? "0" : "3/10")
    let line = ScalarFunction(name: "z", pieces: PiecewisePolynomial(Polynomial([-shift, 1])))
    func times(_ power: Int) -> ScalarFunction { (0..<power).reduce(f) { result, _ in result * line } }
    let pair = try GaussianPair(
      meanU: shift, meanV: shift, varianceU: try #require(ExactNumber(exactly: A)),
      varianceV: try #require(ExactNumber(exactly: B)), covariance: try #require(ExactNumber(exactly: C)))
    var (value, error) = (0.0, 0.0)
    for (power, c) in hermite where c != 0 {
      let dual = try GaussianDual.expectation(times(power.u), times(power.v), pair)
      value += c * dual.value
      error += c.magnitude * (dual.roundedError + 1e-14 * dual.value.magnitude)
    }
    return (value, error)
  }

  /// Means agree with the dual activations, whose methods are others.
  @Test(arguments: ["relu", "tanh", "gelu", "elu", "softplus", "sin", "relu6", "exp(1/4)"])
  func meansAgreeWithDuals(_ name: String) throws {
    let activation = try ActivationRegistry.activation(parsing: name)
    for (A, B, C) in [(1.25, 0.75, 0.5), (0.5, 3.0, -1.0), (2.0, 0.25, 0.0)] {
      let neuron = try Self.neuron(name, A, B, C)
      let pair = try GaussianPair(varianceU: A, varianceV: B, covariance: C)
      for (monomial, f, g) in [
        (NeuronMonomial.values(0, 1), activation.value, activation.value),
        (.slopes(0, 1), activation.derivative, activation.derivative),
        (.values(0, 0, 1, 1), activation.value * activation.value, activation.value * activation.value),
        (.values(0) * .slopes(1, 1), activation.value, activation.derivative * activation.derivative),
      ] {
        let series = try #require(try neuron.mean(monomial).estimate)
        let dual = try GaussianDual.expectation(f, g, pair)
        #expect(
          (series.value - dual.value).magnitude <= series.roundedError + dual.roundedError,
          "\(name): \(series), \(dual)")
        #expect(series.roundedError <= 1e-12 * max(series.value.magnitude, 1), "\(name): \(series)")
      }
    }
  }

  /// A bias that is no Gaussian is integrated over: against the chain of expectation methods.
  @Test(arguments: [
    "uniform(-1/2, 1/2)", "rademacher()", "sparse(1/2, uniform(-1, 2))", "normal(1/2, 1/3)",
  ])
  func biases(_ law: String) throws {
    let neuron = try Self.neuron("relu", 1.25, 0.75, 0.5, bias: law)
    let activation = ReLU()
    var pair = PreactivationPair()
    pair.addGaussian(uu: ExactNumber(5, 4), uv: ExactNumber(1, 2), vv: ExactNumber(3, 4))
    pair.add(try LawRegistry.law(parsing: law), u: 1, v: 1)
    for (monomial, f) in [(NeuronMonomial.values(0, 1), activation.value), (.slopes(0, 1), activation.derivative)] {
      let series = try #require(try neuron.mean(monomial).estimate)
      let chain = try #require(try ExpectationChain.expectation(ExpectationQuestion(f, f, pair)).estimate)
      #expect((series.value - chain.value).magnitude <= series.roundedError + chain.roundedError, "\(series), \(chain)")
      #expect(series.roundedError < 1e-11)
    }
  }

  /// Three and four inputs: samples against products of independent pairs, and exact moments of polynomials.
  @Test func manyInputs() throws {
    func estimates(_ rows: [[Double]]) -> [[Estimate]] {
      rows.map { $0.map { Estimate(exact: ExactNumber(exactly: $0) ?? 0) } }
    }
    let matrix = [[1.0, 0.5, 0, 0], [0.5, 2, 0, 0], [0, 0, 1, -0.25], [0, 0, -0.25, 0.5]]
    let relu = try GaussianNeuron(ReLU(), covariance: estimates(matrix), bias: nil, biasMultiplier: 1)
    let whole = try #require(try relu.mean(.values(0, 1, 2, 3)).estimate)
    let product = try #require((try relu.mean(.values(0, 1)) * (try relu.mean(.values(2, 3)))).estimate)
    #expect(whole.method == .sampling && (whole.value - product.value).magnitude < 6 * whole.error)
    #expect(whole.error < 0.05 * whole.value)
    let square = try GaussianNeuron(Square(), covariance: estimates(matrix), bias: nil, biasMultiplier: 1)
    // E[u²v²] = AB + 2C² on each side.
    let expected = (ExactNumber(2) + ExactNumber(1, 2)) * (ExactNumber(1, 2) + ExactNumber(1, 8))
    #expect(try square.mean(.values(0, 1, 2, 3)).estimate?.exact == expected)
  }
}

/// Nearly parallel inputs of relu: by parts, against the closed forms of the derivation (section 6.1).
@Suite struct NearlyParallelTests {
  @Test(arguments: [0.1, 0.01, 1e-3]) func reluClosedForms(_ gap: Double) throws {
    let (A, B) = (1.25, 0.75)
    let C = ((1 - gap) * (A * B).squareRoot() * 0x1p30).rounded() * 0x1p-30
    let neuron = try GaussianNeuronTests.neuron("relu", A, B, C)
    // AB − C², exact as written: all three are short binary fractions.
    let delta = ((A * B).squareRoot() - C) * ((A * B).squareRoot() + C)
    let root = delta.squareRoot()
    let rows: [(GaussianNeuron.Kind, Int, Int, Double)] = [
      (.slope, 1, 1, 1 / (2 * .pi * root)), (.slope, 2, 0, -2 * C / (4 * .pi * A * root)),
      (.slope, 2, 2, C / (2 * .pi * root * delta)), (.slope, 3, 1, -2 * B / (4 * .pi * root * delta)),
      (.slope, 4, 0, 4 * C * (3 * A * B - 2 * C * C) / (8 * .pi * A * A * root * delta)),
      (.value, 2, 0, 2 * root / (4 * .pi * A)), (.value, 2, 2, 1 / (2 * .pi * root)),
      (.value, 4, 0, 4 * (2 * C * C - A * B) / (8 * .pi * A * A * root)),
    ]
    for (kind, i, j, expected) in rows {
      let value = try neuron.derivative(kind, 0, 1, i, j)
      #expect(
        (value.value - expected).magnitude <= value.roundedError + 1e-12 * expected.magnitude,
        "\(gap) \(kind) \(i) \(j): \(value), expected \(expected)")
      // Rounding is amplified like (1 − ρ²)^(−2) in the fourth derivatives.
      #expect(value.roundedError <= 1e-8 / gap * expected.magnitude, "\(gap) \(kind) \(i) \(j): \(value)")
    }
  }
}
