import Foundation
import Networks

/// A kernel matrix on its way into an `.npy` file.
///
/// Until all tiles are finished the matrix is in `NAME.partial`, with the journal of finished tiles in `NAME.journal`;
/// then it takes its name, and the journal goes. Nobody finds half a matrix under the name of the whole one.
final class MatrixFile: Sendable {
  /// What to do about what is there already.
  enum Opening: Sendable {
    /// Begin; refuse an unfinished matrix, replace a finished one in the end.
    case fresh
    /// Go on with an unfinished matrix, or begin if there is none.
    case resume
    /// Begin or join, as one of several processes; refuse to replace a finished matrix.
    case share
  }

  let path: String
  let header: NPYHeader
  let journal: TileJournal
  private let matrix: PositionedFile
  private let partialPath: String
  private let journalPath: String

  /// The files beside the matrix.
  static func names(of path: String) -> (partial: String, journal: String) { (path + ".partial", path + ".journal") }

  /// - Returns: nil if the matrix has been finished by others.
  /// - Throws: ``KernelFileError``.
  init?(
    _ path: String, header: NPYHeader, identity: MatrixIdentity, tiles: Int, opening: Opening
  ) throws(KernelFileError) {
    let path = try Self.resolved(path)
    let (partial, journal) = Self.names(of: path)
    func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
    if !exists(partial) {
      if exists(journal) {
        // Only the process that finishes the matrix leaves it so, for a moment; or a user who moved files.
        guard exists(path),
          try TileJournal(opening: journal, matrix: partial, identity: identity, tiles: tiles).isComplete
        else { throw .damaged(path: journal, problem: "the matrix '\(partial)' that it belongs to is not there") }
        unlink(journal)
        return nil
      }
      if exists(path), opening == .share { throw .finished(path: path) }
    } else if opening == .fresh {
      throw .unfinished(path: partial)
    }
    var made: [String] = []
    do throws(KernelFileError) {
      let beginning = header.encoded
      let bytes = beginning.count + header.byteCount
      if try PositionedFile.publish(partial, beginning: beginning, size: bytes) { made.append(partial) }
      let content = TileJournal.content(identity, tiles: tiles)
      if try PositionedFile.publish(journal, beginning: content, size: content.count) { made.append(journal) }
      self.journal = try TileJournal(opening: journal, matrix: partial, identity: identity, tiles: tiles)
      matrix = try PositionedFile(opening: partial)
      guard try matrix.size(atLeast: bytes) == bytes, try matrix.read(0..<beginning.count) == beginning else {
        throw .damaged(path: partial, problem: "it is not the array that its journal describes")
      }
      try matrix.reserve()
    } catch {
      // Nothing has been computed: leave nothing behind that was not there.
      if made == [partial, journal] || made == [partial] && access(journal, F_OK) != 0 {
        for name in made.reversed() { unlink(name) }
      }
      throw error.about(path)
    }
    self.path = path
    self.header = header
    partialPath = partial
    journalPath = journal
  }

  /// The file that a name leads to, which is a regular file or not there.
  static func resolved(_ path: String) throws(KernelFileError) -> String {
    guard !path.isEmpty else { throw .unwritable(path: path, reason: "it has no name") }
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    var status = stat()
    if stat(target, &status) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR { throw .unwritable(path: path, reason: "it is a folder") }
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw .unwritable(path: path, reason: "it is a device or a pipe, and a matrix needs a regular file")
      }
      guard access(target, W_OK) == 0 else { throw .unwritable(path: path, reason: "permission is denied") }
    }
    let folder = (target as NSString).deletingLastPathComponent
    guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw .unwritable(path: path, reason: "there is no folder '\(folder)'")
    }
    guard access(folder, W_OK) == 0 else {
      throw .unwritable(path: path, reason: "permission to write in '\(folder)' is denied")
    }
    return target
  }

  /// Writes a block of the matrix, or of one of its layers if there are several.
  func write(_ block: Block, layer: Int, rows: Range<Int>, columns: Range<Int>) throws(KernelFileError) {
    let width = header.elementType.width
    let (matrixRows, matrixColumns) = (header.shape[header.shape.count - 2], header.shape[header.shape.count - 1])
    let first = (layer * matrixRows + rows.lowerBound) * matrixColumns + columns.lowerBound
    let offset = header.dataOffset + first * width
    let stride = matrixColumns * width
    do {
      try block.withBytes(as: header.elementType) { bytes throws(KernelFileError) in
        try matrix.write(rows: rows.count, of: bytes, at: offset, stride: stride)
      }
    } catch {
      throw error.about(path)
    }
  }

  /// Whether a finished file has this header and these values.
  static func holds(
    _ blocks: [Block], rows: Range<Int>, columns: Range<Int>, header: NPYHeader, path: String
  ) throws(KernelFileError) -> Bool {
    let file = try PositionedFile(opening: path)
    let beginning = header.encoded
    guard try file.size(atLeast: 0) == beginning.count + header.byteCount,
      try file.read(0..<beginning.count) == beginning
    else { return false }
    let width = header.elementType.width
    let (matrixRows, matrixColumns) = (header.shape[header.shape.count - 2], header.shape[header.shape.count - 1])
    var result = true
    for (layer, block) in blocks.enumerated() {
      try block.withBytes(as: header.elementType) { bytes throws(KernelFileError) in
        let length = columns.count * width
        for (place, row) in rows.enumerated() {
          let first = header.dataOffset + ((layer * matrixRows + row) * matrixColumns + columns.lowerBound) * width
          let found = try file.read(first..<(first + length))
          result = result && found.elementsEqual(bytes[(place * length)..<((place + 1) * length)])
        }
      }
    }
    return result
  }

  /// Marks tiles as finished, after their elements have reached the disk.
  func finish(_ tiles: [Int]) throws(KernelFileError) {
    guard !tiles.isEmpty else { return }
    try matrix.synchronize()
    try journal.mark(tiles)
  }

  /// Removes an unfinished matrix and its journal.
  func discard() {
    unlink(journalPath)
    unlink(partialPath)
  }

  /// Gives the matrix its name if all tiles, of whatever process, are finished.
  ///
  /// - Returns: Whether they are.
  func publishIfComplete() throws(KernelFileError) -> Bool {
    guard try journal.isComplete else { return false }
    // Of several processes that end at once, one renames.
    if rename(partialPath, path) != 0, errno != ENOENT || access(path, F_OK) != 0 {
      throw .unwritable(path: path, reason: String(cString: strerror(errno)))
    }
    unlink(journalPath)
    return true
  }
}
