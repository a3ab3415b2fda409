import Foundation
import Testing

/// docs/errors.md: every message of the command with its status and its wording, produced afresh.
///
/// A new way to fail is a line in the page and, where it needs one, a file here.
@Suite struct ErrorCatalogueTests {
  /// One entry of the page.
  struct Entry: Sendable, CustomTestStringConvertible {
    var command: String
    var status: Int32
    var message: String
    var testDescription: String { command }
  }

  static let entries: [Entry] = {
    let file = CommandRunner.root.appendingPathComponent("docs/errors.md")
    let lines = ((try? String(contentsOf: file, encoding: .utf8)) ?? "").components(separatedBy: "\n")
    var entries: [Entry] = []
    for line in lines {
      if line.hasPrefix("    $ infwidth ") {
        entries.append(Entry(command: String(line.dropFirst(15)), status: 0, message: ""))
      } else if line.hasPrefix("    "), var entry = entries.popLast() {
        if entry.message.isEmpty {
          let parts = line.dropFirst(4).split(separator: ": ", maxSplits: 1)
          entry.status = parts.first.flatMap { Int32($0) } ?? 0
          entry.message = parts.count > 1 ? String(parts[1]) : ""
        } else {
          entry.message += "\n" + line.drop { $0 == " " }
        }
        entries.append(entry)
      }
    }
    return entries
  }()

  @Test func thePageIsRead() { #expect(Self.entries.count >= 120) }

  /// All in one folder, whose files are written once.
  @Test func everyMessageHasItsWording() throws {
    try CommandRunner.withTemporaryFolder { folder in
      for (name, content) in Self.files.mapValues({ Data($0.utf8) }).merging(
        Self.arrays, uniquingKeysWith: { a, _ in a })
      {
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try content.write(to: file)
      }
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("folder"), withIntermediateDirectories: true)
      for entry in Self.entries {
        let result = try CommandRunner.run(Self.words(entry.command), in: folder)
        #expect(result.status == entry.status, "infwidth \(entry.command)")
        #expect(result.errors == "infwidth: \(entry.message)\n", "infwidth \(entry.command)")
        #expect(result.output.isEmpty, "infwidth \(entry.command)")
        #expect((1...2).contains(entry.message.split(separator: "\n").count), "infwidth \(entry.command)")
      }
    }
  }

  /// The words of a command line; what stands between single quotation marks is one word.
  private static func words(_ line: String) -> [String] {
    var words: [String] = []
    for (index, piece) in line.split(separator: "'", omittingEmptySubsequences: false).enumerated() {
      if index.isMultiple(of: 2) {
        words += piece.split(separator: " ").map(String.init)
      } else {
        words.append(String(piece))
      }
    }
    return words
  }

  // MARK: The files that the page's commands read

  /// A network in which nothing is wrong.
  private static let network = """
    input-dimension: 1
    parameterization: ntk
    layers:
      - weights: uniform(-1, 1)
        bias: none
        activation: square
      - weights: normal(0, 1)
        bias: none

    """

  /// The same with something put in the place of something else.
  private static func network(_ old: String, _ new: String) -> String {
    guard let range = network.range(of: old) else { return "" }
    return network.replacingCharacters(in: range, with: new)
  }

