import COpenBLAS
import Foundation

extension BLAS {
  /// Runs `body` while OpenBLAS uses one thread.
  ///
  /// Scopes may overlap, on one thread or on several. OpenBLAS has one number of threads for the whole process: it is 1
  /// from the beginning of the first scope to the end of the last, and a call of ``setThreads(_:)`` meanwhile takes effect
  /// then. So products within are rounded in the same way whatever else the process does.
  public static func withOneThread<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    ThreadScope.shared.enter()
    defer { ThreadScope.shared.leave() }
    return try body()
  }
}

extension BLAS {
  /// The number of threads that OpenBLAS may use from now on, or from the end of ``withOneThread(_:)``.
  ///
  /// OpenBLAS splits a product differently for different numbers, and may then round differently. Code that promises the
  /// same result for every number of threads runs its products on one thread, several products at a time.
  public static func setThreads(_ count: Int) { ThreadScope.shared.setThreads(max(1, count)) }
}

/// Counts the scopes that hold OpenBLAS to one thread.
private final class ThreadScope: @unchecked Sendable {
  // Everything mutable is touched with the lock held. The state is that of the process, as OpenBLAS's own is.
  static let shared = ThreadScope()
  private let lock = NSLock()
  private var depth = 0
  private var afterwards = 1

  func setThreads(_ count: Int) {
    lock.withLock { if depth == 0 { openblas_set_num_threads(Int32(count)) } else { afterwards = count } }
  }

  func enter() {
    lock.withLock {
      if depth == 0 {
        afterwards = BLAS.threads
        if afterwards != 1 { openblas_set_num_threads(1) }
      }
      depth += 1
    }
  }

  func leave() {
    lock.withLock {
      depth -= 1
      if depth == 0, afterwards != 1 { openblas_set_num_threads(Int32(afterwards)) }
    }
  }
}
