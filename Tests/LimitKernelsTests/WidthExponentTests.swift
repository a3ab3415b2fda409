import LimitKernels
import Moments
import Networks
import Testing

/// A network of `hidden` layers with biases, under a parameterization as a file spells it.
private func network(
  _ parameterization: String, hidden: Int = 1, activation: String = "square", bias: String = "uniform(-1/2, 1/2)",
  readoutBias: String = "uniform(-1, 1)"
) throws -> Network {
  let layer = "  - weights: uniform(-1, 1)\n    bias: \(bias)\n    activation: \(activation)\n"
  return try Network(
    yaml: """
      input-dimension: 1
      parameterization: \(parameterization)
      layers:
      \(String(repeating: layer, count: hidden))  - weights: uniform(-1, 1)
          bias: \(readoutBias)
      """)
}

private func entry(_ network: Network, _ x: ExactNumber = 1, _ y: ExactNumber = 1) throws -> KernelEntry {
  let entries = try limitingKernels(of: network, at: [[x], [y]]).entries
  return try #require(entries.dropFirst().first)
}

@Suite struct WidthExponentTests {
  /// The rows of the table of exponents: the parameterization, the hidden layers, the exponent of E f f without the
  /// readout's bias, and those of w¹, b¹, …, w^{L+1}, b^{L+1}.
  static let rows: [(String, Int, String, [String])] = [
    ("ntk", 1, "0", ["0", "0", "0", "0"]),
    ("ntk", 2, "0", ["0", "0", "0", "0", "0", "0"]),
    ("standard", 1, "0", ["0", "0", "1", "0"]),
    ("standard", 2, "0", ["0", "0", "1", "0", "1", "0"]),
    ("{a: [0, 0], b: [0, 1/2], c: 1}", 1, "0", ["-1", "-1", "0", "-1"]),
    ("{a: [0, 0, 0], b: [0, 1/2, 1/2], c: 1}", 2, "0", ["-1", "-1", "0", "-1", "0", "-1"]),
    ("mean-field", 1, "-1", ["-1", "-1", "-1", "0"]),
    ("{a: [0, 1], b: [0, 0], c: -1}", 1, "-1", ["0", "0", "0", "1"]),
    ("mup", 1, "-1", ["0", "0", "0", "0"]),
    ("mup", 3, "-1", ["0", "0", "0", "0", "0", "0", "0", "0"]),
    ("{a: [0, 1/3], b: [0, 0], c: 0}", 1, "1/3", ["1/3", "1/3", "1/3", "0"]),
  ]

  /// Exponents as the table has them, coefficients those of the NTK parameterization.
  @Test(arguments: rows.indices) func table(_ index: Int) throws {
    let (parameterization, hidden, function, exponents) = Self.rows[index]
    let laws = try entry(try network(parameterization, hidden: hidden)).groups.map(\.law)
    #expect(laws.map(\.exponent.description) == exponents)
    let ntk = try entry(try network("ntk", hidden: hidden)).groups
    #expect(laws.map(\.coefficient) == ntk.map(\.ntk))
    let withoutReadoutBias = try entry(try network(parameterization, hidden: hidden, readoutBias: "none"))
    #expect(withoutReadoutBias.nngpLaw.exponent.description == function)
  }

