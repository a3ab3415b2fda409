import Gram
import LinearAlgebra
import Networks

/// A kernel matrix in memory that the caller owns, computed tile by tile.
///
/// The matrix is `K(xᵢ, xⱼ)` for all pairs of the inputs, exactly symmetric, or `K(xᵢ, x′ⱼ)` between two lists of inputs.
/// Its tiles are those of a ``KernelFile`` with the settings that `infwidth gram` has without options, so that every
/// number has the same bits as in the file of the command.
public struct KernelMatrix: Sendable {
  public let network: Network
  /// The inputs of the rows.
  public let rows: RowFile
  /// The inputs of the columns; nil for a symmetric matrix.
  public let columns: RowFile?
  /// How many threads may work; it never changes a result.
  public let threads: Int

  public init(_ network: Network, rows: RowFile, columns: RowFile? = nil, threads: Int = 1) {
    self.network = network
    self.rows = rows
    self.columns = columns
    self.threads = threads
  }

  /// Fills the matrix.
  ///
  /// - Parameters:
  ///   - matrix: Where the kernels go; one without a pointer is not computed.
  ///   - progress: Told on this thread how many entries are done, and of how many; false stops.
  /// - Returns: A bound on the error of an entry of each kernel, relative to `√(K(x,x) K(x′,x′))`; nil if it was stopped.
  /// - Throws: `PointsError` for rows that are not finite, `NetworkError`, `GramError`.
  public func fill(
    _ matrix: KernelBlock, progress: (_ done: Int, _ total: Int) -> Bool = { _, _ in true }
  ) throws -> (nngp: Double, ntk: Double)? {
    let plan = try plan(kinds: matrix.nngp == nil || matrix.ntk == nil ? 1 : 2)
    let grid = TileGrid(
      rows: rows.count, columns: (columns ?? rows).count, size: plan.tileSize, isSymmetric: columns == nil)
    var source = try TileSource(
      network, rows: rows, columns: columns, grid: grid, threads: threads, panels: plan.panels)
    let total = rows.count * (columns ?? rows).count
    var (done, bound) = (0, (nngp: 0.0, ntk: 0.0))
    guard progress(0, total) else { return nil }
    for index in 0..<grid.count {
      let tile = grid[index]
      let found = try source.fill(tile, of: matrix)
      bound = (max(bound.nngp, found.nngp), max(bound.ntk, found.ntk))
      let hasMirrorImage = grid.isSymmetric && tile.blockRow != tile.blockColumn
      done += tile.rows.count * tile.columns.count * (hasMirrorImage ? 2 : 1)
      guard progress(done, total) else { return nil }
    }
    return bound
  }

  /// `K(x, x)` and `Θ(x, x)` of every input, in the order of the rows.
  ///
  /// - Parameter kinds: The kernels that must have a limit.
  public func diagonal(_ kinds: [KernelKind]) throws -> (nngp: [Double], ntk: [Double]) {
    let size = try plan(kinds: 1).tileSize
    let program = try KernelProgram(network, options: GramOptions(threads: threads))
    try program.requireLimits(kinds)
    var (nngp, ntk): ([Double], [Double]) = ([], [])
    for start in stride(from: 0, to: rows.count, by: size) {
      let range = start..<min(rows.count, start + size)
      let inputs = try GramInputs(count: range.count, dimension: rows.dimension, elements: try rows.rows(range))
      let prepared: PreparedInputs
      do { prepared = try BLAS.withOneThread { try program.prepare(inputs) } } catch let error as GramError {
        throw error.movingRows(by: start)
      }
      nngp += prepared.nngpDiagonal
      ntk += prepared.ntkDiagonal
    }
    return (nngp, ntk)
  }

  /// The tiles of the command.
  ///
  /// Where these exceed the memory that it takes unasked, it wants to be told `--memory`; here the caller has the inputs
  /// and the matrix in memory already.
  private func plan(kinds: Int) throws -> TilePlan {
    func plan(_ memory: Int) throws(KernelFileError) -> TilePlan {
      try TilePlan(
        memory: memory, resident: 0, rows: rows.count, columns: (columns ?? rows).count, dimension: rows.dimension,
        layers: network.depth, kinds: kinds, tileSize: nil)
    }
    do {
      return try plan(KernelFile.Settings().memory)
    } catch KernelFileError.memory(_, let needed) {
      return try plan(needed)
    }
  }
}

extension KernelBlock {
  /// Copies rows of a symmetric matrix to their mirror image, in pieces that stay in the cache.
  ///
  /// Where `columns` begins within `rows`, what lies above the diagonal is copied below it.
  func mirror(rows: Range<Int>, columns: Range<Int>) {
    let side = 16
    for matrix in [nngp, ntk] {
      guard let matrix else { continue }
      for top in stride(from: rows.lowerBound, to: rows.upperBound, by: side) {
        for left in stride(from: columns.lowerBound, to: columns.upperBound, by: side) {
          for column in left..<min(columns.upperBound, left + side) {
            for row in top..<min(rows.upperBound, top + side) where row < column {
              matrix[column * rowStride + row] = matrix[row * rowStride + column]
            }
          }
        }
      }
    }
  }
}
