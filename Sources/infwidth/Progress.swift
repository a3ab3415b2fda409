import Dispatch
import Foundation
import Synchronization

/// How much of a computation is done; told by the computation, read by ``Progress``.
final class ProgressMeter: Sendable {
  private let fraction = Mutex(0.0)

  func report(done: Int, total: Int) {
    fraction.withLock { $0 = total > 0 ? Double(done) / Double(total) : 1 }
  }

  /// `, 12 %, 1 min 5 s left` once something is done.
  fileprivate func text(after seconds: Double) -> String {
    let done = fraction.withLock { $0 }
    guard done > 0 else { return "" }
    let left = Int((seconds * (1 - done) / done).rounded(.up))
    let time =
      left < 60
      ? "\(left) s" : left < 3600 ? "\(left / 60) min \(left % 60) s" : "\(left / 3600) h \(left % 3600 / 60) min"
    return ", \(Int(done * 100)) %, \(time) left"
  }
}

/// A line on standard error while a computation takes longer than two seconds, if somebody watches.
enum Progress {
  /// Runs `compute`; where standard error is a terminal, says after two seconds what is going on and for how long.
  ///
  /// - Parameter meter: Says how much is done, for the time that is left.
  static func show<Result>(
    _ activity: String, meter: ProgressMeter? = nil, while compute: () throws -> Result
  ) rethrows -> Result {
    guard isatty(FileHandle.standardError.fileDescriptor) == 1 else { return try compute() }
    let start = Date()
    let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "progress"))
    timer.schedule(deadline: .now() + 2, repeating: 1)
    timer.setEventHandler {
      let seconds = Date().timeIntervalSince(start)
      let rest = meter?.text(after: seconds) ?? ""
      FileHandle.standardError.write(Data("\rinfwidth: \(activity), \(Int(seconds.rounded())) s\(rest)\u{1B}[K".utf8))
    }
    timer.resume()
    defer {
      timer.cancel()
      if Date().timeIntervalSince(start) >= 2 { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
    return try compute()
  }
}
