import Foundation
import Testing

/// The commands of docs/training.md print what the page says.
@Suite struct TrainingDocumentationTests {
  /// The blocks of the page: a command, and the lines of its output that are shown.
  static let blocks: [(command: [String], output: [String])] = {
    let page = (try? String(contentsOf: CommandRunner.root.appending(path: "docs/training.md"), encoding: .utf8)) ?? ""
    var result: [(command: [String], output: [String])] = []
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("    ") else {
        // Text ends a block, an empty line does not.
        if !line.isEmpty { result.append(([], [])) }
        continue
      }
      let text = line.trimmingCharacters(in: .whitespaces)
      if text.hasPrefix("infwidth ") {
        result.append((text.split(separator: " ").dropFirst().map(String.init), []))
      } else if let last = result.last, !last.command.isEmpty {
        result[result.count - 1].output.append(text)
      }
    }
    return result.filter { !$0.output.isEmpty }
  }()

  @Test func pageIsRead() {
    #expect(Self.blocks.count == 5)
    #expect(Self.blocks.allSatisfy { $0.output.count >= 2 })
  }

  /// The sweep over 500 networks is left out: without optimization it takes too long.
  @Test(arguments: blocks.indices.filter { !blocks[$0].command.contains("--widths") })
  func output(index: Int) throws {
    let (command, expected) = Self.blocks[index]
    let result = try CommandRunner.run(command)
    #expect(result.status == 0, "\(result)")
    let lines = result.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    for line in expected { #expect(lines.contains(line), "\(command): \(line)") }
  }

  @Test func pictures() throws {
    let root = CommandRunner.root.appending(path: "docs")
    let page = try String(contentsOf: root.appending(path: "training.md"), encoding: .utf8)
    let names = page.matches(of: /\]\((training\/[^)]*)\)/).map { String($0.1) }
    #expect(names.count == 10)
    for name in names {
      let data = try Data(contentsOf: root.appending(path: name))
      #expect(data.starts(with: Data("<?xml".utf8)) && data.count < 200_000, "\(name)")
    }
  }
}
