import ArgumentParser
import Tables

/// `infwidth laws`.
struct LawsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "laws", abstract: "The laws that weights and biases may have.")

  @OptionGroup var common: CommonOptions

  func run() throws { try common.emit("listing") { CatalogueReport.laws } }
}

/// `infwidth activations`.
struct ActivationsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "activations", abstract: "The activations that a layer may have.")

  @OptionGroup var common: CommonOptions

  func run() throws { try common.emit("listing") { CatalogueReport.activations } }
}
