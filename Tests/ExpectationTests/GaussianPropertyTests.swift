import Activations
import Foundation
import Moments
import TestSupport
import Testing

@testable import Expectation

/// Parameters drawn once from a fixed seed, by a generator that only has to be different every time it is asked.
private struct Draws {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return range.lowerBound + (range.upperBound - range.lowerBound) * Double(state >> 11) * 0x1p-53
  }

  mutating func pair(centered: Bool) throws -> GaussianPair {
    let delta = uniform(0...1) < 0.5 ? pow(10, uniform(-12...0)) : 2 - pow(10, uniform(-12...0))
    return try GaussianPair(
      meanU: centered ? 0 : uniform(-2...2), meanV: centered ? 0 : uniform(-2...2), varianceU: pow(10, uniform(-2...2)),
      varianceV: pow(10, uniform(-2...2)), oneMinusRho: delta)
  }
}

private func functions(_ text: String) throws -> [ScalarFunction] {
  let activation = try ActivationRegistry.activation(parsing: text)
  return [activation.value, activation.derivative]
}

/// `√(E f² E g²)`, the natural scale of a dual.
private func naturalScale(_ f: ScalarFunction, _ g: ScalarFunction, _ pair: GaussianPair) throws -> Double {
  let first = try GaussianDual.expectation(f * f, mean: pair.meanU, variance: pair.varianceU)
  let second = try GaussianDual.expectation(g * g, mean: pair.meanV, variance: pair.varianceV)
  return (first.value * second.value).squareRoot()
}

@Suite struct GaussianPropertyTests {
  static let closed = [
    "relu", "leaky-relu(1/10)", "abs", "step", "sign", "rectified-power(2)", "rectified-power(3)", "erf", "gelu", "sin",
    "cos", "sin(2)", "gaussian", "square", "cube", "hermite(4)", "polynomial(1, -1/2, 1/4)",
  ]

