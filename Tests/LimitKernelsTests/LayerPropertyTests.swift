import Expectation
import LimitKernels
import Moments
import Networks
import Testing

private func network(_ layers: String, dimension: Int = 2, parameterization: String = "ntk") throws -> Network {
  try Network(yaml: "input-dimension: \(dimension)\nparameterization: \(parameterization)\nlayers:\n\(layers)")
}

private func entry(_ network: Network, _ x: [ExactNumber], _ y: [ExactNumber]) throws -> KernelEntry {
  let entries = try limitingKernels(of: network, at: [x, y]).entries
  return try #require(entries.dropFirst().first)
}

private let half = ExactNumber(1, 2)

@Suite struct LayerPropertyTests {
  /// A linear network: every value is a rational number that a person can check.
  ///
  /// F¹ = x·y/2, one block multiplies by 1 + m² · 3 · 2, and the NTK is the number of weights on the way.
  @Test func linearBlocksAreExact() throws {
    let network = try network(
      """
        - {weights: normal(), bias: none, activation: identity}
        - kind: residual
          branch-multiplier: 1/3
          branch:
            - {weights: "normal(0, sqrt(3))", bias: none, activation: identity}
            - {weights: "normal(0, sqrt(2))", bias: "uniform(0, 1)"}
        - {weights: normal(), bias: none}
      """)
    let result = try entry(network, [1, 0], [half, 1])
    let f = ExactNumber(1, 4)
    // 1 + 6/9, and E b² = 1/3 times 1/9.
    #expect(result.nngp.estimate?.exact == f * ExactNumber(5, 3) + ExactNumber(1, 27))
    let groups = Dictionary(uniqueKeysWithValues: result.groups.map { ($0.parameter, $0.ntk.estimate?.exact) })
    #expect(groups["layer 1 weights"] == f * ExactNumber(5, 3))
    #expect(groups["layer 2 branch layer 1 weights"] == f * ExactNumber(2, 9))
    #expect(groups["layer 2 branch layer 2 weights"] == f * ExactNumber(1, 3))
    #expect(groups["layer 2 branch layer 2 bias"] == ExactNumber(1, 9))
    #expect(groups["layer 3 weights"] == result.nngp.estimate?.exact)
  }

  /// E u² = 5/12 and E u⁴ = 91/240 at x = 1: Var u² = 37/180, and the slope 4 E u² E[w²] = 5/9.
  @Test func normalizedSquaresAreExact() throws {
    let network = try network(
      """
        - {weights: "uniform(-1, 1)", bias: "uniform(-1/2, 1/2)", activation: square}
        - kind: layer-normalization
        - {weights: "uniform(-1, 1)", bias: none}
      """, dimension: 1)
    let entries = try limitingKernels(of: network, at: [[1], [-1]]).entries
    #expect(entries.map { $0.nngp.estimate?.exact } == [ExactNumber(1, 3), ExactNumber(-1, 37), ExactNumber(1, 3)])
    #expect(entries[0].groups.map { $0.ntk.estimate?.exact } == [ExactNumber(100, 37), ExactNumber(100, 37), 1])
    #expect(entries[0].ntk.estimate?.exact == ExactNumber(237, 37))
    #expect(entries[1].oneMinusCorrelation.nngp?.estimate?.exact == ExactNumber(40, 37))
  }

  private let normalizedReLU = """
      - {weights: normal(), bias: none, activation: relu}
      - {weights: "normal(0, sqrt(2))", bias: none, activation: abs}
      - {kind: layer-normalization}
      - {weights: "normal(0, sqrt(2))", bias: none, activation: relu}
      - {weights: normal(), bias: none}
    """

