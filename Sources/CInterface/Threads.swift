import Failures
import Foundation

/// How many threads a call may use.
enum Threads {
  /// The process that called first.
  private static let firstProcess = getpid()

  /// - Parameter requested: 0 for all processors.
  /// - Returns: 1 in a process that was forked after a call: threads do not outlive a fork, and the pools that hold them do
  ///   not know it.
  static func count(_ requested: Int32) throws -> Int {
    guard (0...4096).contains(requested) else {
      throw Failure.usage("threads is \(requested). Give a number from 1 to 4096, or 0 for all processors.")
    }
    if getpid() != firstProcess { return 1 }
    return requested == 0 ? max(1, ProcessInfo.processInfo.activeProcessorCount) : Int(requested)
  }
}
