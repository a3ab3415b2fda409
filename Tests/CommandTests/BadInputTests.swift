import Foundation
import Testing

@Suite struct BadInputTests {
  /// Runs `infwidth table` on a network file with this content.
  private func expectNetworkFailure(
    _ content: Data, status: Int32 = 64, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("network.yaml")
      try content.write(to: file)
      let result = try CommandRunner.run("table", "--network", file.path, "--at", "1")
      #expect(result.status == status, "\(result)", sourceLocation: sourceLocation)
      #expect(result.errors.hasPrefix("infwidth: "), sourceLocation: sourceLocation)
      #expect(result.errors.split(separator: "\n").count <= 2, "\(result)", sourceLocation: sourceLocation)
      #expect(result.errors.utf8.count < 2000, sourceLocation: sourceLocation)
      #expect(result.output.isEmpty, sourceLocation: sourceLocation)
      for word in ["network.yaml"] + words {
        #expect(result.errors.contains(word), "\(word) in \(result.errors)", sourceLocation: sourceLocation)
      }
    }
  }

  private func network(weights: String = "uniform(-1, 1)", activation: String = "square", extra: String = "") -> Data {
    Data(
      """
      input-dimension: 1
      parameterization: ntk
      \(extra)layers:
        - weights: \(weights)
          bias: none
          activation: \(activation)
        - weights: normal(0, 1)
          bias: none

      """.utf8)
  }

  @Test func files() throws {
    try expectNetworkFailure(Data(), "empty")
    try expectNetworkFailure(Data([0xFF, 0xFE, 0x00, 0x41]), "UTF-8")
    try expectNetworkFailure(Data(repeating: UInt8(ascii: "a"), count: 10_000_000))
    try expectNetworkFailure(Data(String(repeating: "- a\n", count: 2_500_000).utf8))
    try expectNetworkFailure(Data(String(repeating: "[", count: 100_000).utf8))
    try expectNetworkFailure(Data("a: &a [1, 1]\nb: *a\n".utf8), "line")
    try expectNetworkFailure(Data([0]))
    try expectFailure(["table", "--network", "no-such-file.yaml", "--at", "1"], status: 64, "no-such-file.yaml")
    try expectFailure(["table", "--network", "Sources", "--at", "1"], status: 64, "Sources", "folder")
  }

  @Test func laws() throws {
    try expectNetworkFailure(network(weights: "uniform(1, -1)"), "weights", "line 4", "uniform(1, -1)")
    try expectNetworkFailure(network(weights: "normal(0, -1)"), "weights", "line 4", "normal(0, -1)")
    try expectNetworkFailure(network(weights: "discrete(1:1/2, 2:1/3)"), "weights", "line 4", "1")
    try expectNetworkFailure(network(weights: "unifrom(-1, 1)"), "Did you mean 'uniform'?")
    try expectNetworkFailure(network(weights: "uniform(0, 1/0)"), "divides by zero")
    try expectNetworkFailure(network(weights: "uniform(0, nan)"), "line 4")
    try expectNetworkFailure(network(weights: "uniform(0, inf)"), "line 4")
    try expectNetworkFailure(network(weights: "uniform(0, 1e999999999)"), "range")
    try expectNetworkFailure(network(weights: String(repeating: "scaled(1, ", count: 5000) + "x"), "line 4")
  }

  @Test func keys() throws {
    try expectNetworkFailure(network(activation: "rleu"), "activation", "Did you mean 'relu'?")
    try expectNetworkFailure(network(extra: "colour: red\n"), "'colour'", "line 3", "input-dimension")
    try expectNetworkFailure(network(extra: "input-scale: [1]\n"), "input-scale", "line 3")
    try expectNetworkFailure(Data("input-dimension: 1\nparameterization: ntk\n".utf8), "'layers'", "missing")
    try expectNetworkFailure(
      Data("input-dimension: 0\nparameterization: ntk\nlayers: []\n".utf8), "input-dimension", "line 1")
  }

  @Test func points() throws {
    try expectFailure(["table", "--at", "1,2"], status: 64, "--at '1,2'", "2 coordinates")
    try expectFailure(["table", "--at", "1", "--at", "x"], status: 64, "'x'")
    try expectFailure(["table", "--at", ""], status: 64)
    try expectFailure(["table", "--at", "1/0"], status: 64, "zero")
    try expectFailure(["table", "--at", "1e400"], status: 64, "range")
    try expectFailure(["table", "--at", "NaN"], status: 64)
    try expectFailure(["table", "--network", "examples/relu-uniform.yaml"], status: 64, "no points", "--at 1,1")
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("points.csv")
      for text in ["", "1,2\n3\n", "x\n", "[[1],", "{}", "1\nnan\n"] {
        try Data(text.utf8).write(to: file)
        try expectFailure(["table", "--points", file.path], status: 65, "points.csv")
      }
      try Data([0xFF, 0xFE, 0x80]).write(to: file)
      try expectFailure(["table", "--points", file.path], status: 65, "points.csv")
    }
    try expectFailure(["table", "--points", "no-such-file.csv"], status: 65, "no-such-file.csv")
  }

  @Test func arguments() throws {
    try expectFailure(["tabel"], status: 64, "'tabel'", "Did you mean 'table'?")
    try expectFailure(["table", "--tolernce", "1"], status: 64, "--tolernce", "--tolerance")
    try expectFailure(["table", "--format", "xml"], status: 64, "xml", "markdown")
    try expectFailure(["table", "--threads", "0"], status: 64, "--threads 0")
    try expectFailure(["table", "--threads", "-1"], status: 64, "--threads -1")
    try expectFailure(["table", "--tolerance", "-1"], status: 64, "--tolerance -1")
    try expectFailure(["table", "--tolerance", "1e-10x"], status: 64, "--tolerance")
    try expectFailure(["table", "--at"], status: 64, "--at")
    try expectFailure(["moments"], status: 64, "law")
    try expectFailure(["moments", "uniform(-1, 1)", "--order", "201"], status: 64, "--order 201", "200")
    try expectFailure(["moments", "uniform(-1, 1)", "--order", "-1"], status: 64, "--order -1")
    try expectFailure(["moments", "uniform(-1, 1)", "--order", "1.5"], status: 64, "1.5")
    try expectFailure(["moments", "uniform(1, -1)"], status: 64, "uniform(1, -1)")
    try expectFailure(["moments", "gauss(0, 1)"], status: 64, "gauss")
    try expectFailure(["moments", ""], status: 64, "empty")
    try expectFailure(["dual", "relu"], status: 64, "--one-minus-rho")
    try expectFailure(["dual", "relu", "--c", "1", "--one-minus-rho", "0"], status: 64, "--one-minus-rho")
    try expectFailure(["dual", "relu", "--c", "2"], status: 64, "covariance")
    try expectFailure(["dual", "relu", "--q1", "-1", "--c", "0"], status: 64, "variance")
    try expectFailure(["dual", "relu", "--one-minus-rho", "3"], status: 64, "1 - rho")
    try expectFailure(["dual", "rleu", "--c", "0"], status: 64, "Did you mean 'relu'?")
    try expectFailure(["converge", "--widths", "8,x"], status: 64, "'x'")
    try expectFailure(["converge", "--widths", "0"], status: 64, "'0'")
    try expectFailure(["converge", "--samples", "1"], status: 64, "--samples 1")
    try expectFailure(["converge", "--seed", "-1"], status: 64, "--seed")
  }

  @Test func unwritableOutput() throws {
    try expectFailure(["table", "--output", "no-such-folder/x.csv"], status: 74, "no-such-folder/x.csv", "no folder")
    try expectFailure(["table", "--output", "Sources"], status: 74, "'Sources'", "folder")
    try expectFailure(["laws", "--output", ""], status: 74)
    if FileManager.default.fileExists(atPath: "/dev/full") {
      try expectFailure(["laws", "--output", "/dev/full"], status: 74, "/dev/full")
    }
  }
}
