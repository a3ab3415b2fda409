import COpenBLAS
import Foundation

/// A symmetric matrix that cannot be taken apart.
public enum LinearAlgebraError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A leading minor is not positive.
  case notPositiveDefinite(order: Int, minor: Int)
  /// An eigenvalue was not found.
  case notConverged(order: Int)
  /// An element is infinite or not a number.
  case notFinite

  public var description: String {
    switch self {
    case .notPositiveDefinite(let order, let minor):
      return "The \(order) × \(order) matrix is not positive definite to double precision: its leading minor of order "
        + "\(minor) is not positive. Take out repeated inputs, or add to the diagonal."
    case .notConverged(let order): return "The eigenvalues of the \(order) × \(order) matrix were not found."
    case .notFinite: return "The matrix holds an element that is not a finite number."
    }
  }
}

/// The Cholesky factor of a symmetric positive definite matrix, `A = L Lᵀ`.
public struct Cholesky: Sendable {
  /// The order of the matrix.
  public let order: Int
  /// LAPACK's storage: the lower triangle column by column, which is the upper one row by row.
  private let factor: [Double]
  /// An estimate of the reciprocal condition number in the 1-norm.
  public let reciprocalCondition: Double

  /// - Parameter matrix: A symmetric matrix; its upper triangle (row by row) is read.
  /// - Throws: ``LinearAlgebraError/notPositiveDefinite(order:minor:)``.
  public init(_ matrix: Matrix) throws(LinearAlgebraError) {
    precondition(matrix.rows == matrix.columns, "a symmetric matrix is square")
    guard matrix.elements.allSatisfy(\.isFinite) else { throw .notFinite }
    order = matrix.rows
    var (n, info) = (Int32(order), Int32(0))
    var lda = Int32(max(1, order))
    var storage = matrix.elements
    var norm = 0.0
    for i in 0..<order {
      var sum = 0.0
      for j in 0..<order { sum += matrix[min(i, j), max(i, j)].magnitude }
      norm = max(norm, sum)
    }
    dpotrf_("L", &n, &storage, &lda, &info)
    guard info == 0 else { throw .notPositiveDefinite(order: order, minor: Int(info)) }
    var reciprocal = 0.0
    var work = [Double](repeating: 0, count: 3 * max(1, order))
    var integers = [Int32](repeating: 0, count: max(1, order))
    dpocon_("L", &n, storage, &lda, &norm, &reciprocal, &work, &integers, &info)
    reciprocalCondition = reciprocal
    factor = storage
  }

  /// `A⁻¹ B`.
  public func solve(_ right: Matrix) -> Matrix {
    precondition(right.rows == order, "the right side has as many rows as the matrix")
    // Column by column, as LAPACK wants it, is the transposed matrix row by row.
    var columns = right.transposed
    var (n, count, info) = (Int32(order), Int32(right.columns), Int32(0))
    var lda = Int32(max(1, order))
    var ldb = lda
    dpotrs_("L", &n, &count, factor, &lda, &columns.elements, &ldb, &info)
    return columns.transposed
  }

  /// `A⁻¹ b`.
  public func solve(_ right: [Double]) -> [Double] {
    solve(Matrix(rows: right.count, columns: 1, elements: right)).elements
  }

  /// `L⁻¹ B`, whose column norms are the quadratic forms `bᵀ A⁻¹ b`.
  public func solveLower(_ right: Matrix) -> Matrix {
    precondition(right.rows == order, "the right side has as many rows as the matrix")
    var columns = right.transposed
    var (n, count, one) = (Int32(order), Int32(right.columns), 1.0)
    var lda = Int32(max(1, order))
    var ldb = lda
    dtrsm_("L", "L", "N", "N", &n, &count, &one, factor, &lda, &columns.elements, &ldb)
    return columns.transposed
  }

  /// `L x`: a draw with covariance `A` from independent standard normal deviates `x`.
  public func multiplyLower(_ x: [Double]) -> [Double] {
    precondition(x.count == order, "a vector has as many elements as the matrix has rows")
    return (0..<order).map { i in (0...i).reduce(0) { $0 + factor[$1 * order + i] * x[$1] } }
  }

  /// `log det A`.
  public var logDeterminant: Double {
    2 * (0..<order).reduce(0) { $0 + log(factor[$1 * order + $1]) }
  }
}

/// The eigenvalues and eigenvectors of a symmetric matrix, `A = V diag(λ) Vᵀ`.
public struct SymmetricEigen: Sendable {
  /// The eigenvalues, ascending.
  public let values: [Double]
  /// The eigenvectors: row `i` belongs to `values[i]`.
  public let vectors: Matrix

  /// - Parameter matrix: A symmetric matrix; its upper triangle (row by row) is read.
  /// - Throws: ``LinearAlgebraError``.
  public init(_ matrix: Matrix) throws(LinearAlgebraError) {
    precondition(matrix.rows == matrix.columns, "a symmetric matrix is square")
    guard matrix.elements.allSatisfy(\.isFinite) else { throw .notFinite }
    let order = matrix.rows
    var (n, info) = (Int32(order), Int32(0))
    var lda = Int32(max(1, order))
    var storage = matrix
    var values = [Double](repeating: 0, count: max(1, order))
    var (query, integerQuery) = ([0.0], [Int32(0)])
    var (size, integerSize) = (Int32(-1), Int32(-1))
    dsyevd_(
      "V", "L", &n, &storage.elements, &lda, &values, &query, &size, &integerQuery, &integerSize, &info)
    size = Int32(max(1, query[0]))
    integerSize = max(1, integerQuery[0])
    var work = [Double](repeating: 0, count: Int(size))
    var integers = [Int32](repeating: 0, count: Int(integerSize))
    dsyevd_("V", "L", &n, &storage.elements, &lda, &values, &work, &size, &integers, &integerSize, &info)
    guard info == 0 else { throw .notConverged(order: order) }
    self.values = Array(values.prefix(order))
    // Column by column, the eigenvectors are the columns: row by row, the rows.
    vectors = storage
  }

  /// `V diag(f(λ)) Vᵀ`.
  public func map(_ f: (Double) -> Double) -> Matrix {
    var scaled = vectors
    for i in 0..<vectors.rows {
      let factor = f(values[i])
      for j in 0..<vectors.columns { scaled[i, j] *= factor }
    }
    return vectors.transposed * scaled
  }
}
