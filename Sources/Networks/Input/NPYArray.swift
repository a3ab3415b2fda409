import Foundation

/// An array of doubles read from NumPy's `.npy` format.
///
/// Versions 1 to 3 of the format; 4- and 8-byte floating-point numbers of either byte order; C or Fortran order.
///
/// **Source.** NumPy, `numpy.lib.format`.
public struct NPYArray: Sendable, Equatable {
  /// The extents.
  public let shape: [Int]
  /// The numbers, the last index running fastest; they may include NaN and infinities.
  public let values: [Double]

  /// What is wrong with the bytes.
  public enum FormatError: Error, Sendable, Equatable, CustomStringConvertible {
    case notNPY
    case header(problem: String)
    case elementType(String)
    case size(expected: Int, found: Int)

    public var description: String {
      switch self {
      case .notNPY: return "this is not an NPY file. Write one with numpy.save."
      case .header(let problem): return "the NPY header is damaged: \(problem). Write the file again with numpy.save."
      case .elementType(let type):
        return "the NPY array has elements of type '\(type)'. Save it as float64 or float32, as in x.astype('f8')."
      case .size(let expected, let found):
        return "the NPY file has \(found) bytes of data where its shape needs \(expected): "
          + (found < expected ? "it was cut off." : "something follows the array.")
      }
    }
  }

  static let magic = NPYHeader.magic

  /// Reads the bytes of an `.npy` file.
  public init(_ data: Data) throws(FormatError) {
    let header = try NPYHeader([UInt8](data.prefix(NPYHeader.maximumLength + 12)))
    let content = data.dropFirst(header.dataOffset)
    guard content.count == header.byteCount else { throw .size(expected: header.byteCount, found: content.count) }
    let stored = content.withUnsafeBytes(header.numbers)
    shape = header.shape
    values = header.isFortranOrder ? Self.transposed(stored, shape: header.shape) : stored
  }

  /// Fortran order to C order.
  private static func transposed(_ stored: [Double], shape: [Int]) -> [Double] {
    guard shape.count > 1 else { return stored }
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in 1..<shape.count { strides[axis] = strides[axis - 1] * shape[axis - 1] }
    var index = [Int](repeating: 0, count: shape.count)
    var result: [Double] = []
    result.reserveCapacity(stored.count)
    for _ in stored.indices {
      var offset = 0
      for axis in shape.indices { offset += index[axis] * strides[axis] }
      result.append(stored[offset])
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < shape[axis] { break }
        index[axis] = 0
        axis -= 1
      }
    }
    return result
  }
}
