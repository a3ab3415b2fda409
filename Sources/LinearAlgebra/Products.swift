import COpenBLAS

/// The process-wide state of OpenBLAS.
public enum BLAS {
  /// The number of threads that OpenBLAS may use.
  public static var threads: Int { Int(openblas_get_num_threads()) }

  /// `C ← α op(A) op(B) + β C`, row by row, on raw storage.
  ///
  /// - Parameters:
  ///   - transposeA: Whether `op(A)` is `Aᵀ`.
  ///   - transposeB: Whether `op(B)` is `Bᵀ`.
  ///   - m: The rows of `op(A)` and of `C`.
  ///   - n: The columns of `op(B)` and of `C`.
  ///   - k: The columns of `op(A)`, the rows of `op(B)`.
  ///   - alpha: `α`.
  ///   - a: `A`.
  ///   - lda: The distance between rows of `A` as it is stored.
  ///   - b: `B`.
  ///   - ldb: The same of `B`.
  ///   - beta: `β`; with 0 nothing is read from `C`.
  ///   - c: `C`.
  ///   - ldc: The same of `C`.
  public static func multiply(
    transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Double = 1,
    _ a: UnsafePointer<Double>, lda: Int, _ b: UnsafePointer<Double>, ldb: Int, beta: Double = 0,
    into c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    guard m > 0, n > 0 else { return }
    // Row by row, C = A B is column by column Cᵀ = Bᵀ Aᵀ.
    var (rows, columns, inner) = (Int32(n), Int32(m), Int32(k))
    var (factor, keep) = (alpha, beta)
    var (first, second, third) = (Int32(max(1, ldb)), Int32(max(1, lda)), Int32(max(1, ldc)))
    dgemm_(
      transposeB ? "T" : "N", transposeA ? "T" : "N", &rows, &columns, &inner, &factor, b, &first, a, &second, &keep, c,
      &third)
  }

  /// The upper triangle (row by row) of `C ← α A Aᵀ + β C`, on raw storage; the rest of `C` is left alone.
  ///
  /// - Parameters:
  ///   - n: The rows of `A`, the order of `C`.
  ///   - k: The columns of `A`.
  ///   - alpha: `α`.
  ///   - a: `A`.
  ///   - lda: The distance between rows of `A`.
  ///   - beta: `β`; with 0 nothing is read from `C`.
  ///   - c: `C`.
  ///   - ldc: The distance between rows of `C`.
  public static func gramUpper(
    n: Int, k: Int, alpha: Double = 1, _ a: UnsafePointer<Double>, lda: Int, beta: Double = 0,
    into c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    guard n > 0 else { return }
    var (order, inner, factor, keep) = (Int32(n), Int32(k), alpha, beta)
    var (first, second) = (Int32(max(1, lda)), Int32(max(1, ldc)))
    dsyrk_("L", "T", &order, &inner, &factor, a, &first, &keep, c, &second)
  }
}

extension Matrix {
  /// The matrix product.
  public static func * (a: Matrix, b: Matrix) -> Matrix { product(a, b) }

  /// `α op(A) op(B)`, op the transposition or nothing.
  public static func product(
    _ a: Matrix, _ b: Matrix, transposeA: Bool = false, transposeB: Bool = false, factor: Double = 1
  ) -> Matrix {
    let (rows, inner) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (other, columns) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(inner == other, "the columns of the left matrix are the rows of the right one")
    var result = Matrix(rows: rows, columns: columns)
    a.elements.withUnsafeBufferPointer { left in
      b.elements.withUnsafeBufferPointer { right in
        result.elements.withUnsafeMutableBufferPointer { out in
          guard let p = left.baseAddress, let q = right.baseAddress, let r = out.baseAddress else { return }
          BLAS.multiply(
            transposeA: transposeA, transposeB: transposeB, m: rows, n: columns, k: inner, alpha: factor, p,
            lda: a.columns, q, ldb: b.columns, into: r, ldc: columns)
        }
      }
    }
    return result
  }

  /// `A Aᵀ`, both triangles.
  public var gram: Matrix {
    var result = Matrix(rows: rows, columns: rows)
    elements.withUnsafeBufferPointer { source in
      result.elements.withUnsafeMutableBufferPointer { out in
        guard let p = source.baseAddress, let r = out.baseAddress else { return }
        BLAS.gramUpper(n: rows, k: columns, p, lda: columns, into: r, ldc: rows)
      }
    }
    for i in 0..<rows {
      for j in 0..<i { result.elements[i * rows + j] = result.elements[j * rows + i] }
    }
    return result
  }

  /// The product with a vector.
  public static func * (a: Matrix, x: [Double]) -> [Double] {
    precondition(a.columns == x.count, "a vector has as many elements as the matrix has columns")
    return (a * Matrix(rows: x.count, columns: 1, elements: x)).elements
  }
}
