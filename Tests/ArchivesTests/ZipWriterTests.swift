import Archives
import Foundation
import Testing

@Suite struct ZipWriterTests {
  private let entries = [
    ZipArchive.Entry(name: "a.npy", data: Data([1, 2, 3])), ZipArchive.Entry(name: "empty.txt", data: Data()),
    ZipArchive.Entry(name: "größe.txt", data: Data(repeating: 7, count: 100_000)),
  ]

  @Test func readsBack() throws {
    let data = try ZipArchive.encoded(entries)
    #expect(try ZipArchive(data, limit: 1_000_000).entries == entries)
    // Stored without compression: contents, and two headers for each file.
    #expect(data.count > 100_003 && data.count < 100_500)
  }

  /// The same bytes at any time, dated 1980-01-01 00:00.
  @Test func sameBytes() throws {
    let data = try ZipArchive.encoded(entries)
    #expect(try ZipArchive.encoded(entries) == data)
    #expect([UInt8](data[10..<14]) == [0, 0, 0x21, 0])
  }

  @Test func twoFilesOfOneName() {
    let error = #expect(throws: ZipArchive.WriteError.self) { try ZipArchive.encoded([entries[0], entries[0]]) }
    #expect(error?.description == "the ZIP archive cannot be made: 'a.npy': File already exists")
  }

  @Test func noFiles() throws {
    let error = #expect(throws: ZipArchive.WriteError.self) { try ZipArchive.encoded([]) }
    #expect(error?.description == "the ZIP archive cannot be made: it has no files")
  }
}
