import FiniteWidth
import Foundation
import Moments
import Networks
import Testing

/// A network of three layers with two inputs; everything is off the standard case.
func network(
  _ parameterization: String, depth: Int = 2, weights: String = "normal(0, 1)", bias: String = "normal(1/4, 1/2)",
  activation: String = "tanh", dimension: Int = 2, extra: String = ""
) throws -> Network {
  let hidden = """
      - weights: \(weights)
        bias: \(bias)
        activation: \(activation)
        weight-multiplier: 3/2
        bias-multiplier: 2/3

    """
  return try Network(
    yaml: """
      input-dimension: \(dimension)
      parameterization: \(parameterization)
      layers:
      \(String(repeating: hidden, count: depth))
        - weights: uniform(-1, 1)
          bias: normal(0, 1/2)
          weight-multiplier: 4/5
          bias-multiplier: 6/5
      \(extra)
      """)
}

let parameterizations = [
  "ntk", "standard", "mean-field", "mup", "{a: [1/4, 0.5, 1/3], b: [-1/5, 0, 1/2], c: 1/2}",
]

@Suite struct EmpiricalKernelTests {
  /// One neuron, `f(x) = 2 (x + 1/2)²`: every number is exact in double precision.
  @Test func oneNeuron() throws {
    let json = #"{"layers":[{"weights":[[1.0]],"bias":[0.5]},{"weights":[[2.0]]}]}"#
    let finite = try FiniteNetwork(try Network.headline, weights: Data(json.utf8))
    #expect(finite.outputs(at: [[1], [-1]]) == [4.5, 0.5])
    let kernels = finite.kernels(at: [[1], [-1]])
    #expect(kernels.ntk(0, 0) == 77.0625)
    #expect(kernels.ntk(0, 1) == 0.5625)
    #expect(kernels.ntk(1, 0) == 0.5625)
    #expect(kernels.ntk(1, 1) == 8.0625)
    #expect(kernels.groups.map(\.description) == ["layer 1 weights", "layer 1 bias", "layer 2 weights"])
    #expect(kernels.groupNTK == [[36, 12, 4], [36, -12, 4], [5.0625, 0.5625, 0.0625]])
    #expect(kernels.conditionalNNGP == [20.25, 2.25, 0.25])
    #expect(kernels.outputProducts == [20.25, 2.25, 0.25])
  }

  /// The NTK of each group against central differences in each parameter.
  @Test(arguments: parameterizations)
  func finiteDifferences(parameterization: String) throws {
    let description = try network(parameterization)
    let sampled = FiniteNetwork(sampling: description, width: 5, seed: 7, index: 3)
    let points = [[0.7, -1.1], [0.3, 0.9], [-2, 0.25]]
    let kernels = sampled.kernels(at: points)
    #expect(kernels.outputs == sampled.outputs(at: points))
    let step = 1e-5
    for (number, group) in kernels.groups.enumerated() {
      func perturbed(_ index: Int, by step: Double) -> [Double] {
        var layers = sampled.layers
        let layer = layers[group.layer]
        var (weights, bias) = (layer.weights, layer.bias)
        if group.kind == .weights { weights[index] += step } else { bias?[index] += step }
        layers[group.layer] = FiniteNetwork.Layer(
          inputs: layer.inputs, outputs: layer.outputs, weights: weights, bias: bias)
        return FiniteNetwork(description, layers: layers).outputs(at: points)
      }
      let layer = sampled.layers[group.layer]
      let count = group.kind == .weights ? layer.weights.count : layer.bias?.count ?? 0
      var expected = [Double](repeating: 0, count: 6)
      for index in 0..<count {
        let gradient = zip(perturbed(index, by: step), perturbed(index, by: -step)).map { ($0 - $1) / (2 * step) }
        for (entry, pair) in PointPair.all(count: 3).enumerated() {
          expected[entry] += gradient[pair.first] * gradient[pair.second]
        }
      }
      // The rate N^(−c) of the general parameterization; N = 5.
      if parameterization.hasPrefix("{") { expected = expected.map { $0 / 5.0.squareRoot() } }
      let scale = expected.map(\.magnitude).max() ?? 0
      for (value, reference) in zip(kernels.groupNTK[number], expected) {
        #expect(abs(value - reference) <= 1e-8 * scale, "central differences: step² and rounding / step, about 1e-10")
      }
    }
  }

