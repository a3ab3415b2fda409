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

  private static let page = CommandRunner.root.appendingPathComponent("docs/errors.md")

  static let entries: [Entry] = {
    let lines = ((try? String(contentsOf: page, encoding: .utf8)) ?? "").components(separatedBy: "\n")
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

  @Test func thePageIsRead() { #expect(Self.entries.count >= 480) }

  /// Every subcommand refuses something.
  @Test func everySubcommandIsThere() throws {
    let names = try CommandRunner.subcommands()
    #expect(names.count >= 17)
    for name in names {
      #expect(Self.entries.contains { $0.command.split(separator: " ").first == name[...] }, "\(name)")
    }
  }

  /// All in one folder, whose files are written once.
  ///
  /// With INFWIDTH_REWRITE=1 in the environment the page is written anew: add the lines `$ infwidth …` first, and read
  /// what comes out.
  @Test func everyMessageHasItsWording() throws {
    let results = try CommandRunner.withTemporaryFolder { folder in
      try ErrorCatalogueFiles.write(to: folder)
      for line in ErrorCatalogueFiles.preparations {
        let result = try CommandRunner.run(CommandRunner.words(line), in: folder)
        try #require(result.status == 0, "infwidth \(line): \(result.errors)")
      }
      return try Self.entries.map { entry in
        var result = try CommandRunner.run(CommandRunner.words(entry.command), in: folder)
        // Names of files in full.
        result.errors = result.errors.replacing(folder.path + "/", with: "/home/you/")
        return result
      }
    }
    for (entry, result) in zip(Self.entries, results) {
      #expect(result.status == entry.status, "infwidth \(entry.command)")
      #expect(result.errors == "infwidth: \(entry.message)\n", "infwidth \(entry.command)")
      #expect(result.output.isEmpty, "infwidth \(entry.command)")
      #expect((1...2).contains(result.errors.split(separator: "\n").count), "infwidth \(entry.command)")
    }
    if ProcessInfo.processInfo.environment["INFWIDTH_REWRITE"] == "1" { try Self.rewrite(results) }
  }

  /// The page with these results in place of its messages.
  private static func rewrite(_ results: [CommandResult]) throws {
    var remaining = results[...]
    var lines: [String] = []
    for line in try String(contentsOf: page, encoding: .utf8).components(separatedBy: "\n") {
      if line.hasPrefix("    $ infwidth "), let result = remaining.popFirst() {
        let message = result.errors.dropFirst("infwidth: ".count).split(separator: "\n")
        lines +=
          [line]
          + message.enumerated().map {
            $0.offset == 0 ? "    \(result.status): \($0.element)" : "        \($0.element)"
          }
      } else if !line.hasPrefix("    ") {
        lines.append(line)
      }
    }
    try lines.joined(separator: "\n").write(to: page, atomically: true, encoding: .utf8)
  }
}
