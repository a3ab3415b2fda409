import Dispatch
import Gram
import Synchronization

/// One tile of the kernels, computed on several threads.
///
/// The tile is cut into strips of a fixed number of rows, so that the numbers do not depend on the number of threads.
enum TileComputation {
  static let stripRows = 128

  /// The kernels between all of `rows` and all of `columns`, in the order of `kinds`.
  ///
  /// - Parameter isDiagonal: Whether `rows` and `columns` are the same inputs. Then the part above the diagonal is
  ///   computed and mirrored, and the block is symmetric.
  static func blocks(
    _ program: KernelProgram, _ rows: PreparedInputs, _ columns: PreparedInputs, isDiagonal: Bool, kinds: [KernelKind],
    threads: Int
  ) throws -> [Block] {
    let (height, width) = (rows.count, columns.count)
    func storage(_ kind: KernelKind) -> [Double] {
      [Double](repeating: 0, count: kinds.contains(kind) ? height * width : 0)
    }
    var (nngp, ntk) = (storage(.nngp), storage(.ntk))
    try nngp.withUnsafeMutableBufferPointer { nngp in
      try ntk.withUnsafeMutableBufferPointer { ntk in
        let whole = KernelBlock(
          nngp: kinds.contains(.nngp) ? nngp.baseAddress : nil, ntk: kinds.contains(.ntk) ? ntk.baseAddress : nil,
          rowStride: width)
        try fill(program, rows, columns, isDiagonal: isDiagonal, threads: threads, into: whole)
      }
    }
    return kinds.map { kind in
      var block = Block(rows: height, columns: width, elements: kind == .nngp ? nngp : ntk)
      if isDiagonal { block.mirror() }
      return block
    }
  }

  /// The same values into storage of the caller's.
  ///
  /// - Parameter onStrip: Called on the working thread when rows of the tile have been written; on the diagonal these are
  ///   filled from the diagonal on.
  static func fill(
    _ program: KernelProgram, _ rows: PreparedInputs, _ columns: PreparedInputs, isDiagonal: Bool, threads: Int,
    into whole: KernelBlock, onStrip: @Sendable (_ rows: Range<Int>) -> Void = { _ in }
  ) throws {
    let (height, width) = (rows.count, columns.count)
    let strips = (height + stripRows - 1) / stripRows
    let next = Atomic<Int>(0)
    let failures = Mutex<[Int: any Error]>([:])
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, strips))) { _ in
      while true {
        let strip = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard strip < strips, failures.withLock({ $0.isEmpty }) else { return }
        let range = strip * stripRows..<min(height, (strip + 1) * stripRows)
        let left = isDiagonal ? range.lowerBound : 0
        let offset = range.lowerBound * whole.rowStride + left
        var part = whole
        part.nngp = whole.nngp.map { $0 + offset }
        part.ntk = whole.ntk.map { $0 + offset }
        do {
          try program.block(rows, rows: range, columns, columns: left..<width, into: part)
          onStrip(range)
        } catch {
          failures.withLock { $0[strip] = error }
        }
      }
    }
    if let failure = failures.withLock({ $0.min { $0.key < $1.key }?.value }) { throw failure }
  }
}

extension Block {
  /// Copies what is above the diagonal of a square block below it.
  mutating func mirror() {
    for row in 1..<max(1, rows) {
      for column in 0..<row { elements[row * columns + column] = elements[column * columns + row] }
    }
  }
}
