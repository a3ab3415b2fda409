import Activations
import Foundation
import LimitKernels
import LinearAlgebra
import Moments
import Networks
import Testing

@testable import FiniteWidth

private let points: [[ExactNumber]] = [[1, 0], [ExactNumber(1, 2), 1]]

private func network(_ layers: String, parameterization: String = "ntk") throws -> Network {
  try Network(yaml: "input-dimension: 2\nparameterization: \(parameterization)\nlayers:\n\(layers)")
}

private let residual = """
  - {weights: "normal(0, sqrt(2))", bias: "normal(0, 1/2)", activation: relu}
  - kind: residual
    branch-multiplier: -3/4
    branch:
      - {weights: "normal(0, sqrt(2))", bias: "uniform(-1, 1)", activation: relu}
      - {weights: uniform(1), bias: constant(1/3), activation: gelu}
  - {weights: normal(), bias: none}
  """

private let normalized = """
  - {weights: "normal(0, sqrt(2))", bias: "normal(0, 1/2)", activation: relu}
  - {kind: layer-normalization, gain: "uniform(1/2, 3/2)", bias: "uniform(0, 1)"}
  - {weights: "normal(0, sqrt(2))", bias: none, activation: tanh}
  - {kind: layer-normalization, epsilon: 1/10}
  - {weights: normal(), bias: none}
  """

private let both = """
  - {weights: normal(), bias: none, activation: identity}
  - kind: residual
    branch:
      - {kind: layer-normalization, gain: constant(1), bias: constant(0)}
      - {weights: "normal(0, sqrt(2))", bias: none, activation: relu}
      - {weights: rademacher(), bias: none}
  - {kind: layer-normalization}
  - {weights: normal(), bias: "normal(0, 1/2)"}
  """

/// The pullbacks against difference quotients: the witness has to be right before it is heard.
@Suite struct PullbackTests {
  private static let input = Matrix([[0.3, -1.2, 0.8, 2.1, -0.4], [1.5, 0.2, -0.7, 0.1, 0.9]])
  private static let derivatives = Matrix([[0.7, -0.3, 1.1, 0.4, -0.9], [-0.2, 0.8, 0.5, -1.3, 0.6]])

  private func context(_ parameterization: String) throws -> ModuleContext {
    ModuleContext(
      network: try network(both, parameterization: parameterization), path: LayerPath(layer: 1), width: 5, inputs: 5,
      outputs: 5)
  }

