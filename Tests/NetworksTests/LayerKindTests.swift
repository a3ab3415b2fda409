import Moments
import Networks
import Testing

private func network(_ layers: String, parameterization: String = "ntk") -> String {
  """
  input-dimension: 2
  parameterization: \(parameterization)
  layers:
    - weights: normal()
      bias: none
      activation: relu
  \(layers.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }.joined(separator: "\n"))
    - weights: normal()
      bias: none
  """
}

private func message(_ layers: String, parameterization: String = "ntk") -> String? {
  do {
    _ = try Network(yaml: network(layers, parameterization: parameterization))
    return nil
  } catch { return error.description }
}

private let everything = """
  - kind: residual
    branch-multiplier: 1/2
    branch:
      - kind: layer-normalization
        epsilon: 1e-5
      - {weights: uniform(1), bias: constant(1/3), activation: tanh, trainable: bias}
      - kind: residual
        branch:
          - {kind: dense, weights: normal(), bias: none}
      - {weights: "normal(0, 2)", bias: none, weight-multiplier: sqrt(2)}
  - kind: layer-normalization
    gain: constant(1)
    bias: normal(0, 1/2)
    trainable: gain
  """

@Suite struct LayerKindTests {
  @Test func readsEveryKey() throws {
    let network = try Network(yaml: network(everything))
    #expect(network.depth == 3)
    #expect(!network.isDense)
    let block = try #require(network.layers[1] as? ResidualBlock)
    #expect(block.branchMultiplier == ExactNumber(1, 2))
    #expect(block.branch.count == 4)
    let inner = try #require(block.branch[0] as? LayerNormalization)
    #expect(inner.epsilon == ExactNumber(1, 100_000), "1e-5 is read exactly")
    #expect(inner.gain == nil && inner.bias == nil)
    let end = try #require(block.branch[3] as? DenseLayer)
    #expect(end.activation == nil)
    #expect(end.weightMultiplier == ExactNumber(squareRootOf: 2))
    let norm = try #require(network.layers[2] as? LayerNormalization)
    #expect(norm.epsilon == 0)
    #expect(norm.trainable == .gain)
    #expect(
      network.parameterGroups.map(\.description) == [
        "layer 1 weights", "layer 2 branch layer 2 weights", "layer 2 branch layer 2 bias",
        "layer 2 branch layer 3 branch layer 1 weights", "layer 2 branch layer 4 weights", "layer 3 gain",
        "layer 3 bias", "layer 4 weights",
      ])
    #expect(
      network.trainedGroups.map(\.description) == [
        "layer 1 weights", "layer 2 branch layer 2 bias", "layer 2 branch layer 3 branch layer 1 weights",
        "layer 2 branch layer 4 weights", "layer 3 gain", "layer 4 weights",
      ])
  }

  @Test func roundTrip() throws {
    let first = try Network(yaml: network(everything))
    for text in [first.yaml, first.json] {
      let again = try Network(yaml: text)
      #expect(again == first)
      #expect(again.parameterGroups == first.parameterGroups)
      #expect(again.trainedGroups == first.trainedGroups)
      #expect(again.yaml == first.yaml)
    }
    #expect(first.yaml.contains("epsilon: 1/100000"))
    #expect(first.layers[2].summary == "layer normalization, gain constant(1), bias normal(0, 1/2)")
    #expect(first.layers[1].summary.hasPrefix("residual, 1/2 times [layer normalization, epsilon 1/100000; weights"))
  }

  /// What is wrong, where, and what to do.
  @Test(arguments: [
    (
      "- kind: resdual",
      "line 7: 'kind' of layer 2: 'resdual' is not known. Did you mean 'residual'? Write dense, residual or layer-normalization."
    ),
    ("- kind: [1]", "line 7: 'kind' of layer 2 is a list. Write dense, residual or layer-normalization."),
    ("- kind: residual", "line 7: the key 'branch' of layer 2 is missing. Write a list of layers."),
    ("- {kind: residual, branch: relu}", "line 7: 'branch' of layer 2 is the word 'relu'. Write a list of layers."),
    (
      "- {kind: residual, branch: []}",
      "line 7: 'branch' of layer 2: there are no layers. Write a list of layers, at least one of them dense."
    ),
    (
      "- kind: residual\n  branch:\n    - kind: layer-normalization",
      "line 8: 'branch' of layer 2: without a dense layer of its own its output is correlated with the features it is added to. Write a list of layers, at least one of them dense."
    ),
    (
      "- kind: residual\n  branch-multiplier: 0\n  branch: [{weights: normal(), bias: none}]",
      "line 8: 'branch-multiplier' of layer 2: with 0 the branch is cut off. Write a number that is not zero, or leave the block out."
    ),
    (
      "- kind: residual\n  branch-multiplier: NaN\n  branch: [{weights: normal(), bias: none}]",
      "line 8: 'branch-multiplier' of layer 2: 'NaN' is not a number: a digit is expected."
    ),
    (
      "- kind: residual\n  branch:\n    - {weights: normal(), bias: none}\n    - {weights: normal(), bias: none}",
      "line 9: the key 'activation' of layer 2 branch layer 1 is missing. Write an activation, as in relu; only the last layer of a branch may have none."
    ),
    (
      "- kind: residual\n  branch:\n    - {weights: \"uniform(0, 1)\", bias: none}",
      "line 9: 'weights' of layer 2 branch layer 1: uniform(0, 1) has the mean 1/2, and the preactivations would grow with the width N. Weights after the first layer must have mean zero."
    ),
    (
      "- kind: residual\n  branches: []",
      "line 8: 'branches' is not a key of layer 2. Did you mean 'branch'? Allowed are kind, branch-multiplier, branch."
    ),
    (
      "- kind: layer-normalization\n  epsilon: -1e-5",
      "line 8: 'epsilon' of layer 2: -1/100000 is negative, and it is added to a variance. Write 0 or more, as in 1e-5."
    ),
    (
      "- kind: layer-normalization\n  gain: 1",
      "line 8: 'gain' of layer 2: '1' cannot be read: a name is expected first."
    ),
    (
      "- kind: layer-normalization\n  trainable: weights",
      "line 8: 'trainable' of layer 2: 'weights' is not known. Write all, gain, bias or none."
    ),
    (
      "- kind: layer-normalization\n  activation: relu",
      "line 8: 'activation' is not a key of layer 2. Allowed are kind, epsilon, gain, bias, trainable."
    ),
  ])
  func errors(layers: String, expected: String) {
    #expect(message(layers)?.hasPrefix(expected) ?? false, "\(message(layers) ?? "no error")")
  }

  @Test func endsAreDense() {
    let dense = "{weights: normal(), bias: none, activation: relu}"
    let norm = "{kind: layer-normalization}"
    func read(_ layers: String) -> String? {
      do {
        _ = try Network(yaml: "input-dimension: 1\nparameterization: ntk\nlayers: [\(layers)]")
        return nil
      } catch { return error.description }
    }
    #expect(
      read("\(norm), {weights: normal(), bias: none}")
        == "line 3: 'kind' of layer 1: the first layer is a layer normalization. The first layer takes the input and must be dense: put one before it."
    )
    #expect(
      read("\(dense), \(norm)")
        == "line 3: 'kind' of layer 2: the last layer is a layer normalization. The last layer is the readout and must be dense: add one after it."
    )
  }

  @Test func generalExponentsAreThoseOfDenseLayers() {
    #expect(
      message("- kind: layer-normalization", parameterization: "{a: [0, 0, 1/2], b: [0, 0, 0], c: 0}")
        == "line 2: 'parameterization' of the network: exponents a, b are those of dense layers, and layer 2 is a layer normalization. Write ntk, standard, mean-field or mup."
    )
    for name in Parameterization.names {
      #expect(message("- kind: layer-normalization", parameterization: name) == nil)
    }
  }

  @Test func blocksInsideEachOther() {
    func nested(_ depth: Int) -> String {
      var layers = "{weights: normal(), bias: none}"
      for _ in 0..<depth {
        layers = "{weights: normal(), bias: none, activation: relu}, {kind: residual, branch: [\(layers)]}"
      }
      return "- {kind: residual, branch: [\(layers)]}"
    }
    #expect(message(nested(7)) == nil)
    #expect(message(nested(8))?.hasSuffix("more than 8 deep. Write them one after the other.") ?? false)
    #expect(message(nested(400))?.contains("nesting deeper than 32 levels") ?? false)
  }

  @Test func layersMadeInCode() throws {
    let law = try NormalLaw()
    let relu = try Network(yaml: network("")).firstLayer
    func make(_ block: ResidualBlock) throws -> Network {
      try Network(inputDimension: 1, layers: [relu, block, DenseLayer(weights: law)])
    }
    #expect(throws: NetworkError.self) { try make(ResidualBlock(branch: [])) }
    #expect(throws: NetworkError.self) { try make(ResidualBlock(branch: [LayerNormalization()])) }
    #expect(throws: NetworkError.self) {
      try make(ResidualBlock(branch: [DenseLayer(weights: law)], branchMultiplier: 0))
    }
    let network = try make(ResidualBlock(branch: [DenseLayer(weights: law)]))
    #expect(
      throws: NetworkError.denseOnly(place: .layer(2), found: "a residual block", purpose: "a weights file")
    ) { try network.denseLayers(for: "a weights file") }
    do {
      _ = try network.denseLayers(for: "a weights file")
    } catch {
      #expect(
        error.description
          == "layer 2 is a residual block, and only dense layers are covered by a weights file. Take a network of layers with weights and activations."
      )
    }
  }
}
