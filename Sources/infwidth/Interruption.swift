import Dispatch
import Foundation

/// A request to end a long computation with what is there: Ctrl-C (SIGINT), SIGTERM, or a time that is over.
///
/// The first signal asks, the second one ends the process as if nobody listened.
final class Interruption: @unchecked Sendable {
  // `stored` is touched with the lock held; the sources are set once.
  private let lock = NSLock()
  private var stored: String?
  private var sources: [any DispatchSourceSignal] = []
  private let deadline: DispatchTime?
  private static let signals = [(SIGINT, "Ctrl-C"), (SIGTERM, "SIGTERM")]

  /// Listens until ``end()``.
  ///
  /// - Parameter seconds: How long the computation may take; nil for no limit.
  init(seconds: Double?) {
    deadline = seconds.map { DispatchTime.now() + $0 }
    let queue = DispatchQueue(label: "interruption")
    for (number, name) in Self.signals {
      // kqueue does not replace the default action; on Linux libdispatch installs a handler of its own, and a signal that
      // is ignored until then would be lost.
      #if canImport(Darwin)
        signal(number, SIG_IGN)
      #endif
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { [weak self] in
        signal(number, SIG_DFL)
        self?.ask(name)
      }
      source.resume()
      sources.append(source)
    }
  }

  private func ask(_ reason: String) { lock.withLock { stored = stored ?? reason } }

  /// Why the computation is to end; nil while it may go on.
  var reason: String? {
    if let deadline, DispatchTime.now() >= deadline { ask("the time is over") }
    return lock.withLock { stored }
  }

  /// Listens no more.
  func end() {
    for source in sources { source.cancel() }
    for (number, _) in Self.signals { signal(number, SIG_DFL) }
  }
}
