import Gram
import Networks

/// The blocks of inputs that were used last, read and prepared for the kernels.
struct PanelCache {
  /// Which inputs: those of the rows or of the columns; a symmetric matrix has rows only.
  enum Side: Sendable { case rows, columns }

  private struct Entry {
    var side: Side
    var block: Int
    var panel: PreparedInputs
  }

  private let program: KernelProgram
  private let capacity: Int
  /// The most recently used first.
  private var entries: [Entry] = []

  /// - Parameter capacity: The number of blocks, at least 2.
  init(_ program: KernelProgram, capacity: Int) {
    self.program = program
    self.capacity = max(2, capacity)
  }

  /// A block of inputs.
  mutating func panel(_ side: Side, block: Int, of file: RowFile, rows: Range<Int>) throws -> PreparedInputs {
    if let place = entries.firstIndex(where: { $0.side == side && $0.block == block }) {
      let entry = entries.remove(at: place)
      entries.insert(entry, at: 0)
      return entry.panel
    }
    // Room first, so that the capacity is never exceeded.
    if entries.count >= capacity { entries.removeLast(entries.count - capacity + 1) }
    let inputs = try GramInputs(count: rows.count, dimension: file.dimension, elements: try file.rows(rows))
    let panel: PreparedInputs
    do { panel = try program.prepare(inputs) } catch let error as GramError {
      throw error.movingRows(by: rows.lowerBound)
    }
    entries.insert(Entry(side: side, block: block, panel: panel), at: 0)
    return panel
  }
}

extension GramError {
  /// The error of some rows as one of all rows, `offset` of which stand before.
  func movingRows(by offset: Int) -> GramError {
    switch self {
    case .length(let row, let norm): .length(row: row + offset, norm: norm)
    case .overflow(let kernel, let row, let column):
      .overflow(kernel: kernel, row: row + offset, column: column + offset)
    case .noInputs, .dimension, .elementCount, .notFinite, .noLimit: self
    }
  }
}
