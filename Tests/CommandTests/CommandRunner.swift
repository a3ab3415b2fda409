import Foundation
import Testing

/// What one run of the command left.
struct CommandResult {
  var status: Int32
  var output: String
  var errors: String

  /// The output as JSON.
  func json() throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
  }
}

enum CommandRunner {
  /// The root of the package.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The built executable: beside the test bundle, or in the package's debug folder.
  static var executable: URL? {
    let bundles = [Bundle.main.bundleURL] + CommandLine.arguments.map { URL(fileURLWithPath: $0) }
    let folders =
      bundles.flatMap { [$0, $0.deletingLastPathComponent()] } + [root.appendingPathComponent(".build/debug")]
    return folders.map { $0.appendingPathComponent("infwidth") }.first { url in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && !isFolder.boolValue
        && FileManager.default.isExecutableFile(atPath: url.path)
    }
  }

  /// The built executable.
  static func built() throws -> URL {
    let found = executable
    return try #require(found, "infwidth has not been built")
  }

  /// Runs `infwidth` in the package's folder with its streams in files, so that no pipe can fill.
  static func run(_ arguments: [String], in folder: URL = root) throws -> CommandResult {
    try withTemporaryFolder { temporary in
      let process = Process()
      process.executableURL = try built()
      process.arguments = arguments
      process.currentDirectoryURL = folder
      process.standardInput = FileHandle.nullDevice
      let files = ["out", "err"].map { temporary.appendingPathComponent($0) }
      for file in files { try Data().write(to: file) }
      let handles = try files.map { try FileHandle(forWritingTo: $0) }
      process.standardOutput = handles[0]
      process.standardError = handles[1]
      try process.run()
      process.waitUntilExit()
      for handle in handles { try handle.close() }
      return CommandResult(
        status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
        output: try String(contentsOf: files[0], encoding: .utf8),
        errors: try String(contentsOf: files[1], encoding: .utf8))
    }
  }

  static func run(_ arguments: String...) throws -> CommandResult { try run(arguments) }

  /// The sanitizer that the command was built with (`Scripts/sanitize`): its own memory is several times the program's.
  static var sanitizer: String? { ProcessInfo.processInfo.environment["INFWIDTH_SANITIZER"] }

  /// The words of a command line; what stands between single quotation marks is one word.
  static func words(_ line: String) -> [String] {
    var words: [String] = []
    for (index, piece) in line.split(separator: "'", omittingEmptySubsequences: false).enumerated() {
      if index.isMultiple(of: 2) {
        words += piece.split(separator: " ").map(String.init)
      } else {
        words.append(String(piece))
      }
    }
    return words
  }

  /// The names of the subcommands, from the help.
  static func subcommands() throws -> [String] {
    let help = try run("--help").output
    let list = try #require(help.components(separatedBy: "SUBCOMMANDS:").last?.components(separatedBy: "\n\n").first)
    return list.split(separator: "\n").compactMap { line in
      line.hasPrefix("  ") && !line.hasPrefix("   ") ? line.split(separator: " ").first.map(String.init) : nil
    }
  }

  /// A folder that is removed afterwards.
  static func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("infwidth-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}

/// Expects that the command refuses: the status, one or two lines after its name, the words, and no output.
func expectFailure(
  _ arguments: [String], status: Int32, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let result = try CommandRunner.run(arguments)
  #expect(result.status == status, "\(result)", sourceLocation: sourceLocation)
  #expect(result.errors.hasPrefix("infwidth: "), "\(result)", sourceLocation: sourceLocation)
  #expect(result.errors.hasSuffix("\n"), sourceLocation: sourceLocation)
  #expect((1...2).contains(result.errors.split(separator: "\n").count), "\(result)", sourceLocation: sourceLocation)
  #expect(result.output.isEmpty, "\(result)", sourceLocation: sourceLocation)
  for word in words {
    #expect(result.errors.contains(word), "\(word) in \(result.errors)", sourceLocation: sourceLocation)
  }
}
