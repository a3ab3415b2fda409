import Dispatch
import Foundation

/// A line on standard error while a computation takes longer than two seconds, if somebody watches.
enum Progress {
  /// Runs `compute`; where standard error is a terminal, says after two seconds what is going on and for how long.
  static func show<Result>(_ activity: String, while compute: () throws -> Result) rethrows -> Result {
    guard isatty(FileHandle.standardError.fileDescriptor) == 1 else { return try compute() }
    let start = Date()
    let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "progress"))
    timer.schedule(deadline: .now() + 2, repeating: 1)
    timer.setEventHandler {
      let seconds = Int(Date().timeIntervalSince(start).rounded())
      FileHandle.standardError.write(Data("\rinfwidth: \(activity), \(seconds) s".utf8))
    }
    timer.resume()
    defer {
      timer.cancel()
      if Date().timeIntervalSince(start) >= 2 { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
    return try compute()
  }
}
