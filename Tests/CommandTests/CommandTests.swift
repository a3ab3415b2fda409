import Foundation
import Testing

@Suite struct HeadlineTests {
  @Test(arguments: [[], ["table"], ["--format", "table"]]) func theHeadlineIsWhatTheCommandAlonePrints(
    _ arguments: [String]
  )
    throws
  {
    let result = try CommandRunner.run(arguments)
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    for word in ["quadratic-uniform", "91/720", "1073/720", "113/720", "113/2160", "±", "exact"] {
      #expect(result.output.contains(word))
    }
  }

  @Test func theHeadlineAsJSON() throws {
    let result = try CommandRunner.run("table", "--format", "json")
    let json = try result.json()
    #expect(json["schema"] as? String == "infwidth/table/1")
    // In the text, since Foundation's reader on Linux misses this double by one unit.
    #expect(
      result.output.contains(#"{"value": 1.4902777777777778, "error": 0, "method": "exact", "exact": "1073/720"}"#))
    let network = try #require(json["network"] as? [String: Any])
    #expect(network["name"] as? String == "quadratic-uniform")
    let entries = try #require(json["entries"] as? [[String: Any]])
    #expect(entries.map { $0["x"] as? [Double] } == [[1], [1], [-1]])
    #expect(entries.map { $0["y"] as? [Double] } == [[1], [-1], [-1]])
    let ntk = try entries.map { try #require($0["ntk"] as? [String: Any]) }
    #expect(ntk.map { $0["exact"] as? String } == ["1073/720", "113/720", "1073/720"])
    #expect(ntk[0]["error"] as? Double == 0)
    #expect(ntk[0]["method"] as? String == "exact")
    let groups = try #require(entries[0]["groups"] as? [[String: Any]])
    #expect(groups.map { $0["parameter"] as? String } == ["layer 1 weights", "layer 1 bias", "layer 2 weights"])
    let gap = try #require(entries[1]["oneMinusCorrelation"] as? [String: [String: Any]])
    let nngp = try #require(gap["nngp"]?["value"] as? Double)
    // 1 − (113/2160)/(91/720) = 160/273, to a few roundings.
    #expect((nngp - 160.0 / 273).magnitude < 1e-15)
    // The sampled estimates: within 5 standard errors (6e-7 each by chance; the seed is fixed).
    for entry in entries {
      let limit = try #require((entry["ntk"] as? [String: Any])?["value"] as? Double)
      let sampled = try #require((entry["finiteWidth"] as? [String: [String: Any]])?["ntk"])
      let (mean, error) = (try #require(sampled["value"] as? Double), try #require(sampled["error"] as? Double))
      #expect((mean - limit).magnitude < 5 * error)
      #expect(sampled["method"] as? String == "sampling")
    }
  }

  @Test func threadsNeverChangeAResult() throws {
    let outputs = try ["1", "2", "3"].map { try CommandRunner.run("table", "--format", "json", "--threads", $0).output }
    #expect(Set(outputs).count == 1)
  }

  @Test(arguments: ["table", "json", "csv", "markdown", "latex"]) func everyFormat(_ format: String) throws {
    let result = try CommandRunner.run("table", "--format", format)
    #expect(result.status == 0)
    #expect(result.output.contains("1073/720"))
    #expect(result.output.hasSuffix("\n"))
  }
}

@Suite struct TableCommandTests {
  @Test func optionValuesMayBeginWithAMinusSign() throws {
    let result = try CommandRunner.run("table", "--at", "-1", "--at", "-1/2", "--format", "csv")
    #expect(result.status == 0)
    #expect(result.output.contains("\n-1,-1/2,NTK,"))
  }

  @Test func independentUniformWeightsAreNotGaussian() throws {
    func kernel(_ name: String) throws -> [String: Any] {
      let json = try CommandRunner.run(
        "table", "--network", "examples/\(name).yaml", "--at", "1,0", "--at", "0,1", "--format", "json"
      ).json()
      let entries = try #require(json["entries"] as? [[String: Any]])
      return try #require(entries[1]["nngp"] as? [String: Any])
    }
    #expect(try kernel("relu-uniform")["exact"] as? String == "1/16")
    let gaussian = try #require(try kernel("relu-gaussian")["value"] as? Double)
    #expect((gaussian - 1 / (6 * Double.pi)).magnitude < 1e-15)
  }

  @Test func pointsThatAreNoDoublesAreSpelledOut() throws {
    let json = try CommandRunner.run("table", "--at", "1/3", "--format", "json").json()
    let entry = try #require((json["entries"] as? [[String: Any]])?.first)
    #expect(entry["x"] as? [Double] == [1.0 / 3])
    #expect(entry["xExact"] as? [String] == ["1/3"])
  }

  @Test func pointsFromFiles() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let json = folder.appendingPathComponent("points.json")
      try Data("[[1], [\"-1\"]]".utf8).write(to: json)
      let csv = folder.appendingPathComponent("points.csv")
      try Data("1\n-1\n".utf8).write(to: csv)
      let outputs = try [["--points", json.path], ["--points", csv.path], ["--at", "1", "--at", "-1"]].map {
        try CommandRunner.run(["table", "--format", "csv"] + $0).output
      }
      #expect(Set(outputs).count == 1)
    }
  }

  @Test func outputGoesToAFile() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("table.csv")
      let result = try CommandRunner.run("table", "--format", "csv", "--output", file.path)
      #expect(result.status == 0)
      #expect(result.output.isEmpty)
      #expect(try String(contentsOf: file, encoding: .utf8) == CommandRunner.run("table", "--format", "csv").output)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["table.csv"])
    }
    #expect(try CommandRunner.run("table", "--output", "/dev/null").status == 0)
    #expect(FileManager.default.fileExists(atPath: "/dev/null"))
  }
}

