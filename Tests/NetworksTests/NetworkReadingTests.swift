import Activations
import Foundation
import Moments
import Networks
import Testing

/// A file with two layers; `edit` changes its lines.
private func file(_ edit: (inout [String]) -> Void = { _ in }) -> String {
  var lines = [
    "name: example",
    "input-dimension: 2",
    "parameterization: ntk",
    "layers:",
    "  - weights: uniform(-1, 1)",
    "    bias: uniform(-1/2, 1/2)",
    "    activation: relu",
    "  - weights: uniform(1/3)",
    "    bias: none",
  ]
  edit(&lines)
  return lines.joined(separator: "\n") + "\n"
}

private func message(_ text: String) -> String {
  do {
    _ = try Network(yaml: text)
    return "no error"
  } catch {
    return error.description
  }
}

@Suite struct NetworkReadingTests {
  @Test func readsYAML() throws {
    let network = try Network(
      yaml: file { lines in
        lines[6] += "\n    weight-multiplier: 2*sqrt(2)\n    bias-multiplier: 0.1\n    trainable: weights"
        lines[2] = "parameterization: mean-field  # a comment with & and * and !"
      })
    #expect(network.name == "example")
    #expect(network.inputDimension == 2)
    #expect(network.inputScale == ExactNumber(squareRootOf: Rational(1, 2)))
    #expect(network.parameterization == .meanField)
    #expect(network.layers.count == 2)
    #expect(network.depth == 1)
    let layer = network.firstLayer
    #expect(layer.weights.description == "uniform(-1, 1)")
    #expect(layer.bias?.description == "uniform(-1/2, 1/2)")
    #expect(layer.weightMultiplier == 2 * ExactNumber(squareRootOf: 2))
    #expect(layer.biasMultiplier == ExactNumber(1, 10), "0.1 is one tenth")
    #expect(layer.trainable == .weights)
    #expect(layer.activation?.description == "relu")
    #expect(network.readout.weights.description == "uniform(-1/3, 1/3)")
    #expect(network.readout.bias == nil)
    #expect(network.readout.activation == nil)
    #expect(network.hiddenLayers.count == 1)
    #expect(network.parameterGroups.map(\.description) == ["layer 1 weights", "layer 1 bias", "layer 2 weights"])
    #expect(network.trainedGroups.map(\.description) == ["layer 1 weights", "layer 2 weights"])
  }

  @Test func readsJSON() throws {
    let json = """
      {"input-dimension": 1, "input-scale": "1/sqrt(d)", "parameterization": "standard", "layers": [
        {"weights": "uniform(-1, 1)", "bias": null, "activation": "relu"}, {"weights": "uniform(1)", "bias": "none"}]}
      """
    let network = try Network(yaml: json)
    #expect(network.name == nil)
    #expect(network.inputScale == 1)
    #expect(network.parameterization == .standard)
    #expect(network.firstLayer.bias == nil)
  }

  @Test(arguments: [
    ("1/sqrt(d)", "sqrt(3)/3"), ("sqrt(2/d)", "sqrt(6)/3"), ("1/d", "1/3"), ("-0.25", "-1/4"), ("'1'", "1"),
  ])
  func inputScale(text: String, value: String) throws {
    let network = try Network(
      yaml: file { lines in lines[1] = "input-dimension: 3\ninput-scale: \(text)" })
    #expect(network.inputScale.description == value)
  }

