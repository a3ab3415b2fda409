import LimitKernels
import Moments
import Networks

/// The kernels of a network with other than dense layers, pair by pair with the assembler's recursion.
///
/// Residual blocks and layer normalization have no vector loops: a pair costs tens of microseconds and more, on all threads.
/// The entries are the assembler's own, with their bounds.
struct AssembledPairs: Sendable {
  private let recursion: KernelRecursion

  init(_ network: Network) throws { recursion = try KernelRecursion(network) }

  /// Why a kernel has no limit, if it has none at this input; it has none anywhere then.
  func obstacles(at point: [Double]) throws -> [KernelKind: String] {
    let entry = try self.entry(point, point)
    var result: [KernelKind: String] = [:]
    for (kind, quantity) in [(KernelKind.nngp, entry.nngp), (.ntk, entry.ntk)] where quantity.estimate == nil {
      result[kind] = quantity.reason ?? quantity.status ?? "undefined"
    }
    return result
  }

  func entry(_ x: some Sequence<Double>, _ y: some Sequence<Double>) throws -> KernelEntry {
    try recursion.entry(x.compactMap { ExactNumber(exactly: $0) }, y.compactMap { ExactNumber(exactly: $0) })
  }

  /// Fills a block; with `upper` from the diagonal on to the right.
  ///
  /// - Returns: `1 − ρ` of the last pair's NNGP kernel.
  func run(
    _ a: GramInputs, rows: Range<Int>, _ b: GramInputs, columns: Range<Int>, into block: KernelBlock, upper: Bool
  ) throws -> Double {
    let second = columns.map { b.row($0) }
    var gap = Double.nan
    for i in rows {
      let x = a.row(i)
      for j in columns where !upper || j >= i {
        let entry = try entry(x, second[j - columns.lowerBound])
        let offset = (i - rows.lowerBound) * block.rowStride + j - columns.lowerBound
        block.nngp?[offset] = entry.nngp.estimate?.value ?? .nan
        block.ntk?[offset] = entry.ntk.estimate?.value ?? .nan
        gap = entry.oneMinusCorrelation.nngp?.estimate?.value ?? .nan
      }
    }
    return gap
  }
}

extension KernelProgram {
  /// ``prepare(_:)`` for a network with other than dense layers: the diagonals alone.
  func prepare(_ inputs: GramInputs, with pairs: AssembledPairs) throws -> PreparedInputs {
    let rows = try ScaledRows(inputs)
    let entries = try parallelMap(count: inputs.count, threads: options.threads) { index in
      try pairs.entry(inputs.row(index), inputs.row(index))
    }
    // Between two inputs a bound may be larger than at either: a factor, as an estimate.
    func values(_ quantity: (KernelEntry) -> Quantity) -> (diagonal: [Double], bound: Double) {
      let estimates = entries.map { quantity($0).estimate }
      let bound = estimates.reduce(0.0) { largest, estimate in
        guard let estimate, estimate.value != 0 else { return largest }
        return max(largest, 4 * estimate.roundedError / estimate.value.magnitude)
      }
      return (estimates.map { $0?.value ?? .nan }, bound)
    }
    let (nngp, ntk) = (values(\.nngp), values(\.ntk))
    return PreparedInputs(
      storage: PreparedInputs.Storage(
        inputs: inputs, rows: rows, layers: [], lengths: Vector(rows.norms), nngpDiagonal: nngp.diagonal,
        ntkDiagonal: ntk.diagonal, bound: ErrorBound(nngp: nngp.bound, ntk: ntk.bound)))
  }
}
