import Dispatch
import Foundation
import Synchronization

/// Writes finished tiles while the next one is computed, and marks them in the journal.
///
/// Tiles are marked in groups, a few seconds' worth at a time, because each group must have reached the disk before.
final class TileWriter: Sendable {
  private struct State {
    /// Written, and not marked yet.
    var unmarked: [Int] = []
    /// Nil before the first, which is marked at once: a run that cannot mark should not last.
    var lastMark: ContinuousClock.Instant?
    var failure: KernelFileError?
  }

  private let file: MatrixFile
  private let isSymmetric: Bool
  private let queue = DispatchQueue(label: "tile-writer")
  private let state = Mutex(State())
  /// The longest time of work that a loss of power can cost.
  private static let interval = Duration.seconds(5)

  init(_ file: MatrixFile, isSymmetric: Bool) {
    self.file = file
    self.isSymmetric = isSymmetric
  }

  /// Waits for the tile before, and begins to write this one.
  func begin(_ tile: TileGrid.Tile, _ blocks: [Block]) throws(KernelFileError) {
    try wait()
    queue.async { [self] in
      do throws(KernelFileError) {
        try write(tile, blocks)
        let due = state.withLock { state -> [Int] in
          state.unmarked.append(tile.index)
          let isDue = state.lastMark.map { .now - $0 >= Self.interval } ?? true
          return isDue ? state.unmarked : []
        }
        if !due.isEmpty { try mark(due) }
      } catch {
        state.withLock { $0.failure = error }
      }
    }
  }

  /// Waits until all is written, and marks it.
  func end() throws(KernelFileError) {
    try wait()
    try mark(state.withLock { $0.unmarked })
  }

  private func wait() throws(KernelFileError) {
    queue.sync {}
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  private func mark(_ tiles: [Int]) throws(KernelFileError) {
    try file.finish(tiles)
    state.withLock {
      $0.unmarked.removeAll()
      $0.lastMark = .now
    }
  }

  private func write(_ tile: TileGrid.Tile, _ blocks: [Block]) throws(KernelFileError) {
    for (layer, block) in blocks.enumerated() {
      try file.write(block, layer: layer, rows: tile.rows, columns: tile.columns)
      guard isSymmetric, tile.blockRow != tile.blockColumn else { continue }
      try file.write(block.transposed, layer: layer, rows: tile.columns, columns: tile.rows)
    }
  }
}