  @Test func generalExponents() throws {
    let network = try Network(
      yaml: file { lines in lines[2] = "parameterization: {a: [0, 0.5], b: [0, 1/2], c: -1}" })
    #expect(
      network.parameterization
        == .general(a: [0, ExactNumber(1, 2)], b: [0, ExactNumber(1, 2)], c: -1))
    let exponents = network.exponents(ofLayer: 1)
    #expect(exponents.weightMultiplier == ExactNumber(1, 2))
    #expect(exponents.weightRate == -1)
    #expect(exponents.biasRate == -1)
  }

  /// Columns a, b of the table of parameterizations, for three layers.
  @Test(arguments: [
    (Parameterization.ntk, ["0", "1/2", "1/2"], ["0", "0", "0"]),
    (.standard, ["0", "0", "0"], ["0", "1/2", "1/2"]),
    (.meanField, ["0", "1/2", "1"], ["0", "0", "0"]),
    (.mup, ["-1/2", "0", "1/2"], ["1/2", "1/2", "1/2"]),
  ])
  func exponents(parameterization: Parameterization, a: [String], b: [String]) {
    let all = (0..<3).map { parameterization.exponents(ofLayer: $0, of: 3) }
    #expect(all.map(\.weightMultiplier.description) == a)
    #expect(all.map(\.weightDeviation.description) == b)
    #expect(all.allSatisfy { $0.weightRate.isZero && $0.biasRate.isZero })
  }

  @Test func headline() throws {
    let network = try Network.headline
    let text = """
      name: quadratic-uniform
      input-dimension: 1
      parameterization: ntk
      layers:
        - weights: uniform(-1, 1)
          bias: uniform(-1/2, 1/2)
          activation: square
        - weights: uniform(-1, 1)
          bias: none

      """
    #expect(network.yaml == text)
    #expect(try Network(yaml: text) == network)
  }
}

