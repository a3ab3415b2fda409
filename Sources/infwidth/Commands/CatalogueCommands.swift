import ArgumentParser
import Networks
import Tables

/// `infwidth laws`.
struct LawsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "laws", abstract: "The laws that weights and biases may have.",
    discussion: "Example: infwidth laws")

  @OptionGroup var common: CommonOptions

  func run() throws { try common.emit("listing") { CatalogueReport.laws } }
}

/// `infwidth activations`.
struct ActivationsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "activations", abstract: "The activations that a layer may have.",
    discussion: "Example: infwidth activations --format markdown")

  @OptionGroup var common: CommonOptions

  func run() throws { try common.emit("listing") { CatalogueReport.activations } }
}

/// `infwidth presets`.
struct PresetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "presets",
    abstract: "Networks in the spelling of other libraries' users; with a name, the network file.",
    discussion: """
      A preset stands wherever a network file may: --network 'preset:he(activation=relu, depth=3, dimension=2)'.

      Example: infwidth presets 'pytorch(depth=3, dimension=2)' --output network.yaml
      """)

  @Argument(help: ArgumentHelp("A preset, as in 'he(depth=3)': print its network file.", valueName: "preset"))
  var preset: String?

  @OptionGroup var common: CommonOptions

  func run() throws {
    guard let preset else {
      try common.emit("listing") { CatalogueReport.presets }
      return
    }
    let network = try Network(preset: preset)
    let text = common.format == .json ? network.json + "\n" : network.yaml
    try Output(path: common.output).write(text)
  }
}
