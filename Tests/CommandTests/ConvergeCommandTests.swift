import Foundation
import Testing

@Suite struct ConvergeCommandTests {
  private static let study = ["converge", "--at", "1", "--at", "-1", "--widths", "8..32", "--seed", "3"]

  private func entries(_ json: [String: Any]) throws -> [[String: Any]] {
    try #require(json["entries"] as? [[String: Any]])
  }

  /// The keys of the interface, and the numbers of T1: exact means and deviations.
  @Test func keysOfTheInterface() throws {
    let json = try CommandRunner.run(Self.study + ["--samples", "200", "--format", "json"]).json()
    #expect(json["schema"] as? String == "infwidth/converge/1")
    #expect(json["verdict"] as? String == "agrees")
    #expect(json["theory"] as? String == "exact")
    let entries = try entries(json)
    #expect(entries.count == 3)
    for entry in entries {
      for key in ["x", "y", "limit", "widths", "rate", "verdict", "bias", "measuredLimit", "detectableLimitError"] {
        #expect(entry[key] != nil, "\(key)")
      }
      #expect((entry["limit"] as? [String: Any])?["method"] as? String == "exact")
      let rate = try #require(entry["rate"] as? [String: Any])
      for key in ["slope", "standardError", "predicted", "low", "high"] { #expect(rate[key] is NSNumber, "\(key)") }
      #expect(rate["predicted"] as? Double == -0.5)
      #expect((entry["bias"] as? [String: Any])?["status"] as? String == "zero")
      let widths = try #require(entry["widths"] as? [[String: Any]])
      #expect(widths.map { $0["width"] as? Int } == [8, 16, 32])
      for width in widths {
        for key in [
          "samples", "mean", "standardError", "standardDeviation", "predictedMean", "predictedStandardDeviation",
          "zMean", "zVariance",
        ] { #expect(width[key] is NSNumber, "\(key)") }
      }
    }
    let first = try #require((entries[0]["widths"] as? [[String: Any]])?.first)
    #expect((try #require(first["predictedMean"] as? Double) - 1073.0 / 720).magnitude < 1e-15)
    let deviation = try #require(first["predictedStandardDeviation"] as? Double)
    #expect((deviation - (1295843.0 / 226800 / 8).squareRoot()).magnitude < 1e-14)
    let gram = try #require((json["gramError"] as? [String: Any])?["widths"] as? [[String: Any]])
    // N E‖Δ‖_F² = 11.529824.
    let frobenius = try #require(gram[0]["predictedFrobenius"] as? Double)
    #expect((8 * frobenius * frobenius - 11.529824).magnitude < 1e-5)
  }

  @Test func everyFormat() throws {
    for format in ["table", "csv", "markdown", "latex"] {
      let result = try CommandRunner.run(Self.study + ["--samples", "20", "--format", format])
      #expect(result.status == 0 && result.errors.isEmpty && result.output.count > 300, "\(format): \(result)")
    }
    let csv = try CommandRunner.run(Self.study + ["--samples", "20", "--format", "csv"]).output
    #expect(csv.split(separator: "\n").count == 10, "a heading, then three entries at three widths")
  }

  /// Item 5: N¹ under the standard parameterization, N^(−1) under mean field, with the coefficients of `scaling`.
  @Test(arguments: [("standard", 1.0, 91.0 / 240), ("mean-field", -1, 1073.0 / 720)])
  func parameterizations(name: String, exponent: Double, coefficient: Double) throws {
    let arguments = [
      "--network", "examples/quadratic-\(name).yaml", "--at", "1", "--format", "json",
    ]
    let scaling = try entries(try CommandRunner.run(["scaling"] + arguments).json())[0]
    let total = try #require(scaling["total"] as? [String: Any])
    #expect(total["exponent"] as? Double == exponent)
    let study = try CommandRunner.run(
      ["converge"] + arguments + ["--widths", "16..256", "--samples", "200", "--seed", "5"]
    ).json()
    #expect(study["verdict"] as? String == "agrees")
    let entry = try entries(study)[0]
    let rate = try #require(entry["meanRate"] as? [String: Any])
    #expect(rate["predicted"] as? Double == exponent)
    let (slope, error) = (try #require(rate["slope"] as? Double), try #require(rate["standardError"] as? Double))
    // Terms of lower powers bend the slope away from the exponent; the prediction at these widths knows them.
    let here = try #require(rate["predictedAtTheseWidths"] as? Double)
    #expect((slope - here).magnitude <= 5 * error && error < 0.02, "|z| ≤ 5: false alarms 6e-7")
    let measured = try #require(entry["measuredLimit"] as? [String: Any])
    let (value, deviation) = (try #require(measured["value"] as? Double), try #require(measured["error"] as? Double))
    #expect((value - coefficient).magnitude <= 5 * deviation && deviation < 0.02 * coefficient)
    let limit = try #require((entry["coefficient"] as? [String: Any])?["value"] as? Double)
    #expect((limit / coefficient - 1).magnitude < 1e-15)
  }

  @Test func otherKernels() throws {
    let groups = try CommandRunner.run(Self.study + ["--samples", "50", "--kernel", "groups", "--format", "json"])
      .json()
    #expect(
      try entries(groups).compactMap { $0["parameter"] as? String }.filter { $0 == "layer 1 bias" }.count == 3)
    #expect(groups["verdict"] as? String == "agrees")
    let nngp = try CommandRunner.run(Self.study + ["--samples", "50", "--kernel", "nngp", "--format", "json"]).json()
    #expect((try entries(nngp)[0]["limit"] as? [String: Any])?["exact"] as? String == "91/720")
    #expect(nngp["verdict"] as? String == "agrees")
  }

  /// Two hidden layers: the 1/N term of the mean is in the prediction, and its coefficient is N · bias.
  @Test func aDeepNetwork() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("deep.yaml")
      let layer = "  - {weights: \"normal(0, sqrt(2))\", bias: none"
      try Data(
        """
        input-dimension: 2
        parameterization: ntk
        layers:
        \(layer), activation: relu}
        \(layer), activation: relu}
        \(layer)}

        """.utf8
      ).write(to: file)
      let json = try CommandRunner.run(
        "converge", "--network", file.path, "--at", "1,3/10", "--at", "-2/5,9/10", "--widths", "8..32", "--samples",
        "100", "--seed", "2", "--format", "json"
      ).json()
      #expect(json["theory"] as? String == "leading")
      #expect(json["verdict"] as? String == "agrees")
      let bias = try entries(json).map { try #require($0["bias"] as? [String: Any]) }
      #expect(bias.map { $0["status"] as? String } == ["zero", "unresolved", "zero"])
      // T5 of the finite-width notes.
      #expect((try #require(bias[1]["predicted"] as? Double) + 0.098412062644).magnitude < 1e-9)
    }
  }

  /// What `--check` says with its exit status.
  @Test func check() throws {
    #expect(try CommandRunner.run(Self.study + ["--samples", "50", "--check"]).status == 0)
    // A level at which alarms are the rule: this seed gives one.
    let alarm = ["converge", "--widths", "8,16", "--samples", "40", "--seed", "3", "--false-alarm", "0.49"]
    let disagreeing = try CommandRunner.run(alarm + ["--check"])
    #expect(disagreeing.status == 1)
    #expect(disagreeing.output.contains("Verdict: disagrees at ("))
    #expect(try CommandRunner.run(alarm).status == 0, "without --check the verdict is only printed")
    // Nothing can be judged where the variance is infinite: no reason to be green.
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("heavy.yaml")
      try Data(
        """
        input-dimension: 1
        parameterization: ntk
        layers:
          - {weights: "normal(0, 1)", bias: none, activation: square}
          - {weights: "student-t(3, 1)", bias: none}

        """.utf8
      ).write(to: file)
      let arguments = ["converge", "--network", file.path, "--at", "1", "--widths", "8,16", "--samples", "20"]
      let result = try CommandRunner.run(arguments + ["--check"])
      #expect(result.status == 1)
      #expect(result.output.contains("no rate of 1/√N is to be expected"))
      #expect(result.output.contains("Verdict: undecided"))
    }
  }

  /// One study on one machine, and the same in shards, with files that were killed and continued: the same bytes.
  @Test func shardsAndInterruptions() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let arguments = Self.study + ["--samples", "120", "--format", "json"]
      let whole = try CommandRunner.run(arguments)
      #expect(try CommandRunner.run(arguments + ["--threads", "1"]).output == whole.output)
      let files = (1...3).map { folder.appendingPathComponent("part\($0).study").path }
      for (index, file) in files.enumerated() {
        let shard = try CommandRunner.run(arguments + ["--shard", "\(index + 1)/3", "--checkpoint", file])
        #expect(try shard.json()["complete"] as? Bool == false)
        #expect(try shard.json()["shard"] as? String == "\(index + 1)/3")
      }
      let joined = folder.appendingPathComponent("all.study").path
      let merged = try CommandRunner.run(
        ["merge", files[2], files[0], files[1], "--checkpoint", joined, "--format", "json"])
      #expect(merged.output == whole.output)
      #expect(try CommandRunner.run(arguments + ["--checkpoint", joined]).output == whole.output)
      // Two of three: what is there, and the statement.
      let partial = try CommandRunner.run(["merge", files[2], files[0], "--format", "json"]).json()
      #expect(partial["complete"] as? Bool == false)
      #expect((partial["stopped"] as? String ?? "").contains("240 of 360 networks"))
      try expectFailure(["merge", files[0], files[0]], status: 65, "part1.study", "another file holds as well")
      try expectFailure(["merge", files[0], joined], status: 65, "holds")
      let other = folder.appendingPathComponent("other.study").path
      _ = try CommandRunner.run(["converge", "--widths", "8", "--samples", "4", "--checkpoint", other])
      try expectFailure(["merge", files[0], other], status: 65, "another study", "its widths are")
      try expectFailure(arguments + ["--checkpoint", other], status: 65, "other.study", "left as it is")
      try expectFailure(["merge", "no-such.study"], status: 65, "no-such.study", "no such file")
    }
  }

  /// Signals: SIGINT leaves a report and a file; SIGKILL at any moment leaves a file that can be continued, or none.
  @Test func signals() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("c.study").path
      let arguments = [
        "converge", "--widths", "64..256", "--samples", "1000000", "--format", "json", "--checkpoint", file,
      ]
      func run(signal number: Int32, after seconds: Double) throws -> (status: Int32, output: Data) {
        let process = Process()
        process.executableURL = CommandRunner.executable
        process.arguments = arguments
        process.currentDirectoryURL = CommandRunner.root
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        Thread.sleep(forTimeInterval: seconds)
        kill(process.processIdentifier, number)
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, output)
      }
      let interrupted = try run(signal: SIGINT, after: 3)
      #expect(interrupted.status == 0)
      let json = try #require(try JSONSerialization.jsonObject(with: interrupted.output) as? [String: Any])
      #expect(json["stopped"] as? String == "Ctrl-C")
      let before = try Data(contentsOf: URL(fileURLWithPath: file))
      _ = try run(signal: SIGKILL, after: 1.5)
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: file)) == before, "saved every 20 seconds: the file is the first")
      let terminated = try run(signal: SIGTERM, after: 3)
      let later = try #require(try JSONSerialization.jsonObject(with: terminated.output) as? [String: Any])
      #expect(later["stopped"] as? String == "SIGTERM")
      func samples(_ json: [String: Any]) throws -> [Int] {
        try #require(try entries(json)[0]["widths"] as? [[String: Any]]).compactMap { $0["samples"] as? Int }
      }
      #expect(zip(try samples(json), try samples(later)).allSatisfy { $0 <= $1 }, "it went on")
      #expect(try samples(later).allSatisfy { $0 > 0 }, "something of every width")
    }
  }

  @Test func timeIsOver() throws {
    let json = try CommandRunner.run(
      "converge", "--widths", "64..1024", "--samples", "1000000", "--max-seconds", "1", "--format", "json"
    ).json()
    #expect(json["stopped"] as? String == "the time is over")
    #expect(json["complete"] as? Bool == false)
    let text = try CommandRunner.run("converge", "--widths", "64..1024", "--samples", "1000000", "--max-seconds", "1")
    #expect(text.output.contains("Stopped (the time is over)"))
  }

  @Test func pictures() throws {
    try CommandRunner.withTemporaryFolder { folder in
      for (kind, starts) in [("svg", Array("<?xml".utf8)), ("png", [0x89, 0x50]), ("pdf", Array("%PDF".utf8))] {
        let file = folder.appendingPathComponent("study.\(kind)")
        let result = try CommandRunner.run(Self.study + ["--samples", "120", "--plot", file.path])
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        #expect(try Data(contentsOf: file).starts(with: starts))
      }
      try expectFailure(Self.study + ["--plot", "x.jpeg"], status: 64, "--plot", ".png")
      try expectFailure(Self.study + ["--plot", "no-such-folder/x.svg"], status: 74, "no-such-folder")
    }
  }

  @Test func badInput() throws {
    let widths = "--widths"
    try expectFailure(["converge", widths, "64..16"], status: 64, "goes down")
    try expectFailure(["converge", widths, "8,,9"], status: 64, "is not a width")
    try expectFailure(["converge", widths, "-8"], status: 64, "'-8'")
    try expectFailure(["converge", widths, "8..x"], status: 64, "'x'")
    try expectFailure(["converge", widths, "8,8"], status: 64, "8 is given more than once")
    try expectFailure(["converge", widths, "1000000000000000"], status: 64, "too large", "GB of memory")
    try expectFailure(["converge", widths, "99999999999999999999"], status: 64, "is not a width")
    try expectFailure(["converge", "--samples", "1"], status: 64, "--samples 1", "from 2")
    try expectFailure(["converge", "--samples", "10", "--standard-error", "1"], status: 64, "exclude")
    try expectFailure(["converge", "--seed", "18446744073709551616"], status: 64, "--seed")
    try expectFailure(["converge", "--seed", "-1"], status: 64, "--seed")
    try expectFailure(["converge", "--seed", "1.5"], status: 64, "--seed")
    for value in ["0", "-1", "x", "%", "0%", "1e999"] {
      try expectFailure(["converge", "--standard-error", value], status: 64, "--standard-error")
    }
    try expectFailure(
      ["converge", "--standard-error", "1e-9", widths, "1000"], status: 64, "random numbers", "Take fewer")
    for value in ["0", "-1", "x", "1e10"] {
      try expectFailure(["converge", "--max-seconds", value], status: 64, "--max-seconds")
    }
    for value in ["0", "1", "-1", "x"] {
      try expectFailure(["converge", "--false-alarm", value], status: 64, "false-alarm")
    }
    try expectFailure(["converge", "--shard", "1/2"], status: 64, "--checkpoint")
    for value in ["3/2", "0/2", "1", "a/b", "1/2/3"] {
      try expectFailure(["converge", "--shard", value, "--checkpoint", "x.study"], status: 64, "hard")
    }
    try expectFailure(
      ["converge", "--shard", "1/2", "--checkpoint", "x.study", "--standard-error", "1"], status: 64, "--samples")
    try expectFailure(["converge", "--checkpoint", "no-such-folder/c.study"], status: 74, "no-such-folder")
    try expectFailure(["converge", "--checkpoint", "README.md"], status: 65, "README.md", "left as it is")
    try expectFailure(["converge", "--kernel", "ntkk"], status: 64, "--kernel")
    try expectFailure(["merge"], status: 64, "files")
    try expectFailure(["merge", "README.md"], status: 65, "README.md")
  }
}
