import COpenBLAS

/// The rows of a matrix in an orthonormal basis of their span, `A = L Q` with `Q Qᵀ = 1`.
///
/// Householder's QR factorization of `Aᵀ` with column pivoting: rows are taken in the order of what is left of them
/// after projection on those before, which reveals the rank. Rows that depend on others to `2⁻⁴⁶` of the largest row
/// add no direction. No Gram matrix is formed, so that nearly parallel rows keep the digits of their difference.
///
/// **Source.** Golub and Van Loan, *Matrix Computations*, section 5.4.2; LAPACK's `dgeqp3` and `dorgqr`.
public struct PivotedLQ: Sendable {
  /// The number of directions, `r`.
  public let rank: Int
  /// `L`, rows of `A` × r.
  public let factor: Matrix
  /// `Q`, r × columns of `A`; nil where it was not asked for.
  public let basis: Matrix?

  /// What is left of a row, relative to the largest row, when it counts as dependent.
  public static let tolerance = 0x1p-46

  /// - Parameters:
  ///   - matrix: The matrix `A`; finite. Its storage becomes that of the basis.
  ///   - wantsBasis: Whether `Q` is formed.
  public init(_ matrix: consuming Matrix, wantsBasis: Bool = true) {
    let (rows, columns) = (matrix.rows, matrix.columns)
    var storage = matrix.elements
    matrix = Matrix(rows: 0, columns: 0)
    guard rows > 0, columns > 0 else {
      rank = 0
      factor = Matrix(rows: rows, columns: 0)
      basis = wantsBasis ? Matrix(rows: 0, columns: columns) : nil
      return
    }
    // Row by row, A is column by column Aᵀ.
    var (m, n, info) = (Int32(columns), Int32(rows), Int32(0))
    var lda = m
    let reflections = min(rows, columns)
    var pivots = [Int32](repeating: 0, count: rows)
    var scales = [Double](repeating: 0, count: reflections)
    var (query, size) = ([0.0], Int32(-1))
    dgeqp3_(&m, &n, &storage, &lda, &pivots, &scales, &query, &size, &info)
    size = Int32(max(1, query[0]))
    var work = [Double](repeating: 0, count: Int(size))
    dgeqp3_(&m, &n, &storage, &lda, &pivots, &scales, &work, &size, &info)
    let threshold = Self.tolerance * storage[0].magnitude
    let rank = (0..<reflections).prefix { storage[$0 * columns + $0].magnitude > threshold }.count
    var factor = Matrix(rows: rows, columns: rank)
    for (column, pivot) in pivots.enumerated() {
      for direction in 0..<min(rank, column + 1) {
        factor[Int(pivot) - 1, direction] = storage[column * columns + direction]
      }
    }
    self.rank = rank
    self.factor = factor
    guard wantsBasis else {
      basis = nil
      return
    }
    storage.removeLast((rows - rank) * columns)
    guard rank > 0 else {
      basis = Matrix(rows: 0, columns: columns)
      return
    }
    var order = Int32(rank)
    size = -1
    dorgqr_(&m, &order, &order, &storage, &lda, scales, &query, &size, &info)
    size = Int32(max(1, query[0]))
    if work.count < Int(size) { work = [Double](repeating: 0, count: Int(size)) }
    dorgqr_(&m, &order, &order, &storage, &lda, scales, &work, &size, &info)
    basis = Matrix(rows: rank, columns: columns, elements: storage)
  }
}
