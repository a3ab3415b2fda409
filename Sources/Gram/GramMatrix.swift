import LinearAlgebra
import Networks

/// The limiting kernels of a network at all pairs of many inputs.
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
    let program = try KernelProgram(network, options: options)
    let inputs = try program.prepare(try GramInputs(rows: rows))
    try self.init(program, inputs, inputs, kinds: kinds)
  }

  /// The kernels between each of `rows` and each of `columns`, as between test and training inputs.
  public init(
    _ network: Network, _ rows: [[Double]], columns: [[Double]], kinds: Set<KernelKind> = Set(KernelKind.allCases),
    options: GramOptions = GramOptions()
  ) throws {
    let program = try KernelProgram(network, options: options)
    try self.init(
      program, try program.prepare(try GramInputs(rows: rows)), try program.prepare(try GramInputs(rows: columns)),
      kinds: kinds)
  }

  private init(
    _ program: KernelProgram, _ a: PreparedInputs, _ b: PreparedInputs, kinds: Set<KernelKind>
  ) throws {
    var nngp = kinds.contains(.nngp) ? Matrix(rows: a.count, columns: b.count) : nil
    var ntk = kinds.contains(.ntk) ? Matrix(rows: a.count, columns: b.count) : nil
    for kind in kinds {
      var result = Matrix(rows: a.count, columns: b.count)
      try result.elements.withUnsafeMutableBufferPointer { buffer in
        let block = KernelBlock(
          nngp: kind == .nngp ? buffer.baseAddress : nil, ntk: kind == .ntk ? buffer.baseAddress : nil,
          rowStride: b.count)
        try program.block(a, rows: 0..<a.count, b, columns: 0..<b.count, into: block)
      }
      if kind == .nngp { nngp = result } else { ntk = result }
    }
    self.nngp = nngp
    self.ntk = ntk
    errorBound = [:]
  }
}
