import CZip
import Foundation

extension ZipArchive {
  /// Why an archive could not be made.
  public struct WriteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What libzip says.
    public let problem: String
    public var description: String { "the ZIP archive cannot be made: \(problem)" }
  }

  /// The bytes of an archive of these files, in this order, stored without compression.
  ///
  /// Every file is dated 1980-01-01 00:00, the first date that the format knows: the same files give the same bytes.
  ///
  /// - Throws: ``WriteError``, as for two files of one name, or none.
  public static func encoded(_ entries: [Entry]) throws(WriteError) -> Data {
    // libzip makes no file of an empty archive.
    guard !entries.isEmpty else { throw WriteError(problem: "it has no files") }
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    func failure() -> WriteError { WriteError(problem: String(cString: zip_error_strerror(&error))) }
    guard let target = zip_source_buffer_create(nil, 0, 0, &error) else { throw failure() }
    // The archive lets go of its source when it is closed, and the bytes are read from it afterwards.
    zip_source_keep(target)
    defer { zip_source_free(target) }
    guard let archive = zip_open_from_source(target, Int32(ZIP_TRUNCATE), &error) else {
      let problem = failure()
      zip_source_free(target)
      throw problem
    }
    // libzip reads the contents when it closes the archive: they stay where they are until then.
    var contents: [UnsafeMutableRawBufferPointer] = []
    defer { for content in contents { content.deallocate() } }
    do throws(WriteError) {
      for entry in entries {
        let content = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, entry.data.count), alignment: 8)
        contents.append(content)
        entry.data.withUnsafeBytes { content.copyMemory(from: $0) }
        try add(entry.name, content: content, count: entry.data.count, to: archive)
      }
    } catch {
      zip_discard(archive)
      throw error
    }
    guard zip_close(archive) == 0 else {
      let problem = WriteError(problem: String(cString: zip_strerror(archive)))
      zip_discard(archive)
      throw problem
    }
    return try bytes(of: target)
  }

  private static func add(
    _ name: String, content: UnsafeMutableRawBufferPointer, count: Int, to archive: OpaquePointer
  ) throws(WriteError) {
    func failure() -> WriteError { WriteError(problem: "'\(name)': \(String(cString: zip_strerror(archive)))") }
    guard let source = zip_source_buffer(archive, content.baseAddress, UInt64(count), 0) else { throw failure() }
    let index = zip_file_add(archive, name, source, UInt32(ZIP_FL_ENC_UTF_8))
    guard index >= 0 else {
      zip_source_free(source)
      throw failure()
    }
    // 1980-01-01: year 0, month 1, day 1 in MS-DOS's words.
    guard zip_set_file_compression(archive, UInt64(index), ZIP_CM_STORE, 0) == 0,
      zip_file_set_dostime(archive, UInt64(index), 0, 0x21, 0) == 0
    else { throw failure() }
  }

  private static func bytes(of source: OpaquePointer) throws(WriteError) -> Data {
    func failure() -> WriteError {
      WriteError(problem: String(cString: zip_error_strerror(zip_source_error(source))))
    }
    guard zip_source_open(source) == 0 else { throw failure() }
    defer { zip_source_close(source) }
    guard zip_source_seek(source, 0, SEEK_END) == 0 else { throw failure() }
    let size = zip_source_tell(source)
    guard size >= 0, zip_source_seek(source, 0, SEEK_SET) == 0 else { throw failure() }
    var data = Data(count: Int(size))
    let read = data.withUnsafeMutableBytes { zip_source_read(source, $0.baseAddress, UInt64($0.count)) }
    guard read == size else { throw failure() }
    return data
  }
}
