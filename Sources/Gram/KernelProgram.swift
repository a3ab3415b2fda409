import LimitKernels
import Moments
import Networks

/// A network prepared for many inputs: coefficients as doubles, a kernel chosen for each layer.
public struct KernelProgram: Sendable {
  public let network: Network
  public let options: GramOptions

  public init(_ network: Network, options: GramOptions = GramOptions()) throws {
    self.network = network
    self.options = options
  }

  /// Per-input quantities of all layers, computed once.
  public func prepare(_ inputs: GramInputs) throws -> PreparedInputs {
    guard inputs.dimension == network.inputDimension else {
      throw GramError.dimension(row: 0, found: inputs.dimension, expected: network.inputDimension)
    }
    return PreparedInputs(inputs)
  }

  /// The kernels between `rows` of `a` and `columns` of `b`; disjoint blocks may be computed at the same time.
  public func block(
    _ a: PreparedInputs, rows: Range<Int>, _ b: PreparedInputs, columns: Range<Int>, into block: KernelBlock
  ) throws {
    for (r, i) in rows.enumerated() {
      for (c, j) in columns.enumerated() {
        let x = a.inputs.row(i).compactMap { ExactNumber(exactly: $0) }
        let y = b.inputs.row(j).compactMap { ExactNumber(exactly: $0) }
        let table = try limitingKernels(of: network, at: [x, y])
        let entry = table.entries[1]
        for (name, quantity, pointer) in [("NNGP kernel", entry.nngp, block.nngp), ("NTK", entry.ntk, block.ntk)] {
          guard let pointer else { continue }
          guard let estimate = quantity.estimate else {
            throw GramError.noLimit(kernel: name, reason: quantity.reason ?? "it does not exist")
          }
          guard estimate.value.isFinite else { throw GramError.overflow(kernel: name, row: i, column: j) }
          pointer[r * block.rowStride + c] = estimate.value
        }
      }
    }
  }
}

/// Inputs with their per-input quantities of all layers.
public struct PreparedInputs: Sendable {
  public let inputs: GramInputs
  public var count: Int { inputs.count }

  init(_ inputs: GramInputs) { self.inputs = inputs }
}
