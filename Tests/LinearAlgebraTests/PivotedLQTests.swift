import LinearAlgebra
import Testing

@Suite struct PivotedLQTests {
  /// A 5 × 40 matrix of no special form.
  private static let full: Matrix = {
    var result = Matrix(rows: 5, columns: 40)
    for index in result.elements.indices { result.elements[index] = Double((index * 7919) % 1009) / 1009 - 0.5 }
    return result
  }()

  private func check(_ matrix: Matrix, rank: Int) throws {
    let result = PivotedLQ(matrix)
    #expect(result.rank == rank)
    let basis = try #require(result.basis)
    #expect(basis.rows == rank && result.factor.columns == rank)
    let size = matrix.elements.map(\.magnitude).max() ?? 0
    // A few roundings for each of at most 40 terms.
    let product = rank == 0 ? Matrix(rows: matrix.rows, columns: matrix.columns) : result.factor * basis
    for (a, b) in zip(product.elements, matrix.elements) { #expect(abs(a - b) <= 1e-13 * size) }
    let unit = Matrix.identity(rank)
    for (a, b) in zip(basis.gram.elements, unit.elements) { #expect(abs(a - b) <= 1e-14 * 10) }
    #expect(PivotedLQ(matrix, wantsBasis: false).factor == result.factor)
    #expect(PivotedLQ(matrix, wantsBasis: false).basis == nil)
  }

  @Test func fullRank() throws {
    try check(Self.full, rank: 5)
    try check(Self.full.transposed, rank: 5)
    try check(Matrix([[3, 4]]), rank: 1)
  }

  @Test func repeatedParallelAndVanishingRows() throws {
    var rows = (0..<5).map { Array(Self.full.row($0)) }
    rows[1] = rows[3]
    rows[2] = rows[0].map { -2.5 * $0 }
    try check(Matrix(rows), rank: 3)
    rows[4] = rows[4].map { _ in 0 }
    try check(Matrix(rows), rank: 2)
    try check(Matrix(rows: 4, columns: 9), rank: 0)
    try check(Matrix(rows: 0, columns: 9), rank: 0)
  }

  /// Two rows that differ by 1e-10: the squared difference, 1e-20, is below the rounding of a Gram matrix, and the
  /// factor holds it to six digits (1e-16 of rounding in a difference of 1e-10).
  @Test func nearlyParallelRows() {
    var rows = [Array(Self.full.row(0)), Array(Self.full.row(0))]
    rows[1][7] += 1e-10
    let result = PivotedLQ(Matrix(rows))
    #expect(result.rank == 2)
    let difference = (0..<2).map { result.factor[1, $0] - result.factor[0, $0] }
    let length = (difference[0] * difference[0] + difference[1] * difference[1]).squareRoot()
    #expect(abs(length - 1e-10) <= 1e-15)
  }

  @Test func scales() {
    for scale in [1e-200, 1e200] { #expect(PivotedLQ(scale * Self.full).rank == 5) }
  }
}

@Suite struct SingleThreadTests {
  /// Nothing can be said of the number outside the scope: other tests share the process.
  @Test func oneThreadInside() {
    let threads = BLAS.withOneThread { () -> [Int] in
      let first = BLAS.threads
      BLAS.setThreads(2)
      let second = BLAS.withOneThread { BLAS.threads }
      return [first, second, BLAS.threads]
    }
    #expect(threads == [1, 1, 1])
  }
}
