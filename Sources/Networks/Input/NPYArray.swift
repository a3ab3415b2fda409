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

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads the bytes of an `.npy` file.
  public init(_ data: Data) throws(FormatError) {
    let bytes = [UInt8](data)
    guard bytes.starts(with: Self.magic) else { throw .notNPY }
    guard bytes.count >= 10 else { throw .header(problem: "it is cut off") }
    let lengthBytes = bytes[6] == 1 ? 2 : 4
    guard (1...3).contains(bytes[6]) else { throw .header(problem: "its version is \(bytes[6])") }
    let start = 8 + lengthBytes
    guard bytes.count >= start else { throw .header(problem: "it is cut off") }
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= 100_000, bytes.count >= start + length else { throw .header(problem: "it is cut off") }
    guard let header = String(validating: bytes[start..<(start + length)], as: UTF8.self) else {
      throw .header(problem: "it is not text")
    }
    let descriptor = try Self.entry("descr", of: header) { character in character != "," && character != "}" }
    let type = descriptor.trimmingCharacters(in: CharacterSet(charactersIn: "'\" "))
    guard ["<f4", "<f8", ">f4", ">f8"].contains(type) else { throw .elementType(excerpt(type)) }
    let order = try Self.entry("fortran_order", of: header) { $0.isLetter }
    guard order == "True" || order == "False" else { throw .header(problem: "fortran_order is '\(excerpt(order))'") }
    let extents = try Self.entry("shape", of: header) { $0 != ")" }
    guard extents.first == "(" else { throw .header(problem: "the shape is not a tuple") }
    var shape: [Int] = []
    for piece in extents.dropFirst().split(separator: ",") {
      let word = piece.trimmingCharacters(in: .whitespaces)
      if word.isEmpty { continue }
      guard let extent = Int(word), extent >= 0 else {
        throw .header(problem: "the shape has the extent '\(excerpt(word))'")
      }
      shape.append(extent)
    }
    let width = type.hasSuffix("8") ? 8 : 4
    var needed = width
    for extent in shape {
      let (product, overflow) = needed.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw .header(problem: "the shape is too large") }
      needed = product
    }
    let content = bytes[(start + length)...]
    guard content.count == needed else { throw .size(expected: needed, found: content.count) }
    let stored = Self.numbers(content, width: width, bigEndian: type.hasPrefix(">"))
    self.shape = shape
    values = order == "True" ? Self.transposed(stored, shape: shape) : stored
  }

  /// The text after `'key':` as long as `belongs` holds.
  private static func entry(
    _ key: String, of header: String, while belongs: (Character) -> Bool
  ) throws(FormatError) -> String {
    guard let found = header.range(of: "'\(key)':") ?? header.range(of: "\"\(key)\":") else {
      throw .header(problem: "\(key) is missing")
    }
    return String(header[found.upperBound...].drop { $0 == " " }.prefix(while: belongs))
  }

  private static func numbers(_ bytes: ArraySlice<UInt8>, width: Int, bigEndian: Bool) -> [Double] {
    stride(from: bytes.startIndex, to: bytes.endIndex, by: width).map { start in
      var pattern: UInt64 = 0
      for offset in 0..<width {
        let byte = bytes[start + (bigEndian ? offset : width - 1 - offset)]
        pattern = pattern << 8 | UInt64(byte)
      }
      return width == 8
        ? Double(bitPattern: pattern) : Double(Float(bitPattern: UInt32(truncatingIfNeeded: pattern)))
    }
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
