import ArgumentParser
import Moments
import Tables

/// `infwidth moments`.
struct MomentsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "moments", abstract: "The moments of laws, exact where the law allows it.",
    discussion: "Example: infwidth moments 'uniform(-1, 1)' 'student-t(5, 1)' --order 8")

  @Argument(help: ArgumentHelp("A law, as in 'uniform(-1, 1)'; 'infwidth laws' lists them.", valueName: "law"))
  var laws: [String]

  @Option(parsing: .unconditional, help: ArgumentHelp("The highest order, 0 to 200.", valueName: "k"))
  var order: Int = 4

  @Flag(help: "Print the central moments too.")
  var central = false

  @Flag(help: "Print the cumulants too.")
  var cumulants = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (0...TableDefinition.maximumOrder).contains(order) else {
      throw ValidationError("--order \(order): write an order from 0 to \(TableDefinition.maximumOrder).")
    }
  }

  func run() throws {
    let parsed = try laws.map { try LawRegistry.law(parsing: $0) }
    try common.emit("computing moments") {
      MomentReport(laws: parsed, order: order, central: central, cumulants: cumulants).document
    }
  }
}
