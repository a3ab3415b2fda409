import Foundation
import Gram
import Networks

/// A kernel matrix that is computed tile by tile into an `.npy` file, by one process or by several.
///
/// The matrix is `K(xᵢ, xⱼ)` for all pairs of the inputs, exactly symmetric, or `K(xᵢ, x′ⱼ)` between two lists of
/// inputs; with both kernels the array has the shape (2, n, n′), the NNGP kernel first. Each tile is computed once, its
/// mirror image is written with it, and no more is in memory than a few tiles and their inputs.
///
/// **Same bytes.** A tile depends on the network, its inputs and the tile size alone. So one process, many shards on
/// machines of one kind, and a run that was killed and resumed write the same bytes.
public struct KernelFile: Sendable {
  public let network: Network
  /// The inputs of the rows.
  public let rows: RowFile
  /// The inputs of the columns; nil for a symmetric matrix.
  public let columns: RowFile?
  /// The kernels, at least one; with two the NNGP kernel comes first.
  public let kinds: [KernelKind]
  /// The name of the `.npy` file.
  public let path: String
  /// What is asked for besides.
  public let settings: Settings

  /// How the matrix is computed and written.
  public struct Settings: Sendable {
    public var elementType: NPYHeader.ElementType
    /// The bytes that the process may take.
    public var memory: Int
    /// The rows and columns of a tile; nil for 1024, or less where memory is short.
    public var tileSize: Int?
    public var threads: Int
    /// The version of the program, for the journal.
    public var program: String

    public init(
      elementType: NPYHeader.ElementType = .float64, memory: Int = 2 << 30, tileSize: Int? = nil, threads: Int = 1,
      program: String = "library"
    ) {
      self.elementType = elementType
      self.memory = memory
      self.tileSize = tileSize
      self.threads = threads
      self.program = program
    }
  }

  /// What a run of one process did.
  public struct Summary: Sendable, Equatable {
    public var shape: [Int]
    public var tileSize: Int
    /// The tiles of the matrix, of this process, and of these the ones that were finished before it began.
    public var tiles: Int
    public var shardTiles: Int
    public var foundTiles: Int
    /// Whether the matrix is finished and has its name.
    public var isComplete: Bool
  }

  public init(
    _ network: Network, rows: RowFile, columns: RowFile? = nil, kinds: Set<KernelKind>, path: String,
    settings: Settings = Settings()
  ) {
    precondition(!kinds.isEmpty, "at least one kernel is computed")
    self.network = network
    self.rows = rows
    self.columns = columns
    self.kinds = KernelKind.allCases.filter(kinds.contains)
    self.path = path
    self.settings = settings
  }

  /// The shape of the array.
  public var shape: [Int] {
    let matrix = [rows.count, (columns ?? rows).count]
    return kinds.count == 1 ? matrix : [kinds.count] + matrix
  }

