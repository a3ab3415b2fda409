import ArgumentParser

/// `infwidth manual`.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "The manual page, for man.",
    discussion: """
      'make install' writes it where man finds it.

      Example: infwidth manual --output infwidth.1
      """)

  @Option(help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file"))
  var output: String?

  func run() throws { try Output(path: output).write(try Manual.page()) }
}
