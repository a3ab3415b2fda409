import LinearAlgebra

/// One kernel between the training inputs `X` (n of them) and the test inputs (t of them).
public struct RegressionKernel: Sendable {
  /// `K(X, X)`, n × n, symmetric.
  public let train: Matrix
  /// `K(x_*, X)`, t × n, a row for each test input.
  public let testTrain: Matrix
  /// `K(x_*, x_*)`, t numbers.
  public let testDiagonal: [Double]
  /// `ε`: every entry is known to within `ε √(K(x,x) K(x′,x′))`.
  public let relativeError: Double

  public init(train: Matrix, testTrain: Matrix, testDiagonal: [Double], relativeError: Double = 0x1p-52) {
    precondition(train.rows == train.columns && train.rows > 0, "there is a training input")
    precondition(testTrain.columns == train.rows, "a row of test inputs has a column for each training input")
    precondition(testDiagonal.count == testTrain.rows, "there is a diagonal entry for each test input")
    self.train = train
    self.testTrain = testTrain
    self.testDiagonal = testDiagonal
    self.relativeError = relativeError
  }

  /// The number of training inputs.
  public var trainCount: Int { train.rows }
  /// The number of test inputs.
  public var testCount: Int { testTrain.rows }

  /// `s = √K(x, x)` of the training inputs.
  var trainScales: [Double] { train.diagonal.map { max($0, 0).squareRoot() } }

  /// A bound on the Frobenius norm of the error of `K(X, X)`: the entries' bounds are `ε s sᵀ`, of norm `ε Σ s²`.
  var normOfError: Double { relativeError * train.diagonal.reduce(0) { $0 + max($1, 0) } }
}

extension Matrix {
  /// The largest sum of magnitudes in a row, which is the 1-norm of a symmetric matrix.
  var rowSumNorm: Double {
    (0..<rows).reduce(0) { max($0, row($1).reduce(0) { $0 + $1.magnitude }) }
  }

  /// The square root of the sum of squares.
  var frobeniusNorm: Double { elements.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  /// The matrix with `f` applied to each element.
  func map(_ f: (Double) -> Double) -> Matrix {
    Matrix(rows: rows, columns: columns, elements: elements.map(f))
  }

  /// The matrix with `value` added to the diagonal.
  func addingToDiagonal(_ value: Double) -> Matrix {
    var result = self
    for index in 0..<min(rows, columns) { result[index, index] += value }
    return result
  }
}

/// The unit roundoff, `2⁻⁵³`.
let roundoff = 0x1p-53

/// `Σ aᵢ bᵢ`.
func dot(_ a: some Collection<Double>, _ b: some Collection<Double>) -> Double {
  zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}

/// `Σ |aᵢ bᵢ|`.
func absoluteDot(_ a: some Collection<Double>, _ b: some Collection<Double>) -> Double {
  zip(a, b).reduce(0) { $0 + ($1.0 * $1.1).magnitude }
}
