import Foundation

/// What an `.npy` file says about its array before the elements begin.
///
/// **Source.** NumPy, `numpy.lib.format`, versions 1 to 3.
public struct NPYHeader: Sendable, Equatable {
  /// The floating-point numbers that are read and written.
  public enum ElementType: String, Sendable, CaseIterable {
    case float32 = "f4"
    case float64 = "f8"

    /// The bytes of one element.
    public var width: Int { self == .float64 ? 8 : 4 }
  }

  public var elementType: ElementType
  public var isBigEndian: Bool
  /// Whether the first index runs fastest.
  public var isFortranOrder: Bool
  /// The extents.
  public var shape: [Int]
  /// Where the elements begin in the file.
  public var dataOffset: Int

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The longest header.
  static let maximumLength = 100_000

  /// The number of elements.
  public var elementCount: Int { shape.reduce(1, *) }
  /// The bytes of all elements.
  public var byteCount: Int { elementCount * elementType.width }

  /// Reads the header at the beginning of `bytes`, which may go on after it.
  public init(_ bytes: [UInt8]) throws(NPYArray.FormatError) {
    guard bytes.starts(with: Self.magic) else { throw .notNPY }
    guard bytes.count >= 10 else { throw .header(problem: "it is cut off") }
    let lengthBytes = bytes[6] == 1 ? 2 : 4
    guard (1...3).contains(bytes[6]) else { throw .header(problem: "its version is \(bytes[6])") }
    let start = 8 + lengthBytes
    guard bytes.count >= start else { throw .header(problem: "it is cut off") }
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.maximumLength, bytes.count >= start + length else { throw .header(problem: "it is cut off") }
    guard let header = String(validating: bytes[start..<(start + length)], as: UTF8.self) else {
      throw .header(problem: "it is not text")
    }
    let descriptor = try Self.entry("descr", of: header) { character in character != "," && character != "}" }
    let type = descriptor.trimmingCharacters(in: CharacterSet(charactersIn: "'\" "))
    guard let element = ElementType(rawValue: String(type.dropFirst())), let order = type.first, "<>".contains(order)
    else { throw .elementType(excerpt(type)) }
    let fortran = try Self.entry("fortran_order", of: header) { $0.isLetter }
    guard fortran == "True" || fortran == "False" else {
      throw .header(problem: "fortran_order is '\(excerpt(fortran))'")
    }
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
    var needed = element.width
    for extent in shape {
      let (product, overflow) = needed.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw .header(problem: "the shape is too large") }
      needed = product
    }
    elementType = element
    isBigEndian = order == ">"
    isFortranOrder = fortran == "True"
    self.shape = shape
    dataOffset = start + length
  }

  /// The header of a new file in C order, little-endian.
  public init(shape: [Int], elementType: ElementType = .float64) {
    self.elementType = elementType
    isBigEndian = false
    isFortranOrder = false
    self.shape = shape
    dataOffset = 0
    dataOffset = encoded.count
  }

  /// The bytes of the header as version 1 of the format writes it, a multiple of 64.
  public var encoded: [UInt8] {
    Self.encoded(
      descriptor: (isBigEndian ? ">" : "<") + elementType.rawValue, isFortranOrder: isFortranOrder, shape: shape)
  }

  /// The bytes of the header of an array whose elements NumPy describes so, as in `<f8` or `<U12`.
  public static func encoded(descriptor: String, isFortranOrder: Bool = false, shape: [Int]) -> [UInt8] {
    let extents = shape.map { "\($0)," }.joined(separator: " ")
    let tuple = shape.count == 1 ? extents : String(extents.dropLast())
    let order = isFortranOrder ? "True" : "False"
    var text = Array("{'descr': '\(descriptor)', 'fortran_order': \(order), 'shape': (\(tuple)), }".utf8)
    while (10 + text.count + 1) % 64 != 0 { text.append(UInt8(ascii: " ")) }
    text.append(UInt8(ascii: "\n"))
    return magic + [1, 0, UInt8(truncatingIfNeeded: text.count), UInt8(truncatingIfNeeded: text.count >> 8)] + text
  }

  /// The text after `'key':` as long as `belongs` holds.
  private static func entry(
    _ key: String, of header: String, while belongs: (Character) -> Bool
  ) throws(NPYArray.FormatError) -> String {
    guard let found = header.range(of: "'\(key)':") ?? header.range(of: "\"\(key)\":") else {
      throw .header(problem: "\(key) is missing")
    }
    return String(header[found.upperBound...].drop { $0 == " " }.prefix(while: belongs))
  }

  /// The doubles that `bytes`, a whole number of elements, stand for, in the order of the file.
  func numbers(_ bytes: UnsafeRawBufferPointer) -> [Double] {
    let width = elementType.width
    let isForeign = isBigEndian == (Int(littleEndian: 1) == 1)
    return (0..<(bytes.count / width)).map { index in
      if width == 8 {
        let pattern = bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
        return Double(bitPattern: isForeign ? pattern.byteSwapped : pattern)
      }
      let pattern = bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
      return Double(Float(bitPattern: isForeign ? pattern.byteSwapped : pattern))
    }
  }
}
