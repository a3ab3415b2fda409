import Foundation
import Testing

/// Residual blocks and normalizations through every command that takes a network.
@Suite struct LayerCommandTests {
  private func withNetwork(_ layers: String, _ body: (String) throws -> Void) throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("network.yaml")
      try Data("input-dimension: 1\nparameterization: ntk\nlayers:\n\(layers)".utf8).write(to: file)
      try body(file.path)
    }
  }

  private static let hidden = "  - {weights: normal(), bias: none, activation: relu}\n"
  private static let readout = "  - {weights: normal(), bias: none}\n"

  @Test func table() throws {
    let json = try CommandRunner.run(
      "table", "--network", "examples/residual-relu.yaml", "--at", "1,0", "--at", "1/2,1", "--format", "json"
    ).json()
    let entries = try #require(json["entries"] as? [[String: Any]])
    let nngp = try #require((entries[0]["nngp"] as? [String: Any])?["value"] as? Double)
    // (1 + 1/4)³/2.
    #expect(abs(nngp - 0.9765625) <= 1e-14)
    let groups = try #require(entries[0]["groups"] as? [[String: Any]]).map { $0["parameter"] as? String }
    #expect(
      groups == [
        "layer 1 weights", "layer 2 branch layer 1 weights", "layer 2 branch layer 2 weights",
        "layer 3 branch layer 1 weights", "layer 3 branch layer 2 weights", "layer 4 branch layer 1 weights",
        "layer 4 branch layer 2 weights", "layer 5 weights",
      ])
    let network = try #require(json["network"] as? [String: Any])
    let layers = try #require(network["layers"] as? [[String: Any]])
    #expect(layers[1]["kind"] as? String == "residual")
    #expect((layers[1]["branch"] as? [Any])?.count == 2)
  }

  @Test(arguments: ["table", "json", "csv", "markdown", "latex"]) func everyFormat(_ format: String) throws {
    let result = try CommandRunner.run(
      "table", "--network", "examples/normalized-square.yaml", "--at", "1", "--format", format)
    #expect(result.status == 0)
    #expect(result.output.contains("237/37"))
  }

  @Test func scaling() throws {
    let json = try CommandRunner.run(
      "scaling", "--network", "examples/normalized-residual.yaml", "--at", "1,0", "--format", "json"
    ).json()
    let entry = try #require((json["entries"] as? [[String: Any]])?.first)
    #expect(entry["verdict"] as? String == "finite")
    #expect((entry["groups"] as? [Any])?.count == 7)
  }

  @Test func converge() throws {
    let result = try CommandRunner.run(
      "converge", "--network", "examples/normalized-residual.yaml", "--at", "1,0", "--widths", "8,16", "--samples",
      "20",
      "--seed", "1", "--format", "json")
    #expect(result.status == 0, "\(result.errors)")
    let entry = try #require((try result.json()["entries"] as? [[String: Any]])?.first)
    #expect((entry["widths"] as? [Any])?.count == 2)
  }

  @Test func normalizationsOfZero() throws {
    // Where there is a bias, an input of zero has features.
    #expect(try CommandRunner.run("table", "--network", "examples/normalized-square.yaml", "--at", "0").status == 0)
    try withNetwork(Self.hidden + "  - kind: layer-normalization\n" + Self.readout) { file in
      try expectFailure(
        ["table", "--network", file, "--at", "1", "--at", "0"], status: 64,
        "The normalization of layer 2 divides by zero at the point 0", "epsilon")
    }
  }

  @Test func keysOfTheKinds() throws {
    try withNetwork(Self.hidden + "  - kind: residul\n    branch: []\n" + Self.readout) { file in
      try expectFailure(
        ["table", "--network", file, "--at", "1"], status: 64, "network.yaml: line 5: 'kind' of layer 2",
        "Did you mean 'residual'?")
    }
    try withNetwork(Self.hidden + "  - kind: residual\n    branch: [{kind: layer-normalization}]\n" + Self.readout) {
      try expectFailure(
        ["table", "--network", $0, "--at", "1"], status: 64, "line 6: 'branch' of layer 2", "correlated")
    }
  }

  // MARK: What is wrong with dense layers

  @Test(arguments: ["table", "scaling"]) func activations(_ command: String) throws {
    try withNetwork(Self.readout + Self.readout) {
      try expectFailure(
        [command, "--network", $0, "--at", "1"], status: 64, "line 4: the key 'activation' of layer 1 is missing")
    }
    try withNetwork(Self.hidden + Self.hidden) {
      try expectFailure(
        [command, "--network", $0, "--at", "1"], status: 64,
        "line 5: 'activation' of layer 2: the last layer is the readout, which has no activation")
    }
  }

  @Test(arguments: [
    "weight-multiplier: nan", "bias-multiplier: .nan", "weight-multiplier: inf", "weight-multiplier: 1e999999999",
  ])
  func multipliersAreNumbers(_ key: String) throws {
    try withNetwork("  - {weights: normal(), bias: normal(), activation: relu, \(key)}\n" + Self.readout) {
      try expectFailure(["table", "--network", $0, "--at", "1"], status: 64, "line 4: '\(key.prefix { $0 != ":" })'")
    }
  }

  /// A multiplier of 0 is a limit like any other: the weights are there, and nothing passes them.
  @Test func multipliersOfZero() throws {
    try withNetwork("  - {weights: normal(), bias: normal(), weight-multiplier: 0, activation: relu}\n" + Self.readout)
    {
      let json = try CommandRunner.run("table", "--network", $0, "--at", "1", "--at", "-3", "--format", "json").json()
      let entry = try #require((json["entries"] as? [[String: Any]])?[1])
      let groups = try #require(entry["groups"] as? [[String: Any]]).map {
        ($0["ntk"] as? [String: Any])?["value"] as? Double
      }
      #expect(groups[0] == 0)
      // E relu² = E relu′ = 1/2 of the bias alone, to a few roundings.
      for value in groups.dropFirst() { #expect(abs(try #require(value) - 0.5) <= 1e-14) }
    }
  }

  @Test(arguments: [
    ["--c", "2"], ["--c", "-1.0000001"], ["--c", "nan"], ["--one-minus-rho", "3"], ["--one-minus-rho", "-1e-20"],
  ])
  func covariances(_ arguments: [String]) throws {
    try expectFailure(["dual", "relu", "--q1", "1", "--q2", "1"] + arguments, status: 64)
  }
}
