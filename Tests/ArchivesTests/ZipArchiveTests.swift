import Archives
import Foundation
import TestSupport
import Testing

@Suite struct ZipArchiveTests {
  private func file(_ name: String) throws -> Data {
    try Data(contentsOf: referenceFolder.appendingPathComponent("weights/\(name)"))
  }

  @Test(arguments: ["mlp.npz", "mlp-deflated.npz"]) func entries(name: String) throws {
    let archive = try ZipArchive(try file(name), limit: 1_000_000)
    #expect(
      archive.entries.map(\.name)
        == ["0.weight.npy", "0.bias.npy", "2.weight.npy", "2.bias.npy", "4.weight.npy", "4.bias.npy"])
    #expect(archive.entries.allSatisfy { $0.data.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) })
  }

  /// Cut off anywhere, the archive is refused and nothing crashes.
  @Test(arguments: ["mlp.npz", "mlp-deflated.npz"]) func truncated(name: String) throws {
    let data = try file(name)
    for length in stride(from: 0, to: data.count, by: 7) {
      #expect(throws: ZipArchive.FormatError.self) { try ZipArchive(data.prefix(length), limit: 1_000_000) }
    }
  }

  /// A byte changed inside an entry does not pass the checksum.
  @Test func damaged() throws {
    var data = try file("mlp.npz")
    data[200] ^= 0xFF
    #expect(throws: ZipArchive.FormatError.self) { try ZipArchive(data, limit: 1_000_000) }
  }

  @Test func tooLarge() throws {
    let data = try file("mlp-deflated.npz")
    let error = #expect(throws: ZipArchive.FormatError.self) { try ZipArchive(data, limit: 500) }
    #expect(error?.description == "the ZIP archive is damaged: its files have more than 500 bytes")
  }

  @Test func empty() throws {
    #expect(throws: ZipArchive.FormatError.self) { try ZipArchive(Data(), limit: 10) }
    #expect(throws: ZipArchive.FormatError.self) { try ZipArchive(Data("PK".utf8), limit: 10) }
  }
}
