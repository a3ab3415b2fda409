import Moments
import Networks
import Testing

@testable import FiniteWidth

/// One hidden layer in tiles and layer by layer: the same outputs and gradients, to rounding.
@Suite struct GradientPassTests {
  private func plans(
    _ activation: String, inputs: Int, neurons: Int, bias: String, trainable: [String] = ["all", "all"]
  ) throws
    -> (plans: [GradientLayerPlan], parameters: [Double])
  {
    let network = FiniteNetwork(
      sampling: try Network(
        yaml: """
          input-dimension: \(inputs)
          parameterization: ntk
          layers:
            - {weights: "normal(0, 1)", bias: \(bias), activation: \(activation), trainable: \(trainable[0])}
            - {weights: "uniform(-1, 1)", bias: "normal(0, 1/3)", trainable: \(trainable[1])}
          """), width: neurons, seed: 5, index: 0)
    return (GradientLayerPlan.plans(of: network), network.parameters)
  }

  private func points(_ count: Int, inputs: Int) -> [[Double]] {
    var stream = RandomStream(seed: 8, stream: UInt64(count))
    return (0..<count).map { _ in (0..<inputs).map { _ in Double.random(in: -1...1, using: &stream) } }
  }

  private func results(_ pass: any GradientPass, _ parameters: [Double], points: Int) -> [Double] {
    var outputs = [Double](repeating: .nan, count: points)
    // What was there before must not matter.
    var gradient = [Double](repeating: .nan, count: parameters.count)
    let coefficients = (0..<points).map { 1 / Double($0 + 1) - 0.3 }
    pass.outputs(parameters, into: &outputs)
    pass.gradient(coefficients, parameters, into: &gradient)
    return outputs + gradient
  }

  private func compare(
    _ plans: [GradientLayerPlan], _ parameters: [Double], _ points: [[Double]], _ label: Comment
  ) throws {
    let tiled = try #require(TiledGradientPass(plans, points: points, workers: Workers(count: 1)), label)
    let layered = LayeredGradientPass(plans, points: points, workers: Workers(count: 1))
    let (first, second) = (
      results(tiled, parameters, points: points.count), results(layered, parameters, points: points.count)
    )
    let largest = second.map(\.magnitude).max() ?? 0
    // Sums of at most 600 neurons or 40 points, in another order; no number of these is above the largest.
    for (one, other) in zip(first, second) { #expect(abs(one - other) <= 1e-14 * largest, label) }
    // Threads share blocks, not sums.
    let shared = try #require(TiledGradientPass(plans, points: points, workers: Workers(count: 3)), label)
    #expect(results(shared, parameters, points: points.count) == first, label)
  }

  /// Sizes around the widths of vectors, squares and blocks.
  @Test(arguments: [1, 2, 3, 7, 8, 9, 10, 17, 32])
  func sizes(inputs: Int) throws {
    for neurons in [1, 7, 8, 16, 31, 255, 256, 257, 600] {
      let (plans, parameters) = try plans("tanh", inputs: inputs, neurons: neurons, bias: "\"normal(0, 1)\"")
      for count in [1, 2, 3, 4, 5, 9] {
        try compare(plans, parameters, points(count, inputs: inputs), "\(neurons) neurons, \(count) points")
      }
    }
  }

  @Test(arguments: ["relu", "square", "leaky-relu(1/5)", "abs", "identity", "erf", "rectified-power(3)", "hermite(3)"])
  func activations(activation: String) throws {
    let (plans, parameters) = try plans(activation, inputs: 3, neurons: 300, bias: "none")
    try compare(plans, parameters, points(40, inputs: 3), "\(activation)")
  }

  /// Parameters that are not trained get a zero, whatever stands beside them.
  @Test(arguments: ["all", "weights", "bias", "none"], ["all", "weights", "bias"])
  func frozen(first: String, second: String) throws {
    let (plans, parameters) = try plans(
      "tanh", inputs: 3, neurons: 20, bias: "\"normal(0, 1)\"", trainable: [first, second])
    try compare(plans, parameters, points(5, inputs: 3), "\(first), \(second)")
  }

  /// Deep networks, and those of very many inputs, go layer by layer.
  @Test func whatTilesDoNotCover() throws {
    let (wide, _) = try plans("relu", inputs: 33, neurons: 3, bias: "none")
    #expect(TiledGradientPass(wide, points: points(2, inputs: 33), workers: Workers(count: 1)) == nil)
    let (plans, _) = try plans("relu", inputs: 2, neurons: 3, bias: "none")
    #expect(TiledGradientPass(plans, points: [], workers: Workers(count: 1)) == nil)
    #expect(TiledGradientPass([plans[0], plans[0], plans[1]], points: [[1, 2]], workers: Workers(count: 1)) == nil)
  }
}