  /// `Σ D · h′(x)` of one point.
  private func functional(_ module: any FiniteModule, _ input: Matrix, _ point: Int) -> Double {
    zip(module.forward(input).output.row(point), Self.derivatives.row(point)).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func checkInput(_ module: any FiniteModule) {
    let parts = KernelParts()
    let below = module.forward(Self.input).pullback(Self.derivatives, parts)
    let step = 1e-5
    for point in 0..<2 {
      for neuron in 0..<5 {
        var (up, down) = (Self.input, Self.input)
        up[point, neuron] += step
        down[point, neuron] -= step
        let quotient = (functional(module, up, point) - functional(module, down, point)) / (2 * step)
        // The third derivative times step², and rounding over the step.
        #expect(abs(quotient - below[point, neuron]) < 1e-8)
      }
    }
  }

  /// The gradient of one point with respect to numbers that a module holds, by difference quotients.
  private func gradient<Module: FiniteModule>(
    _ module: Module, count: Int, _ move: (inout Module, Int, Double) -> Void
  ) -> Matrix {
    let step = 1e-5
    var result = Matrix(rows: 2, columns: count)
    for index in 0..<count {
      var (up, down) = (module, module)
      move(&up, index, step)
      move(&down, index, -step)
      for point in 0..<2 {
        result[point, index] =
          (functional(up, Self.input, point) - functional(down, Self.input, point)) / (2 * step)
      }
    }
    return result
  }

  private func close(_ a: [Double]?, _ b: [Double]) -> Bool {
    guard let a, a.count == b.count else { return false }
    return zip(a, b).allSatisfy { abs($0 - $1) < 1e-7 * max(1, abs($1)) }
  }

  @Test(arguments: ["0", "1/10"]) func normalization(_ epsilon: String) throws {
    let layer = LayerNormalization(
      epsilon: try ExactNumber(parsing: epsilon), gain: try UniformLaw(1, 2), bias: try UniformLaw(-1, 1))
    var stream = RandomStream(seed: 1, stream: 1)
    let module = NormalizationModule(layer, in: try context("ntk"), from: &stream)
    checkInput(module)
    let parts = KernelParts()
    _ = module.forward(Self.input).pullback(Self.derivatives, parts)
    let gains = gradient(module, count: 5) { $0.gains?[$1] += $2 }
    #expect(close(parts[ParameterGroup(layer: 1, kind: .gain)], gains.packedGram))
    let biases = gradient(module, count: 5) { $0.bias?[$1] += $2 }
    #expect(close(parts[ParameterGroup(layer: 1, kind: .bias)], biases.packedGram))
  }

  @Test(arguments: ["ntk", "standard", "mup"]) func dense(_ parameterization: String) throws {
    let layer = DenseLayer(
      weights: try UniformLaw(-1, 1), bias: try UniformLaw(-1, 1), weightMultiplier: 2, biasMultiplier: 3,
      activation: try network(normalized).layers[2].activationForTests)
    var stream = RandomStream(seed: 1, stream: 1)
    let module = DenseModule(layer, in: try context(parameterization), from: &stream)
    checkInput(module)
    let parts = KernelParts()
    _ = module.forward(Self.input).pullback(Self.derivatives, parts)
    // Both rates are 1 here.
    let weights = gradient(module, count: 25) { $0.weights.elements[$1] += $2 }
    #expect(close(parts[ParameterGroup(layer: 1, kind: .weights)], weights.packedGram))
    let biases = gradient(module, count: 5) { $0.bias?[$1] += $2 }
    #expect(close(parts[ParameterGroup(layer: 1, kind: .bias)], biases.packedGram))
    // What multiplies W and β at the width 5.
    let factors = ["ntk": (2 / 5.0.squareRoot(), 3), "standard": (2, 3), "mup": (2, 3 * 5.0.squareRoot())]
    let (a, b) = try #require(factors[parameterization])
    var linear = module
    linear.weights = Matrix(rows: 5, columns: 5, repeating: 0)
    linear.weights[0, 0] = 1e-3
    linear.bias = [1e-3, 1e-3, 1e-3, 1e-3, 1e-3]
    let output = linear.forward(Matrix([[1, 0, 0, 0, 0]])).output
    #expect(abs(atanh(output[0, 0]) - 1e-3 * (a + b)) < 1e-15)
    #expect(abs(atanh(output[0, 1]) - 1e-3 * b) < 1e-15)
  }

  @Test func block() throws {
    let network = try network(residual)
    var stream = RandomStream(seed: 1, stream: 1)
    let context = ModuleContext(network: network, path: LayerPath(layer: 1), width: 5, inputs: 5, outputs: 5)
    checkInput(try context.module(network.layers[1], from: &stream))
  }

  /// The identity through the branch alone: derivatives reach the input directly.
  @Test func identity() throws {
    let block = ResidualBlock(branch: [DenseLayer(weights: ConstantLaw(0))], branchMultiplier: 2)
    var stream = RandomStream(seed: 1, stream: 1)
    let module = try context("ntk").module(block, from: &stream)
    #expect(module.forward(Self.input).output == Self.input)
    let parts = KernelParts()
    #expect(module.forward(Self.input).pullback(Self.derivatives, parts) == Self.derivatives)
  }
}

extension NetworkLayer {
  fileprivate var activationForTests: (any Activation)? { (self as? DenseLayer)?.activation }
}

/// Sampled networks against the limit and against the other sampler.
@Suite struct LayeredNetworkTests {
  /// A network of dense layers has one law, whichever sampler draws it.
  ///
  /// Five groups and three entries at width 6: 15 differences of means of 1500 networks each, |z| ≤ 4.5 has a false-alarm
  /// rate of 1e-4 in all (normal law).
  @Test func denseNetworksHaveOneLaw() throws {
    let network = try network(
      """
        - {weights: uniform(1), bias: "normal(0, 1/2)", activation: tanh}
        - {weights: "normal(0, sqrt(2))", bias: none, activation: relu}
        - {weights: rademacher(), bias: "uniform(0, 1)"}
      """)
    let plain = NetworkSampler(network, width: 6, seed: 11, points: points)
    var (first, second) = (
      [[SampleStatistics]](repeating: Array(repeating: SampleStatistics(), count: 3), count: 5),
      [[SampleStatistics]](repeating: Array(repeating: SampleStatistics(), count: 3), count: 5)
    )
    for index in 0..<1500 {
      let a = plain.kernels(index: index)
      let b = try LayeredNetwork(sampling: network, width: 6, seed: 12, index: index).kernels(at: plain.points)
      #expect(a.groups == b.groups)
      for group in 0..<5 {
        for entry in 0..<3 {
          first[group][entry].add(a.groupNTK[group][entry])
          second[group][entry].add(b.groupNTK[group][entry])
        }
      }
    }
    for group in 0..<5 {
      for entry in 0..<3 {
        let (a, b) = (first[group][entry], second[group][entry])
        let spread = (a.standardError * a.standardError + b.standardError * b.standardError).squareRoot()
        #expect(abs(a.mean - b.mean) <= 4.5 * spread, "group \(group), entry \(entry)")
      }
    }
  }