  /// Neuron by neuron and as a whole: the same network, summed in another order.
  @Test(arguments: ["ntk", "standard", "mean-field", "mup", "{a: [1/4, 0.5], b: [-1/5, 1/3], c: 1/2}"])
  func streamedEqualsWhole(parameterization: String) throws {
    let description = try network(parameterization, depth: 1)
    let points: [[ExactNumber]] = [[1, ExactNumber(-1, 2)], [0, 2], [ExactNumber(-3, 4), ExactNumber(1, 8)]]
    let sampler = NetworkSampler(description, width: 37, seed: 11, points: points)
    let streamed = sampler.kernels(index: 5)
    let whole = FiniteNetwork(sampling: description, width: 37, seed: 11, index: 5).kernels(at: sampler.points)
    #expect(streamed.groups == whole.groups)
    #expect(streamed.groups.count == 4)
    func close(_ a: [Double], _ b: [Double]) -> Bool {
      let scale = b.map(\.magnitude).max() ?? 0
      return zip(a, b).allSatisfy { abs($0 - $1) <= 1e-13 * scale }  // 37 terms, a few roundings each
    }
    #expect(close(streamed.outputs, whole.outputs))
    #expect(close(streamed.conditionalNNGP, whole.conditionalNNGP))
    for (a, b) in zip(streamed.groupNTK, whole.groupNTK) { #expect(close(a, b)) }
  }

  @Test func trainableFlags() throws {
    let flags = ["all", "weights", "bias", "none"]
    for (first, second) in flags.flatMap({ a in flags.map { (a, $0) } }) {
      var description = try network("ntk", depth: 1)
      var layers = try description.denseLayers(for: "this test")
      layers[0].trainable = try #require(TrainableParameters(rawValue: first))
      layers[1].trainable = try #require(TrainableParameters(rawValue: second))
      description.layers = layers
      let all = NetworkSampler(try network("ntk", depth: 1), width: 4, seed: 1, points: [[1, 2]]).kernels(index: 0)
      let some = NetworkSampler(description, width: 4, seed: 1, points: [[1, 2]]).kernels(index: 0)
      for (group, part) in zip(some.groups, some.groupNTK) {
        let index = try #require(all.groups.firstIndex(of: group))
        #expect(part == all.groupNTK[index], "a group's part does not depend on what else is trained")
      }
      let counts = ["all": 2, "weights": 1, "bias": 1, "none": 0]
      #expect(some.groups.count == (counts[first] ?? 0) + (counts[second] ?? 0))
    }
  }

  @Test func aZeroBiasIsAGroupAndNoBiasIsNone() throws {
    let zero = try network("ntk", depth: 1, bias: "constant(0)")
    let none = try network("ntk", depth: 1, bias: "none")
    let points: [[ExactNumber]] = [[1, 2]]
    let withZero = NetworkSampler(zero, width: 4, seed: 1, points: points).kernels(index: 0)
    let without = NetworkSampler(none, width: 4, seed: 1, points: points).kernels(index: 0)
    #expect(withZero.groups.count == without.groups.count + 1)
    #expect(withZero.outputs == without.outputs)
  }

  @Test func streamsDiffer() throws {
    let description = try network("ntk", depth: 1)
    func outputs(_ width: Int, _ seed: UInt64, _ index: Int) -> [Double] {
      NetworkSampler(description, width: width, seed: seed, points: [[1, 1]]).kernels(index: index).outputs
    }
    #expect(outputs(4, 1, 0) == outputs(4, 1, 0))
    let all = [outputs(4, 1, 0), outputs(4, 1, 1), outputs(4, 2, 0), outputs(5, 1, 0)]
    #expect(Set(all.flatMap { $0 }).count == 4)
    // A hidden neuron and a readout weight of the same network, and the first neurons of two widths.
    let a = FiniteNetwork(sampling: try Network.headline, width: 4, seed: 1, index: 0)
    let b = FiniteNetwork(sampling: try Network.headline, width: 5, seed: 1, index: 0)
    #expect(Set(a.layers[0].weights + a.layers[1].weights + b.layers[0].weights + b.layers[1].weights).count == 18)
  }

  @Test func initialFactors() throws {
    // The very same draws, times what the parameterization puts into the initial weights: s = 1/√2, N = 9.
    let ntk = FiniteNetwork(sampling: try network("ntk"), width: 9, seed: 3, index: 0)
    let standard = FiniteNetwork(sampling: try network("standard"), width: 9, seed: 3, index: 0)
    for (layer, factor) in [(0, 0.5.squareRoot()), (1, 1 / 3.0), (2, 1 / 3.0)] {
      for (a, b) in zip(standard.layers[layer].weights, ntk.layers[layer].weights) {
        #expect(abs(a - factor * b) <= 4e-16 * abs(a), "two roundings")
      }
      #expect(standard.layers[layer].bias == ntk.layers[layer].bias)
    }
    let points = [[1, -0.5], [0.25, 2]]
    for (a, b) in zip(standard.outputs(at: points), ntk.outputs(at: points)) {
      #expect(abs(a - b) <= 1e-14, "the same function")
    }
  }
}

@Suite struct WeightsFileTests {
  @Test(arguments: [
    (
      "[]",
      "line 1: the key 'layers' with a list of layers is missing. Write {\"layers\": [{\"weights\": [[1.0]], \"bias\": [0.5]}, …]}."
    ),
    (
      "{\"layers\": [1,",
      "line 1: this is not JSON: it ends too early. Write {\"layers\": [{\"weights\": [[1.0]], \"bias\": [0.5]}, …]}."
    ),
    (
      #"{"layers":[{"weights":[[1]],"bias":[0]}]}"#,
      "there are the weights of 1 layer, but the network has 2, the readout included."
    ),
    (
      #"{"layers":[{"weights":[[1,2]],"bias":[0]},{"weights":[[1]]}]}"#,
      "layer 1 has 2 weights in a row where the network needs 1."
    ),
    (
      #"{"layers":[{"weights":[[1],[2]],"bias":[0]},{"weights":[[1,1]]}]}"#,
      "layer 1 has 1 biases where the network needs 2."
    ),
    (
      #"{"layers":[{"weights":[[1],[2]],"bias":[0,0]},{"weights":[[1]]}]}"#,
      "layer 2 has 1 weights in a row where the network needs 2."
    ),
    (
      #"{"layers":[{"weights":[[1]],"bias":[0]},{"weights":[[1],[2]]}]}"#,
      "layer 2 has 2 rows of weights where the network needs 1."
    ),
    (#"{"layers":[{"weights":[[1]]},{"weights":[[1]]}]}"#, "layer 1 has no bias, but the network has one there."),
    (
      #"{"layers":[{"weights":[[1]],"bias":[0]},{"weights":[[1]],"bias":[0]}]}"#,
      "layer 2 has a bias, but the network says bias: none."
    ),
    (
      #"{"layers":[{"weights":[["1"]],"bias":[0]},{"weights":[[1]]}]}"#,
      "line 1: a row of weights of layer 1 holds the text '1', not a finite number. Write {\"layers\": [{\"weights\": [[1.0]], \"bias\": [0.5]}, …]}."
    ),
    (
      #"{"layers":[{"weights":[[1e999]],"bias":[0]},{"weights":[[1]]}]}"#,
      "line 1: a row of weights of layer 1 holds the number 1e999, not a finite number. Write {\"layers\": [{\"weights\": [[1.0]], \"bias\": [0.5]}, …]}."
    ),
    (
      #"{"layers":[{"weights":[],"bias":[0]},{"weights":[[1]]}]}"#,
      "line 1: the weights of layer 1 are empty. Write {\"layers\": [{\"weights\": [[1.0]], \"bias\": [0.5]}, …]}."
    ),
    (
      #"{"layers":[{"weight":[[1]],"bias":[0]},{"weights":[[1]]}]}"#,
      "line 1: 'weight' is not a key of layer 1; allowed are weights and bias. Write {\"layers\": [{\"weights\": [[1.0]], \"bias\": [0.5]}, …]}."
    ),
  ])
  func errors(text: String, expected: String) throws {
    let network = try Network.headline
    do throws(WeightsError) {
      _ = try FiniteNetwork(network, weights: Data(text.utf8))
      Issue.record("no error for \(text)")
    } catch {
      #expect(error.description == expected)
    }
  }

  @Test func noSuchFile() throws {
    let network = try Network.headline
    #expect(
      throws: WeightsError.inFile(path: "/nowhere", problem: "The weights cannot be read: there is no such file.")
    ) {
      try FiniteNetwork(network, weightsFile: "/nowhere")
    }
  }
}
