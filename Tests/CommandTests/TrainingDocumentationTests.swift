import Foundation
import Testing

/// The pictures of docs/training.md are there; its commands are among the ``DocumentationOutputTests``.
@Suite struct TrainingDocumentationTests {
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
