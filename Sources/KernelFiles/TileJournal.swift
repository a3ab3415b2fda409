import Foundation

/// What a matrix is made from: two runs may fill one file if and only if these agree.
struct MatrixIdentity: Codable, Sendable, Equatable {
  var schema = "infwidth/gram-journal/1"
  /// The version of the program.
  var program: String
  /// `nngp`, `ntk`, or both.
  var kernel: String
  /// Fingerprints of the network without its name, of the inputs of the rows and, unless symmetric, of the columns.
  var network: String
  var data: String
  var other: String?
  var shape: [Int]
  var elementType: String
  var tileSize: Int

  /// What differs, in words.
  func differences(from other: MatrixIdentity) -> [String] {
    var result: [String] = []
    func compare<Value: Equatable>(_ name: String, _ path: KeyPath<MatrixIdentity, Value>, shown: Bool) {
      guard self[keyPath: path] != other[keyPath: path] else { return }
      result.append(
        shown ? "its \(name) is \(other[keyPath: path]), not \(self[keyPath: path])" : "its \(name) differs")
    }
    compare("format", \.schema, shown: true)
    compare("program version", \.program, shown: true)
    compare("kernel", \.kernel, shown: true)
    compare("network", \.network, shown: false)
    compare("data", \.data, shown: false)
    compare("other data", \.other, shown: false)
    compare("shape", \.shape, shown: true)
    compare("element type", \.elementType, shown: true)
    compare("tile size", \.tileSize, shown: true)
    return result
  }
}

/// The journal of the finished tiles of a matrix, a text file beside it.
///
/// The first line is the ``MatrixIdentity`` in JSON, the second has a character for each tile: `#` finished, `.` not.
/// Processes that share a matrix write different characters, so that they need no lock.
final class TileJournal: Sendable {
  private let file: PositionedFile
  private let headerBytes: Int
  private let tileCount: Int

  private static let finished = UInt8(ascii: "#")
  private static let unfinished = UInt8(ascii: ".")
  private static let newline = UInt8(ascii: "\n")

  /// The content of a journal without finished tiles.
  static func content(_ identity: MatrixIdentity, tiles: Int) -> [UInt8] {
    header(identity) + [UInt8](repeating: unfinished, count: tiles) + [newline]
  }

  private static func header(_ identity: MatrixIdentity) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Encoding words and whole numbers does not fail.
    return Array((try? encoder.encode(identity)) ?? Data()) + [newline]
  }

  /// Opens the journal of a matrix.
  ///
  /// - Parameter matrix: The file that the journal speaks of, for messages.
  /// - Throws: ``KernelFileError/foreign(path:differences:)`` if it is another's.
  init(opening path: String, matrix: String, identity: MatrixIdentity, tiles: Int) throws(KernelFileError) {
    file = try PositionedFile(opening: path)
    tileCount = tiles
    let expected = Self.header(identity)
    headerBytes = expected.count
    let size = try file.size(atLeast: expected.count + tiles + 1)
    let start = try file.read(0..<min(size, 4096))
    guard Array(start.prefix(expected.count)) != expected || size != expected.count + tiles + 1 else { return }
    guard let end = start.firstIndex(of: Self.newline),
      let found = try? JSONDecoder().decode(MatrixIdentity.self, from: Data(start[..<end]))
    else { throw .damaged(path: path, problem: "its first line is not a journal's") }
    let differences = identity.differences(from: found)
    guard differences.isEmpty else { throw .foreign(path: matrix, differences: differences) }
    throw .damaged(path: path, problem: "it has \(size) bytes where \(expected.count + tiles + 1) are expected")
  }

  /// Whether each tile of `range` is finished.
  func marks(_ range: Range<Int>) throws(KernelFileError) -> [Bool] {
    let bytes = try file.read((headerBytes + range.lowerBound)..<(headerBytes + range.upperBound))
    if let bad = bytes.firstIndex(where: { $0 != Self.finished && $0 != Self.unfinished }) {
      throw .damaged(path: file.path, problem: "the mark of tile \(range.lowerBound + bad + 1) is neither # nor .")
    }
    return bytes.map { $0 == Self.finished }
  }

  /// Whether all tiles, of whatever shard, are finished.
  var isComplete: Bool {
    get throws(KernelFileError) { try marks(0..<tileCount).allSatisfy { $0 } }
  }

  /// Marks tiles as finished; their elements must have reached the disk.
  func mark(_ tiles: [Int]) throws(KernelFileError) {
    for tile in tiles { try file.write([Self.finished], at: headerBytes + tile) }
  }
}
