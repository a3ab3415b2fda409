import ArgumentParser
import LimitKernels
import Tables

/// `infwidth tables`.
struct TablesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tables", abstract: "Lists committed tables, or computes their values afresh.",
    discussion: """
      With --write the values of every table in the folder are rewritten from their definitions, and with them the \
      index of the folder, INDEX.md.

      Example: infwidth tables tables
      """)

  @Argument(help: ArgumentHelp("Folders of tables.", valueName: "tables"))
  var paths: [String] = ["tables"]

  @Option(help: ArgumentHelp("Rewrite the values of the tables in this folder.", valueName: "folder"))
  var write: String?

  @OptionGroup var common: CommonOptions

  func run() throws {
    let tables = try (write.map { [$0] } ?? paths).flatMap { try CommittedTable.tables(at: $0) }
    let options = KernelOptions(relativeTolerance: nil, threads: common.threadCount)
    try common.emit("computing tables") {
      if let write {
        for table in tables {
          for file in table.files {
            let output = try Output(path: table.path(of: file))
            try output.write(CSVWriter.text(try table.recomputed(file, options: options)))
          }
        }
        if let index = TableIndex.path(at: write) { try Output(path: index).write(try TableIndex(tables).text) }
      }
      return CatalogueReport.tables(tables)
    }
  }
}
