import ArgumentParser
import LimitKernels
import Tables

/// `infwidth verify`.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Recomputes committed tables and says what differs.",
    discussion: """
      A table is a folder with a table.yaml; a folder of such folders names all of them. Exact cells must be equal, \
      others within their bounds. The status is 1 if anything differs. Of large tables a fixed sample of the values is \
      recomputed, and all keys are compared; --all recomputes everything.

      Example: infwidth verify tables/headline
      """)

  @Argument(help: ArgumentHelp("Folders of tables.", valueName: "tables"))
  var paths: [String] = ["tables"]

  @Flag(help: "Recompute every value.")
  var all = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    let tables = try paths.map { (path: $0, tables: try CommittedTable.tables(at: $0)) }
    let options = KernelOptions(relativeTolerance: nil, threads: common.threadCount)
    var differences = 0
    try common.emit("recomputing tables") {
      let report = VerificationReport(
        try tables.flatMap { path, tables in
          try tables.map { try TableVerification($0, coverage: all ? .all : .sample, options: options) }
            + [TableIndex.path(at: path)].compactMap { $0 }.map { TableVerification(index: $0, of: tables) }
        })
      differences = report.differenceCount
      return report.document
    }
    if differences > 0 { throw Failure.check }
  }
}
