import Foundation
import Testing

/// The commands of the pages print what the pages show.
///
/// A block of a page that is indented by four blanks begins with a command; the lines of its output that are shown follow,
/// after an empty line or none. Blanks between columns do not count, and `…` stands for what is left out.
@Suite struct DocumentationOutputTests {
  struct Block: Sendable, CustomTestStringConvertible {
    var page: String
    var command: String
    var output: [String] = []
    var testDescription: String { "\(page): \(command)" }
  }

  private static let pages = [
    "conventions", "convergence", "dual", "expect", "finite-width", "gram-files", "kernels", "layers", "moments",
    "phase",
    "predict", "scaling", "training",
  ]

  static let blocks: [Block] = pages.flatMap { page in
    let url = CommandRunner.root.appending(path: "docs/\(page).md")
    var result: [Block] = []
    var isOpen = false
    for line in ((try? String(contentsOf: url, encoding: .utf8)) ?? "").components(separatedBy: "\n") {
      guard line.hasPrefix("    ") else {
        // Text ends a block, an empty line does not.
        if !line.isEmpty { isOpen = false }
        continue
      }
      let text = line.trimmingCharacters(in: .whitespaces)
      if text.hasPrefix("infwidth ") || text.hasPrefix("$ infwidth ") {
        let command = text.drop { $0 == "$" || $0 == " " }.dropFirst("infwidth ".count)
        result.append(Block(page: page, command: String(command)))
        isOpen = true
      } else if isOpen {
        result[result.count - 1].output.append(text)
      }
    }
    return result
  }

  /// Commands with places to fill in cannot run; the sweep of the training of 500 networks takes too long without
  /// optimization.
  private static let runs = blocks.filter { block in
    !["FILE", "POINTS", "part*", "…"].contains { block.command.contains($0) }
      && !block.command.hasPrefix("train --widths")
  }

  @Test func pagesAreRead() {
    for page in Self.pages {
      #expect(Self.blocks.contains { $0.page == page }, "\(page)")
    }
    #expect(Self.runs.filter { $0.output.count >= 1 }.count >= 17)
  }

  @Test(arguments: runs) func output(_ block: Block) throws {
    try CommandRunner.withTemporaryFolder { folder in
      // What a command writes goes elsewhere.
      let words = CommandRunner.words(block.command).map { word in
        ["K.npy", "plane.svg", "study.svg"].contains(word) ? folder.appending(path: word).path : word
      }
      let result = try CommandRunner.run(words)
      #expect(result.status == 0, "\(result.errors)")
      let printed = result.output.replacing(folder.path + "/", with: "").components(separatedBy: "\n").map(Self.words)
      for line in block.output where !line.hasPrefix("-") {
        let pieces = Self.words(line)
        #expect(printed.contains { Self.matches($0, pieces) }, "not printed: \(line)")
      }
    }
  }

  /// Whether two words are the same; small numbers of one or two digits are errors, which may differ between processors.
  private static func same(_ printed: String, _ shown: String) -> Bool {
    if printed == shown { return true }
    let isError = shown.wholeMatch(of: /[0-9](\.[0-9])?e-[0-9]+/) != nil
    guard isError, let a = Double(printed), let b = Double(shown) else { return false }
    return a <= 2 * b && b <= 2 * a
  }

  private static func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

  /// Whether a printed line is the line of a page, in which `…` stands for any words.
  private static func matches(_ printed: [String], _ shown: [String]) -> Bool {
    guard let first = shown.first else { return printed.isEmpty }
    if first == "…" {
      let rest = Array(shown.dropFirst())
      return (0...printed.count).contains { matches(Array(printed.dropFirst($0)), rest) }
    }
    return printed.first.map { same($0, first) } == true
      && matches(Array(printed.dropFirst()), Array(shown.dropFirst()))
  }
}
