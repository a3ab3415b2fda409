import Foundation
import Testing

/// The worked conversions of docs/conventions.md and docs/coming-from-neural-tangents.md, recomputed.
@Suite struct ConventionsDocumentationTests {
  /// The rows of a page's tables, cells without blanks.
  private static func rows(_ page: String) throws -> [[String]] {
    let text = try String(contentsOf: CommandRunner.root.appendingPathComponent("docs/\(page)"), encoding: .utf8)
    return text.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// NNGP kernel and NTK of the pair of two points.
  private static func kernels(_ network: String, _ x: String, _ y: String) throws -> (nngp: Double, ntk: Double) {
    let points = x == y ? [x] : [x, y]
    let json = try CommandRunner.run(
      ["table", "--network", network, "--format", "json"] + points.flatMap { ["--at", $0] }
    ).json()
    let entries = try #require(json["entries"] as? [[String: Any]])
    let entry = try #require(x == y ? entries.first : entries.dropFirst().first)
    let values = try ["nngp", "ntk"].map { try #require((entry[$0] as? [String: Any])?["value"] as? Double) }
    return (values[0], values[1])
  }

  /// κ₁ and κ₀ of relu, from the page's formulas.
  private static func arcCosine(_ q: Double, _ c: Double) -> (first: Double, zeroth: Double) {
    let angle = acos(c / q)
    return ((sin(angle) + (.pi - angle) * cos(angle)) / (2 * .pi), (.pi - angle) / (2 * .pi))
  }

  /// What the page says, by formulas that know nothing of the program.
  private static func expected(_ name: String) throws -> (Double, Double) {
    let (w, b) = (9.0 / 4, 1.0 / 9)
    switch name {
    case "yang-hu":
      let k = arcCosine(9, 4)
      return (9 * k.first, 9 * k.first + 4 * k.zeroth)
    case "arora":
      let k = arcCosine(9, 4)
      return (18 * k.first, 18 * k.first + 8 * k.zeroth)
    case "jacot":
      let (q, c) = (3 + b, 4.0 / 3 + b)
      let k = arcCosine(q, c)
      return (q * k.first + b, q * k.first + b + c * k.zeroth)
    case "neural-tangents":
      let (q, c) = (3 * w + b, 4.0 / 3 * w + b)
      let k = arcCosine(q, c)
      return (w * q * k.first + b, w * q * k.first + b + w * c * k.zeroth)
    case "lee":
      let (q, c) = (3 * w + b, 4.0 / 3 * w + b)
      let k = arcCosine(q, c)
      return (w * q * k.first + b, q * k.first + 1 + w * (4.0 / 3 + 1) * k.zeroth)
    default: throw CocoaError(.featureUnsupported)
    }
  }

  @Test(arguments: ["jacot", "neural-tangents", "lee", "arora", "yang-hu"]) func conversion(_ name: String) throws {
    let row = try #require(try Self.rows("conventions.md").first { $0.count == 3 && $0[0] == name })
    let (nngp, ntk) = (try #require(Double(row[1])), try #require(Double(row[2])))
    let computed = try Self.kernels("examples/conventions/\(name).yaml", "1,2,2", "2,-1,2")
    let expected = try Self.expected(name)
    // A few roundings of numbers below 10.
    for (a, b) in [(nngp, computed.nngp), (ntk, computed.ntk), (expected.0, computed.nngp), (expected.1, computed.ntk)]
    { #expect((a - b).magnitude < 2e-14) }
  }

  /// The formula behind "multiply by 2^L · d": no bias, relu, from Jacot's convention to that of Arora et al.
  @Test func fromJacotToArora() throws {
    let layer = "  - weights: normal(0, 1)\n    bias: none\n    activation: relu\n"
    let scaled = "  - weights: normal(0, 1)\n    weight-multiplier: sqrt(2)\n    bias: none\n"
    try CommandRunner.withTemporaryFolder { folder in
      let head = "input-dimension: 3\nparameterization: ntk\n"
      let files = [
        "jacot": head + "layers:\n" + layer + layer + "  - weights: normal(0, 1)\n    bias: none\n",
        "arora": head + "input-scale: 1\nlayers:\n" + layer + scaled + "    activation: relu\n" + scaled,
      ]
      var values: [String: (nngp: Double, ntk: Double)] = [:]
      for (name, text) in files {
        let file = folder.appendingPathComponent("\(name).yaml")
        try Data(text.utf8).write(to: file)
        values[name] = try Self.kernels(file.path, "1,2,2", "2,-1,2")
      }
      let (jacot, arora) = (try #require(values["jacot"]), try #require(values["arora"]))
      #expect((arora.ntk - 4 * 3 * jacot.ntk).magnitude < 1e-13)
      #expect((arora.nngp - 4 * 3 * jacot.nngp).magnitude < 1e-13)
    }
  }

  /// PyTorch's default: the exact NNGP kernel of the page, and an NTK that grows.
  @Test func pytorch() throws {
    let result = try CommandRunner.run(
      "table", "--network", "examples/conventions/pytorch.yaml", "--at", "1,2,2", "--at", "2,-1,2")
    #expect(result.output.contains("32129/291600"))
    #expect(result.output.contains("infinite"))
  }

  /// The page's file is the example, and its table is what the command computes and neural-tangents computed.
  @Test func comingFromNeuralTangents() throws {
    let page = try String(
      contentsOf: CommandRunner.root.appendingPathComponent("docs/coming-from-neural-tangents.md"), encoding: .utf8)
    let example = "examples/neural-tangents-erf.yaml"
    let file = try String(contentsOf: CommandRunner.root.appendingPathComponent(example), encoding: .utf8)
    #expect(page.contains("```yaml\n\(file)```"))
    let rows = try Self.rows("coming-from-neural-tangents.md").filter { $0.count == 6 && Double($0[2]) != nil }
    #expect(rows.count == 3)
    for row in rows {
      let numbers = try row[2...].map { try #require(Double($0)) }
      let computed = try Self.kernels(example, row[0], row[1])
      // The page's "here" is what the table prints, within a unit of the last of 14 digits or so.
      for (value, number) in zip([computed.nngp, computed.nngp, computed.ntk, computed.ntk], numbers) {
        #expect((value - number).magnitude < 1e-13)
      }
    }
  }
}
