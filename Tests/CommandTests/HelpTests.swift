import Foundation
import Testing

/// The examples of the help work as typed, from a fresh checkout.
@Suite struct HelpTests {
  /// The example lines of a help text: each is a paragraph, which may be wrapped.
  private static func examples(_ help: String) -> [String] {
    help.components(separatedBy: "\n\n").compactMap { paragraph in
      let text = paragraph.split(whereSeparator: \.isNewline).joined(separator: " ")
      guard let range = text.range(of: "Example: infwidth ") else { return nil }
      return String(text[range.upperBound...])
    }
  }

  /// A folder that looks like a checkout; what the examples write stays in it.
  private static func withCheckout(_ body: (URL) throws -> Void) throws {
    try CommandRunner.withTemporaryFolder { folder in
      for name in ["examples", "tables"] {
        try FileManager.default.createSymbolicLink(
          at: folder.appending(path: name), withDestinationURL: CommandRunner.root.appending(path: name))
      }
      try body(folder)
    }
  }

  /// One after the other: an example may use what those before it wrote.
  private static func expectThatAllWork(_ examples: [String]) throws {
    try withCheckout { folder in
      for example in examples {
        let result = try CommandRunner.run(CommandRunner.words(example), in: folder)
        #expect(result.status == 0, "infwidth \(example): \(result.errors)")
        #expect(!result.output.isEmpty || example.contains("--output"), "infwidth \(example)")
      }
    }
  }

  @Test func theExampleOfTheCommandWorks() throws {
    let examples = Self.examples(try CommandRunner.run("--help").output)
    #expect(!examples.isEmpty)
    try Self.expectThatAllWork(examples)
  }

  /// The examples stand in the manual page as they are typed.
  @Test func theManualHasTheExamples() throws {
    let page = try CommandRunner.run("manual").output.replacing("\\-", with: "-").components(separatedBy: "\n")
    for name in try CommandRunner.subcommands() {
      for example in Self.examples(try CommandRunner.run("help", name).output) {
        #expect(page.contains("infwidth \(example)"), "\(example)")
      }
    }
  }

  @Test(arguments: try CommandRunner.subcommands()) func everySubcommandHasExamplesThatWork(_ name: String) throws {
    let examples = Self.examples(try CommandRunner.run("help", name).output)
    #expect(examples.contains { $0.split(separator: " ").first == name[...] }, "\(name): \(examples)")
    try Self.expectThatAllWork(examples)
  }
}