@Suite struct OtherCommandTests {
  @Test func moments() throws {
    let json = try CommandRunner.run(
      "moments", "uniform(-1, 1)", "student-t(3, 1)", "--order", "4", "--central", "--cumulants", "--format", "json"
    ).json()
    #expect(json["schema"] as? String == "infwidth/moments/1")
    let laws = try #require(json["laws"] as? [[String: Any]])
    #expect(laws[0]["law"] as? String == "uniform(-1, 1)")
    let moments = try #require(laws[0]["moments"] as? [[String: Any]])
    #expect(moments.map { $0["order"] as? Int } == [0, 1, 2, 3, 4])
    #expect(moments.map { $0["exact"] as? String } == ["1", "0", "1/3", "0", "1/5"])
    let cumulants = try #require(laws[0]["cumulants"] as? [[String: Any]])
    #expect(cumulants[4]["exact"] as? String == "-2/15")
    let heavy = try #require(laws[1]["moments"] as? [[String: Any]])
    #expect(heavy[3]["status"] as? String == "undefined")
    #expect(heavy[4]["status"] as? String == "infinite")
    #expect(heavy[4]["value"] is NSNull)
  }

  @Test func dual() throws {
    let json = try CommandRunner.run("dual", "relu", "--q1", "1", "--q2", "1", "--c", "-1/2", "--format", "json").json()
    #expect(json["schema"] as? String == "infwidth/dual/1")
    #expect(json["activation"] as? String == "relu")
    let value = try #require((json["value"] as? [String: Any])?["value"] as? Double)
    // (√3/2 − π/6) / 2π, since the angle is 2π/3.
    #expect((value - (3.0.squareRoot() / 2 - Double.pi / 6) / (2 * Double.pi)).magnitude < 1e-16)
    let derivative = try #require((json["derivative"] as? [String: Any])?["value"] as? Double)
    #expect((derivative - 1.0 / 6).magnitude < 1e-16)
  }

  @Test func dualOfNearlyParallelInputs() throws {
    let json = try CommandRunner.run("dual", "step", "--one-minus-rho", "1e-14", "--format", "json").json()
    let value = try #require((json["value"] as? [String: Any])?["value"] as? Double)
    // 1/2 − θ/2π with θ = 2 asin √(δ/2).
    #expect((value - (0.5 - asin((0.5e-14).squareRoot()) / Double.pi)).magnitude < 2e-16)
  }

  @Test func converge() throws {
    let arguments = ["converge", "--at", "1", "--at", "-1", "--widths", "8,32", "--samples", "100", "--seed", "3"]
    let json = try CommandRunner.run(arguments + ["--format", "json", "--check"]).json()
    #expect(json["schema"] as? String == "infwidth/converge/1")
    let entries = try #require(json["entries"] as? [[String: Any]])
    #expect(entries.map { $0["verdict"] as? String } == ["agrees", "agrees", "agrees"])
    let widths = try #require(entries[0]["widths"] as? [[String: Any]])
    #expect(widths.map { $0["width"] as? Int } == [8, 32])
    for key in ["samples", "mean", "standardError", "standardDeviation", "predictedMean", "zMean"] {
      #expect(widths[0][key] is NSNumber, "\(key)")
    }
    #expect((entries[0]["rate"] as? [String: Any])?["predicted"] as? Double == -0.5)
    #expect(try CommandRunner.run(arguments).output == CommandRunner.run(arguments + ["--threads", "1"]).output)
  }

  @Test func registries() throws {
    #expect(try CommandRunner.run("laws").output.contains("uniform(a, b)"))
    #expect(try CommandRunner.run("activations").output.contains("relu"))
  }

  @Test func help() throws {
    for arguments in [["--help"], ["help"], ["table", "--help"], ["help", "moments"], ["--version"]] {
      let result = try CommandRunner.run(arguments)
      #expect(result.status == 0, "\(arguments)")
      #expect(!result.output.isEmpty)
      #expect(result.errors.isEmpty)
    }
  }
}
