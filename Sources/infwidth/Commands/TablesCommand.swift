import ArgumentParser
import LimitKernels
import Tables

/// `infwidth tables`.
struct TablesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tables", abstract: "Lists committed tables, or computes their values afresh.",
    discussion: "With --write the file values.csv of every table in the folder is rewritten from its definition.")

  @Argument(help: ArgumentHelp("Folders of tables.", valueName: "tables"))
  var paths: [String] = ["tables"]

  @Option(help: ArgumentHelp("Rewrite the values of the tables in this folder.", valueName: "folder"))
  var write: String?

  @OptionGroup var common: CommonOptions

  func run() throws {
    let tables = try (write.map { [$0] } ?? paths).flatMap { try CommittedTable.tables(at: $0) }
    let options = KernelOptions(relativeTolerance: nil, threads: common.threadCount)
    try common.emit("computing tables") {
      if write != nil {
        for table in tables {
          let output = try Output(path: table.valuesPath)
          try output.write(CSVWriter.text(try table.recomputed(options: options)))
        }
      }
      return CatalogueReport.tables(tables)
    }
  }
}
