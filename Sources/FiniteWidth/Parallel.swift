import Dispatch
import Foundation
import LinearAlgebra

/// Runs `body` for every block on up to `threads` threads; the results stand in the order of the blocks.
///
/// A result depends on the number of its block only; OpenBLAS keeps to one thread in each. After a failure no new block begins, and the failure of the
/// first block that failed is thrown.
package func mapBlocks<T: Sendable, Failure: Error>(
  count: Int, threads: Int, _ body: @Sendable (Int) -> Result<T, Failure>
) throws(Failure) -> [T] {
  let board = BlockBoard<T, Failure>(count: count)
  @Sendable func work() {
    while let block = board.next() { board.finish(block, body(block)) }
  }
  let workers = max(1, min(threads, count))
  BLAS.withOneThread {
    if workers == 1 {
      work()
    } else {
      DispatchQueue.concurrentPerform(iterations: workers) { _ in work() }
    }
  }
  var results: [T] = []
  results.reserveCapacity(count)
  for result in board.results {
    if let result { results.append(try result.get()) }
  }
  return results
}

/// Hands out blocks and collects their results.
private final class BlockBoard<T: Sendable, Failure: Error>: @unchecked Sendable {
  // Everything mutable is touched with the lock held.
  private let lock = NSLock()
  private var nextBlock = 0
  private var failed = false
  private var stored: [Result<T, Failure>?]

  init(count: Int) { stored = Array(repeating: nil, count: count) }

  func next() -> Int? {
    lock.withLock {
      guard !failed, nextBlock < stored.count else { return nil }
      defer { nextBlock += 1 }
      return nextBlock
    }
  }

  func finish(_ block: Int, _ result: Result<T, Failure>) {
    lock.withLock {
      stored[block] = result
      if case .failure = result { failed = true }
    }
  }

  var results: [Result<T, Failure>?] { lock.withLock { stored } }
}
