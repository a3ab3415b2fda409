import Foundation
import Testing

@Suite struct ReadmeTests {
  /// The lines of the README's blocks of one language.
  private static func lines(language: String) throws -> [[String]] {
    let text = try String(contentsOf: CommandRunner.root.appendingPathComponent("README.md"), encoding: .utf8)
    var blocks: [[String]] = []
    var inside = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "```\(language)" {
        inside = true
        blocks.append([])
      } else if line == "```" {
        inside = false
      } else if inside {
        blocks[blocks.count - 1].append(String(line))
      }
    }
    return blocks
  }

  /// The command lines of the README's table of questions.
  private static func tableCommands() throws -> [String] {
    let text = try String(contentsOf: CommandRunner.root.appendingPathComponent("README.md"), encoding: .utf8)
    return text.split(separator: "\n").filter { $0.hasPrefix("| ") }.flatMap { line in
      line.split(separator: "`", omittingEmptySubsequences: false).enumerated().compactMap { index, piece in
        index.isMultiple(of: 2) ? nil : String(piece)
      }
    }.filter { $0.hasPrefix("infwidth ") }
  }

  @Test func everyCommandRuns() throws {
    let commands = try Self.lines(language: "sh").joined().filter { $0.hasPrefix("infwidth ") } + Self.tableCommands()
    #expect(commands.count >= 14)
    try CommandRunner.withTemporaryFolder { folder in
      for command in commands where !command.hasPrefix("infwidth verify") {
        // What a command writes goes elsewhere.
        let files = ["study.svg", "training.svg", "K.npy", "network.yaml"]
        let words = CommandRunner.words(command).dropFirst().map { word in
          files.contains(word) ? folder.appendingPathComponent(word).path : word
        }
        let result = try CommandRunner.run(Array(words))
        #expect(result.status == 0, "\(command): \(result.errors)")
        #expect(result.output.isEmpty == command.hasSuffix(" --output network.yaml"), "\(command)")
      }
    }
  }

  @Test func theTableIsWhatTheCommandPrints() throws {
    let text = try String(contentsOf: CommandRunner.root.appendingPathComponent("README.md"), encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| 1 |") || $0.hasPrefix("| -1 |") }
    #expect(rows.count == 3)
    let output = try CommandRunner.run("table").output
    for cell in rows.flatMap({ $0.split(separator: "|") }).flatMap({ $0.split(separator: "=") }) {
      let number = cell.drop { $0 == " " }.split(separator: "  ").joined()
      #expect(output.contains(number.hasSuffix(" ") ? String(number.dropLast()) : number), "\(cell)")
    }
  }

  @Test func theNetworkIsTheExample() throws {
    let block = try #require(try Self.lines(language: "yaml").first).joined(separator: "\n") + "\n"
    let file = CommandRunner.root.appendingPathComponent("examples/relu-uniform.yaml")
    #expect(try String(contentsOf: file, encoding: .utf8) == block)
  }

  @Test func makeHasTheTargets() throws {
    let makefile = try String(contentsOf: CommandRunner.root.appendingPathComponent("Makefile"), encoding: .utf8)
    for target in ["table:", "test:", "lint:", "tables:", "verify:", "install:"] {
      #expect(makefile.contains("\n\(target)"))
    }
  }
}
