import CGramKernels
import Dispatch
import LinearAlgebra
import Networks
import Synchronization

/// The limiting kernels of a network at all pairs of many inputs.
///
///     let matrix = try GramMatrix(network, rows)
///     matrix.ntk?[0, 1]
public struct GramMatrix: Sendable {
  /// `K(xᵢ, x′ⱼ)`, if asked for.
  public let nngp: Matrix?
  /// `Θ(xᵢ, x′ⱼ)`, if asked for.
  public let ntk: Matrix?
  /// For each kernel a bound on the error of an entry, relative to `√(K(x,x) K(x′,x′))`.
  public let errorBound: [KernelKind: Double]

  /// The symmetric matrices of the kernels between all pairs of `rows`.
  public init(
    _ network: Network, _ rows: [[Double]], kinds: Set<KernelKind> = Set(KernelKind.allCases),
    options: GramOptions = GramOptions()
  ) throws {
    try self.init(network, try GramInputs(rows: rows), kinds: kinds, options: options)
  }

  /// The symmetric matrices of the kernels between all pairs of the inputs.
  public init(
    _ network: Network, _ inputs: GramInputs, kinds: Set<KernelKind> = Set(KernelKind.allCases),
    options: GramOptions = GramOptions()
  ) throws {
    let program = try KernelProgram(network, options: options)
    let prepared = try BLAS.onOneThread { try program.prepare(inputs) }
    try self.init(program, prepared, nil, kinds: kinds)
  }

  /// The kernels between each of `rows` and each of `columns`, as between test and training inputs.
  public init(
    _ network: Network, _ rows: [[Double]], columns: [[Double]], kinds: Set<KernelKind> = Set(KernelKind.allCases),
    options: GramOptions = GramOptions()
  ) throws {
    let program = try KernelProgram(network, options: options)
    let (first, second) = (try GramInputs(rows: rows), try GramInputs(rows: columns))
    let (a, b) = try BLAS.onOneThread { (try program.prepare(first), try program.prepare(second)) }
    try self.init(program, a, b, kinds: kinds)
  }

  /// The kernels of prepared inputs: between all pairs of `a`, or between `a` and `b`.
  public init(
    _ program: KernelProgram, _ a: PreparedInputs, _ b: PreparedInputs?, kinds: Set<KernelKind>
  ) throws {
    let schedule = TileSchedule(rows: a.count, columns: (b ?? a).count, isSymmetric: b == nil)
    func fill(_ nngp: UnsafeMutablePointer<Double>?, _ ntk: UnsafeMutablePointer<Double>?) throws {
      try schedule.run(
        program, a, b ?? a, into: KernelBlock(nngp: nngp, ntk: ntk, rowStride: (b ?? a).count))
    }
    let (rows, columns) = (a.count, (b ?? a).count)
    func matrix(_ body: (UnsafeMutablePointer<Double>?) throws -> Void) rethrows -> Matrix {
      let elements = try [Double](unsafeUninitializedCapacity: rows * columns) { buffer, count in
        try body(buffer.baseAddress)
        count = rows * columns
      }
      return Matrix(rows: rows, columns: columns, elements: elements)
    }
    var second: Matrix?
    if kinds == [.nngp] {
      nngp = try matrix { try fill($0, nil) }
      ntk = nil
    } else if kinds == [.ntk] {
      ntk = try matrix { try fill(nil, $0) }
      nngp = nil
    } else if !kinds.isEmpty {
      nngp = try matrix { first in second = try matrix { try fill(first, $0) } }
      ntk = second
    } else {
      nngp = nil
      ntk = nil
    }
    errorBound = [:]
  }
}

extension BLAS {
  /// Runs `body` with OpenBLAS on one thread, whose products have the same bits for every number of threads.
  static func onOneThread<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = threads
    setThreads(1)
    defer { setThreads(before) }
    return try body()
  }
}

/// The tiles of a kernel matrix, shared out among threads.
///
/// The grid depends on the matrix only, never on the number of threads.
struct TileSchedule: Sendable {
  private struct Tile {
    let rows: Range<Int>
    let columns: Range<Int>
  }

  private let tiles: [Tile]
  private let isSymmetric: Bool
  private static let height = 128
  private static let width = 256

  init(rows: Int, columns: Int, isSymmetric: Bool) {
    var tiles: [Tile] = []
    for top in stride(from: 0, to: rows, by: Self.height) {
      let bottom = min(rows, top + Self.height)
      for left in stride(from: 0, to: columns, by: Self.width) {
        let right = min(columns, left + Self.width)
        if isSymmetric, right <= top { continue }
        tiles.append(Tile(rows: top..<bottom, columns: left..<right))
      }
    }
    self.tiles = tiles
    self.isSymmetric = isSymmetric
  }

  /// Fills both triangles.
  func run(_ program: KernelProgram, _ a: PreparedInputs, _ b: PreparedInputs, into block: KernelBlock) throws {
    try program.check(block)
    let sweep = BlockSweep(plan: program.plan, a: a.storage, b: b.storage)
    let total = tiles.reduce(0) { $0 + $1.rows.count * $1.columns.count }
    let done = Atomic<Int>(0)
    let progress = program.options.progress
    try BLAS.onOneThread {
      _ = try parallelMap(count: tiles.count, threads: program.options.threads) { index in
        let tile = tiles[index]
        let offset = tile.rows.lowerBound * block.rowStride + tile.columns.lowerBound
        let part = KernelBlock(
          nngp: block.nngp.map { $0 + offset }, ntk: block.ntk.map { $0 + offset }, rowStride: block.rowStride)
        try sweep.run(rows: tile.rows, columns: tile.columns, into: part, upper: isSymmetric)
        if isSymmetric { mirror(tile, block) }
        if let progress {
          let pairs = tile.rows.count * tile.columns.count
          progress(done.wrappingAdd(pairs, ordering: .relaxed).newValue, total)
        }
      }
    }
  }

  /// Copies what stands right of the diagonal to its mirror image.
  private func mirror(_ tile: Tile, _ block: KernelBlock) {
    let n = block.rowStride
    for matrix in [block.nngp, block.ntk] {
      guard let matrix else { continue }
      // What lies right of all the tile's rows is mirrored as a rectangle, the triangle on the diagonal one by one.
      let split = min(tile.columns.upperBound, max(tile.columns.lowerBound, tile.rows.upperBound))
      for i in tile.rows {
        var j = max(tile.columns.lowerBound, i + 1)
        while j < split {
          matrix[j * n + i] = matrix[i * n + j]
          j += 1
        }
      }
      if split < tile.columns.upperBound {
        gram_transpose(
          tile.rows.count, tile.columns.upperBound - split, matrix + tile.rows.lowerBound * n + split, n,
          matrix + split * n + tile.rows.lowerBound, n)
      }
    }
  }
}
