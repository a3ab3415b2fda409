import ArgumentParser
import Foundation

/// The manual page, in the language of `mdoc`: made from the same declarations as `--help`, so that it cannot differ.
enum Manual {
  /// What the argument parser tells of a command, as far as the page needs it.
  private struct Tool: Decodable {
    var command: Command
  }

  private struct Command: Decodable {
    var commandName: String
    var abstract: String?
    var discussion: String?
    var subcommands: [Command]?
    var arguments: [Argument]?
    var shouldDisplay: Bool?
  }

  private struct Argument: Decodable {
    struct Name: Decodable {
      var kind: String
      var name: String
      var spelled: String { kind == "short" ? "-\(name)" : "--\(name)" }
    }
    var kind: String
    var names: [Name]?
    var valueName: String?
    var defaultValue: String?
    var abstract: String?
    var shouldDisplay: Bool?
  }

  /// The page as `man` reads it.
  static func page() throws -> String {
    let tool = try JSONDecoder().decode(Tool.self, from: Data(Infwidth._dumpHelp().utf8))
    let root = tool.command
    var lines = [
      ".Dd \\&", ".Dt INFWIDTH 1", ".Os", ".Sh NAME", ".Nm infwidth", ".Nd \(text(summary(root)))", ".Sh SYNOPSIS",
      ".Nm infwidth", ".Op Ar command", ".Op Ar options", ".Sh DESCRIPTION",
    ]
    lines += paragraphs(root.discussion)
    let common = (root.subcommands?.first?.arguments ?? []).filter(isCommon)
    lines.append(".Sh COMMANDS")
    for command in root.subcommands ?? [] where command.shouldDisplay ?? true && command.commandName != "help" {
      lines += [".Ss infwidth \(text(command.commandName))"] + sentences(command.abstract ?? "")
      lines += paragraphs(command.discussion)
      // An option of its own by a common name, as the formats of expect, stands with its command.
      let arguments = (command.arguments ?? []).filter { argument in
        (argument.shouldDisplay ?? true)
          && (!isCommon(argument) || !common.contains { $0.abstract == argument.abstract })
      }
      if !arguments.isEmpty { lines += [".Bl -tag -width indent"] + arguments.flatMap(item) + [".El"] }
    }
    lines += [".Sh OPTIONS OF EVERY COMMAND", ".Bl -tag -width indent"]
    lines += common.flatMap(item) + [".El"]
    lines += [
      ".Sh EXIT STATUS", ".Bl -tag -width indent", ".It 0", "Done.", ".It 1", "A check did not hold.", ".It 64",
      "Wrong arguments or network file.", ".It 65", "Malformed data.", ".It 70", "The accuracy was not reached.",
      ".It 74", "The output could not be written.", ".El",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private static func summary(_ command: Command) -> String {
    let text = command.abstract ?? ""
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }

  private static func isCommon(_ argument: Argument) -> Bool {
    ["format", "output", "threads", "help", "version"].contains(argument.names?.last?.name ?? "")
  }

  private static func item(_ argument: Argument) -> [String] {
    let value = argument.valueName ?? ""
    let head: String
    switch argument.kind {
    case "positional": head = ".It Ar \(text(value))"
    case "flag": head = ".It " + spelled(argument).map(text).joined(separator: " , ")
    default: head = ".It " + spelled(argument).map(text).joined(separator: " , ") + " Ar \(text(value))"
    }
    var description = argument.abstract ?? ""
    if let standard = argument.defaultValue, !description.contains("default:") {
      description += " (default: \(standard))"
    }
    return [head] + sentences(description)
  }

  private static func spelled(_ argument: Argument) -> [String] { (argument.names ?? []).map(\.spelled) }

  /// Examples stand unfilled: a word that is broken at the end of a line cannot be copied.
  private static func paragraphs(_ discussion: String?) -> [String] {
    (discussion ?? "").split(separator: "\n\n").flatMap { paragraph -> [String] in
      let words = paragraph.split(separator: "\n").joined(separator: " ")
      // The page has a section of its own for them.
      if words.hasPrefix("Exit status:") { return [] }
      if let example = words.range(of: "Example: ", options: .anchored) {
        return [".Pp", "Example:", ".Bd -literal -offset indent", text(String(words[example.upperBound...])), ".Ed"]
      }
      return [".Pp"] + sentences(words)
    }
  }

  /// A line for each sentence, as `mdoc` wants it.
  private static func sentences(_ words: String) -> [String] {
    words.replacing(". ", with: ".\n").split(separator: "\n").map { text(String($0)) }
  }

  /// Text that `mdoc` takes as it stands.
  private static func text(_ text: String) -> String {
    var result = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    // A period or an apostrophe at the beginning of a line would be a request.
    if result.hasPrefix(".") || result.hasPrefix("'") { result = "\\&" + result }
    return result
  }
}
