import Gram
import LinearAlgebra
import Networks

/// Computes the tiles of a kernel matrix, whoever keeps them.
///
/// A tile's numbers depend on the network, its inputs and the grid's tile size alone.
struct TileSource {
  private let program: KernelProgram
  private let rows: RowFile
  private let columns: RowFile?
  private let grid: TileGrid
  private let threads: Int
  private var cache: PanelCache

  /// - Parameters:
  ///   - columns: nil for a symmetric matrix.
  ///   - panels: How many blocks of inputs are kept at a time.
  init(_ network: Network, rows: RowFile, columns: RowFile?, grid: TileGrid, threads: Int, panels: Int) throws {
    program = try KernelProgram(network, options: GramOptions(threads: threads))
    cache = PanelCache(program, capacity: panels)
    self.rows = rows
    self.columns = columns
    self.grid = grid
    self.threads = threads
  }

  /// The kernels of one tile, in the order of `kinds`.
  mutating func blocks(_ tile: TileGrid.Tile, kinds: [KernelKind]) throws -> [Block] {
    let (first, second) = try panels(of: tile)
    return try computing(tile) {
      try TileComputation.blocks(
        program, first, second, isDiagonal: isDiagonal(tile), kinds: kinds, threads: threads)
    }
  }

  /// The kernels of one tile into the whole matrix, and those of its mirror image.
  ///
  /// - Returns: Bounds on the errors, relative to `√(K(x,x) K(x′,x′))`.
  mutating func fill(_ tile: TileGrid.Tile, of matrix: KernelBlock) throws -> (nngp: Double, ntk: Double) {
    let (first, second) = try panels(of: tile)
    let offset = tile.rows.lowerBound * matrix.rowStride + tile.columns.lowerBound
    let part = KernelBlock(
      nngp: matrix.nngp.map { $0 + offset }, ntk: matrix.ntk.map { $0 + offset }, rowStride: matrix.rowStride)
    let (isDiagonal, isSymmetric) = (isDiagonal(tile), grid.isSymmetric)
    try computing(tile) {
      try TileComputation.fill(program, first, second, isDiagonal: isDiagonal, threads: threads, into: part) { strip in
        guard isSymmetric else { return }
        let rows = strip.lowerBound + tile.rows.lowerBound..<strip.upperBound + tile.rows.lowerBound
        let left = isDiagonal ? rows.lowerBound : tile.columns.lowerBound
        matrix.mirror(rows: rows, columns: left..<tile.columns.upperBound)
      }
    }
    func bound(_ kind: KernelKind) -> Double { max(first.errorBound(kind), second.errorBound(kind)) }
    return (bound(.nngp), bound(.ntk))
  }

  private func isDiagonal(_ tile: TileGrid.Tile) -> Bool { grid.isSymmetric && tile.blockRow == tile.blockColumn }

  /// The inputs of a tile, prepared.
  private mutating func panels(of tile: TileGrid.Tile) throws -> (rows: PreparedInputs, columns: PreparedInputs) {
    // Series and tables are prepared with products too.
    try BLAS.withOneThread {
      let first = try cache.panel(.rows, block: tile.blockRow, of: rows, rows: tile.rows)
      guard let columns else {
        return (first, try cache.panel(.rows, block: tile.blockColumn, of: rows, rows: tile.columns))
      }
      return (first, try cache.panel(.columns, block: tile.blockColumn, of: columns, rows: tile.columns))
    }
  }

  /// Computes a tile; errors name the rows of the whole matrix.
  private func computing<Result>(_ tile: TileGrid.Tile, _ body: () throws -> Result) throws -> Result {
    do {
      return try BLAS.withOneThread(body)
    } catch GramError.overflow(let kernel, let row, let column) {
      throw GramError.overflow(
        kernel: kernel, row: tile.rows.lowerBound + row, column: tile.columns.lowerBound + column)
    }
  }
}
