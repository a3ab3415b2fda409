import Activations
import Dynamics
import FiniteWidth
import Foundation
import Moments
import Networks
import Testing

/// The gradient code against central differences of outputs, and against the kernels of the forward and backward pass.
@Suite struct GradientTests {
  private static let points = [[0.7, -1.1], [0.3, 0.9], [-1.4, 0.25]]

  /// The derivatives of `Σ cₐ f(xₐ)` by central differences of order 4.
  private func differences(_ network: FiniteNetwork, _ coefficients: [Double], width: Double) -> [Double] {
    let parameters = network.parameters
    func value(_ index: Int, _ shift: Double) -> Double {
      var moved = parameters
      moved[index] += shift
      return zip(coefficients, network.with(parameters: moved).outputs(at: Self.points)).reduce(0) {
        $0 + $1.0 * $1.1
      }
    }
    return parameters.indices.map {
      (8 * (value($0, width) - value($0, -width)) - (value($0, 2 * width) - value($0, -2 * width))) / (12 * width)
    }
  }

  /// The smallest distance of a preactivation of the only hidden layer from a kink.
  private func distanceFromKinks(_ network: FiniteNetwork, _ activation: any Activation) -> Double {
    let kinks = (activation.value.kinks + activation.derivative.kinks).map(\.doubleValue)
    let layer = network.layers[0]
    let (weights, bias) = (network.multipliers[0].weights, network.multipliers[0].bias ?? 0)
    var distance = Double.infinity
    for point in Self.points {
      for neuron in 0..<layer.outputs {
        let row = layer.weights[(neuron * layer.inputs)..<((neuron + 1) * layer.inputs)]
        let z =
          weights * zip(row, point).reduce(0) { $0 + $1.0 * $1.1 } + bias * (layer.bias.map { $0[neuron] } ?? 0)
        for kink in kinks { distance = min(distance, abs(z - kink)) }
      }
    }
    return distance
  }

