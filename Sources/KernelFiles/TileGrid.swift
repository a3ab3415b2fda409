/// A kernel matrix cut into tiles, the pieces that are computed, written and remembered one by one.
///
/// The tiles of a rectangular matrix cover it; those of a symmetric one cover the blocks on and above the diagonal, and
/// each of them stands for its mirror image too. They are numbered along block rows, every other row backwards, so that
/// neighbours share the inputs of a row or of a column.
public struct TileGrid: Sendable, Equatable {
  /// The extents of the matrix.
  public let rows: Int
  public let columns: Int
  /// The number of rows and columns of a tile that does not touch the last row or column.
  public let size: Int
  /// Whether the matrix is symmetric.
  public let isSymmetric: Bool

  /// One tile.
  public struct Tile: Sendable, Equatable {
    /// Its number.
    public let index: Int
    /// Its block row and block column.
    public let blockRow: Int
    public let blockColumn: Int
    /// The rows and columns of the matrix that it covers.
    public let rows: Range<Int>
    public let columns: Range<Int>
  }

  public init(rows: Int, columns: Int, size: Int, isSymmetric: Bool) {
    precondition(rows > 0 && columns > 0 && size > 0, "a matrix of tiles has a positive size")
    precondition(!isSymmetric || rows == columns, "a symmetric matrix is square")
    self.rows = rows
    self.columns = columns
    self.size = size
    self.isSymmetric = isSymmetric
  }

  /// The number of block rows.
  public var blockRows: Int { (rows + size - 1) / size }
  /// The number of block columns.
  public var blockColumns: Int { (columns + size - 1) / size }

  /// The number of tiles.
  public var count: Int { start(ofBlockRow: blockRows) }

  /// The number of tiles before a block row.
  private func start(ofBlockRow row: Int) -> Int {
    isSymmetric ? row * blockColumns - row * (row - 1) / 2 : row * blockColumns
  }

  /// The tile with this number, from 0.
  public subscript(index: Int) -> Tile {
    precondition((0..<count).contains(index), "tiles are numbered from 0 to count - 1")
    // The last block row that starts at or before the tile.
    var (row, end) = (0, blockRows)
    while end - row > 1 {
      let middle = (row + end) / 2
      if start(ofBlockRow: middle) <= index { row = middle } else { end = middle }
    }
    let place = index - start(ofBlockRow: row)
    let first = isSymmetric ? row : 0
    let column = row.isMultiple(of: 2) ? first + place : blockColumns - 1 - place
    return Tile(
      index: index, blockRow: row, blockColumn: column, rows: range(row, of: rows), columns: range(column, of: columns))
  }

  private func range(_ block: Int, of extent: Int) -> Range<Int> { block * size..<min(extent, (block + 1) * size) }
}
