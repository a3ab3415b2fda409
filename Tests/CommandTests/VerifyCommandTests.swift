import Foundation
import Testing

@Suite struct VerifyCommandTests {
  /// Runs `body` on a copy of the headline table with fresh values.
  private func withCopy(_ body: (URL) throws -> Void) throws {
    try CommandRunner.withTemporaryFolder { folder in
      let table = folder.appendingPathComponent("headline")
      try FileManager.default.copyItem(
        at: CommandRunner.root.appendingPathComponent("tables/headline"), to: table)
      #expect(try CommandRunner.run("tables", "--write", folder.path).status == 0)
      try body(table)
    }
  }

  @Test func aFreshTableAgrees() throws {
    try withCopy { table in
      let result = try CommandRunner.run("verify", table.path)
      #expect(result.status == 0)
      #expect(result.output.contains("agrees"))
      // The folder above holds the same table.
      #expect(try CommandRunner.run("verify", table.deletingLastPathComponent().path + "/").status == 0)
    }
  }

  @Test func aDamagedCellIsFound() throws {
    try withCopy { table in
      let file = table.appendingPathComponent("values.csv")
      let text = try String(contentsOf: file, encoding: .utf8)
      try Data(text.replacing("1.4902777777777778", with: "1.4902777777777776").utf8).write(to: file)
      let result = try CommandRunner.run("verify", table.path)
      #expect(result.status == 1)
      for word in ["values.csv", "value", "1.4902777777777776", "1.4902777777777778", "differs"] {
        #expect(result.output.contains(word))
      }
      let json = try CommandRunner.run("verify", table.path, "--format", "json").json()
      #expect(json["agrees"] as? Bool == false)
    }
  }

  @Test func aMissingFileOfValuesIsADifference() throws {
    try withCopy { table in
      try FileManager.default.removeItem(at: table.appendingPathComponent("values.csv"))
      let result = try CommandRunner.run("verify", table.path)
      #expect(result.status == 1)
      #expect(result.output.contains("values.csv"))
    }
  }

  @Test func aBrokenDefinitionIsMalformedData() throws {
    try withCopy { table in
      let file = table.appendingPathComponent("table.yaml")
      for text in ["", "kind: [", "title: x\nkind: plots\n", "title: x\nkind: moments\nlaws: [a]\norder: 1e9\n"] {
        try Data(text.utf8).write(to: file)
        try expectFailure(["verify", table.path], status: 65, "table.yaml")
      }
    }
  }

  @Test func aFolderWithoutTables() throws {
    try expectFailure(["verify", "Sources"], status: 64, "Sources", "table.yaml")
  }
}
