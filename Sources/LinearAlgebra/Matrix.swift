/// A dense matrix of doubles, row by row.
public struct Matrix: Sendable, Equatable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The elements, row by row: element (i, j) stands at `i · columns + j`.
  public var elements: [Double]

  /// A matrix of equal elements.
  public init(rows: Int, columns: Int, repeating value: Double = 0) {
    precondition(rows >= 0 && columns >= 0, "a matrix has no negative size")
    self.rows = rows
    self.columns = columns
    elements = [Double](repeating: value, count: rows * columns)
  }

  /// - Parameters:
  ///   - rows: The number of rows.
  ///   - columns: The number of columns.
  ///   - elements: `rows × columns` numbers, row by row.
  public init(rows: Int, columns: Int, elements: [Double]) {
    precondition(elements.count == rows * columns, "a matrix has rows × columns elements")
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// A matrix of rows of equal length.
  public init(_ rows: [[Double]]) {
    let columns = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == columns }, "the rows of a matrix have one length")
    self.init(rows: rows.count, columns: columns, elements: rows.flatMap { $0 })
  }

  /// The unit matrix.
  public static func identity(_ order: Int) -> Matrix {
    var result = Matrix(rows: order, columns: order)
    for index in 0..<order { result[index, index] = 1 }
    return result
  }

  public subscript(row: Int, column: Int) -> Double {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }

  /// One row.
  public func row(_ index: Int) -> ArraySlice<Double> { elements[(index * columns)..<((index + 1) * columns)] }

  /// The transposed matrix.
  public var transposed: Matrix {
    var result = Matrix(rows: columns, columns: rows)
    for i in 0..<rows {
      for j in 0..<columns { result.elements[j * rows + i] = elements[i * columns + j] }
    }
    return result
  }

  /// Whether every element is a finite number.
  public var isFinite: Bool { elements.allSatisfy(\.isFinite) }

  /// The diagonal of a square matrix.
  public var diagonal: [Double] { (0..<min(rows, columns)).map { self[$0, $0] } }

  public static func + (a: Matrix, b: Matrix) -> Matrix {
    precondition(a.rows == b.rows && a.columns == b.columns, "matrices of one shape can be added")
    return Matrix(rows: a.rows, columns: a.columns, elements: zip(a.elements, b.elements).map { $0 + $1 })
  }

  public static func - (a: Matrix, b: Matrix) -> Matrix {
    precondition(a.rows == b.rows && a.columns == b.columns, "matrices of one shape can be subtracted")
    return Matrix(rows: a.rows, columns: a.columns, elements: zip(a.elements, b.elements).map { $0 - $1 })
  }

  public static func * (factor: Double, a: Matrix) -> Matrix {
    Matrix(rows: a.rows, columns: a.columns, elements: a.elements.map { factor * $0 })
  }
}
