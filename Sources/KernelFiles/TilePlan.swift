import Networks

/// How a matrix of a given size is computed within a given memory.
struct TilePlan: Sendable, Equatable {
  /// The rows and columns of a tile.
  var tileSize: Int
  /// The blocks of inputs that are kept at a time.
  var panels: Int

  /// The size of a tile where memory allows it: large enough that a matrix product is fast, small enough that the
  /// journal is fine.
  static let defaultTileSize = 1024
  /// The smallest tile that is chosen for want of memory.
  static let smallestTileSize = 64
  /// What the process needs besides tiles and inputs: the program, the buffers of the matrix product, the heap's slack.
  static let baseBytes = 128 << 20

  /// What a panel of inputs takes: the rows as they are read, checked and prepared.
  static func panelBytes(tileSize: Int, dimension: Int, layers: Int) -> Int {
    8 * tileSize * (2 * dimension + 64 * layers)
  }

  /// What tiles take: the one being computed, the one being written, and the mirror image or the narrower copy of the
  /// latter.
  static func tileBytes(tileSize: Int, kinds: Int) -> Int { 8 * tileSize * tileSize * (2 * kinds + 1) }

  /// - Parameters:
  ///   - memory: The bytes that the process may take.
  ///   - resident: What the inputs take all the time, if they are no `.npy` files.
  ///   - tileSize: A size that is asked for; nil for the largest that fits, at most ``defaultTileSize``.
  init(
    memory: Int, resident: Int, rows: Int, columns: Int, dimension: Int, layers: Int, kinds: Int, tileSize: Int?
  ) throws(KernelFileError) {
    let fixed = Self.baseBytes + resident + Self.journalBytes
    func needed(_ size: Int) -> Int {
      fixed + Self.tileBytes(tileSize: size, kinds: kinds)
        + 3 * Self.panelBytes(tileSize: size, dimension: dimension, layers: layers)
    }
    var size = tileSize ?? Self.defaultTileSize
    if tileSize == nil {
      while size > Self.smallestTileSize, needed(min(size, max(rows, columns))) > memory { size /= 2 }
    }
    // A tile that is larger than the matrix takes no more than the matrix.
    let actual = min(size, max(rows, columns))
    guard needed(actual) <= memory else { throw .memory(given: memory, needed: needed(actual)) }
    self.tileSize = size
    let panel = Self.panelBytes(tileSize: actual, dimension: dimension, layers: layers)
    panels = 2 + (memory - needed(actual)) / panel
  }

  /// The text of a journal of a million tiles.
  private static let journalBytes = 1 << 20
}
