/// Inputs of a network, one a row, checked: every coordinate is finite.
public struct GramInputs: Sendable {
  /// The number of inputs, n.
  public let count: Int
  /// The number of coordinates of each, d.
  public let dimension: Int
  /// The coordinates, row by row.
  public let elements: [Double]

  /// - Throws: ``GramError`` for rows of different lengths, no rows, and coordinates that are not finite.
  public init(rows: [[Double]]) throws(GramError) {
    guard let first = rows.first else { throw .noInputs }
    for (index, row) in rows.enumerated() where row.count != first.count {
      throw .dimension(row: index, found: row.count, expected: first.count)
    }
    try self.init(count: rows.count, dimension: first.count, elements: rows.flatMap { $0 })
  }

  /// - Parameters:
  ///   - count: The number of rows.
  ///   - dimension: The number of coordinates of a row.
  ///   - elements: `count × dimension` coordinates, row by row.
  /// - Throws: ``GramError``, naming the row of a coordinate that is not finite.
  public init(count: Int, dimension: Int, elements: [Double]) throws(GramError) {
    guard count > 0 else { throw .noInputs }
    guard dimension > 0, elements.count == count * dimension else {
      throw .elementCount(found: elements.count, rows: count, dimension: dimension)
    }
    if let bad = elements.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(row: bad / dimension, column: bad % dimension, value: elements[bad])
    }
    self.count = count
    self.dimension = dimension
    self.elements = elements
  }

  /// The inputs in an unsafe buffer of `count × dimension` coordinates, row by row; they are copied.
  public init(count: Int, dimension: Int, buffer: UnsafeBufferPointer<Double>) throws(GramError) {
    try self.init(count: count, dimension: dimension, elements: Array(buffer))
  }

  /// One row.
  public func row(_ index: Int) -> ArraySlice<Double> { elements[(index * dimension)..<((index + 1) * dimension)] }
}
