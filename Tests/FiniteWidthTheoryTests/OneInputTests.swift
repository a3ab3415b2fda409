import Activations
import FiniteWidthTheory
import Moments
import Networks
import TestSupport
import Testing

/// One input: relu exact at every width (T3, T4), square exact in N (T14), an independent published number (T13), skewed weights (T16).
@Suite struct OneInputTests {
  struct Row: Sendable {
    let depth: Int, width: Int, square: Double
  }
  /// T3: E Θ² for q = 1 and all variances 2, as decimals or to ten places.
  static let rows = [
    Row(depth: 1, width: 8, square: 5.5), Row(depth: 2, width: 8, square: 18.015625),
    Row(depth: 2, width: 32, square: 10.9228515625), Row(depth: 3, width: 8, square: 47.78125),
    Row(depth: 3, width: 32, square: 21.652_832_031_25), Row(depth: 5, width: 32, square: 61.061_140_418_1),
    Row(depth: 10, width: 32, square: 371.693_728_368_6), Row(depth: 10, width: 128, square: 159.924_592_365_2),
  ]

  @Test(arguments: rows) func reluDiagonalIsExact(_ row: Row) throws {
    let laws = Array(repeating: "normal(0, sqrt(2))", count: row.depth + 1)
    let prediction = try finiteWidthPrediction(of: try network("relu", weights: laws, dimension: 1), at: [[1]])
    #expect(prediction.order == .exact)
    let kernel = prediction.entries[0].ntk
    let mean = Double(row.depth + 1)
    try expect(kernel.mean(width: row.width), mean, within: 1e-13)
    try expect(kernel.variance(width: row.width), row.square - mean * mean, within: 6e-11)
    if row.depth > 1 { #expect(kernel.variance(width: row.width).estimate?.method == .exact) }
    #expect(kernel.meanCorrection.estimate?.exact == ExactNumber.zero)
    // The leading coefficient, Var = q² L(L+1)(11L+7)/(3N).
    let L = row.depth
    try expect(kernel.scaledVariance, Double(L * (L + 1) * (11 * L + 7)) / 3, within: 1e-9)
  }

  /// T4: unequal widths, variances and learning rates, trained zero biases, a uniform readout; x = (0.9, −1.1), s = 1/√2.
  @Test func reluOfMixedWidths() throws {
    let variances = ["2", "3", "1.25"]
    let rates = ["1", "1/2", "2"]
    let biasRates = ["1", "1", "0.3"]
    var layers: [DenseLayer] = []
    for index in 0..<3 {
      // s2 = m² E w² with m² = ew.
      let law = try LawRegistry.law(parsing: "normal(0, sqrt(\(variances[index])))")
      layers.append(
        DenseLayer(
          weights: law, bias: try LawRegistry.law(parsing: "constant(0)"),
          weightMultiplier: try ExactNumber(parsing: "sqrt(\(rates[index]))"),
          biasMultiplier: try ExactNumber(parsing: "sqrt(\(biasRates[index]))"), activation: ReLU()))
    }
    layers.append(
      DenseLayer(
        weights: try LawRegistry.law(parsing: "scaled(sqrt(2.1), uniform(1))"),
        bias: try LawRegistry.law(parsing: "constant(0)")))
    let network = try Network(inputDimension: 2, layers: layers)
    let point: [ExactNumber] = [ExactNumber(9, 10), ExactNumber(-11, 10)]
    let mixed = try finiteWidthPrediction(of: network, at: [point], relativeWidths: [6, 10, 8]).entries[0].ntk
    try expect(mixed.mean(width: 1), 3.90009375, within: 1e-12)
    let mean = try #require(mixed.mean(width: 1).estimate).value
    try expect(mixed.variance(width: 1), 27.196_832_44 - mean * mean, within: 6e-9)
    let prediction = try finiteWidthPrediction(of: network, at: [point], relativeWidths: [3, 5, 4]).entries[0].ntk
    try expect(prediction.scaledVariance, 15.500_175_055_192, within: 1e-11)
    func scaled(_ width: Int) throws -> Double {
      try #require(prediction.variance(width: width).estimate).value * Double(width)
    }
    #expect((try scaled(1000) - 15.514_789_314_3).magnitude < 1e-9)
    #expect((try scaled(100_000) - 15.500_321_151_6).magnitude < 1e-8)
  }

  /// Groups of the relu diagonal are exact as well, and so is the conditional NNGP kernel: with one hidden layer the
  /// general theory says the same.
  @Test func reluGroups() throws {
    let laws = ["normal(0, sqrt(2))", "normal(0, 1)", "uniform(-1, 1)"]
    let biases = ["constant(0)", "constant(0)", "constant(0)"]
    let deep = try finiteWidthPrediction(
      of: try network("relu", weights: laws, biases: biases, dimension: 1), at: [[2]]
    ).entries[0]
    for kernel in deep.groups + [deep.ntk, deep.nngp] {
      #expect(kernel.order == .exact)
      // N Var tends to the leading coefficient, with a deviation of order 1/N.
      let width = 1_000_000
      let variance = try #require(kernel.variance(width: width).estimate).value * Double(width)
      let leading = try #require(kernel.scaledVariance.estimate).value
      #expect((variance - leading).magnitude <= 1e-4 * leading)
      try expect(kernel.mean(width: 7), try #require(kernel.limit.estimate).value, within: 1e-13)
    }
  }

  /// T13, whose numbers an independent implementation of the 1/N mean has as well (Guillen and others).
  @Test func tanhOfOneInput() throws {
    let network = try network("tanh", weights: ["normal()", "normal()", "normal()"], dimension: 4)
    let point = try ["1", ".5", "-.3", ".2"].map { try ExactNumber(parsing: $0) }
    let entry = try finiteWidthPrediction(of: network, at: [point]).entries[0]
    try expect(entry.ntk.limit, 0.485937871171, within: 1e-12)
    try expect(entry.ntk.meanCorrection, -0.06311347666869, within: 1e-13)
    try expect(entry.ntk.scaledVariance, 0.3319985591, within: 1e-10)
    try expect(entry.nngp.meanCorrection, -0.027871469379, within: 1e-12)
  }

  /// T14: square, one input, exact rationals: E Θ = 75/16 + 52.5/N, E f² = 27/64 + 4.5/N, N κ₄(f) = 28.4765625.
  @Test func squareIsRational() throws {
    let network = try network("square", weights: ["normal(0, 1)", "normal(0, 1/2)", "normal(0, 1/2)"], dimension: 1)
    let prediction = try finiteWidthPrediction(of: network, at: [[1]])
    let entry = prediction.entries[0]
    #expect(entry.ntk.limit.estimate?.exact == ExactNumber(75, 16))
    #expect(entry.ntk.meanCorrection.estimate?.exact == ExactNumber(105, 2))
    #expect(entry.ntk.scaledVariance.estimate?.exact == ExactNumber(7941, 8))
    #expect(entry.ntk.mean(width: 4).estimate?.exact == ExactNumber(75, 16) + ExactNumber(105, 8))
    #expect(entry.nngp.limit.estimate?.exact == ExactNumber(27, 64))
    #expect(entry.nngp.meanCorrection.estimate?.exact == ExactNumber(9, 2))
    #expect(entry.output.scaledFourthCumulant.estimate?.value == 28.4765625)
    #expect(prediction.warnings.contains { "\($0)".hasPrefix("Layer 1 is a polynomial (square)") })
  }

  /// T16: skewed hidden weights, E w² = 0.64, E w³ = 1.024, which a law on three points has as well as 0.8 (Exp(1) − 1).
  @Test func skewedWeights() throws {
    let skewed = try network(
      "softplus", weights: ["normal()", "discrete(-2/5:2/3, 0:1/5, 2:2/15)", "normal()"], dimension: 2)
    let prediction = try finiteWidthPrediction(of: skewed, at: DeepPredictionReferenceTests.points)
    #expect(prediction.order == .halfOrder)
    for (entry, expected) in zip(prediction.entries, [0.113474, 0.044873, 0.103353]) {
      try expect(entry.ntk.halfOrderCorrection, expected, within: 1e-6)
      #expect(entry.ntk.meanCorrection.status == "undefined")
      let mean = try #require(entry.ntk.mean(width: 100).estimate).value
      let limit = try #require(entry.ntk.limit.estimate).value
      #expect((mean - limit - expected / 10).magnitude < 1e-6)
    }
    #expect(prediction.warnings.contains { "\($0)".contains("skewed: the mean is biased at order N^(-1/2)") })
    // The same variance without skewness has the same leading fluctuations, and a 1/N term.
    let symmetric = try finiteWidthPrediction(
      of: try network(
        "softplus", weights: ["normal()", "scaled(4/5, rademacher())", "normal()"], dimension: 2),
      at: DeepPredictionReferenceTests.points)
    #expect(symmetric.order == .leading)
    for (a, b) in zip(prediction.entries, symmetric.entries) {
      let expected = try #require(b.ntk.scaledVariance.estimate).value
      try expect(a.ntk.scaledVariance, expected, within: 1e-12)
    }
  }
}
