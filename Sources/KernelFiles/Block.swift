import Networks

/// A rectangular block of a kernel matrix in memory, row by row.
public struct Block: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  public var elements: [Double]

  /// - Parameters:
  ///   - rows: The number of rows.
  ///   - columns: The number of columns.
  ///   - elements: `rows × columns` numbers.
  public init(rows: Int, columns: Int, elements: [Double]) {
    precondition(elements.count == rows * columns, "a block has rows × columns elements")
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// The mirror image, in pieces that stay in the cache.
  public var transposed: Block {
    let side = 16
    let result = [Double](unsafeUninitializedCapacity: elements.count) { target, filled in
      elements.withUnsafeBufferPointer { source in
        for top in stride(from: 0, to: rows, by: side) {
          for left in stride(from: 0, to: columns, by: side) {
            for column in left..<min(columns, left + side) {
              for row in top..<min(rows, top + side) { target[column * rows + row] = source[row * columns + column] }
            }
          }
        }
      }
      filled = elements.count
    }
    return Block(rows: columns, columns: rows, elements: result)
  }

  /// The bytes of the elements in a file, little-endian as every machine that Swift runs on.
  func withBytes(
    as type: NPYHeader.ElementType, _ body: (UnsafeRawBufferPointer) throws(KernelFileError) -> Void
  ) throws(KernelFileError) {
    switch type {
    case .float64:
      try elements.withUnsafeBufferPointer { numbers throws(KernelFileError) in
        try body(UnsafeRawBufferPointer(numbers))
      }
    case .float32:
      try elements.map(Float.init).withUnsafeBufferPointer { numbers throws(KernelFileError) in
        try body(UnsafeRawBufferPointer(numbers))
      }
    }
  }
}