  /// Without ε and without biases before it, only the directions of the inputs count, from 1e-150 to 1e150.
  @Test(arguments: ["1e-150", "1e-30", "3", "1e150"]) func lengthsDoNotCount(_ factor: String) throws {
    let network = try network(normalizedReLU)
    let scale = try ExactNumber(parsing: factor)
    let first = try entry(network, [1, half], [2, -1])
    let second = try entry(network, [scale, scale * half], [2, -1])
    let (a, b) = (try #require(first.nngp.estimate), try #require(second.nngp.estimate))
    #expect(abs(a.value - b.value) <= a.error + b.error)
    #expect(a.error <= 1e-13 && b.error <= 1e-13)
    // Longer features have smaller gradients behind a normalization: the parts of the NTK stay.
    let ratios = try zip(first.groups, second.groups).map { pair -> Double in
      try #require(pair.1.ntk.estimate?.value) / #require(pair.0.ntk.estimate?.value)
    }
    for ratio in ratios { #expect(abs(ratio - 1) <= 1e-12) }
  }

  @Test func normalizedFeaturesHaveLengthOne() throws {
    let network = try network(
      "  - {weights: \"uniform(-1, 1)\", bias: \"normal(0, 1)\", activation: gelu}\n  - {kind: layer-normalization}\n"
        + "  - {weights: normal(), bias: none}")
    for entry in try limitingKernels(of: network, at: [[1, 0], [1, 0]]).entries {
      #expect(entry.nngp.estimate?.value == 1)
      #expect(entry.oneMinusCorrelation.nngp?.estimate?.value == 0)
    }
  }

  @Test func inputsMayBeExchanged() throws {
    let network = try network(
      """
        - {weights: normal(), bias: "normal(0, 1/2)", activation: gelu}
        - kind: residual
          branch:
            - {kind: layer-normalization, epsilon: 1/10}
            - {weights: normal(), bias: constant(1/2), activation: relu}
        - {kind: layer-normalization}
        - {weights: normal(), bias: none}
      """)
    let (x, y): ([ExactNumber], [ExactNumber]) = ([1, 0], [ExactNumber(1, 3), 1])
    let (a, b) = (try entry(network, x, y), try entry(network, y, x))
    for (p, q) in [(a.nngp, b.nngp), (a.ntk, b.ntk)] {
      let (p, q) = (try #require(p.estimate), try #require(q.estimate))
      #expect(abs(p.value - q.value) <= p.error + q.error)
    }
  }

  /// ε → 0 is the normalization without ε, and the difference is of order ε.
  @Test func smallEpsilon() throws {
    func value(_ epsilon: String) throws -> Double {
      let norm = normalizedReLU.replacing(
        "{kind: layer-normalization}", with: "{kind: layer-normalization, epsilon: \(epsilon)}")
      return try #require(try entry(try network(norm), [1, half], [2, -1]).ntk.estimate?.value)
    }
    let exact = try value("0")
    let (first, second) = (try value("1e-6") - exact, try value("1e-7") - exact)
    #expect(abs(first) > 1e-8 && abs(first) < 1e-4)
    #expect(abs(first / second - 10) < 1e-3)
  }

  @Test func zeroVectors() throws {
    let residual = try network(
      """
        - {weights: normal(), bias: none, activation: relu}
        - kind: residual
          branch: [{weights: normal(), bias: none, activation: relu}, {weights: normal(), bias: none}]
        - {weights: normal(), bias: none}
      """)
    let entries = try limitingKernels(of: residual, at: [[0, 0], [1, 1]]).entries
    #expect(entries[0].nngp.estimate?.value == 0)
    #expect(entries[1].nngp.estimate?.value == 0)
    #expect(entries[1].oneMinusCorrelation.nngp == nil)
    #expect(throws: KernelError.constantFeatures(layer: LayerPath(layer: 2), point: "0, 0")) {
      try limitingKernels(of: try network(normalizedReLU), at: [[1, 1], [0, 0]])
    }
    let inBranch = try network(
      """
        - {weights: normal(), bias: none, activation: identity}
        - kind: residual
          branch: [{kind: layer-normalization}, {weights: normal(), bias: none}]
        - {weights: normal(), bias: none}
      """)
    do {
      _ = try limitingKernels(of: inBranch, at: [[0, 0]])
      Issue.record("a zero vector has no direction")
    } catch let error as KernelError {
      #expect(
        error.description
          == "The normalization of layer 2 branch layer 1 divides by zero at the point 0, 0: all neurons have the same feature there. Give the layer an epsilon, as in 1e-5, or take the point out."
      )
    }
  }

  /// sigmoid of a tiny input: 1/2 in every neuron, up to what a double of E φ² can hold.
  @Test func lostVariances() throws {
    let lost = try network(
      "  - {weights: normal(), bias: none, activation: sigmoid}\n  - {kind: layer-normalization}\n"
        + "  - {weights: normal(), bias: none}")
    do {
      _ = try limitingKernels(of: lost, at: [[ExactNumber(1, 1_000_000_000), 0]])
      Issue.record("nothing is left of the variance")
    } catch let error as ExpectationError {
      #expect(
        error.description.hasPrefix("The normalization of layer 2 cannot be computed: the variance of the features"))
      #expect(error.description.contains("lost in the rounding of their mean square; give the layer an epsilon"))
    }
    // Half the digits are gone at 1e-4, and the bound says so.
    let entry = try entry(lost, [ExactNumber(1, 10_000), 0], [0, ExactNumber(1, 10_000)])
    let estimate = try #require(entry.nngp.estimate)
    #expect(abs(estimate.value) <= estimate.error, "orthogonal inputs of odd features around 1/2")
    #expect(estimate.error < 1e-4)
  }

