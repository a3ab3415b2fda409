import ArgumentParser
import Moments
import Tables

/// The command: `infwidth` alone prints the headline table.
@main
struct Infwidth: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "infwidth",
    abstract: "The kernels of infinitely wide neural networks, each number with its error and how it is known.",
    discussion: """
      A network is a YAML file: layers with the laws of their weights and biases, and their activations. 'infwidth' \
      alone prints the table of the built-in example; 'infwidth laws' and 'infwidth activations' list what a file may \
      hold.

      Example: infwidth table --network preset:relu-3 --at 1 --at -1/2

      Exit status: 0 done; 1 a check did not hold; 64 wrong arguments or network file; 65 malformed data; 70 the \
      accuracy was not reached; 74 the output could not be written.
      """,
    version: Program.version,
    subcommands: [
      TableCommand.self, ScalingCommand.self, PhaseCommand.self, MomentsCommand.self, DualCommand.self,
      ConvergeCommand.self, MergeCommand.self, EmpiricalCommand.self, TrainCommand.self, GramCommand.self,
      PredictCommand.self, ExpectCommand.self, VerifyCommand.self,
      TablesCommand.self, LawsCommand.self, ActivationsCommand.self, PresetsCommand.self,
      ManualCommand.self,
    ],
    defaultSubcommand: TableCommand.self)

  /// Parses and runs; every way out but success goes through ``Failure``.
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      try refuseUnknownSubcommand(arguments)
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      Failure.exit(with: error, arguments: arguments)
    }
  }

  /// The names of the subcommands.
  static var subcommandNames: [String] { configuration.subcommands.compactMap { $0.configuration.commandName } }

  /// A first word that names no subcommand: the default subcommand would call it an unexpected argument.
  private static func refuseUnknownSubcommand(_ arguments: [String]) throws {
    guard let word = arguments.first, !word.hasPrefix("-"), word != "help", !subcommandNames.contains(word) else {
      return
    }
    let hint =
      nearestName(to: word, in: subcommandNames).map { "Did you mean '\($0)'?" }
      ?? "The subcommands are: \(subcommandNames.joined(separator: ", "))."
    throw Failure.usage("there is no subcommand '\(word.prefix(40))'. \(hint)")
  }
}
