import Activations
import FiniteWidthTheory
import LimitKernels
import Moments
import Networks
import TestSupport
import Testing

/// A network of one activation from the texts of its laws, all weights under one multiplier of 1.
func network(
  _ activation: String, weights: [String], biases: [String?]? = nil, dimension: Int, scale: ExactNumber? = nil,
  parameterization: Parameterization = .ntk
) throws -> Network {
  let layers = try weights.indices.map { index -> DenseLayer in
    let bias = try (biases?[index]).map { try LawRegistry.law(parsing: $0) }
    return DenseLayer(
      weights: try LawRegistry.law(parsing: weights[index]), bias: bias, trainable: .all,
      activation: index == weights.count - 1 ? nil : try ActivationRegistry.activation(parsing: activation))
  }
  return try Network(
    inputDimension: dimension, inputScale: scale, parameterization: parameterization, layers: layers)
}

/// `|value − expected| ≤ digits`, and the stated bound must hold up to the digits that the reference has.
func expect(
  _ quantity: Quantity, _ expected: Double, within unit: Double, _ comment: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let estimate = try #require(quantity.estimate, "\(quantity)", sourceLocation: sourceLocation)
  let deviation = (estimate.value - expected).magnitude
  #expect(
    deviation <= unit && estimate.roundedError <= unit, "\(comment()) \(estimate), expected \(expected)",
    sourceLocation: sourceLocation)
}

@Suite struct OneHiddenLayerCornerTests {
  static let x1: [ExactNumber] = [1, ExactNumber(3, 10)]
  static let x2: [ExactNumber] = [ExactNumber(-2, 5), ExactNumber(9, 10)]

  /// T2 of the derivation, to the digits given there: relu, all weights normal(0, √2), s = 1/√2.
  @Test func reluWithGaussianLaws() throws {
    let network = try network("relu", weights: ["normal(0, sqrt(2))", "normal(0, sqrt(2))"], dimension: 2)
    let prediction = try finiteWidthPrediction(of: network, at: [Self.x1, Self.x2])
    let theta = [1.09, 0.102583718711, 0.97]
    let covariances: [(Int, Int, Double)] = [
      (0, 0, 3.5643), (0, 1, 0.1641570221), (0, 2, 0.302907857), (1, 1, 0.1541383242), (1, 2, 0.1460846894),
      (2, 2, 2.8227),
    ]
    for (entry, expected) in theta.enumerated() {
      try expect(prediction.entries[entry].ntk.limit, expected, within: 1e-12)
    }
    for (i, j, expected) in covariances { try expect(prediction.covariance(i, j, width: 1), expected, within: 1e-10) }
    try expect(prediction.entries[0].output.scaledFourthCumulant, 17.8215, within: 1e-12)
  }

