import Foundation
import Testing

/// `infwidth table --width N`.
@Suite struct WidthPredictionTests {
  @Test func theHeadlineAtAWidth() throws {
    let result = try CommandRunner.run("table", "--width", "64", "--format", "json")
    #expect(result.status == 0 && result.errors.isEmpty)
    let json = try result.json()
    let prediction = try #require(json["prediction"] as? [String: Any])
    #expect(prediction["width"] as? Int == 64 && prediction["order"] as? String == "exact")
    // What the headline had before stays.
    #expect((json["finiteWidth"] as? [String: Any])?["networks"] as? Int == 100)
    let entries = try #require(json["entries"] as? [[String: Any]])
    let first = try #require(entries.first?["prediction"] as? [String: Any])
    let ntk = try #require(first["ntk"] as? [String: Any])
    #expect(ntk["order"] as? String == "exact")
    #expect((ntk["predictedMean"] as? [String: Any])?["exact"] as? String == "1073/720")
    #expect((ntk["meanCorrection"] as? [String: Any])?["value"] as? Double == 0)
    // √(1295843/226800/64)
    let deviation = try #require((ntk["standardDeviation"] as? [String: Any])?["value"] as? Double)
    #expect((deviation * deviation * 64 - 1_295_843.0 / 226_800).magnitude < 1e-14)
    #expect((first["groups"] as? [[String: Any]])?.count == 3)
  }

  @Test(arguments: ["table", "csv", "markdown", "latex"]) func everyFormat(_ format: String) throws {
    let result = try CommandRunner.run("table", "--width", "64", "--format", format)
    #expect(result.status == 0)
    #expect(result.output.contains("0.29878905274"))
    if format != "csv" { #expect(result.output.contains("are exact at every width")) }
  }

  @Test func deepNetworksWarn() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("deep.yaml")
      let text = """
        input-dimension: 1
        parameterization: ntk
        layers:
          - {weights: normal(), bias: none, activation: erf}
          - {weights: normal(), bias: none, activation: erf}
          - {weights: normal(), bias: none}
        """
      try Data(text.utf8).write(to: file)
      let result = try CommandRunner.run("table", "--network", file.path, "--at", "1", "--width", "8")
      #expect(result.status == 0)
      #expect(result.output.contains("Warning: Depth over width is 0.25 (2 hidden layers, width 8)"))
      #expect(result.output.contains("The mean is the limit plus the correction over N"))
    }
  }

  @Test(arguments: [
    ("0", "--width 0: there must be at least 1 neuron and at most 10^15."),
    ("-3", "--width -3: there must be at least 1 neuron and at most 10^15."),
    ("1000000000000001", "at most 10^15"), ("many", "The value 'many' is invalid for '--width"),
  ]) func impossibleWidths(_ width: String, _ message: String) throws {
    let result = try CommandRunner.run("table", "--width", width)
    #expect(result.status == 64 && result.output.isEmpty)
    #expect(result.errors.contains(message))
  }
}