  /// Means at two widths, extrapolated: `2 E Θ_{2N} − E Θ_N` is the limit up to O(1/N²).
  ///
  /// N = 32, 500 and 250 networks: with |z| ≤ 5 the false-alarm rate is 6e-7 for each of about 80 values, 5e-5 in all.
  /// The standard errors are 2 to 6 % of the values: a term of the recursion that is missing or doubled is found.
  @Test(arguments: [residual, normalized, both]) func limits(_ layers: String) throws {
    let network = try network(layers)
    let table = try limitingKernels(of: network, at: points)
    let narrow = try WidthStudy.estimate(network: network, points: points, width: 32, samples: 500, seed: 21)
    let wide = try WidthStudy.estimate(network: network, points: points, width: 64, samples: 250, seed: 22)
    func check(
      _ small: [SampleStatistics], _ large: [SampleStatistics], _ entry: Int, _ limit: Quantity, _ name: String
    ) throws {
      let expected = try #require(limit.estimate?.value)
      let scale = small.map { abs($0.mean) }.max() ?? 0
      let (small, large) = (small[entry], large[entry])
      let estimate = 2 * large.mean - small.mean
      let spread =
        (4 * large.standardError * large.standardError + small.standardError * small.standardError).squareRoot()
      // A part that does not fluctuate, as a readout bias's, is compared to rounding.
      #expect(abs(estimate - expected) <= 5 * spread + 1e-12, "\(name): \(estimate) ± \(spread), limit \(expected)")
      #expect(spread <= 0.1 * scale + 1e-12, "\(name): too few networks to say anything")
    }
    for (index, entry) in table.entries.enumerated() {
      try check(narrow.ntk, wide.ntk, index, entry.ntk, "NTK \(index)")
      try check(narrow.nngp, wide.nngp, index, entry.nngp, "NNGP \(index)")
      for (group, part) in entry.groups.enumerated() {
        try check(narrow.groups[group], wide.groups[group], index, part.ntk, "\(part.parameter) \(index)")
      }
    }
  }

  /// The powers of N of every group, and the coefficients, under every parameterization.
  ///
  /// 28 values a parameterization, |z| ≤ 5: 6e-5 in all.
  @Test(arguments: ["standard", "mean-field", "mup"]) func exponents(_ parameterization: String) throws {
    let network = try network(both, parameterization: parameterization)
    let entry = try limitingKernels(of: network, at: points).entries[1]
    let width = 64
    let sampled = try WidthStudy.estimate(network: network, points: points, width: width, samples: 200, seed: 31)
    for (group, part) in entry.groups.enumerated() {
      let exponent = Double(part.law.exponent.numerator) / Double(part.law.exponent.denominator)
      let predicted = try #require(part.law.coefficient.estimate?.value) * pow(Double(width), exponent)
      let statistics = sampled.groups[group][1]
      // The 1/N correction of the mean is at most a few times 1/N of the value: 10 % at N = 64.
      #expect(
        abs(statistics.mean - predicted) <= 5 * statistics.standardError + 0.1 * abs(predicted),
        "\(part.parameter): \(statistics.mean), \(predicted)")
      #expect(statistics.standardError <= 0.1 * abs(predicted) + 1e-12)
    }
  }

  @Test func aFunctionOfItsNumber() throws {
    let network = try network(both)
    func kernels(_ index: Int, _ seed: UInt64 = 1) throws -> EmpiricalKernels {
      try LayeredNetwork(sampling: network, width: 4, seed: seed, index: index).kernels(at: [[1, 0], [0.5, 1]])
    }
    #expect(try kernels(0) == kernels(0))
    #expect(try kernels(0) != kernels(1))
    #expect(try kernels(0) != kernels(0, 2))
    let drawn = try LayeredNetwork(sampling: network, width: 4, seed: 1, index: 0)
    #expect(try drawn.outputs(at: [[1, 0], [0.5, 1]]) == kernels(0).outputs)
    let draws: Double = 8 + (8 + 16 + 16) + 4 + 1
    #expect(LayeredNetwork.drawCount(of: network, width: 4) == draws)
  }
}