  /// Under the standard parameterization every group has its own power of N; the total is their quadratic form.
  @Test func powersOfTheWidth() throws {
    let laws = ["uniform(-1, 1)", "normal(0, 2)"]
    let biases = ["uniform(-1/2, 1/2)", "constant(0)"]
    let points: [[ExactNumber]] = [[1], [-2]]
    let plain = try finiteWidthPrediction(
      of: try network("square", weights: laws, biases: biases, dimension: 1), at: points)
    let standard = try finiteWidthPrediction(
      of: try network("square", weights: laws, biases: biases, dimension: 1, parameterization: .standard), at: points)
    let meanField = try finiteWidthPrediction(
      of: try network("square", weights: laws, biases: biases, dimension: 1, parameterization: .meanField), at: points)
    for entry in 0..<3 {
      let parts = plain.entries[entry].groups
      #expect(standard.entries[entry].groups.map(\.exponent) == [0, 0, 1, 0])
      #expect(meanField.entries[entry].groups.map(\.exponent) == [-1, -1, -1, 0])
      let n = 7
      func exact(_ quantity: Quantity) throws -> ExactNumber { try #require(quantity.estimate?.exact) }
      let limits = try parts.map { try exact($0.limit) }
      let mean = limits[0] + limits[1] + ExactNumber(n) * limits[2] + limits[3]
      #expect(try exact(standard.entries[entry].ntk.mean(width: n)) == mean)
      // Var = Var(first) + 2 N Cov + N² Var(readout), all over N; the covariance from the plain total.
      let first = try exact(plain.entries[entry].ntk.scaledVariance)
      let readout = try exact(parts[2].scaledVariance)
      // Hidden part alone, by the same network with the readout frozen.
      let hidden = try finiteWidthPrediction(
        of: try frozenReadout(laws, biases), at: points
      ).entries[entry].ntk.scaledVariance
      let cross = (first - readout - (try exact(hidden))) / 2
      let total = (try exact(hidden)) + ExactNumber(2 * n) * cross + ExactNumber(n * n) * readout
      #expect(try exact(standard.entries[entry].ntk.variance(width: n)) == total / Rational(n))
      // E = N (c₁ + c₀/N): the terms of order 1 are the correction.
      #expect(try exact(standard.entries[entry].ntk.meanCorrection) == limits[0] + limits[1] + limits[3])
    }
  }

  private func frozenReadout(_ laws: [String], _ biases: [String?]) throws -> Network {
    var network = try network("square", weights: laws, biases: biases, dimension: 1)
    var readout = try #require(network.layers[1] as? DenseLayer)
    readout.trainable = .none
    network.layers[1] = readout
    return network
  }

  /// Doubling the multiplier of the readout is doubling the law, but for its own group.
  @Test func multipliers() throws {
    var network = try network("relu", weights: ["uniform(-1, 1)", "uniform(-1, 1)"], dimension: 1)
    let plain = try #require(try finiteWidthPrediction(of: network, at: [[1]]).entries.first)
    var readout = try #require(network.layers[1] as? DenseLayer)
    readout.weightMultiplier = 2
    network.layers[1] = readout
    let scaled = try #require(try finiteWidthPrediction(of: network, at: [[1]]).entries.first)
    for (a, b) in zip(plain.groups, scaled.groups) {
      #expect(b.limit == Estimate(exact: 4) * a.limit)
      #expect(b.scaledVariance == Estimate(exact: 16) * a.scaledVariance)
    }
    #expect(scaled.nngp.scaledVariance == Estimate(exact: 16) * plain.nngp.scaledVariance)
  }

  /// A random readout bias: its square stays in the conditional NNGP kernel at every width.
  @Test func readoutBias() throws {
    let network = try network(
      "square", weights: ["uniform(-1, 1)", "uniform(-1, 1)"], biases: [nil, "uniform(-1, 1)"], dimension: 1)
    let nngp = try #require(try finiteWidthPrediction(of: network, at: [[1]]).entries.first).nngp
    // E b² = 1/3, Var b² = 1/5 − 1/9.
    #expect(nngp.constantVariance.estimate?.exact == ExactNumber(4, 45))
    let limit = ExactNumber(1, 3) * ExactNumber(1, 5) + ExactNumber(1, 3)
    #expect(nngp.limit.estimate?.exact == limit)
    let scaled = try #require(nngp.scaledVariance.estimate?.exact)
    #expect(nngp.variance(width: 5).estimate?.exact == scaled / 5 + ExactNumber(4, 45))
  }

  /// Relative widths: a layer of width 3N is a layer of width 3N.
  @Test func relativeWidth() throws {
    let network = try Network.headline
    let plain = try #require(try finiteWidthPrediction(of: network, at: [[1]]).entries.first)
    let wide = try #require(
      try finiteWidthPrediction(of: network, at: [[1]], relativeWidths: [3]).entries.first)
    #expect(wide.ntk.variance(width: 5) == plain.ntk.variance(width: 15))
    #expect(wide.ntk.fourthCumulant(width: 5) == plain.ntk.fourthCumulant(width: 15))
    #expect(throws: FiniteWidthTheoryError.relativeWidthCount(found: 2, expected: 1)) {
      try finiteWidthPrediction(of: network, at: [[1]], relativeWidths: [1, 1])
    }
    #expect(throws: FiniteWidthTheoryError.relativeWidth(0)) {
      try finiteWidthPrediction(of: network, at: [[1]], relativeWidths: [0])
    }
  }

  /// Heavy tails: what does not exist is infinite, with the reason, and no rate is promised.
  @Test func heavyTails() throws {
    // Readout weights with a variance and no fourth moment.
    let readout = try finiteWidthPrediction(
      of: try network("relu", weights: ["uniform(-1, 1)", "student-t(3, 1)"], dimension: 1), at: [[1]])
    #expect(readout.entries[0].ntk.limit.estimate != nil)
    #expect(readout.entries[0].ntk.scaledVariance.status == "infinite")
    #expect(readout.warnings.contains { "\($0)".contains("no rate of 1/√N is to be expected") })
    // The readout's own part has a variance: it does not see its weights.
    #expect(readout.entries[0].groups[1].scaledVariance.estimate != nil)
    // First-layer weights without a fourth moment: E φφ exists, E φφφφ does not.
    let hidden = try finiteWidthPrediction(
      of: try network("relu", weights: ["student-t(3, 1)", "uniform(-1, 1)"], dimension: 1), at: [[1]])
    #expect(hidden.entries[0].nngp.limit.estimate != nil)
    #expect(hidden.entries[0].nngp.scaledVariance.status == "infinite")
    // Eight moments are needed for the fourth cumulant, four for the variance.
    let six = try finiteWidthPrediction(
      of: try network("relu", weights: ["uniform(-1, 1)", "student-t(6, 1)"], dimension: 1), at: [[1]])
    #expect(six.entries[0].ntk.scaledVariance.estimate != nil)
    #expect(six.entries[0].ntk.fourthCumulant(width: 4)?.estimate == nil)
    #expect(six.warnings.isEmpty)
    // No limit at all.
    let none = try finiteWidthPrediction(
      of: try network("relu", weights: ["student-t(1, 1)", "uniform(-1, 1)"], dimension: 1), at: [[1]])
    #expect(none.warnings.contains { "\($0)".hasPrefix("The NTK has no limit at (1; 1)") })
  }

  /// Entries without a hidden part (x·y = 0, no trained bias), and a zero input.
  @Test func vanishingParts() throws {
    let network = try network("relu", weights: ["uniform(-1, 1)", "uniform(-1, 1)"], dimension: 2)
    let prediction = try finiteWidthPrediction(of: network, at: [[1, 0], [0, 1], [0, 0]])
    #expect(prediction.entries[1].groups[0].limit == .zero)
    #expect(prediction.entries[1].groups[0].scaledVariance == .zero)
    // E φφ = 1/16 at x = e₁, y = e₂ with s² = 1/2: half of E[w⁺]² = 1/16·… exactly 1/32.
    #expect(prediction.entries[1].ntk.limit.estimate?.exact == ExactNumber(1, 32))
    for entry in [2, 4, 5] {
      #expect(prediction.entries[entry].ntk.limit == .zero)
      #expect(prediction.entries[entry].ntk.variance(width: 3) == .zero)
    }
  }

  /// Three and four different inputs of a kinked activation are sampled, and say so.
  @Test func manyInputsAreSampled() throws {
    let network = try network(
      "relu", weights: ["normal(0, 1)", "normal(0, 1)"], dimension: 2)
    let points: [[ExactNumber]] = [[1, 0], [0, 1], [1, 1], [-1, 2]]
    let prediction = try finiteWidthPrediction(of: network, at: points)
    let index = InputPairs(4)
    let value = try #require(prediction.covariance(index[0, 1], index[2, 3], width: 1).estimate)
    #expect(value.method == .sampling)
    // Adaptive quadrature over the angle, Tests/Reference/generate/relu_four_inputs.py. Fixed sample, six standard errors.
    #expect((value.value - Self.reluFourInputs).magnitude <= 6 * value.error, "\(value)")
    #expect(value.error < 0.02 * value.value, "\(value)")
  }
  static let reluFourInputs = 0.14432438838084
}
