import Networks

/// What a run that computes a kernel matrix did, `infwidth/gram/1`.
public struct GramReport: Sendable {
  public let network: Network
  /// The file of the matrix.
  public let path: String
  /// `nngp`, `ntk` or `both`.
  public let kernel: String
  /// `f8` or `f4`.
  public let elementType: String
  public let shape: [Int]
  /// The rows and columns of a tile.
  public let tileSize: Int
  /// The tiles of the matrix.
  public let tiles: Int
  /// The share of this process, `i/m`, if it had one.
  public let shard: String?
  /// The tiles of this process, and those of them that were finished before.
  public let shardTiles: Int
  public let foundTiles: Int
  /// Whether the matrix is finished.
  public let isComplete: Bool
  /// The time it took.
  public let seconds: Double
  /// The largest memory of the process.
  public let peakBytes: Int

  public init(
    network: Network, path: String, kernel: String, elementType: String, shape: [Int], tileSize: Int, tiles: Int,
    shard: String?, shardTiles: Int, foundTiles: Int, isComplete: Bool, seconds: Double, peakBytes: Int
  ) {
    self.network = network
    self.path = path
    self.kernel = kernel
    self.elementType = elementType
    self.shape = shape
    self.tileSize = tileSize
    self.tiles = tiles
    self.shard = shard
    self.shardTiles = shardTiles
    self.foundTiles = foundTiles
    self.isComplete = isComplete
    self.seconds = seconds
    self.peakBytes = peakBytes
  }

  public var document: Document { Document(tables: [table], json: json) }

  private var table: Table {
    var table = Table(
      title: "Kernel matrix\(network.name.map { " of \($0)" } ?? "")",
      columns: [
        Column("file"), Column("kernel"), Column("shape"), Column("type"), Column("tiles", kind: .number),
        Column("computed", kind: .number), Column("finished"), Column("seconds", kind: .number),
      ])
    table.append([
      .text(path), .text(kernel), .text("(" + shape.map(String.init).joined(separator: ", ") + ")"),
      .text(elementType), .integer(tiles), .integer(shardTiles - foundTiles), .text(isComplete ? "yes" : "no"),
      .number(seconds),
    ])
    if let shard { table.notes.append("Shard \(shard): \(shardTiles) of the tiles.") }
    if foundTiles > 0 { table.notes.append("\(foundTiles) of them had been finished before.") }
    if !isComplete {
      table.notes.append("Not finished: tiles of other shards are missing. Until then the matrix is \(path).partial.")
    }
    return table
  }

  private var json: JSONNode {
    .object(
      ("schema", .string("infwidth/gram/1")), ("network", JSONNode(network: network)), ("output", .string(path)),
      ("kernel", .string(kernel)), ("shape", .array(shape.map(JSONNode.integer))), ("dtype", .string(elementType)),
      ("tileSize", .integer(tileSize)), ("tiles", .integer(tiles)),
      ("shard", shard.map(JSONNode.string) ?? .null), ("shardTiles", .integer(shardTiles)),
      ("foundTiles", .integer(foundTiles)), ("computedTiles", .integer(shardTiles - foundTiles)),
      ("complete", .boolean(isComplete)), ("seconds", .number(seconds)), ("peakBytes", .integer(peakBytes)))
  }
}
