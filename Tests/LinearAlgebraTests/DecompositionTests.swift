import LinearAlgebra
import Testing

@Suite struct DecompositionTests {
  /// The 4 × 4 Hilbert matrix: condition number 15514 in the 2-norm, determinant 1/6048000.
  static let hilbert = Matrix((1...4).map { i in (1...4).map { 1 / Double(i + $0 - 1) } })

  @Test func productsMatchTheDefinition() {
    let a = Matrix([[1, 2, 3], [4, 5, 6]])
    let b = Matrix([[1, 0], [2, -1], [0, 3]])
    #expect(a * b == Matrix([[5, 7], [14, 13]]))
    #expect(Matrix.product(b, a, transposeA: true, transposeB: true, factor: 2) == Matrix([[10, 28], [14, 26]]))
    #expect(Matrix.product(a, a, transposeB: true) == a.gram)
    #expect(Matrix.product(b, b, transposeA: true, factor: -1) == Matrix([[-5, 2], [2, -10]]))
    #expect(a.gram == Matrix([[14, 32], [32, 77]]))
    #expect(a * [1, 1, 1] == [6, 15])
    #expect(a.transposed == Matrix([[1, 4], [2, 5], [3, 6]]))
  }

  @Test func choleskySolvesAndMeasures() throws {
    let factor = try Cholesky(Self.hilbert)
    // A⁻¹ (1, 1, 1, 1)ᵀ of the Hilbert matrix is the integer vector (−4, 60, −180, 140).
    let solution = factor.solve([1, 1, 1, 1])
    for (value, truth) in zip(solution, [-4.0, 60, -180, 140]) {
      // Rounding, magnified by the condition number 1.6e4.
      #expect(abs(value - truth) < 1e-9)
    }
    #expect(abs(factor.logDeterminant + 15.615238196841) < 1e-10)  // log 6048000, rounding times the condition
    // The condition number in the 1-norm is 28375.
    #expect(abs(1 / factor.reciprocalCondition - 28375) < 1)
    let quadratic = factor.solveLower(Matrix(rows: 4, columns: 1, elements: [1, 1, 1, 1])).elements
    #expect(abs(quadratic.reduce(0) { $0 + $1 * $1 } - 16) < 1e-9)
  }

  @Test func lowerFactorReproducesTheMatrix() throws {
    let factor = try Cholesky(Self.hilbert)
    let columns = (0..<4).map { index in factor.multiplyLower((0..<4).map { $0 == index ? 1 : 0 }) }
    let product = Matrix(columns).transposed * Matrix(columns)
    for (a, b) in zip(product.elements, Self.hilbert.elements) { #expect(abs(a - b) < 1e-15) }
  }

  @Test func indefiniteMatricesAreRefused() {
    #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 2, minor: 2)) {
      try Cholesky(Matrix([[1, 2], [2, 1]]))
    }
    #expect(throws: LinearAlgebraError.notFinite) { try Cholesky(Matrix([[1, .nan], [0, 1]])) }
  }

  @Test func eigenvectorsDiagonalize() throws {
    let eigen = try SymmetricEigen(Matrix([[2, 1], [1, 2]]))
    #expect(abs(eigen.values[0] - 1) < 1e-15 && abs(eigen.values[1] - 3) < 1e-15)
    let back = try SymmetricEigen(Self.hilbert).map { $0 }
    for (a, b) in zip(back.elements, Self.hilbert.elements) { #expect(abs(a - b) < 1e-14) }
    let inverse = try SymmetricEigen(Matrix([[2, 1], [1, 2]])).map { 1 / $0 }
    #expect(abs(inverse[0, 1] + 1.0 / 3) < 1e-15)
  }

  @Test func rawProductsHonourStridesAndTransposition() {
    let a: [Double] = [1, 2, 9, 3, 4, 9]  // rows of 2, three apart
    var c = [Double](repeating: 7, count: 4)
    BLAS.multiply(transposeA: true, m: 2, n: 2, k: 2, a, lda: 3, a, ldb: 3, into: &c, ldc: 2)
    #expect(c == [10, 14, 14, 20])
    var upper = [Double](repeating: 7, count: 4)
    BLAS.gramUpper(n: 2, k: 2, a, lda: 3, into: &upper, ldc: 2)
    #expect(upper == [5, 11, 7, 25])
  }
}