@Suite struct NetworkErrorTests {
  @Test(arguments: [
    (
      4, "  - weihts: uniform(-1, 1)",
      "line 5: 'weihts' is not a key of layer 1. Did you mean 'weights'? Allowed are weights, bias, activation, weight-multiplier, bias-multiplier, trainable, kind."
    ),
    (
      0, "label: x",
      "line 1: 'label' is not a key of the network. Allowed are name, input-dimension, input-scale, parameterization, layers."
    ),
    (1, "", "line 1: the key 'input-dimension' of the network is missing. Write a whole number from 1 to 1000000."),
    (
      1, "input-dimension: 0",
      "line 2: 'input-dimension' of the network: 0 is out of range. Write a whole number from 1 to 1000000."
    ),
    (
      1, "input-dimension: 1e9",
      "line 2: 'input-dimension' of the network: 1e9 is out of range. Write a whole number from 1 to 1000000."
    ),
    (
      1, "input-dimension: 1.5",
      "line 2: 'input-dimension' of the network: '1.5' is not a whole number. Write a whole number from 1 to 1000000."
    ),
    (
      1, "input-dimension: .nan",
      "line 2: 'input-dimension' of the network: '.nan' is not a whole number. Write a whole number from 1 to 1000000."
    ),
    (
      1, "input-dimension: [2]",
      "line 2: 'input-dimension' of the network is a list. Write a whole number from 1 to 1000000."
    ),
    (
      1, "input-dimension:",
      "line 2: 'input-dimension' of the network is without a value. Write a whole number from 1 to 1000000."
    ),
    (
      1, "input-dimension: 2\ninput-dimension: 3",
      "line 2: the key 'input-dimension' occurs more than once. Keep one of them."
    ),
    (
      1, "input-dimension: 2\ninput-scale: 0",
      "line 3: 'input-scale' of the network: with 0 the network does not see its input. Write a number that is not zero, or leave the key out for 1/sqrt(d)."
    ),
    (
      1, "input-dimension: 2\ninput-scale: .inf",
      "line 3: 'input-scale' of the network: '.inf' is not a number: a digit is expected. Write a decimal (0.1, -3e-2), a fraction (1/12), sqrt(q), or a product or quotient of these."
    ),
    (
      2, "parameterization: nkt",
      "line 3: 'parameterization' of the network: 'nkt' is not known. Did you mean 'ntk'? Write ntk, standard, mean-field, mup, or exponents {a: [..], b: [..], c: ..}."
    ),
    (
      2, "parameterization: [ntk]",
      "line 3: 'parameterization' of the network is a list. Write ntk, standard, mean-field, mup, or exponents {a: [..], b: [..], c: ..}."
    ),
    (
      2, "parameterization: {a: [0], b: [0, 1/2], c: 0}",
      "line 3: 'a' of the parameterization: there is 1 exponent for 2 layers. Write one exponent for each layer, the readout included."
    ),
    (
      2, "parameterization: {a: [0, 1], c: 0}",
      "line 3: the key 'b' of the parameterization is missing. Write one exponent of N for each layer, as in [0, 1/2]."
    ),
    (
      4, "  - weights: unifrm(-1, 1)", "line 5: 'weights' of layer 1: There is no law 'unifrm'. Did you mean 'uniform'?"
    ),
    (
      4, "  - weights: 1",
      "line 5: 'weights' of layer 1: '1' cannot be read: a name is expected first. Write a name with arguments, as in uniform(-1, 1)."
    ),
    (4, "  - weights: [1]", "line 5: 'weights' of layer 1 is a list. Write a law, as in uniform(-1, 1)."),
    (4, "  - weights: {law: uniform}", "line 5: 'weights' of layer 1 is a mapping. Write a law, as in uniform(-1, 1)."),
    (
      5, "    bias: uniform(1, -1)",
      "line 6: 'bias' of layer 1: 'uniform(1, -1)': the lower end is not below the upper end. Write uniform(a, b) with a < b, or constant(c) for a point mass."
    ),
    (5, "", "line 5: the key 'bias' of layer 1 is missing. Write a law, as in uniform(-1, 1), or none."),
    (5, "    bias:", "line 6: 'bias' of layer 1 is without a value. Write a law, as in uniform(-1, 1), or none."),
    (6, "    activation: rleu", "line 7: 'activation' of layer 1: There is no activation 'rleu'. Did you mean 'relu'?"),
    (
      6, "",
      "line 5: the key 'activation' of layer 1 is missing. Write an activation, as in relu; only the last layer, the readout, has none."
    ),
    (
      6, "    activation: relu\n    trainable: bais",
      "line 8: 'trainable' of layer 1: 'bais' is not known. Write all, weights, bias or none."
    ),
    (
      6, "    activation: relu\n    weight-multiplier: two",
      "line 8: 'weight-multiplier' of layer 1: 'two' is not a number: a digit is expected. Write a decimal (0.1, -3e-2), a fraction (1/12), sqrt(q), or a product or quotient of these."
    ),
    (
      7, "  - weights: uniform(0, 1)",
      "line 8: 'weights' of layer 2: uniform(0, 1) has the mean 1/2, and the preactivations would grow with the width N. Weights after the first layer must have mean zero."
    ),
    (
      8, "    bias: none\n    activation: relu",
      "line 10: 'activation' of layer 2: the last layer is the readout, which has no activation, but 'relu' stands here. Take the key out, or add a readout layer after this one."
    ),
    (
      3, "layers: relu\nextra:",
      "line 5: 'extra' is not a key of the network. Allowed are name, input-dimension, input-scale, parameterization, layers."
    ),
    (
      5, "\tbias: none",
      "line 6: this is not YAML: found a tab character that violates indentation."
    ),
    (
      5, "    bias: &b uniform(-1, 1)",
      "line 6: an anchor or alias (& or *) cannot be used in a network file. Write the value out."
    ),
    (5, "    bias: *b", "line 6: an anchor or alias (& or *) cannot be used in a network file. Write the value out."),
    (5, "    bias: !!str none", "line 6: a tag (!) cannot be used in a network file. Write the value without it."),
    (
      8, "    bias: none\n---\nname: other",
      "line 10: a second document (---) cannot be used in a network file. Keep one network in a file."
    ),
    (
      8, "    bias: none\n    ? [a]\n    : b",
      "line 10: a list as a key cannot be used in a network file. Keys are words."
    ),
  ])
  func wording(line: Int, replacement: String, expected: String) {
    let text = file { lines in
      if replacement.isEmpty {
        // The first key of a list item carries the dash.
        lines.remove(at: line)
      } else {
        lines[line] = replacement
      }
    }
    #expect(message(text) == expected)
  }

