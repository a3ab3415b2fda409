import Foundation
import Testing

@Suite struct PresetDocumentationTests {
  /// The small table of docs/presets.md, recomputed: same NNGP kernel, different NTK.
  @Test func theTrap() throws {
    let page = try String(
      contentsOf: CommandRunner.root.appendingPathComponent("docs/presets.md"), encoding: .utf8)
    for (name, row) in [("neural-tangents-relu", "| multiplier:"), ("scale-relu", "| law:")] {
      let line = try #require(page.split(separator: "\n").first { $0.hasPrefix(row) })
      let numbers = line.split(separator: "|").compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
      let json = try CommandRunner.run(
        "table", "--network", "examples/\(name).yaml", "--at", "1", "--format", "json"
      ).json()
      let entry = try #require((json["entries"] as? [[String: Any]])?.first)
      let values = try ["nngp", "ntk"].map {
        try #require((entry[$0] as? [String: Any])?["value"] as? Double)
      }
      try #require(numbers.count == 2)
      for (value, number) in zip(values, numbers) { #expect((value - number).magnitude < 1e-13) }
    }
  }

  /// Every example of the page can be read and has power laws.
  @Test(arguments: ["pytorch-relu", "he-relu", "glorot-tanh", "lecun-tanh"]) func examples(_ name: String) throws {
    let result = try CommandRunner.run("scaling", "--network", "examples/\(name).yaml", "--at", "1,1")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("diverges"))
  }
}