  @Test func theQuadraticNetworkOfTheReadme() throws {
    func laws(_ parameterization: String) throws -> (total: PowerLaw, last: PowerLaw, function: PowerLaw) {
      let result = try entry(try network(parameterization, readoutBias: "none"))
      return (result.ntkLaw, try #require(result.groups.last).law, result.nngpLaw)
    }
    let standard = try laws("standard")
    #expect(standard.last.exponent == 1)
    #expect(standard.last.coefficient.estimate?.exact == ExactNumber(91, 240))
    #expect(standard.total.verdict == .diverges)
    #expect(standard.total.coefficient == standard.last.coefficient)
    let meanField = try laws("mean-field")
    #expect(meanField.total.exponent == -1)
    #expect(meanField.total.coefficient.estimate?.exact == ExactNumber(1073, 720))
    #expect(meanField.total.verdict == .vanishes)
    #expect(meanField.function.exponent == -1)
    #expect(meanField.function.coefficient.estimate?.exact == ExactNumber(91, 720))
    #expect(try laws("ntk").total.verdict == .finite)
  }

  /// f is of order N^(1/2 − α) under N^−α: only α = 1/2 leaves it.
  @Test(arguments: ["0", "1/4", "1/2", "3/4", "1"]) func theSizeOfTheFunction(_ alpha: String) throws {
    let law = try entry(try network("{a: [0, \(alpha)], b: [0, 0], c: 0}", readoutBias: "none")).nngpLaw
    let exact = try #require(try ExactNumber(parsing: alpha).rational)
    #expect(law.exponent == 1 - 2 * exact)
    #expect((law.verdict == .finite) == (alpha == "1/2"))
  }

  /// Homogeneous of degree k: a factor of one layer is a factor of f to the power `k^(later layers)`.
  ///
  /// Without any norm `f ~ N^{e_{L+1}}` with `e_l = 1/2 + k e_{l−1}`, `e_1 = 0`; a norm of that power at the end is the
  /// NTK parameterization, and without it every group grows like `N^{2 e_{L+1}}`.
  @Test(arguments: ["relu", "square", "abs", "leaky-relu(1/5)", "cube"], [1, 2, 3])
  func theNormAtTheEnd(_ activation: String, _ hidden: Int) throws {
    let degree: Rational = activation == "square" ? 2 : activation == "cube" ? 3 : 1
    var size: Rational = 0
    for _ in 0..<hidden { size = Rational(1) / 2 + degree * size }
    let zeros = Array(repeating: "0", count: hidden)
    func at(_ last: String) throws -> KernelEntry {
      let exponents =
        "{a: [\((zeros + [last]).joined(separator: ", "))], b: [\((zeros + ["0"]).joined(separator: ", "))], c: 0}"
      return try entry(
        try network(exponents, hidden: hidden, activation: activation, bias: "none", readoutBias: "none"), 1, 2)
    }
    let layerByLayer = try entry(
      try network("ntk", hidden: hidden, activation: activation, bias: "none", readoutBias: "none"), 1, 2)
    let once = try at("\(size)")
    #expect(once.groups.map(\.law.exponent) == layerByLayer.groups.map { _ in 0 })
    #expect(once.groups.map(\.law.coefficient) == layerByLayer.groups.map(\.law.coefficient))
    #expect(once.nngp == layerByLayer.nngp)
    #expect(once.ntk == layerByLayer.ntk)
    let never = try at("0")
    #expect(never.nngpLaw.exponent == 2 * size)
    #expect(never.nngpLaw.coefficient == layerByLayer.nngp)
    for (group, normed) in zip(never.groups, layerByLayer.groups) where group.law.verdict != .zero {
      #expect(group.law.exponent == 2 * size)
      #expect(group.law.coefficient == normed.ntk)
    }
  }

  /// 1/N in every layer, relu: each layer after the first loses N^(1/2), and the bias of a layer outgrows it.
  @Test func oneOverNInEveryLayer() throws {
    let exponents = "{a: [0, 1, 1], b: [0, 0, 0], c: 0}"
    let result = try entry(
      try network(exponents, hidden: 2, activation: "relu", bias: "none", readoutBias: "none"))
    #expect(result.nngpLaw.exponent == -2)
    #expect(result.groups.map(\.law.exponent) == [-2, -2, -2])
    #expect(throws: KernelError.unstable(layer: 2, exponent: 0)) {
      try entry(try network(exponents, hidden: 2, activation: "relu"))
    }
    // A bias that starts at zero has no size; its gradient does.
    let trained = try entry(
      try network(exponents, hidden: 2, activation: "relu", bias: "constant(0)", readoutBias: "none"))
    #expect(trained.groups.map(\.law.exponent) == [-2, -2, -2, -1, -2])
  }

  @Test func whatIsNotHomogeneousHasNoPowerLaw() throws {
    #expect(throws: KernelError.unstable(layer: 2, exponent: Rational(1) / 2)) {
      try entry(try network("{a: [0, 0, 1], b: [0, 0, 0], c: 0}", hidden: 2, activation: "tanh", bias: "none"))
    }
  }

  @Test func anExactZeroIsNoPower() throws {
    let laws = try entry(try network("standard", bias: "none", readoutBias: "none"), 1, 0).groups.map(\.law)
    #expect(laws.map(\.verdict) == [.zero, .zero])
    #expect(PowerLaw.leading(laws).verdict == .zero)
  }
}
