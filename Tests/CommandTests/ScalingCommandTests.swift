import Foundation
import Testing

@Suite struct ScalingCommandTests {
  private func entries(_ arguments: String...) throws -> [[String: Any]] {
    let json = try CommandRunner.run(["scaling", "--format", "json"] + arguments).json()
    #expect(json["schema"] as? String == "infwidth/scaling/1")
    return try #require(json["entries"] as? [[String: Any]])
  }

  private func law(_ any: Any?) throws -> (exponent: Double?, exact: String?) {
    let object = try #require(any as? [String: Any])
    return (object["exponent"] as? Double, (object["coefficient"] as? [String: Any])?["exact"] as? String)
  }

  @Test func standardGrows() throws {
    let entry = try #require(try entries("--network", "examples/quadratic-standard.yaml", "--at", "1").first)
    #expect(entry["x"] as? [Double] == [1])
    #expect(entry["verdict"] as? String == "diverges")
    #expect(try law(entry["total"]) == (1, "91/240"))
    #expect(try law(entry["function"]) == (0, "91/720"))
    let groups = try #require(entry["groups"] as? [[String: Any]])
    #expect(
      groups.map { $0["parameter"] as? String } == ["layer 1 weights", "layer 1 bias", "layer 2 weights"])
    #expect(try groups.map { try law($0).exponent } == [0, 0, 1])
    #expect(try groups.map { try law($0).exact } == ["5/9", "5/9", "91/240"])
  }

  @Test func meanFieldVanishes() throws {
    let entry = try #require(try entries("--network", "examples/quadratic-mean-field.yaml", "--at", "1").first)
    #expect(entry["verdict"] as? String == "vanishes")
    #expect(try law(entry["total"]) == (-1, "1073/720"))
    #expect(try law(entry["function"]) == (-1, "91/720"))
  }

  @Test func anExactZeroHasNoPower() throws {
    let entry = try entries("--network", "examples/norm-at-the-end.yaml", "--at", "1,0", "--at", "0,1")[1]
    #expect(entry["verdict"] as? String == "finite")
    let first = try #require((entry["groups"] as? [[String: Any]])?.first)
    #expect(first["verdict"] as? String == "zero")
    #expect(try law(first) == (0, "0"))
  }

  @Test(arguments: ["table", "json", "csv", "markdown", "latex"]) func everyFormat(_ format: String) throws {
    let result = try CommandRunner.run("scaling", "--format", format)
    #expect(result.status == 0)
    #expect(result.output.contains("1073/720"))
  }

  @Test func noPowerLaw() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("network.yaml")
      let text = """
        input-dimension: 1
        parameterization: {a: [0, 0, 1], b: [0, 0, 0], c: 0}
        layers:
          - {weights: normal(), bias: none, activation: tanh}
          - {weights: normal(), bias: none, activation: tanh}
          - {weights: normal(), bias: none}
        """
      try Data(text.utf8).write(to: file)
      try expectFailure(
        ["scaling", "--network", file.path, "--at", "1"], status: 64, "layer 2", "N^1/2", "homogeneous")
    }
  }
}

@Suite struct PhaseCommandTests {
  @Test func schema() throws {
    let json = try CommandRunner.run("phase", "relu", "--sigma-w", "sqrt(2)", "--format", "json").json()
    #expect(json["schema"] as? String == "infwidth/phase/1")
    #expect(json["phase"] as? String == "critical")
    #expect(json["lengths"] as? String == "stays")
    #expect((json["weightVariance"] as? [String: Any])?["exact"] as? String == "2")
    #expect((json["chi"] as? [String: Any])?["exact"] as? String == "1")
    let critical = try #require((json["critical"] as? [[String: Any]])?.first)
    #expect((critical["sigmaW"] as? [String: Any])?["exact"] as? String == "sqrt(2)")
    #expect(critical["q"] is NSNull)
  }

  @Test func sigmasAndVariancesAreTheSame() throws {
    let bySigma = try CommandRunner.run("phase", "erf", "--sigma-w", "3/2", "--sigma-b", "1/10", "--format", "csv")
    let byVariance = try CommandRunner.run(
      "phase", "erf", "--weight-variance", "9/4", "--bias-variance", "1/100", "--format", "csv")
    #expect(bySigma.status == 0)
    #expect(bySigma.output == byVariance.output)
  }

  @Test(arguments: ["table", "json", "csv", "markdown", "latex"]) func everyFormat(_ format: String) throws {
    let result = try CommandRunner.run(
      "phase", "tanh", "--weight-variance", "1.76", "--bias-variance", "0.05", "--format", format)
    #expect(result.status == 0)
    #expect(result.output.contains("1.7609546"))
  }

  @Test func badArguments() throws {
    try expectFailure(["phase"], status: 64, "activation")
    try expectFailure(["phase", "rleu"], status: 64, "rleu")
    try expectFailure(["phase", "relu", "--weight-variance", "0"], status: 64, "above 0")
    try expectFailure(["phase", "relu", "--weight-variance", "-1"], status: 64, "above 0")
    try expectFailure(["phase", "relu", "--bias-variance", "-1"], status: 64, "bias variance")
    try expectFailure(["phase", "relu", "--sigma-w", "-1"], status: 64, "sigma-w")
    try expectFailure(["phase", "relu", "--sigma-w", "1", "--weight-variance", "1"], status: 64, "either")
    try expectFailure(["phase", "relu", "--weight-variance", "1e-300"], status: 64, "out of range")
    try expectFailure(["phase", "relu", "--weight-variance", "x"], status: 64, "weight-variance")
  }
}