  /// Every activation, one hidden layer, at a network whose preactivations keep away from kinks.
  @Test(arguments: ActivationRegistry.all.flatMap(\.examples))
  func everyActivation(activation: String) throws {
    let description = try network(activation)
    let function = try ActivationRegistry.activation(parsing: activation)
    // The first of the seed's networks that keeps its distance: no difference reaches over a kink.
    let sampled = try #require(
      (0..<200).lazy.map { FiniteNetwork(sampling: description, width: 4, seed: 11, index: $0) }
        .first { self.distanceFromKinks($0, function) > 0.02 })
    // Polynomials of a high degree n change on the scale 1/n.
    try compare(sampled, width: activation.contains("64") || activation.contains("41") ? 1e-5 : 1e-3)
  }

  @Test(arguments: ["ntk", "standard", "mean-field", "mup", "{a: [1/4, 0.5, 1/3], b: [-1/5, 0, 1/2], c: 1/2}"])
  func everyParameterization(parameterization: String) throws {
    let description = try network("tanh", parameterization: parameterization, depth: 2)
    try compare(FiniteNetwork(sampling: description, width: 5, seed: 3, index: 0))
  }

  private func compare(_ sampled: FiniteNetwork, width: Double = 1e-3) throws {
    let coefficients = [0.8, -1.3, 0.45]
    let evaluator = GradientEvaluator(sampled, points: Self.points)
    let gradient = evaluator.gradient(coefficients: coefficients, at: sampled.parameters)
    let expected = differences(sampled, coefficients, width: width)
    let size = max(1, expected.map(\.magnitude).max() ?? 1)
    for (found, value) in zip(gradient, expected) {
      // Truncation h⁴ f⁗′/30 with derivatives up to some thousand times the gradient, rounding ε f/h.
      #expect(abs(found - value) < 3e-9 * size, "\(found), \(value)")
    }
    for (output, expected) in zip(evaluator.outputs(sampled.parameters), sampled.outputs(at: Self.points)) {
      #expect(abs(output - expected) <= 1e-13 * max(1, abs(expected)))
    }
  }

  /// The NTK as `J diag(η) Jᵀ`, with J from the gradient code, is that of the kernel code.
  @Test(arguments: [(1, 7), (2, 40), (3, 20)]) func kernel(depth: Int, width: Int) throws {
    let description = try network(
      "tanh",
      parameterization:
        "{a: [0\(String(repeating: ", 1/2", count: depth))], b: [0\(String(repeating: ", 0", count: depth))], c: 1/4}",
      depth: depth)
    let sampled = FiniteNetwork(sampling: description, width: width, seed: 3, index: 1)
    let evaluator = GradientEvaluator(sampled, points: Self.points, threads: 2)
    let kernels = sampled.kernels(at: Self.points)
    let rows = Self.points.indices.map { point in
      evaluator.gradient(coefficients: Self.points.indices.map { $0 == point ? 1 : 0 }, at: sampled.parameters)
    }
    for i in rows.indices {
      for j in rows.indices {
        let sum = evaluator.layout.blocks.reduce(0) { sum, block in
          sum + block.range.reduce(0) { $0 + block.rate * rows[i][$1] * rows[j][$1] }
        }
        #expect(abs(sum - kernels.ntk(i, j)) < 1e-12 * max(1, abs(sum)))
      }
    }
  }

  /// Parameters that are not trained have no gradient and no rate.
  @Test func trainable() throws {
    let description = try Network(
      yaml: """
        input-dimension: 2
        parameterization: ntk
        layers:
          - {weights: "normal(0, 1)", bias: "normal(0, 1)", activation: tanh, trainable: bias}
          - {weights: "normal(0, 1)", bias: "normal(0, 1)", trainable: weights}
        """)
    let sampled = FiniteNetwork(sampling: description, width: 20, seed: 3, index: 1)
    let evaluator = GradientEvaluator(sampled, points: Self.points)
    #expect(evaluator.layout.blocks.map(\.rate) == [0, 1, 1, 0])
    #expect(evaluator.layout.trainedCount == 40)
    let gradient = evaluator.gradient(coefficients: [1, 1, 1], at: sampled.parameters)
    for block in evaluator.layout.blocks {
      #expect(block.range.contains { gradient[$0] != 0 } == (block.rate != 0))
    }
  }

  /// One and two threads agree to the last bit, for sizes with many blocks.
  @Test func threads() throws {
    let description = try network("erf", depth: 2)
    let points = (0..<24).map { [sin(Double($0)), cos(1.7 * Double($0))] }
    let sampled = FiniteNetwork(sampling: description, width: 150, seed: 3, index: 1)
    let coefficients = points.map { $0[0] - 0.3 }
    let results = [1, 2, 5].map { threads in
      GradientEvaluator(sampled, points: points, threads: threads)
        .gradient(coefficients: coefficients, at: sampled.parameters)
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }
}

/// Residual blocks and layer normalization under training: the gradient code against central differences, against the
/// kernels of the same layers, and the flow against its own energy.
@Suite struct LayeredGradientTests {
  private static let points = [[0.7, -1.1], [0.3, 0.9], [-1.4, 0.25]]

  static let residual = """
    - {weights: "normal(0, 1)", bias: "normal(0, 1/2)", activation: erf}
    - kind: residual
      branch-multiplier: -3/4
      branch:
        - {weights: "normal(0, sqrt(2))", bias: "uniform(-1, 1)", activation: tanh}
        - {weights: uniform(1), bias: "normal(0, 1/3)", activation: gelu, trainable: bias}
    - {weights: normal(), bias: none}
    """

  static let normalized = """
    - {weights: "normal(0, sqrt(2))", bias: "normal(0, 1/2)", activation: tanh}
    - {kind: layer-normalization, epsilon: 1/10, gain: "uniform(1/2, 3/2)", bias: "uniform(0, 1)"}
    - kind: residual
      branch:
        - {kind: layer-normalization}
        - {weights: "normal(0, sqrt(2))", bias: none, activation: erf, weight-multiplier: 3/2}
    - {weights: normal(), bias: "normal(0, 1/2)"}
    """

