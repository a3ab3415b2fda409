import Dispatch
import Foundation

/// What a running computation says of itself, for the line on the terminal.
final class ProgressStatus: @unchecked Sendable {
  // `stored` is touched with the lock held.
  private let lock = NSLock()
  private var stored = ""
  private let start = Date()

  var text: String {
    get { lock.withLock { stored } }
    set { lock.withLock { stored = newValue } }
  }

  /// Says how much is done and, once something is, how much time is left at that pace.
  func report(done: Int, total: Int) {
    guard done > 0, total > 0 else { return }
    let fraction = Double(done) / Double(total)
    let left = Date().timeIntervalSince(start) * (1 - fraction) / fraction
    text = "\(Int(100 * fraction)) %, about \(Self.duration(left)) left"
  }

  /// `3:05` for 185 seconds, `2:03:05` for more than an hour, `4 d 2 h` for more than two days.
  static func duration(_ seconds: Double) -> String {
    let seconds = Int(min(seconds, 1e9).rounded(.up))
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if seconds >= 172_800 { return "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h" }
    if seconds >= 3600 { return "\(seconds / 3600):\(two(seconds % 3600 / 60)):\(two(seconds % 60))" }
    return seconds >= 60 ? "\(seconds / 60):\(two(seconds % 60))" : "\(seconds) s"
  }
}

/// A line on standard error while a computation takes longer than two seconds, if somebody watches.
enum Progress {
  /// Runs `compute`; where standard error is a terminal, says after two seconds what is going on, for how long, and
  /// what the computation itself says of the time left.
  static func show<Result>(
    _ activity: String, status: ProgressStatus? = nil, while compute: () throws -> Result
  ) rethrows -> Result {
    guard isatty(FileHandle.standardError.fileDescriptor) == 1 else { return try compute() }
    let start = Date()
    let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "progress"))
    timer.schedule(deadline: .now() + 2, repeating: 1)
    timer.setEventHandler {
      let seconds = ProgressStatus.duration(Date().timeIntervalSince(start).rounded())
      let more = status.map { $0.text.isEmpty ? "" : "; \($0.text)" } ?? ""
      FileHandle.standardError.write(Data("\r\u{1B}[Kinfwidth: \(activity), \(seconds)\(more)".utf8))
    }
    timer.resume()
    defer {
      timer.cancel()
      if Date().timeIntervalSince(start) >= 2 { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
    return try compute()
  }
}
