import Foundation

/// Many points as rows of doubles, kept in a file as long as they are not wanted.
///
/// An `.npy` array stays in its file and is read by parts, so that it may be larger than memory; JSON and CSV are
/// read at once. Every element that is handed out is finite.
public final class RowFile: Sendable {
  /// For messages.
  public let name: String
  /// The number of rows.
  public let count: Int
  /// The number of columns.
  public let dimension: Int
  private let storage: Storage

  private enum Storage: Sendable {
    case memory([Double])
    case file(FileBytes, NPYHeader)
  }

  /// Rows in memory.
  ///
  /// - Parameters:
  ///   - name: What messages call them.
  ///   - count: The number of rows.
  ///   - dimension: The number of columns.
  ///   - elements: `count × dimension` finite numbers, row by row.
  public init(name: String = "the data", count: Int, dimension: Int, elements: [Double]) {
    precondition(elements.count == count * dimension, "there are count × dimension elements")
    self.name = name
    self.count = count
    self.dimension = dimension
    storage = .memory(elements)
  }

  /// Opens a file: an NPY array, a JSON list of lists, or CSV rows without header, told apart by content.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - dimension: The number of columns it must have.
  /// - Throws: ``PointsError/inFile(path:_:)``.
  public convenience init(contentsOf path: String, dimension: Int) throws(PointsError) {
    do throws(PointsError) {
      if let file = try FileBytes(opening: path), let header = try Self.header(of: file) {
        try self.init(file, header, name: path, dimension: dimension)
      } else {
        let data = try Points.fileData(path)
        if path.lowercased().hasSuffix(".npy"), !data.starts(with: NPYHeader.magic) { throw PointsError.npy(.notNPY) }
        let elements = try Self.elements(of: data, dimension: dimension)
        self.init(name: path, count: elements.count / dimension, dimension: dimension, elements: elements)
      }
    } catch {
      throw .inFile(path: path, error)
    }
  }

  private init(_ file: FileBytes, _ header: NPYHeader, name: String, dimension: Int) throws(PointsError) {
    let found = file.size - header.dataOffset
    guard found == header.byteCount else { throw .npy(.size(expected: header.byteCount, found: max(0, found))) }
    let shape = header.shape
    guard shape.count == 2 || (shape.count == 1 && dimension == 1) else {
      throw .shape(shape, dimension: dimension)
    }
    guard shape[0] > 0 else { throw .empty }
    let columns = shape.count == 2 ? shape[1] : 1
    guard columns == dimension else { throw .dimension(line: nil, point: 0, found: columns, expected: dimension) }
    self.name = name
    count = shape[0]
    self.dimension = dimension
    storage = .file(file, header)
  }

  /// The header if the file is an NPY file.
  private static func header(of file: FileBytes) throws(PointsError) -> NPYHeader? {
    let bytes = try file.read(0..<min(file.size, NPYHeader.maximumLength + 12))
    guard bytes.starts(with: NPYHeader.magic) else { return nil }
    do { return try NPYHeader(bytes) } catch { throw .npy(error) }
  }

  /// Plain CSV is read byte by byte; what is not plain takes the general way, which also finds the words for errors.
  private static func elements(of data: Data, dimension: Int) throws(PointsError) -> [Double] {
    if let plain = plainCSV(data, dimension: dimension) { return plain }
    let rows = try Points.list(data, dimension: dimension, of: FiniteDouble.self)
    return rows.flatMap { $0.map(\.value) }
  }

  private static func plainCSV(_ data: Data, dimension: Int) -> [Double]? {
    var elements: [Double] = []
    for line in data.split(separator: UInt8(ascii: "\n")) {
      var cells = 0
      for cell in line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
        let bytes = cell.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0x0D }
        guard data[bytes.endIndex..<cell.endIndex].allSatisfy({ $0 == 0x20 || $0 == 0x0D }) else { return nil }
        guard let number = try? FiniteDouble(reading: String(decoding: bytes, as: UTF8.self)) else { return nil }
        elements.append(number.value)
        cells += 1
      }
      guard cells == dimension else { return nil }
    }
    return elements.isEmpty ? nil : elements
  }

  /// The bytes that the rows take in memory all the time.
  public var residentBytes: Int {
    switch storage {
    case .memory(let elements): 8 * elements.count
    case .file: 0
    }
  }

  /// Some rows, one after the other.
  ///
  /// - Throws: ``PointsError/inFile(path:_:)`` around ``PointsError/notFinite(point:index:value:)`` or a failure to read.
  public func rows(_ range: Range<Int>) throws(PointsError) -> [Double] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "rows are counted from 0 to count")
    do throws(PointsError) {
      let elements = try read(range)
      if let bad = elements.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(
          point: range.lowerBound + bad / dimension, index: bad % dimension, value: "\(elements[bad])")
      }
      return elements
    } catch {
      throw .inFile(path: name, error)
    }
  }

  private func read(_ range: Range<Int>) throws(PointsError) -> [Double] {
    switch storage {
    case .memory(let elements):
      return Array(elements[(range.lowerBound * dimension)..<(range.upperBound * dimension)])
    case .file(let file, let header):
      let width = header.elementType.width
      func numbers(from first: Int, count: Int) throws(PointsError) -> [Double] {
        let start = header.dataOffset + first * width
        return try file.read(start..<(start + count * width)).withUnsafeBytes(header.numbers)
      }
      guard header.isFortranOrder, dimension > 1 else {
        return try numbers(from: range.lowerBound * dimension, count: range.count * dimension)
      }
      var result = [Double](repeating: 0, count: range.count * dimension)
      for column in 0..<dimension {
        let values = try numbers(from: column * count + range.lowerBound, count: range.count)
        for (row, value) in values.enumerated() { result[row * dimension + column] = value }
      }
      return result
    }
  }
}

/// A regular file that is open for reading at any position.
private final class FileBytes: Sendable {
  private let descriptor: Int32
  let size: Int

  /// Nil for what is no regular file, as a pipe.
  ///
  /// - Throws: ``PointsError/unreadable(reason:)``.
  init?(opening path: String) throws(PointsError) {
    // Without waiting for the writer of a pipe.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw .unreadable(
        reason: errno == ENOENT
          ? "there is no such file"
          : errno == EACCES ? "permission to read it is denied" : String(cString: strerror(errno)))
    }
    var status = stat()
    size = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    if status.st_mode & S_IFMT == S_IFDIR {
      close(descriptor)
      throw .unreadable(reason: "it is a folder")
    }
    if status.st_mode & S_IFMT != S_IFREG {
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }

  func read(_ range: Range<Int>) throws(PointsError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
      filled = 0
      while let base = buffer.baseAddress, filled < range.count {
        let count = pread(descriptor, base + filled, range.count - filled, off_t(range.lowerBound + filled))
        if count < 0 && errno == EINTR { continue }
        if count < 0 { failure = errno }
        if count <= 0 { return }
        filled += count
      }
    }
    guard bytes.count == range.count else {
      throw .unreadable(
        reason: failure == 0 ? "it became shorter while it was read" : String(cString: strerror(failure)))
    }
    return bytes
  }
}
