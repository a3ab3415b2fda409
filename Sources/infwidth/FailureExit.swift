import Failures
import Foundation

/// What the command finds wrong, and the status and words of every error.
typealias Failure = Failures.Failure

extension Failure {
  /// Prints one or two lines on standard error and leaves with the status of the interface; requests for help are
  /// answered on standard output with status 0.
  static func exit(with error: any Error, arguments: [String]) -> Never {
    let isOwn = Infwidth.exitCode(for: error) == .failure
    if !isOwn {
      let code = Infwidth.exitCode(for: error)
      if code == .success {
        print(Infwidth.fullMessage(for: error))
        Foundation.exit(0)
      }
      let named = arguments.first.flatMap { Infwidth.subcommandNames.contains($0) ? " \($0)" : nil } ?? ""
      write(Infwidth.message(for: error) + "\nSee 'infwidth\(named) --help'.")
      Foundation.exit(Status.usage.rawValue)
    }
    let (status, message) = statusAndMessage(of: error)
    if let message { write(message) }
    Foundation.exit(status.rawValue)
  }

  private static func write(_ message: String) {
    FileHandle.standardError.write(Data("infwidth: \(presentable(message))\n".utf8))
  }
}