  private static let files: [String: String] = [
    "ok.yaml": network,
    "empty.yaml": "",
    "word.yaml": "relu\n",
    "broken.yaml": "layers: [\n",
    "two.yaml": network + "---\n" + network,
    "alias.yaml": "name: &a x\n" + network,
    "tag.yaml": "name: !!str x\n" + network,
    "deep.yaml": "name: " + String(repeating: "[", count: 40) + "\n",
    "unknown-key.yaml": network("layers:", "colour: red\nlayers:"),
    "misspelt-key.yaml": network("parameterization", "parametrization"),
    "missing-key.yaml": network("parameterization: ntk\n", ""),
    "duplicate-key.yaml": network("parameterization: ntk", "parameterization: ntk\nparameterization: ntk"),
    "wrong-type.yaml": network("input-dimension: 1", "input-dimension: [1]"),
    "dimension.yaml": network("input-dimension: 1", "input-dimension: 0"),
    "fraction.yaml": network("input-dimension: 1", "input-dimension: 1/2"),
    "parameterization.yaml": network("ntk", "ntkk"),
    "exponents.yaml": network("ntk", "{a: [0], b: [0, 0], c: 0}"),
    "unstable.yaml":
      "input-dimension: 1\nparameterization: {a: [0, 0, 0], b: [0, 0, 0], c: 0}\nlayers:\n  - weights: uniform(-1, 1)\n    bias: none\n    activation: tanh\n  - weights: uniform(-1, 1)\n    bias: none\n    activation: tanh\n  - weights: normal(0, 1)\n    bias: none\n",
    "scale.yaml": network("layers:", "input-scale: 0\nlayers:"),
    "scale-word.yaml": network("layers:", "input-scale: big\nlayers:"),
    "no-layers.yaml": "input-dimension: 1\nparameterization: ntk\nlayers: []\n",
    "one-layer.yaml": "input-dimension: 1\nparameterization: ntk\nlayers:\n  - weights: normal(0, 1)\n    bias: none\n",
    "no-activation.yaml": network("    activation: square\n", ""),
    "readout-activation.yaml": network(
      "normal(0, 1)\n    bias: none", "normal(0, 1)\n    bias: none\n    activation: relu"),
    "no-weights.yaml": network("  - weights: uniform(-1, 1)\n    bias: none", "  - bias: none"),
    "no-bias.yaml": network("uniform(-1, 1)\n    bias: none\n", "uniform(-1, 1)\n"),
    "law.yaml": network("uniform(-1, 1)", "unifrom(-1, 1)"),
    "law-order.yaml": network("uniform(-1, 1)", "uniform(1, -1)"),
    "law-arguments.yaml": network("uniform(-1, 1)", "uniform(1, 2, 3)"),
    "law-number.yaml": network("uniform(-1, 1)", "uniform(0, 1/0)"),
    "activation.yaml": network("square", "sqaure"),
    "activation-arguments.yaml": network("square", "square(2)"),
    "trainable.yaml": network("bias: none", "bias: none\n    trainable: some"),
    "mean.yaml": network("normal(0, 1)", "normal(1, 1)"),
    "heavy.yaml": network("uniform(-1, 1)", "student-t(2, 1)"),
    "no-variance.yaml": network("normal(0, 1)", "student-t(3, 1)"),
    "multiplier.yaml": network("bias: none", "bias: none\n    weight-multiplier: x"),
    "points.csv": "1\n2\n",
    "ragged.csv": "1\n1,2\n",
    "header.csv": "x\n1\n",
    "blank.csv": "\n\n",
    "nan.csv": "1\nnan\n",
    "points.json": "[[1], [\"x\"]]",
    "object.json": "{\"x\": 1}",
    "cut.json": "[[1], [",
    "flat.json": "[1, 2]",
    "bool.json": "[[true]]",
    "table/table.yaml": "title: t\nkind: plots\n",
    "table2/table.yaml": "title: t\nkind: moments\nlaws: [\"uniform(-1, 1)\"]\norder: 1e9\n",
    "table3/table.yaml": "title: t\nkind: moments\nlaws: [\"uniform(-1, 1)\"]\nordre: 2\n",
    "table4/table.yaml": "title: t\nkind: kernels\nnetworks: [none.yaml]\npoints: [[1]]\n",
    "table5/table.yaml": "- a\n",
    "table6/table.yaml": "title: t\nkind: phase\nactivations: [rleu]\nvariances: [[1, 0]]\n",
    "table7/table.yaml": "title: t\nkind: kernels\nnetworks: [none.yaml]\npoints: 1\n",
    "table8/table.yaml": "title: [\n",
    "tanh.yaml": network("square", "tanh"),
  ]

  /// An array file with this header and data.
  private static func array(_ header: String, _ data: [UInt8]) -> Data {
    Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + data)
  }

  private static let arrays: [String: Data] = [
    "int.npy": array("{'descr': '<i8', 'fortran_order': False, 'shape': (1, 1), }\n", Array(repeating: 0, count: 8)),
    "short.npy": array("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }\n", Array(repeating: 0, count: 8)),
    "cube.npy": array(
      "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1), }\n", Array(repeating: 0, count: 8)),
    "nan.npy": array(
      "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }\n", [0, 0, 0, 0, 0, 0, 0xF8, 0x7F]),
    "header.npy": Data([0x93] + Array("NUMPY".utf8) + [1, 0, 5, 0] + Array("abc".utf8)),
    "key.npy": array("{'descr': '<f8', 'shape': (1, 1), }\n", Array(repeating: 0, count: 8)),
    "binary.csv": Data([0xFF, 0xFE, 0x80]),
    "latin.yaml": Data(Array("name: ".utf8) + [0xE9, 0x0A]),
  ]
}
