import Foundation

/// Programs of the machine that check generated files, where they are there.
enum ExternalTool {
  /// The program's place on PATH; nil if it is not there.
  static func find(_ name: String) -> URL? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
      URL(fileURLWithPath: String($0)).appendingPathComponent(name)
    }.first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// Whether Python can import these modules.
  static func pythonHas(_ modules: String...) -> Bool {
    modules.allSatisfy { ((try? run("python3", ["-c", "import \($0)"]))?.status ?? 1) == 0 }
  }

  static var hasPython: Bool { find("python3") != nil }
  static let hasPytest = pythonHas("pytest")
  static let hasNumPy = pythonHas("numpy")

  /// Runs a program; its streams together, in files so that no pipe can fill.
  static func run(
    _ name: String, _ arguments: [String], in folder: URL = CommandRunner.root
  ) throws -> (status: Int32, output: String) {
    guard let program = find(name) else { throw CocoaError(.fileNoSuchFile) }
    return try CommandRunner.withTemporaryFolder { temporary in
      let file = temporary.appendingPathComponent("out")
      try Data().write(to: file)
      let handle = try FileHandle(forWritingTo: file)
      let process = Process()
      process.executableURL = program
      process.arguments = arguments
      process.currentDirectoryURL = folder
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = handle
      process.standardError = handle
      try process.run()
      process.waitUntilExit()
      try handle.close()
      return (process.terminationStatus, try String(contentsOf: file, encoding: .utf8))
    }
  }
}
