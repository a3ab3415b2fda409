import Activations
import Foundation
import Gram
import LimitKernels
import Moments
import Networks
import Testing

/// Entry by entry against the assembler, which carries error bounds of its own.
struct AssemblerTests {
  /// Inputs of different lengths, with a repeated row, a near neighbour, opposite rows and a zero row.
  static let rows: [[Double]] = [
    [1, 0.5, -0.25], [0.5, -1, 0.75], [1, 0.5, -0.25], [1, 0.5009765625, -0.25], [-1, -0.5, 0.25], [0.125, 0, 0],
    [0, 0, 0], [2, 1, -0.5], [0.3, 0.4, 1.2],
  ]
  /// Without pairs near ±1, where the assembler's quadrature takes its time.
  static let fewRows: [[Double]] = [[1, 0.5, -0.25], [0.5, -1, 0.75], [0.3, 0.4, 1.2]]

  static let closedForms = [
    "identity", "relu", "leaky-relu", "leaky-relu(-1)", "abs", "step", "sign", "rectified-power(2)", "erf", "gelu",
    "sin", "cos", "sin(5)", "exp", "gaussian", "square",
  ]
  static let all: [String] = ActivationRegistry.all.flatMap(\.examples)

  /// What double precision allows in these small networks; the assembler's own bound is added to it.
  static let tolerance = 2e-14

  static func network(
    _ activations: [String], bias: String? = nil, weights: String = "normal()", dimension: Int = 3,
    parameterization: Parameterization = .ntk
  ) throws -> Network {
    let law = try LawRegistry.law(parsing: weights)
    let shift = try bias.map { try LawRegistry.law(parsing: $0) }
    let hidden = try activations.map {
      DenseLayer(weights: law, bias: shift, activation: try ActivationRegistry.activation(parsing: $0))
    }
    return try Network(
      inputDimension: dimension, parameterization: parameterization,
      layers: hidden + [DenseLayer(weights: try LawRegistry.law(parsing: "normal()"), bias: shift)])
  }

  static func compare(_ network: Network, _ rows: [[Double]], tolerance: Double = tolerance) throws {
    let matrix = try GramMatrix(network, rows)
    let points = rows.map { row in row.compactMap { ExactNumber(exactly: $0) } }
    let table = try limitingKernels(of: network, at: points, options: KernelOptions(threads: 2))
    var entries = table.entries.makeIterator()
    let lines = rows.indices.map { i in rows.indices.map { j in j < i ? nil : entries.next() } }
    for i in rows.indices {
      for j in rows.indices where j >= i {
        for kind in KernelKind.allCases {
          func value(_ entry: KernelEntry?) throws -> (value: Double, error: Double) {
            let quantity = try #require(kind == .nngp ? entry?.nngp : entry?.ntk)
            let estimate = try #require(quantity.estimate)
            return (estimate.value, estimate.roundedError)
          }
          let truth = try value(lines[i][j])
          let scale = (try value(lines[i][i]).value * (try value(lines[j][j]).value)).magnitude.squareRoot()
          let computed = try #require(kind == .nngp ? matrix.nngp : matrix.ntk)
          let deviation = (computed[i, j] - truth.value).magnitude
          #expect(
            deviation <= truth.error + tolerance * scale,
            "\(kind) (\(i), \(j)): \(computed[i, j]) against \(truth.value)")
          #expect(
            deviation <= truth.error + (matrix.errorBound[kind] ?? 0) * scale, "the bound \(matrix.errorBound)")
          #expect(computed[i, j] == computed[j, i])
        }
      }
    }
  }

  /// Other layers than dense ones: the assembler's recursion, pair by pair.
  @Test func otherLayers() throws {
    let dense = DenseLayer(
      weights: try LawRegistry.law(parsing: "normal(0, 1)"),
      activation: try ActivationRegistry.activation(parsing: "relu"))
    let readout = DenseLayer(weights: dense.weights)
    let network = try Network(
      inputDimension: 3,
      layers: [
        dense, ResidualBlock(branch: [dense, readout], branchMultiplier: 1), dense, LayerNormalization(epsilon: 1),
        readout,
      ])
    try Self.compare(network, Self.rows)
  }

  @Test(arguments: all) func everyActivation(_ name: String) throws {
    try Self.compare(try Self.network([name]), Array(Self.fewRows[1...]))
  }

  @Test(arguments: closedForms) func closedFormsInCorners(_ name: String) throws {
    try Self.compare(try Self.network([name, name]), Self.rows)
  }

  @Test(arguments: [
    ["erf", "relu"], ["gelu", "abs", "relu"], ["sin", "step", "exp"], ["relu", "erf", "leaky-relu"],
  ])
  func mixedLayers(_ names: [String]) throws {
    try Self.compare(try Self.network(names, bias: "normal(0, 1/2)"), Self.fewRows + [[1, 0.5009765625, -0.25]])
  }

  @Test(arguments: ["normal(1/4, 1/2)", "constant(1/2)", "discrete(-1/2:1/3, 1/4:2/3)", "uniform(-1/2, 1/2)"])
  func biasesOfEveryKind(_ bias: String) throws {
    for name in ["square", "relu", "sin"] {
      try Self.compare(try Self.network([name], bias: bias), Self.fewRows)
    }
  }

  @Test func firstLayersOfAnyLaw() throws {
    let network = try Self.network(["square", "relu"], bias: "uniform(-1/2, 1/2)", weights: "uniform(-1, 1)")
    try Self.compare(network, [[1, 0.5, -0.25], [0.5, -1, 0.75]])
    try Self.compare(try Network.headline, [[1], [-1], [0.5]])
  }

  @Test func multipliersTrainableFlagsAndScale() throws {
    let yaml = """
      input-dimension: 3
      input-scale: 1/2
      parameterization: ntk
      layers:
        - {weights: "normal(0, 2)", weight-multiplier: 1/3, bias: "normal(0, 1/2)", bias-multiplier: 2, activation: relu}
        - {weights: "laplace(1)", trainable: bias, bias: constant(0), activation: erf}
        - {weights: "normal()", trainable: weights, bias: "normal()", activation: leaky-relu(1/5)}
        - {weights: "normal()", weight-multiplier: 3, bias: "uniform(-1, 1)", bias-multiplier: 1/2, trainable: none}
      """
    try Self.compare(try Network(yaml: yaml), Self.fewRows)
  }

  @Test func parameterizations() throws {
    for parameterization in [Parameterization.mup, .meanField] {
      let network = try Self.network(["relu", "relu"], parameterization: parameterization)
      let matrix = try GramMatrix(network, Self.fewRows)
      let points = Self.fewRows.map { row in row.compactMap { ExactNumber(exactly: $0) } }
      let entry = try limitingKernels(of: network, at: points).entries[1]
      #expect(abs(try #require(matrix.ntk)[0, 1] - (entry.ntk.estimate?.value ?? .nan)) <= 1e-14)
      #expect(abs(try #require(matrix.nngp)[0, 1] - (entry.nngp.estimate?.value ?? .nan)) <= 1e-14)
    }
    let standard = try Self.network(["relu"], parameterization: .standard)
    try #require(try GramMatrix(standard, Self.fewRows, kinds: [.nngp]).nngp != nil)
    let error = #expect(throws: GramError.self) { try GramMatrix(standard, Self.fewRows, kinds: [.ntk]) }
    #expect(
      error?.description.hasPrefix("The NTK has no limit: the part of the layer 2 weights grows like N^1") == true)
  }
}