  @Test(arguments: [
    ("", "The network is empty. Write at least the keys input-dimension, parameterization and layers."),
    ("\n\n# nothing\n", "The network is empty. Write at least the keys input-dimension, parameterization and layers."),
    ("null", "The network is empty. Write at least the keys input-dimension, parameterization and layers."),
    (
      "relu",
      "line 1: the network is the word 'relu'. Write keys with values; allowed are name, input-dimension, input-scale, parameterization, layers."
    ),
    (
      "- 1",
      "line 1: the network is a list. Write keys with values; allowed are name, input-dimension, input-scale, parameterization, layers."
    ),
    ("name: {", "line 2: this is not YAML: did not find expected node content."),
    ("\u{0}", "line 1: this is not YAML: control characters are not allowed."),
  ])
  func wholeFile(text: String, expected: String) {
    #expect(message(text) == expected)
  }

  @Test func aLawCutAtItsComma() {
    let text = "input-dimension: 1\nparameterization: ntk\nlayers: [{weights: normal(0, 2), activation: relu}]"
    #expect(
      message(text)
        == "line 3: '2)' is not a key of layer 1. Between { and } a law that has a comma needs quotes, as in \"normal(0, 2)\". Allowed are weights, bias, activation, weight-multiplier, bias-multiplier, trainable, kind."
    )
  }

  @Test func layersMustBeLayers() {
    let head = "input-dimension: 1\nparameterization: ntk\n"
    let keys = "weights, bias, activation, weight-multiplier, bias-multiplier, trainable, kind"
    #expect(
      message(head + "layers: relu") == "line 3: 'layers' of the network is the word 'relu'. Write a list of layers.")
    #expect(
      message(head + "layers: [relu]")
        == "line 3: layer 1 is the word 'relu'. Write keys with values; allowed are \(keys).")
    let count = "Write 2 to 100000 layers, the last of them without an activation."
    #expect(
      message(head + "layers: []")
        == "line 3: 'layers' of the network: there are no layers, and a network has a hidden layer and a readout. \(count)"
    )
    #expect(
      message(head + "layers: [{weights: uniform(1), bias: none}]")
        == "line 3: 'layers' of the network: there is 1 layer, and a network has a hidden layer and a readout. \(count)"
    )
  }

  /// Whatever is large, deep or self-referential is refused quickly.
  private static let hostileTexts = [
    String(repeating: "[", count: 100_000), String(repeating: "{a: ", count: 100_000),
    String(repeating: "- ", count: 200_000) + "1", String(repeating: "? ", count: 200_000) + "1",
    "a: &a [x,x,x,x]\n" + (0..<20).map { "b\($0): &b\($0) [*a,*a,*a,*a]" }.joined(separator: "\n"),
    "? [" + String(repeating: "[", count: 999) + "\n", String(repeating: "x", count: 2_000_000),
    String(repeating: "a: b\n", count: 100_000), String(repeating: "'", count: 300_000),
    "name: " + String(repeating: "(", count: 500_000), "layers: [" + String(repeating: "a,", count: 200_000) + "]",
    "input-dimension: " + String(repeating: "9", count: 500_000),
    "input-dimension: 1\ninput-scale: 1" + String(repeating: "/3", count: 900) + "\nlayers: []",
  ]

  @Test(arguments: hostileTexts.indices)
  func hostileText(index: Int) {
    let text = Self.hostileTexts[index]
    let clock = ContinuousClock()
    let elapsed = clock.measure { #expect(message(text) != "no error") }
    #expect(
      elapsed < .seconds(20), "looks for a hang, is not a benchmark: the slowest takes about a second unoptimized")
  }

  @Test func files() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("networks-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func read(_ data: Data) -> String {
      let path = folder.appendingPathComponent("n.yaml")
      do {
        try data.write(to: path)
        _ = try Network(contentsOf: path.path)
        return "no error"
      } catch let error as NetworkError {
        return error.description.replacingOccurrences(of: folder.path + "/", with: "")
      } catch {
        return "\(error)"
      }
    }
    #expect(read(Data(file().utf8)) == "no error")
    #expect(read(Data([0xEF, 0xBB, 0xBF]) + Data(file().utf8)) == "no error", "a byte order mark")
    #expect(read(Data(file().replacingOccurrences(of: "\n", with: "\r\n").utf8)) == "no error")
    #expect(
      read(Data("name: a\ninput-dimension: \u{e9}\n".utf8.dropLast(2)))
        == "n.yaml: line 2: the text is not UTF-8. Save the file in that encoding.")
    #expect(
      read(Data(count: 10_000_000)) == "n.yaml: The network has 10000000 bytes; a network file has at most 9000000.")
    #expect(read(Data("layers: 1".utf8)).hasPrefix("n.yaml: line 1: the key 'input-dimension'"))
    #expect(throws: NetworkError.inFile(path: "/nowhere", .unreadable(reason: "there is no such file"))) {
      try Network(contentsOf: "/nowhere")
    }
    #expect(throws: NetworkError.inFile(path: folder.path, .unreadable(reason: "it is a folder"))) {
      try Network(contentsOf: folder.path)
    }
  }

  @Test func networksMadeInCode() throws {
    let relu = try ActivationRegistry.activation(parsing: "relu")
    let law = try UniformLaw(-1, 1)
    #expect(throws: NetworkError.self) { try Network(inputDimension: 1, layers: [DenseLayer(weights: law)]) }
    #expect(throws: NetworkError.self) {
      try Network(inputDimension: 0, layers: [DenseLayer(weights: law, activation: relu), DenseLayer(weights: law)])
    }
    #expect(throws: NetworkError.self) {
      try Network(inputDimension: 1, layers: [DenseLayer(weights: law), DenseLayer(weights: law)])
    }
    var network = try Network(
      inputDimension: 4, layers: [DenseLayer(weights: law, activation: relu), DenseLayer(weights: law)])
    #expect(network.inputScale == ExactNumber(1, 2))
    network.layers[1] = DenseLayer(weights: try UniformLaw(0, 1))
    #expect(throws: NetworkError.self) { try network.validate() }
  }
}

