import Foundation
import Testing

/// `infwidth expect`.
@Suite struct ExpectCommandTests {
  /// One pair, two widths, both kernels.
  static let arguments = [
    "expect", "--network", "examples/relu-uniform.yaml", "--at", "1,0", "--at", "0,1", "--width", "64", "--widths",
    "16..32", "--samples", "50", "--kernel", "both",
  ]

  @Test func json() throws {
    let result = try CommandRunner.run(Self.arguments + ["--false-alarm", "1e-3", "--format", "json"])
    #expect(result.status == 0 && result.errors.isEmpty)
    let json = try result.json()
    #expect(json["schema"] as? String == "infwidth/expect/1")
    #expect((json["generator"] as? String)?.hasPrefix("infwidth ") == true)
    #expect(
      json["command"] as? String
        == "infwidth expect --network network.yaml --at 1,0 --at 0,1 --kernel both --widths 64,16,32 --samples 50 "
        + "--false-alarm 0.001")
    #expect((json["network"] as? [String: Any])?["name"] as? String == "relu-uniform")
    #expect(json["kernels"] as? [String] == ["nngp", "ntk"])
    let entries = try #require(json["entries"] as? [[String: Any]])
    #expect(entries.compactMap { $0["exact"] as? String } == ["1/6", "1/16", "1/6", "2/3", "1/16", "2/3"])
    let finite = try #require(json["finiteWidth"] as? [String: Any])
    #expect(finite["samples"] as? Int == 50 && finite["falseAlarm"] as? Double == 0.001)
    #expect(finite["comparisons"] as? Int == 18)
    let widths = try #require(finite["widths"] as? [[String: Any]])
    #expect(widths.compactMap { $0["width"] as? Int } == [64, 16, 32])
    let rows = try #require(widths.first?["entries"] as? [[String: Any]])
    #expect(
      rows.count == 6 && rows.allSatisfy { $0["theory"] as? String == "exact" && $0["allowance"] as? Double == 0 })
    let ntk = try #require(rows.last)
    #expect((ntk["mean"] as? [String: Any])?["exact"] as? String == "2/3")
    let deviation = try #require((ntk["standardDeviation"] as? [String: Any])?["value"] as? Double)
    let tolerance = try #require(ntk["tolerance"] as? Double)
    // Between the normal quantile at 0.001/36, 4.03, and what skewness adds.
    #expect(tolerance > 4.03 * deviation / 50.0.squareRoot() && tolerance < 5 * deviation / 50.0.squareRoot())
  }

  /// The command that the file names makes the file again, from the network that the file holds.
  @Test func provenance() throws {
    let first = try CommandRunner.run(Self.arguments + ["--format", "pytest"])
    let lines = first.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines.first?.hasPrefix("# Made by infwidth ") == true)
    let command = try #require(lines.dropFirst().first).dropFirst("#     infwidth ".count)
    let start = try #require(lines.firstIndex(of: "# network.yaml:"))
    let yaml = lines[(start + 1)...].prefix { $0.hasPrefix("#     ") }.map { $0.dropFirst(6) }.joined(separator: "\n")
    try CommandRunner.withTemporaryFolder { folder in
      try Data(yaml.utf8).write(to: folder.appendingPathComponent("network.yaml"))
      let second = try CommandRunner.run(command.split(separator: " ").map(String.init), in: folder)
      #expect(second.output == first.output)
    }
  }

  @Test(arguments: ["table", "json", "csv", "markdown", "latex", "npz", "pytest", "swift", "c", "julia"])
  func everyFormatIsDeterministic(_ format: String) throws {
    try CommandRunner.withTemporaryFolder { folder in
      let files = ["a", "b"].map { folder.appendingPathComponent($0) }
      for (file, threads) in zip(files, ["1", "2"]) {
        let result = try CommandRunner.run(
          Self.arguments + ["--format", format, "--output", file.path, "--threads", threads])
        #expect(result.status == 0 && result.output.isEmpty && result.errors.isEmpty)
      }
      let contents = try files.map { try Data(contentsOf: $0) }
      #expect(contents[0] == contents[1] && contents[0].count > 500)
    }
  }

  @Test func pointsOfAFileAndPresets() throws {
    let file = try CommandRunner.run(
      "expect", "--network", "preset:he(dimension=2)", "--points", "examples/inputs.csv", "--format", "csv")
    #expect(file.status == 0, "\(file)")
    let json = try CommandRunner.run(
      "expect", "--network", "preset:he(dimension=2)", "--at", "1/3,0", "--format", "json"
    ).json()
    #expect(json["pointsExact"] as? [[String]] == [["1/3", "0"]])
  }

  // MARK: Errors

  @Test(arguments: [
    (["--width", "64", "--samples", "1"], Int32(64), "--samples 1: write a number from 2 to 1000000000"),
    (["--width", "64", "--samples", "-5"], 64, "--samples -5: write a number from 2"),
    (["--width", "64", "--false-alarm", "0"], 64, "--false-alarm 0: write a probability from 1e-100 to below 0.5"),
    (["--width", "64", "--false-alarm", "1/2"], 64, "--false-alarm 1/2: write a probability"),
    (["--width", "64", "--false-alarm", "often"], 64, "--false-alarm: "),
    (["--width", "0"], 64, "'0' is not a width"), (["--width", "16,32"], 64, "--width 16,32: write one width"),
    (["--widths", "64,x"], 64, "'x' is not a width"),
    (["--samples", "10"], 64, "--samples is about networks of finite width: give --width N as well"),
    (["--false-alarm", "0.1"], 64, "--false-alarm is about networks of finite width"),
    (["--format", "fortran"], 64, "'fortran'"), (["--kernel", "gram"], 64, "'gram'"),
    (["--precision", "half"], 64, "'half'"), (["--threads", "0"], 64, "--threads 0"),
    (["--output", "/no/such/folder/f.py"], 74, "there is no folder '/no/such/folder'"),
  ]) func refused(_ arguments: [String], _ status: Int32, _ words: String) throws {
    try expectFailure(["expect"] + arguments, status: status, words)
  }

  @Test func noToleranceExists() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("heavy.yaml")
      let text = """
        input-dimension: 1
        parameterization: ntk
        layers:
          - {weights: normal(), bias: none, activation: relu}
          - {weights: 'student-t(3, 1)', bias: none}
        """
      try Data(text.utf8).write(to: file)
      try expectFailure(
        ["expect", "--network", file.path, "--at", "1", "--width", "64"], status: 70,
        "No tolerance exists for the NTK at (1; 1) and width 64", "infinite")
      #expect(try CommandRunner.run("expect", "--network", file.path, "--at", "1").status == 0)
    }
    try expectFailure(
      ["expect", "--network", "examples/residual-relu.yaml", "--at", "1,0", "--width", "64"], status: 64, "residual")
  }
}
