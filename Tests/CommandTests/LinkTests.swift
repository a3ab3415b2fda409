import Foundation
import Testing

/// Every relative link of every page of the repository leads somewhere, to its heading too.
@Suite struct LinkTests {
  private static let root = CommandRunner.root

  /// The pages, without what is built or installed.
  private static let pages: [String] = {
    let folders = ["", "docs", "tables", "examples/numpy", "examples/pytorch", "python", "Tests/Reference"]
    return folders.flatMap { folder in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)) ?? []
      return names.filter { $0.hasSuffix(".md") }.map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
    }.sorted()
  }()

  private static func text(_ page: String) throws -> String {
    try String(contentsOf: root.appending(path: page), encoding: .utf8)
  }

  /// A page without its blocks and spans of code, in which brackets are no links.
  private static func prose(_ page: String) throws -> String {
    var isCode = false
    let lines = try text(page).components(separatedBy: "\n").filter { line in
      if line.hasPrefix("```") { isCode.toggle() }
      return !isCode && !line.hasPrefix("    ")
    }
    return lines.joined(separator: "\n").replacing(/`[^`\n]*`/, with: "`")
  }

  /// The anchors of the headings, spelt as GitHub does.
  private static func anchors(_ page: String) throws -> Set<String> {
    let headings = try prose(page).components(separatedBy: "\n").filter { $0.hasPrefix("#") }
    return Set(
      headings.map { heading in
        let title = heading.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
        return String(
          title.filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }.map {
            $0 == " " ? "-" : $0
          })
      })
  }

  @Test func pagesAreFound() { #expect(Self.pages.count >= 30, "\(Self.pages)") }

  @Test(arguments: pages) func links(_ page: String) throws {
    for match in try Self.prose(page).matches(of: /\]\(([^)\s]+)\)/) {
      let link = String(match.1)
      if link.contains("://") || link.hasPrefix("mailto:") { continue }
      let parts = (link.removingPercentEncoding ?? link).split(
        separator: "#", maxSplits: 1, omittingEmptySubsequences: false
      ).map(String.init)
      let folder = page.contains("/") ? String(page[..<(page.lastIndex(of: "/") ?? page.startIndex)]) : ""
      let target =
        parts[0].isEmpty
        ? page
        : URL(filePath: "/" + folder).appending(path: parts[0]).standardized.path.dropFirst().description
      #expect(
        FileManager.default.fileExists(atPath: Self.root.appending(path: target).path), "\(page) links to \(link)")
      if parts.count > 1 {
        let anchors = try Self.anchors(target)
        #expect(anchors.contains(parts[1]), "\(page) links to \(link), and there are \(anchors.sorted())")
      }
    }
  }

  /// The index names every page beside it.
  @Test func theIndexIsComplete() throws {
    let index = try Self.text("docs/README.md")
    for page in Self.pages where page.hasPrefix("docs/") && page != "docs/README.md" {
      #expect(index.contains("](\(page.dropFirst(5)))"), "docs/README.md does not name \(page)")
    }
  }

  /// Every subcommand has its page.
  @Test func everySubcommandIsInTheIndex() throws {
    let index = try Self.text("docs/README.md")
    for name in try CommandRunner.subcommands() where name != "manual" {
      #expect(index.contains("`infwidth \(name)") || index.contains("`\(name)`"), "\(name)")
    }
  }

  /// Every module that others may import has a DocC catalogue, which `make docs` builds.
  @Test func everyModuleHasACatalogue() throws {
    let manifest = try Self.text("Package.swift")
    let list = try #require(manifest.firstMatch(of: /name: "InfiniteWidth",\s+targets: \[([^\]]*)\]/)).1
    let modules = list.matches(of: /"([A-Za-z]+)"/).map { String($0.1) }
    #expect(modules.count >= 15)
    for module in modules {
      let page = try Self.text("Sources/\(module)/\(module).docc/\(module).md")
      #expect(page.hasPrefix("# ``\(module)``\n") && page.contains("## Topics"), "\(module)")
    }
  }
}