  /// The closed form against nested quadrature, which shares nothing with it but the pair.
  @Test(arguments: closed) func closedFormAgreesWithQuadrature(_ name: String) throws {
    var draws = Draws(seed: 11)
    for round in 0..<6 {
      let pair = try draws.pair(centered: round < 4)
      for function in try functions(name) {
        let plan = try GaussianDualPlan(function, function)
        guard let closed = plan.closedForm(pair) else {
          #expect(!pair.isCentered, "\(name) has no closed form at \(pair)")
          continue
        }
        let other = try plan.quadrature(pair, 1e-12)
        #expect(
          (closed.value - other.value).magnitude <= closed.roundedError + other.error,
          "\(function.name): \(closed) against \(other) at \(pair)")
        // The two bounds together must themselves be worth something.
        let scale = try naturalScale(function, function, pair)
        #expect(closed.roundedError <= 1e-12 * scale && other.error <= 1e-11 * scale, "\(closed) \(other) at \(pair)")
      }
    }
  }

  /// The formula for the inner integral against nested quadrature; wide, narrow and far laws included.
  @Test(arguments: [
    "relu", "leaky-relu(1/10)", "hard-tanh", "relu6", "hard-swish", "rectified-power(3)", "sign", "elu(1)", "celu(2)",
  ])
  func conditionalMeansAgreeWithQuadrature(_ name: String) throws {
    var draws = Draws(seed: 15)
    for round in 0..<8 {
      var pair = try draws.pair(centered: false)
      if round == 4 { pair = try GaussianPair(meanU: -6, meanV: -5, varianceU: 1, varianceV: 0.5, oneMinusRho: 0.5) }
      if round == 5 { pair = try GaussianPair(meanU: 1, meanV: 2, varianceU: 1e10, varianceV: 1e12, oneMinusRho: 0.05) }
      if round == 6 {
        pair = try GaussianPair(meanU: 0.1, meanV: -0.1, varianceU: 1e-4, varianceV: 1e-6, oneMinusRho: 1.5)
      }
      if round == 7 { pair = try GaussianPair(meanU: -3, meanV: -3, varianceU: 1e-2, varianceV: 1, oneMinusRho: 1e-3) }
      for function in try functions(name) {
        let plan = try GaussianDualPlan(function, function)
        let formula = try plan.quadrature(pair, 1e-12)
        let other = try plan.quadrature(pair, 1e-12, usingFormulas: false)
        #expect(
          (formula.value - other.value).magnitude <= formula.error + other.error,
          "\(function.name): \(formula) against \(other) at \(pair)")
        #expect(formula.error <= 1e-12 * other.value.magnitude + other.error, "\(formula) against \(other)")
      }
    }
  }

  /// One dimension: closed means against quadrature, far tails included.
  @Test(arguments: ["relu", "hard-tanh", "hard-swish", "elu(1)", "celu(2)", "selu", "rectified-power(2)"])
  func meansAgreeWithQuadrature(_ name: String) throws {
    for (mean, variance) in [(0.0, 1.0), (0.3, 1e-4), (-6, 1), (2, 1e6), (-0.5, 1e-2), (4, 0.25), (-9, 2)] {
      for function in try functions(name) {
        let closed = try GaussianDual.expectation(function, mean: mean, variance: variance)
        let other = GaussianQuadrature.line(
          try PreparedFunction(function), mean: mean, deviation: variance.squareRoot(), relative: 1e-13)
        #expect(
          (closed.value - other.value).magnitude <= closed.error + other.error,
          "\(function.name) at \(mean), \(variance): \(closed) against \(other)")
        #expect(closed.error <= 1e-12 * other.magnitude, "\(closed)")
      }
    }
  }

  /// The Mehler series against nested quadrature.
  @Test(arguments: ["tanh", "sigmoid", "softplus", "silu", "mish", "gelu-tanh", "erf", "gelu", "gaussian"])
  func seriesAgreesWithQuadrature(_ name: String) throws {
    var draws = Draws(seed: 12)
    var count = 0
    for _ in 0..<8 {
      let pair = try draws.pair(centered: false)
      for function in try functions(name) {
        let plan = try GaussianDualPlan(function, function)
        guard let series = plan.series(pair, 1e-12) else { continue }
        count += 1
        let other = try plan.quadrature(pair, 1e-12)
        #expect(
          (series.value - other.value).magnitude <= series.error + other.error,
          "\(function.name): \(series) against \(other) at \(pair)")
      }
    }
    #expect(count >= 4, "the series was hardly ever tried")
  }

  @Test(arguments: ["relu", "elu(1)", "hard-tanh", "tanh", "softsign"]) func symmetry(_ name: String) throws {
    var draws = Draws(seed: 13)
    let (f, g) = (try functions(name)[0], try functions(name)[1])
    for _ in 0..<2 {
      let pair = try draws.pair(centered: false)
      let one = try GaussianDual.expectation(f, g, pair)
      let two = try GaussianDual.expectation(g, f, pair.swapped)
      #expect((one.value - two.value).magnitude <= one.roundedError + two.roundedError, "\(one) \(two) at \(pair)")
      // Cauchy and Schwarz.
      #expect(one.value.magnitude <= (1 + 1e-12) * (try naturalScale(f, g, pair)), "\(one) at \(pair)")
    }
  }

  /// `E[(au)₊ⁿ (bv)₊ⁿ] = (ab)ⁿ E[u₊ⁿ v₊ⁿ]`, to rounding: powers of two scale exactly.
  @Test(arguments: 0...6) func homogeneity(_ order: Int) throws {
    let f = try functions("rectified-power(\(order))")[0]
    let plan = try GaussianDualPlan(f, f)
    for delta in [0, 1e-15, 1e-6, 0.3, 1, 1.9, 2 - 0x1p-33] {
      let unit = try plan.expectation(GaussianPair(varianceU: 1, varianceV: 1, oneMinusRho: delta))
      let scaled = try plan.expectation(GaussianPair(varianceU: 0x1p40, varianceV: 0x1p-36, oneMinusRho: delta))
      #expect(scaled.value == pow(4, Double(order)) * unit.value)
      #expect(unit.error <= 1e-14 * unit.value)
    }
  }

  /// ρ → ±1 continuously: the value at `1 ∓ ρ = 1e-15` is that at 0 to within what `√(1e-15)` moves.
  @Test(arguments: ["relu", "hard-tanh", "elu(1)", "tanh", "softsign", "step", "gelu"]) func limits(_ name: String)
    throws
  {
    let f = try functions(name)[0]
    for (mean, delta, limit) in [(0.0, 1e-15, 0.0), (0.5, 1e-15, 0), (0, 2, 2.0 - 0x1p-50), (0.5, 2, 2.0 - 0x1p-50)] {
      let near = try GaussianDual.expectation(
        f, f, GaussianPair(meanU: mean, meanV: mean, varianceU: 2, varianceV: 1, oneMinusRho: delta))
      let at = try GaussianDual.expectation(
        f, f, GaussianPair(meanU: mean, meanV: mean, varianceU: 2, varianceV: 1, oneMinusRho: limit))
      #expect((near.value - at.value).magnitude <= 4 * 0x1p-25, "\(near) \(at)")
    }
  }

  /// A zero variance is a point mass at the mean, also where the other variable is random.
  @Test func zeroVariance() throws {
    let relu = try functions("relu")
    let pair = try GaussianPair(meanU: 2.0, meanV: 0.0, varianceU: 0.0, varianceV: 1.0, covariance: 0.0)
    let value = try GaussianDual.expectation(relu[0], relu[0], pair)
    // 2 E v₊ = 2/√(2π)
    #expect((value.value - 2 / (2 * Double.pi).squareRoot()).magnitude <= value.error)
    let atKink = try GaussianPair(varianceU: 0.0, varianceV: 0.0, covariance: 0.0)
    #expect(try GaussianDual.expectation(relu[1], relu[1], atKink).value == 0)
  }

  @Test func impossibleParametersAreErrors() throws {
    #expect(throws: GaussianError.indefinite(varianceU: 1, varianceV: 1, covariance: 1.5)) {
      try GaussianPair(varianceU: ExactNumber(1), varianceV: 1, covariance: ExactNumber(3, 2))
    }
    #expect(throws: GaussianError.indefinite(varianceU: 1, varianceV: 1, covariance: 1.5)) {
      try GaussianPair(varianceU: 1.0, varianceV: 1.0, covariance: 1.5)
    }
    // Too large by one part in 10³⁰, invisible in doubles.
    let tooLarge = try ExactNumber(parsing: "1.000000000000000000000000000001")
    #expect(throws: GaussianError.self) {
      try GaussianPair(varianceU: ExactNumber(1), varianceV: 1, covariance: tooLarge)
    }
    #expect(throws: GaussianError.negativeVariance(-1)) {
      try GaussianPair(varianceU: ExactNumber(-1), varianceV: 1, covariance: 0)
    }
    #expect(throws: GaussianError.impossibleCorrelation(oneMinusRho: -1e-9)) {
      try GaussianPair(varianceU: 1.0, varianceV: 1.0, oneMinusRho: -1e-9)
    }
    #expect(throws: GaussianError.notFinite(parameter: "mean")) {
      try GaussianDual.expectation(try functions("tanh")[0], mean: .nan, variance: 1)
    }
  }

  /// Gram matrices of random inputs are positive semidefinite: Cholesky with a rounding allowance.
  @Test(arguments: ["relu", "erf", "tanh", "hard-tanh", "gelu"]) func gramMatricesArePositive(_ name: String) throws {
    var draws = Draws(seed: 14)
    let points = (0..<4).map { _ in (0..<3).map { _ in draws.uniform(-1...1) } }
    let f = try functions(name)[0]
    let plan = try GaussianDualPlan(f, f)
    var gram = [[Double]](repeating: [Double](repeating: 0, count: 4), count: 4)
    func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    for i in 0..<4 {
      for j in 0...i {
        let pair = try GaussianPair(
          varianceU: product(points[i], points[i]), varianceV: product(points[j], points[j]),
          covariance: product(points[i], points[j]))
        gram[i][j] = try plan.expectation(pair, relativeTolerance: 1e-10).value
      }
    }
    for i in 0..<4 {
      for j in 0...i {
        var sum = gram[i][j]
        for k in 0..<j { sum -= gram[i][k] * gram[j][k] }
        if i == j {
          #expect(sum >= -1e-12 * gram[i][i], "pivot \(i) of \(name)")
          gram[i][i] = max(sum, 1e-300).squareRoot()
        } else {
          gram[i][j] = sum / gram[j][j]
        }
      }
    }
  }

  /// A user's closure without any hint but its kink gets what the built-in closed form gives.
  @Test func closuresAreIntegrated() throws {
    let custom = CustomActivation(
      name: "my-relu", kinks: [0], growth: .power(1), value: { max($0, 0) }, derivative: { $0 > 0 ? 1 : 0 })
    for delta in [1e-14, 1e-6, 0.3, 1.7] {
      let pair = try GaussianPair(varianceU: 2, varianceV: 0.5, oneMinusRho: delta)
      for (f, g) in [(custom.value, try functions("relu")[0]), (custom.derivative, try functions("relu")[1])] {
        let mine = try GaussianDual.expectation(f, f, pair)
        let exact = try GaussianDual.expectation(g, g, pair)
        #expect((mine.value - exact.value).magnitude <= mine.error + exact.error, "\(mine) \(exact) at \(delta)")
        #expect(mine.method == .quadrature && mine.error <= 1e-12 * mine.value)
      }
    }
  }
}

@Suite struct GaussianDefectTests {
  /// Relative to the value itself, however small.
  @Test(arguments: try referenceFamily("defect")) func reference(_ reference: ReferenceCase) throws {
    let text = try activationText(reference.json["activation"])
    let row = try DualRow.rows(reference.id, text, reference.json, value: reference.expected["value"], derivative: nil)[
      0]
    let activation = try ActivationRegistry.activation(parsing: text)
    let estimate = try GaussianDefectPlan(activation).halfSquaredDifference(row.pair)
    let relative = try relativeError(estimate.value, row.expected)
    let absolute = try absoluteError(estimate.value, row.expected)
    // Nearly equal but different variances are known to ε/1e-7 only as doubles.
    let allowed = row.pair.varianceU == row.pair.varianceV ? 1e-12 : 1e-8
    #expect(relative <= allowed, "\(reference.id): \(estimate) for \(row.expected), relative error \(relative)")
    if allowed == 1e-12 {
      #expect(absolute <= estimate.roundedError, "\(reference.id): \(estimate), error \(absolute)")
    }
  }
}
