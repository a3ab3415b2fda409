import Dispatch

/// Threads that share the items of a list.
struct Workers: Sendable {
  /// At least 1.
  let count: Int

  init(count: Int) { self.count = max(1, count) }

  /// Calls `body` with each item, worker w of W with every W-th of them from w on.
  ///
  /// The calls must write to places of their own.
  func forEach<Item: Sendable>(_ items: [Item], _ body: (Item) -> Void) {
    let workers = min(count, items.count)
    guard workers > 1 else {
      for item in items { body(item) }
      return
    }
    withoutActuallyEscaping(body) { body in
      nonisolated(unsafe) let work = body
      DispatchQueue.concurrentPerform(iterations: workers) { worker in
        var index = worker
        while index < items.count {
          work(items[index])
          index += workers
        }
      }
    }
  }
}
