import FiniteWidthTheory
import LimitKernels
import Moments
import Networks
import Testing

/// What holds between predictions of deep networks.
@Suite struct DeepStructureTests {
  static let points: [[ExactNumber]] = [
    [1, ExactNumber(1, 2)], [2, 1], [ExactNumber(-1, 2), 1], [1, ExactNumber(1, 2)],
  ]

  /// x and 2x under relu without biases: the same neurons, factors 2 and, for biases, 1; and a repeated point.
  @Test func proportionalInputs() throws {
    let network = try network(
      "relu", weights: Array(repeating: "normal(0, sqrt(2))", count: 3),
      biases: ["constant(0)", "constant(0)", nil], dimension: 2)
    let prediction = try finiteWidthPrediction(of: network, at: Self.points)
    let index = InputPairs(4)
    func value(_ quantity: Quantity) throws -> Double { try #require(quantity.estimate).value }
    let (same, mixed) = (prediction.entries[index[0, 0]], prediction.entries[index[0, 1]])
    #expect(mixed.ntk.order == .exact)
    for (group, (a, b)) in zip(same.groups, mixed.groups).enumerated() {
      // layer 1 weights, layer 1 bias, layer 2 weights, layer 2 bias, layer 3 weights
      let factor: Double = group == 1 || group == 3 ? 1 : 2
      try expect(b.limit, factor * (try value(a.limit)), within: 1e-13)
      try expect(b.variance(width: 8), factor * factor * (try value(a.variance(width: 8))), within: 1e-12)
    }
    try expect(mixed.nngp.variance(width: 8), 4 * (try value(same.nngp.variance(width: 8))), within: 1e-12)
    // Across to another point: the weights' parts double, corrections included.
    let (first, second) = (prediction.entries[index[0, 2]], prediction.entries[index[1, 2]])
    for (group, (a, b)) in zip(first.groups, second.groups).enumerated() {
      let factor: Double = group == 1 || group == 3 ? 1 : 2
      try expect(b.meanCorrection, factor * (try value(a.meanCorrection)), within: 1e-11)
      try expect(b.scaledVariance, factor * factor * (try value(a.scaledVariance)), within: 1e-11)
    }
    // The copy of the first point is the first point.
    try expect(
      prediction.entries[index[2, 3]].ntk.meanCorrection, try value(first.ntk.meanCorrection), within: 1e-12)
    let covariance = try value(prediction.covariance(index[0, 2], index[2, 3], width: 1))
    try expect(first.ntk.variance(width: 1), covariance, within: 1e-10)
  }

  /// Opposite inputs of an odd activation: Θ(−x, y) = −Θ(x, y) without biases.
  @Test func oppositeInputs() throws {
    let network = try network("tanh", weights: ["normal()", "normal()", "normal()"], dimension: 1)
    let entries = try finiteWidthPrediction(of: network, at: [[1], [-1]]).entries
    func value(_ quantity: Quantity) throws -> Double { try #require(quantity.estimate).value }
    try expect(entries[1].ntk.meanCorrection, -(try value(entries[0].ntk.meanCorrection)), within: 1e-13)
    try expect(entries[1].ntk.scaledVariance, try value(entries[0].ntk.scaledVariance), within: 1e-13)
    try expect(entries[1].nngp.meanCorrection, -(try value(entries[0].nngp.meanCorrection)), within: 1e-13)
  }

  /// A zero input has nothing to fluctuate but what biases bring.
  @Test func zeroInput() throws {
    let network = try network("tanh", weights: ["normal()", "normal()", "normal()"], dimension: 1)
    let entries = try finiteWidthPrediction(of: network, at: [[1], [0]]).entries
    for entry in entries.dropFirst() {
      try expect(entry.ntk.meanCorrection, 0, within: 1e-15)
      try expect(entry.ntk.scaledVariance, 0, within: 1e-15)
    }
  }

  /// Under the standard parameterization the total is the quadratic form of the groups' powers of N, and the 1/N
  /// corrections of the divergent groups are of the order of the others.
  @Test func standardParameterization() throws {
    let laws = ["normal(0, 1.5)", "normal(0, 1.2)", "laplace(1)"]
    let points: [[ExactNumber]] = [[1], [ExactNumber(-1, 2)]]
    let plain = try finiteWidthPrediction(of: try network("erf", weights: laws, dimension: 1), at: points).entries[1]
    let standard = try finiteWidthPrediction(
      of: try network("erf", weights: laws, dimension: 1, parameterization: .standard), at: points
    ).entries[1]
    func value(_ quantity: Quantity) throws -> Double { try #require(quantity.estimate).value }
    #expect(standard.groups.map(\.exponent) == [0, 1, 1])
    let c0 =
      try value(plain.groups[0].limit) + value(plain.groups[1].meanCorrection) + value(plain.groups[2].meanCorrection)
    try expect(standard.ntk.meanCorrection, c0, within: 1e-12)
    let n = 100.0
    let mean =
      n * (try value(plain.groups[1].limit) + value(plain.groups[2].limit)) + c0
      + (try value(plain.groups[0].meanCorrection)) / n
    try expect(standard.ntk.mean(width: 100), mean, within: 1e-11)
    // N^(1−2e) Var for large N is that of the divergent groups, and the plain total bounds the mixing by Cauchy and Schwarz.
    let leading = try value(standard.ntk.scaledVariance)
    let ratio = try value(standard.ntk.variance(width: 1_000_000)) / (leading * 1e6)
    #expect((ratio - 1).magnitude < 1e-4)
  }

  /// Deep entries of the same network with one hidden layer more that is the identity in law: widths enter layer by layer.
  @Test func relativeWidths() throws {
    let network = try network("erf", weights: ["normal()", "normal()", "normal()"], dimension: 1)
    func prediction(_ widths: [Rational]) throws -> KernelPrediction {
      try finiteWidthPrediction(of: network, at: [[1]], relativeWidths: widths).entries[0].ntk
    }
    func value(_ quantity: Quantity) throws -> Double { try #require(quantity.estimate).value }
    // Coefficients are linear in 1/r₁ and 1/r₂.
    let (a, b, c) = (try prediction([1, 1]), try prediction([2, 1]), try prediction([1, 2]))
    let d = try prediction([2, 2])
    for part in [\KernelPrediction.meanCorrection, \.scaledVariance] {
      let (p, q, r, s) = (
        try value(a[keyPath: part]), try value(b[keyPath: part]), try value(c[keyPath: part]),
        try value(d[keyPath: part])
      )
      #expect((p + s - q - r).magnitude < 1e-13)
      #expect((s - p / 2).magnitude < 1e-13)
    }
  }

  /// Moments that do not exist, kinks and parallel inputs, depth and polynomials.
  @Test func warnings() throws {
    func prediction(_ activation: String, _ weights: [String], _ points: [[ExactNumber]] = [[1, 0]]) throws
      -> FiniteWidthPrediction
    {
      try finiteWidthPrediction(of: try network(activation, weights: weights, dimension: 2), at: points)
    }
    let heavy = try prediction("erf", ["normal()", "student-t(3, 1)", "normal()"])
    #expect(heavy.entries[0].ntk.limit.estimate != nil)
    #expect(heavy.entries[0].ntk.scaledVariance.estimate != nil)
    #expect(heavy.entries[0].ntk.meanCorrection.estimate == nil)
    #expect(
      heavy.warnings.contains {
        "\($0)".hasPrefix(
          "The 1/N correction of the mean is not available: the weights of layer 2 have no fourth moment")
      })
    let output = try prediction("erf", ["normal()", "normal()", "student-t(3, 1)"])
    #expect(output.entries[0].ntk.scaledVariance.status == "infinite")
    #expect(output.warnings.contains { "\($0)".contains("no rate of 1/√N is to be expected") })
    let near = try prediction(
      "relu", ["normal()", "normal()", "normal()"], [[1, 0], [1, ExactNumber(1, 20)]])
    #expect(
      near.warnings.contains { "\($0)".hasPrefix("The inputs (1, 0) and (1, 1/20) are nearly parallel in layer 2") })
    let plain = try prediction("erf", ["normal()", "normal()", "normal()"])
    #expect(plain.warnings.isEmpty && plain.warnings(width: 1000).isEmpty)
    #expect(
      plain.warnings(width: 20).map(\.description) == [
        "Depth over width is 0.1 (2 hidden layers, width 20): the expansion in 1/N is one in depth/width, and terms left out "
          + "may not be small."
      ])
  }
}