  /// Computes the tiles of a shard that are not finished yet.
  ///
  /// - Parameters:
  ///   - shard: nil for all tiles by one process; else one of several processes, which may start at any time.
  ///   - resume: Whether a matrix that has been begun may be finished; shards always may.
  ///   - progress: Told how many entries of this process's tiles are done, and of how many; from one thread.
  /// - Throws: ``KernelFileError``, `PointsError` for inputs that cannot be read, and what the kernels throw.
  public func run(
    shard: Shard? = nil, resume: Bool = false, progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Summary {
    let other = columns ?? rows
    let plan = try TilePlan(
      memory: settings.memory, resident: rows.residentBytes + (columns?.residentBytes ?? 0), rows: rows.count,
      columns: other.count, dimension: rows.dimension, layers: network.depth, kinds: kinds.count,
      tileSize: settings.tileSize)
    let grid = TileGrid(
      rows: rows.count, columns: other.count, size: plan.tileSize, isSymmetric: columns == nil)
    _ = try MatrixFile.resolved(path)
    let identity = try identity(plan)
    let range = (shard ?? .whole).tiles(of: grid.count)
    var summary = Summary(
      shape: shape, tileSize: plan.tileSize, tiles: grid.count, shardTiles: range.count, foundTiles: range.count,
      isComplete: true)
    if resume, try isFinished(grid) { return summary }
    // A shard without tiles, or one that is run again, may come when the others have finished this very matrix.
    if shard != nil, (try? isFinished(grid)) ?? false { return summary }
    let header = NPYHeader(shape: shape, elementType: settings.elementType)
    guard
      let file = try MatrixFile(
        path, header: header, identity: identity, tiles: grid.count,
        opening: shard != nil ? .share : resume ? .resume : .fresh)
    else { return summary }
    let marks = try file.journal.marks(range)
    let missing = zip(range, marks).filter { !$0.1 }.map(\.0)
    summary.foundTiles = range.count - missing.count
    if !missing.isEmpty {
      do { try compute(missing, of: grid, plan, into: file, progress: progress) } catch {
        // A run of its own that has nothing to keep leaves nothing behind.
        if shard == nil, !resume, try !file.journal.marks(range).contains(true) { file.discard() }
        throw error
      }
    }
    summary.isComplete = try file.publishIfComplete()
    return summary
  }

  private func compute(
    _ tiles: [Int], of grid: TileGrid, _ plan: TilePlan, into file: MatrixFile,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws {
    var source = try TileSource(
      network, rows: rows, columns: columns, grid: grid, threads: settings.threads, panels: plan.panels)
    let total = tiles.reduce(0) { $0 + grid[$1].rows.count * grid[$1].columns.count }
    var done = 0
    let writer = TileWriter(file, isSymmetric: grid.isSymmetric)
    progress(0, total)
    do {
      for index in tiles {
        let tile = grid[index]
        try writer.begin(tile, try source.blocks(tile, kinds: kinds))
        done += tile.rows.count * tile.columns.count
        progress(done, total)
      }
    } catch {
      // What is finished stays finished, whatever went wrong.
      try? writer.end()
      throw error
    }
    try writer.end()
  }

  /// What the matrix is made from; reads all inputs once, and so finds rows that are not finite before anything else.
  private func identity(_ plan: TilePlan) throws -> MatrixIdentity {
    var plain = network
    plain.name = nil
    var fingerprint = Fingerprint()
    fingerprint.mix(plain.json)
    return MatrixIdentity(
      program: settings.program, kernel: kinds.map(\.rawValue).joined(separator: ","),
      network: fingerprint.hexadecimal, data: try Self.fingerprint(rows, piece: plan.tileSize),
      other: try columns.map { try Self.fingerprint($0, piece: plan.tileSize) }, shape: shape,
      elementType: settings.elementType.rawValue, tileSize: plan.tileSize)
  }

  private static func fingerprint(_ file: RowFile, piece: Int) throws -> String {
    var fingerprint = Fingerprint()
    for start in stride(from: 0, to: file.count, by: piece) {
      fingerprint.mix(try file.rows(start..<min(file.count, start + piece)))
    }
    return fingerprint.hexadecimal
  }

  /// Whether the matrix is there under its name: its header and its last tile are the right ones.
  ///
  /// A finished matrix has no journal any more; one tile computed again tells whether it is this matrix.
  private func isFinished(_ grid: TileGrid) throws -> Bool {
    let target = try MatrixFile.resolved(path)
    let names = MatrixFile.names(of: target)
    guard access(target, F_OK) == 0, access(names.partial, F_OK) != 0, access(names.journal, F_OK) != 0 else {
      return false
    }
    var source = try TileSource(
      network, rows: rows, columns: columns, grid: grid, threads: settings.threads, panels: 2)
    let tile = grid[grid.count - 1]
    let header = NPYHeader(shape: shape, elementType: settings.elementType)
    let expected = try source.blocks(tile, kinds: kinds)
    guard try MatrixFile.holds(expected, rows: tile.rows, columns: tile.columns, header: header, path: target) else {
      throw KernelFileError.foreign(
        path: target, differences: ["it is finished, and holds other values (or was computed in tiles of another size)"]
      )
    }
    return true
  }
}