@Suite struct NetworkSerializationTests {
  @Test(arguments: [
    file(),
    file { $0[1] = "input-dimension: 3\ninput-scale: 2*sqrt(2)/3" },
    file { $0[2] = "parameterization: {a: [-1/2, 0.5], b: [0, 1/2], c: sqrt(2)}" },
    file { $0[6] += "\n    weight-multiplier: 0.1\n    bias-multiplier: -sqrt(3)\n    trainable: none" },
    file { $0[0] = "name: \"a: 'b' # \\\"c\\\" \\u00e9\\n- x\"" },
    file { $0[0] = "name: ''" }, file { $0[0] = "name: '- 1'" }, file { $0[0] = "name: 'null'" },
    file { $0[0] = "name: 'a #b'" }, file { $0[0] = "name: '---'" },
    file { $0[0] = "name: 3 *x: y".replacing(": y", with: "") },
    file { $0[0] = "" },
  ])
  func roundTrip(text: String) throws {
    let network = try Network(yaml: text)
    let fromYAML = try Network(yaml: network.yaml)
    let fromJSON = try Network(yaml: network.json)
    #expect(fromYAML == network)
    #expect(fromJSON == network)
    #expect(fromYAML.name == network.name)
    #expect(fromYAML.inputScale == network.inputScale)
    #expect(fromYAML.parameterization == network.parameterization)
    for (a, b) in zip(try fromYAML.denseLayers(for: "this test"), try network.denseLayers(for: "this test")) {
      #expect(a.weightMultiplier == b.weightMultiplier)
      #expect(a.biasMultiplier == b.biasMultiplier)
      #expect(a.trainable == b.trainable)
      #expect(a.weights.description == b.weights.description)
      #expect(a.bias?.description == b.bias?.description)
      #expect(a.activation?.description == b.activation?.description)
    }
    _ = try JSONSerialization.jsonObject(with: Data(network.json.utf8))
  }

  @Test func spelling() throws {
    let network = try Network(yaml: file { $0[2] = "parameterization: {a: [0, 1/2], b: [0, 0], c: 0}" })
    #expect(
      network.json == """
        {"name":"example","input-dimension":2,"input-scale":"1/sqrt(d)",\
        "parameterization":{"a":["0","1/2"],"b":["0","0"],"c":"0"},\
        "layers":[{"weights":"uniform(-1, 1)","bias":"uniform(-1/2, 1/2)","activation":"relu"},\
        {"weights":"uniform(-1/3, 1/3)","bias":"none"}]}
        """)
  }
}
