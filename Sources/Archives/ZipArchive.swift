import CZip
import Foundation

/// The files of a ZIP archive that is held in memory, read with libzip.
///
/// Stored and deflated entries, ZIP64 (as NumPy writes it); the checksum of every entry is checked.
public struct ZipArchive: Sendable {
  /// One file of the archive.
  public struct Entry: Sendable, Equatable {
    public let name: String
    public let data: Data

    public init(name: String, data: Data) {
      self.name = name
      self.data = data
    }
  }

  /// The files in the order of the archive.
  public let entries: [Entry]

  /// What is wrong with an archive.
  public struct FormatError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What libzip says, as in `Zip archive inconsistent`.
    public let problem: String
    public var description: String { "the ZIP archive is damaged: \(problem)" }
  }

  /// The first bytes of an archive.
  public static let magic: [UInt8] = [0x50, 0x4B]

  /// - Parameter limit: The most bytes that all files may have together, unpacked.
  /// - Throws: ``FormatError``.
  public init(_ data: Data, limit: Int) throws(FormatError) {
    // libzip takes an empty file for an empty archive.
    guard data.starts(with: Self.magic) else { throw FormatError(problem: "it does not begin with PK") }
    let bytes = [UInt8](data)
    let result = bytes.withUnsafeBytes { bytes -> Result<[Entry], FormatError> in
      do throws(FormatError) { return .success(try Self.read(bytes, limit: limit)) } catch { return .failure(error) }
    }
    entries = try result.get()
  }

  private static func read(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(FormatError) -> [Entry] {
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    func failure() -> FormatError { FormatError(problem: String(cString: zip_error_strerror(&error))) }
    guard let source = zip_source_buffer_create(bytes.baseAddress, UInt64(bytes.count), 0, &error) else {
      throw failure()
    }
    guard let archive = zip_open_from_source(source, Int32(ZIP_RDONLY | ZIP_CHECKCONS), &error) else {
      let problem = failure()
      zip_source_free(source)
      throw problem
    }
    // Nothing is written: the archive is let go of, and its source with it.
    defer { zip_discard(archive) }
    var entries: [Entry] = []
    var total = 0
    for index in 0..<zip_get_num_entries(archive, 0) {
      var status = zip_stat_t()
      guard zip_stat_index(archive, UInt64(index), 0, &status) == 0, let name = status.name else {
        throw FormatError(problem: String(cString: zip_strerror(archive)))
      }
      let text = String(cString: name)
      guard let size = Int(exactly: status.size), size <= limit - total else {
        throw FormatError(problem: "its files have more than \(limit) bytes")
      }
      total += size
      guard let file = zip_fopen_index(archive, UInt64(index), 0) else {
        throw FormatError(problem: "'\(text.prefix(60))': \(String(cString: zip_strerror(archive)))")
      }
      defer { zip_fclose(file) }
      // One byte more than announced: reading to the end makes libzip check the checksum.
      var content = [UInt8](repeating: 0, count: size + 1)
      var count = 0
      while count <= size {
        let read = content.withUnsafeMutableBytes { buffer -> Int64 in
          zip_fread(file, buffer.baseAddress?.advanced(by: count), UInt64(size + 1 - count))
        }
        guard read >= 0 else {
          let reason = String(cString: zip_error_strerror(zip_file_get_error(file)))
          throw FormatError(problem: "'\(text.prefix(60))': \(reason)")
        }
        if read == 0 { break }
        count += Int(read)
      }
      guard count == size else {
        throw FormatError(problem: "'\(text.prefix(60))' has not the \(size) bytes that are announced")
      }
      entries.append(Entry(name: text, data: Data(content.prefix(size))))
    }
    return entries
  }
}
