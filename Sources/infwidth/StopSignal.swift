import Dispatch
import Foundation

/// Ends a long computation early: on Ctrl-C, on SIGTERM, or when its time is over.
///
/// A second signal ends the program at once.
final class StopSignal: @unchecked Sendable {
  // `isRaised` is touched with the lock held.
  private let lock = NSLock()
  private var isRaised = false
  private let deadline: DispatchTime?
  private var sources: [any DispatchSourceSignal] = []

  /// - Parameter seconds: How long the computation may take; nil for no limit.
  init(seconds: Double?) {
    deadline = seconds.map { .now() + $0 }
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: DispatchQueue(label: "signals"))
      source.setEventHandler { [weak self] in
        if self?.raise() ?? true {
          signal(number, SIG_DFL)
          kill(getpid(), number)
        }
      }
      source.resume()
      sources.append(source)
    }
  }

  /// Raises the signal; true if it was raised before.
  private func raise() -> Bool {
    lock.withLock {
      defer { isRaised = true }
      return isRaised
    }
  }

  /// Whether to end.
  var isSet: Bool {
    if let deadline, .now() >= deadline { return true }
    return lock.withLock { isRaised }
  }

  /// Lets the signals end the program again.
  func release() {
    for source in sources { source.cancel() }
    for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
  }
}

/// A line on standard error that says how far a computation is, if somebody watches and it takes longer than two
/// seconds.
final class ProgressLine: @unchecked Sendable {
  // `last` is touched with the lock held.
  private let lock = NSLock()
  private let start = Date()
  private var last: Date
  private let isWatched = isatty(FileHandle.standardError.fileDescriptor) == 1

  init() { last = start.addingTimeInterval(1) }

  /// Shows a line, at most one a second.
  func show(_ text: @autoclosure () -> String) {
    guard isWatched else { return }
    let isDue = lock.withLock {
      guard Date().timeIntervalSince(last) >= 1 else { return false }
      last = Date()
      return true
    }
    guard isDue else { return }
    let seconds = Int(Date().timeIntervalSince(start).rounded())
    FileHandle.standardError.write(Data("\r\u{1B}[Kinfwidth: \(text()), \(seconds) s".utf8))
  }

  /// Takes the line away.
  func clear() {
    if isWatched, last > start.addingTimeInterval(1) { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
  }
}
