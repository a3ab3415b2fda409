import ArgumentParser
import LimitKernels
import Tables

/// `infwidth verify`.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Recomputes committed tables and says what differs.",
    discussion: """
      A table is a folder with a table.yaml; a folder of such folders names all of them. Exact cells must be equal, \
      others within their bounds. The status is 1 if anything differs.
      """)

  @Argument(help: ArgumentHelp("Folders of tables.", valueName: "tables"))
  var paths: [String] = ["tables"]

  @OptionGroup var common: CommonOptions

  func run() throws {
    let tables = try paths.flatMap { try CommittedTable.tables(at: $0) }
    let options = KernelOptions(relativeTolerance: nil, threads: common.threadCount)
    var differences = 0
    try common.emit("recomputing tables") {
      let report = VerificationReport(try tables.map { try TableVerification($0, options: options) })
      differences = report.differenceCount
      return report.document
    }
    if differences > 0 { throw Failure.check }
  }
}
