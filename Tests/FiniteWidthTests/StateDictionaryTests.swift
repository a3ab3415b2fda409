import FiniteWidth
import Foundation
import Moments
import Networks
import TestSupport
import Testing

/// The network of the files in Tests/Reference/weights: 2 → 4 → 3 → 1, tanh, with biases.
private func mlp(_ parameterization: String) throws -> Network {
  let layer = "  - weights: pytorch-linear()\n    bias: pytorch-linear()\n"
  return try Network(
    yaml: "input-dimension: 2\nparameterization: \(parameterization)\nlayers:\n"
      + "\(layer)    activation: tanh\n\(layer)    activation: tanh\n\(layer)")
}

private func path(_ name: String) -> String { referenceFolder.appendingPathComponent("weights/\(name)").path }

private struct Expected {
  let points: [[Double]]
  let outputs: [Double]
  let kernel: [[Double]]
  let halfPrecisionOutputs: [Double]

  init(_ parameterization: String) throws {
    let data = try Data(contentsOf: referenceFolder.appendingPathComponent("training.json"))
    let json = JSONValue(any: try JSONSerialization.jsonObject(with: data))
    func numbers(_ value: JSONValue?) throws -> [Double] { try #require(value?.array).compactMap(\.number) }
    points = try #require(json["points"]?.array).map { try numbers($0) }
    let network = json["networks"]?[parameterization]
    outputs = try numbers(network?["outputs"])
    kernel = try #require(network?["kernel"]?.array).map { try numbers($0) }
    halfPrecisionOutputs = try numbers(json["halfPrecisionOutputs"])
  }
}

@Suite struct StateDictionaryTests {
  /// Outputs and NTK against NumPy, whose gradients are complex steps (Tests/Reference/generate/training.py).
  @Test(
    arguments: ["mlp.npz", "mlp-deflated.npz", "mlp.safetensors", "mlp-named-f64.safetensors"], ["standard", "ntk"])
  func againstNumPy(file: String, parameterization: String) throws {
    let expected = try Expected(parameterization)
    let network = try FiniteNetwork(try mlp(parameterization), weightsFile: path(file))
    let kernels = network.kernels(at: expected.points)
    for (i, output) in expected.outputs.enumerated() {
      #expect(abs(kernels.outputs[i] - output) < 1e-15 * 8)  // rounding of sums of a few terms of order 1
      for (j, value) in expected.kernel[i].enumerated() { #expect(abs(kernels.ntk(i, j) - value) < 1e-14) }
    }
  }

  @Test func halfPrecision() throws {
    let expected = try Expected("standard")
    let network = try FiniteNetwork(try mlp("standard"), weightsFile: path("mlp-f16.safetensors"))
    for (output, value) in zip(network.outputs(at: expected.points), expected.halfPrecisionOutputs) {
      #expect(abs(output - value) < 1e-14)
    }
  }

  /// A safetensors file is refused wherever it is cut off, and nothing crashes.
  @Test func truncatedSafetensors() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path("mlp.safetensors")))
    for length in 0..<data.count {
      let cut = data.prefix(length)
      // Before the brace of the header nothing tells the format.
      if length < 9 {
        #expect(try StateDictionary(cut) == nil)
      } else {
        #expect(throws: WeightsError.self) { try StateDictionary(cut) }
      }
    }
  }

  private func tensor(_ name: String, _ shape: [Int], _ value: Double = 1) -> StateDictionary.Tensor {
    .init(name: name, shape: shape, values: Array(repeating: value, count: shape.reduce(1, *)))
  }

  private func message(_ tensors: [StateDictionary.Tensor]) throws -> String {
    let network = try mlp("standard")
    let error = #expect(throws: WeightsError.self) {
      try FiniteNetwork(network, state: StateDictionary(tensors: tensors))
    }
    return try #require(error).description
  }

  @Test func messages() throws {
    let good = [
      tensor("0.weight", [4, 2]), tensor("0.bias", [4]), tensor("2.weight", [3, 4]), tensor("2.bias", [3]),
      tensor("4.weight", [1, 3]), tensor("4.bias", [1]),
    ]
    _ = try FiniteNetwork(try mlp("standard"), state: StateDictionary(tensors: good.reversed()))
    #expect(
      try message(Array(good.dropLast(2)))
        == "there are the weights of 2 layers, but the network has 3, the readout included.")
    #expect(try message(good.filter { $0.name != "2.bias" }) == "layer 2 has no bias, but the network has one there.")
    #expect(
      try message([tensor("0.weight", [4, 3])] + good.dropFirst())
        == "layer 1 has 3 inputs ('0') where the network needs 2.")
    #expect(
      try message(good.dropLast(2) + [tensor("4.weight", [2, 3]), tensor("4.bias", [2])])
        == "layer 3 has 2 outputs ('4') where the network needs 1.")
    #expect(
      try message(good.map { $0.name == "0.bias" ? tensor("0.bias", [5]) : $0 })
        == "layer 1 has 5 biases, in the shape (5), where the network needs 4.")
    #expect(
      try message(good + [tensor("1.running_mean", [4])]).hasPrefix(
        "'1.running_mean' is neither the weight nor the bias of a fully connected layer. The file holds '0.weight', "))
    #expect(
      try message(good.map { $0.name == "0.weight" ? tensor("0.weight", [4, 2, 1]) : $0 }).hasPrefix(
        "'0.weight' has the shape (4, 2, 1), not outputs × inputs."))
    #expect(
      try message(good.map { $0.name == "0.weight" ? tensor("0.weight", [4, 2], .nan) : $0 })
        == "'0.weight' holds NaN or an infinity. Weights are finite numbers.")
    #expect(try message([]).hasPrefix("There is no tensor whose name ends in .weight. The file holds nothing;"))
  }

  /// Numbers in the names order the layers (10 after 2); otherwise the order of the file does.
  @Test func order() throws {
    let network = try Network(
      yaml: """
        input-dimension: 1
        parameterization: standard
        layers:
          - {weights: "normal(0, 1)", bias: none, activation: identity}
          - {weights: "normal(0, 1)", bias: none, activation: identity}
          - {weights: "normal(0, 1)", bias: none}
        """)
    let numbered = StateDictionary(tensors: [
      tensor("net.10.weight", [1, 1], 5), tensor("net.0.weight", [1, 1], 2), tensor("net.2.weight", [1, 1], 3),
    ])
    #expect(try FiniteNetwork(network, state: numbered).layers.map(\.weights) == [[2], [3], [5]])
    let named = StateDictionary(tensors: [
      tensor("input.weight", [1, 1], 2), tensor("hidden.weight", [1, 1], 3), tensor("out.weight", [1, 1], 5),
    ])
    #expect(try FiniteNetwork(network, state: named).layers.map(\.weights) == [[2], [3], [5]])
  }

  @Test func weightsTextReadsBack() throws {
    let network = FiniteNetwork(sampling: try mlp("ntk"), width: 3, seed: 5, index: 0)
    let again = try FiniteNetwork(network.network, weights: Data(network.weightsJSON.utf8))
    #expect(again.layers == network.layers)
  }
}

@Suite struct ParameterLayoutTests {
  @Test func vector() throws {
    let network = FiniteNetwork(sampling: try mlp("ntk"), width: 3, seed: 5, index: 0)
    let layout = network.parameterLayout
    #expect(layout.blocks.map(\.range) == [0..<6, 6..<9, 9..<18, 18..<21, 21..<24, 24..<25])
    #expect(layout.count == 25 && layout.trainedCount == 25)
    let doubled = network.with(parameters: network.parameters.map { 2 * $0 })
    #expect(doubled.parameters == network.parameters.map { 2 * $0 })
    #expect(doubled.layers[1].bias == network.layers[1].bias?.map { 2 * $0 })
    #expect(network.with(parameters: network.parameters).layers == network.layers)
  }
}