  private func drawn(_ layers: String, _ parameterization: String, width: Int) throws -> LayeredNetwork {
    let network = try Network(
      yaml: "input-dimension: 2\nparameterization: \(parameterization)\nlayers:\n\(layers)")
    return try #require(try network.drawn(width: width, seed: 4, index: 2) as? LayeredNetwork)
  }

  @Test(arguments: [residual, normalized], ["ntk", "standard", "mean-field", "mup"])
  func differences(layers: String, parameterization: String) throws {
    let network = try drawn(layers, parameterization, width: 6)
    let parameters = network.parameters
    #expect(network.parameterLayout.count == parameters.count)
    #expect(network.with(parameters: parameters).outputs(at: Self.points) == network.outputs(at: Self.points))
    let coefficients = [0.8, -1.3, 0.45]
    let evaluator = GradientEvaluator(network, points: Self.points)
    let gradient = evaluator.gradient(coefficients: coefficients, at: parameters)
    func value(_ index: Int, _ shift: Double) -> Double {
      var moved = parameters
      moved[index] += shift
      return zip(coefficients, network.with(parameters: moved).outputs(at: Self.points)).reduce(0) {
        $0 + $1.0 * $1.1
      }
    }
    let size = max(1, gradient.map(\.magnitude).max() ?? 1)
    for block in network.parameterLayout.blocks {
      for index in block.range {
        let width = 2e-4
        let near = value(index, width) - value(index, -width)
        let far = value(index, 2 * width) - value(index, -2 * width)
        // What is not trained has no gradient.
        let expected = block.rate == 0 ? 0 : (8 * near - far) / (12 * width)
        // Truncation h⁴ f⁗′/30, and rounding ε f/h.
        #expect(abs(gradient[index] - expected) < 1e-9 * size, "\(block.group)")
      }
    }
  }

  /// The NTK as `J diag(η) Jᵀ`.
  @Test(arguments: [residual, normalized], ["ntk", "standard", "mean-field", "mup"])
  func kernel(layers: String, parameterization: String) throws {
    let network = try drawn(layers, parameterization, width: 12)
    let evaluator = GradientEvaluator(network, points: Self.points)
    let kernels = network.kernels(at: Self.points)
    let rows = Self.points.indices.map { point in
      evaluator.gradient(coefficients: Self.points.indices.map { $0 == point ? 1 : 0 }, at: network.parameters)
    }
    for i in rows.indices {
      for j in rows.indices {
        let sum = evaluator.layout.blocks.reduce(0) { sum, block in
          sum + block.range.reduce(0) { $0 + block.rate * rows[i][$1] * rows[j][$1] }
        }
        #expect(abs(sum - kernels.ntk(i, j)) < 1e-12 * max(1, abs(kernels.ntk(i, i))))
      }
    }
  }

  /// The flow fits the data; its slope is the one that the NTK predicts, and `dL/dt` along it is `−Σ v²/η`.
  @Test(arguments: [residual, normalized]) func flow(layers: String) throws {
    let network = try drawn(layers, "ntk", width: 24)
    let problem = try TrainingProblem(
      network: network, inputs: [[1, 0], [0, 1]], targets: [0.5, -0.25], watching: [[0.6, 0.8]])
    let times = [0, 0.02, 0.1, 0.5, 2, 40]
    let history = try TrainingRun(problem: problem, method: .gradientFlow(FlowOptions()), times: times).run()
    #expect(history.outcome == .completed)
    #expect(history.records.count == times.count)
    for record in history.records {
      for (slope, predicted) in zip(record.measuredSlopes, record.predictedSlopes) {
        #expect(abs(slope - predicted) < 1e-8 * max(1, abs(predicted)))
      }
      let residuals = zip(record.outputs, problem.targets).map { $0 - $1 }
      let energy = zip(residuals, record.predictedSlopes).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(energy + record.descent) < 1e-12 * max(1, record.descent))
    }
    let last = try #require(history.records.last)
    #expect(last.loss < 1e-12)
    #expect(history.finalNetwork.parameters != network.parameters)
  }
}
