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
    let prepared = try BLAS.withOneThread { try program.prepare(inputs) }
    try self.init(program, prepared, kinds: kinds)
  }

  /// The kernels between each of `rows` and each of `columns`, as between test and training inputs.
  public init(
    _ network: Network, _ rows: [[Double]], columns: [[Double]], kinds: Set<KernelKind> = Set(KernelKind.allCases),
    options: GramOptions = GramOptions()
  ) throws {
    let program = try KernelProgram(network, options: options)
    guard !columns.isEmpty else { throw GramError.noInputs }
    // Prepared together, both sides share their tables.
    let inputs = try GramInputs(rows: rows + columns)
    let prepared = try BLAS.withOneThread { try program.prepare(inputs) }
    try self.init(program, prepared, rows: 0..<rows.count, columns: rows.count..<inputs.count, kinds: kinds)
  }

  /// The kernels of prepared inputs, between `rows` and `columns` of them; nil for all pairs, a symmetric matrix.
  public init(
    _ program: KernelProgram, _ inputs: PreparedInputs, rows: Range<Int>? = nil, columns: Range<Int>? = nil,
    kinds: Set<KernelKind> = Set(KernelKind.allCases)
  ) throws {
    let all = 0..<inputs.count
    let (rowRange, columnRange) = (rows ?? all, columns ?? all)
    let schedule = TileSchedule(
      rows: rowRange, columns: columnRange, isSymmetric: rowRange == all && columnRange == all)
    let (rows, columns) = (rowRange.count, columnRange.count)
    func fill(_ nngp: UnsafeMutablePointer<Double>?, _ ntk: UnsafeMutablePointer<Double>?) throws {
      try schedule.run(program, inputs, into: KernelBlock(nngp: nngp, ntk: ntk, rowStride: columns))
    }
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
    errorBound = Dictionary(uniqueKeysWithValues: kinds.map { ($0, inputs.errorBound($0)) })
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

  private let origin: (row: Int, column: Int)

  init(rows: Range<Int>, columns: Range<Int>, isSymmetric: Bool) {
    var tiles: [Tile] = []
    for top in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.height) {
      let bottom = min(rows.upperBound, top + Self.height)
      for left in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.width) {
        let right = min(columns.upperBound, left + Self.width)
        if isSymmetric, right <= top { continue }
        tiles.append(Tile(rows: top..<bottom, columns: left..<right))
      }
    }
    self.tiles = tiles
    self.isSymmetric = isSymmetric
    origin = (rows.lowerBound, columns.lowerBound)
  }

  /// Fills both triangles.
  func run(_ program: KernelProgram, _ inputs: PreparedInputs, into block: KernelBlock) throws {
    try program.check(block)
    let sweep = BlockSweep(plan: program.plan, a: inputs.storage, b: inputs.storage)
    let total = tiles.reduce(0) { $0 + $1.rows.count * $1.columns.count }
    let done = Atomic<Int>(0)
    let progress = program.options.progress
    try BLAS.withOneThread {
      _ = try parallelMap(count: tiles.count, threads: program.options.threads) { index in
        let tile = tiles[index]
        let offset =
          (tile.rows.lowerBound - origin.row) * block.rowStride + tile.columns.lowerBound - origin.column
        let part = KernelBlock(
          nngp: block.nngp.map { $0 + offset }, ntk: block.ntk.map { $0 + offset }, rowStride: block.rowStride)
        _ = try sweep.run(rows: tile.rows, columns: tile.columns, into: part, upper: isSymmetric)
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