  @Test func infiniteVariances() throws {
    let network = try network(
      "  - {weights: \"student-t(3/2, 1)\", bias: none, activation: relu}\n  - {kind: layer-normalization}\n"
        + "  - {weights: normal(), bias: none}")
    let entry = try limitingKernels(of: network, at: [[1, 1]]).entries[0]
    #expect(entry.nngp.estimate == nil)
    #expect(entry.nngp.reason?.contains("the features before layer 2 have no variance") ?? false)
  }

  @Test func whatLeavesTheRangeOfDoublesIsAnError() throws {
    let pair = "  - {weights: normal(), bias: none, activation: relu}\n  - {kind: layer-normalization}\n"
    let deep = try network(String(repeating: pair, count: 1900) + "  - {weights: normal(), bias: none}")
    #expect(throws: ExpectationError.self) { try limitingKernels(of: deep, at: [[1, 0]]) }
  }

  /// Ten thousand layers, and one more than a network may have.
  ///
  /// With relu and E[w²] = 2 every hidden layer has the same K = 1/2 at x = (1, 0), and adds E φ² E φ′² = 1/4 to the NTK.
  @Test func tenThousandLayers() throws {
    let example = try network(
      "  - {weights: \"normal(0, sqrt(2))\", bias: none, activation: relu}\n  - {weights: normal(), bias: none}")
    let (hidden, readout) = (example.firstLayer, example.readout)
    func deep(_ count: Int) throws -> Network {
      try Network(inputDimension: 2, layers: Array(repeating: hidden, count: count - 1) + [readout])
    }
    let entry = try limitingKernels(of: try deep(10_000), at: [[1, 0]]).entries[0]
    let (nngp, ntk) = (try #require(entry.nngp.estimate), try #require(entry.ntk.estimate))
    #expect(abs(nngp.value - 0.5) <= nngp.error && nngp.error <= 1e-10)
    #expect(abs(ntk.value - 2500.25) <= ntk.error && ntk.error <= 1e-6)
    do {
      _ = try deep(100_001)
      Issue.record("too many layers")
    } catch {
      #expect("\(error)".contains("100001 layers are too many. Write 2 to 100000 layers"))
    }
  }

  /// Exponents of the groups under the named parameterizations; the coefficients are those of `ntk`.
  @Test(arguments: [
    ("standard", ["0", "0", "0", "1", "0", "1", "0", "0", "1"]),
    ("mean-field", ["-1", "-1", "-1", "-1", "-1", "-1", "-1", "-1", "-1"]),
    ("mup", ["0", "0", "0", "0", "0", "0", "0", "0", "0"]),
  ])
  func exponents(_ parameterization: String, _ expected: [String]) throws {
    let layers = """
        - {weights: normal(), bias: none, activation: relu}
        - kind: residual
          branch:
            - {kind: layer-normalization, gain: constant(1), bias: constant(0)}
            - {weights: normal(), bias: constant(0), activation: tanh}
            - {weights: normal(), bias: none}
        - {kind: layer-normalization, gain: "uniform(1, 2)", bias: "normal(0, 1/2)"}
        - {weights: normal(), bias: none}
      """
    func laws(_ name: String) throws -> [ParameterGroupKernel] {
      try entry(try network(layers, dimension: 1, parameterization: name), [1], [1]).groups
    }
    let groups = try laws(parameterization)
    #expect(groups.map(\.law.exponent.description) == expected)
    #expect(groups.map(\.law.coefficient) == (try laws("ntk")).map(\.ntk))
  }

  /// Groups that are not trained are left out, and the others do not change.
  @Test func trainableFlags() throws {
    func layers(_ norm: String, _ dense: String) -> String {
      """
        - {weights: normal(), bias: none, activation: relu}
        - kind: residual
          branch:
            - {kind: layer-normalization, gain: constant(1), bias: constant(0), trainable: \(norm)}
            - {weights: normal(), bias: constant(0), trainable: \(dense)}
        - {weights: normal(), bias: none}
      """
    }
    let all = try entry(try network(layers("all", "all")), [1, 0], [half, 1]).groups
    for (norm, dense, missing) in [
      ("gain", "all", ["layer 2 branch layer 1 bias"]), ("bias", "all", ["layer 2 branch layer 1 gain"]),
      (
        "none", "weights",
        ["layer 2 branch layer 1 gain", "layer 2 branch layer 1 bias", "layer 2 branch layer 2 bias"]
      ),
    ] {
      let some = try entry(try network(layers(norm, dense)), [1, 0], [half, 1]).groups
      let kept = all.filter { !missing.contains($0.parameter) }
      #expect(some.map(\.parameter) == kept.map(\.parameter))
      #expect(some.map(\.ntk) == kept.map(\.ntk))
    }
  }
}
