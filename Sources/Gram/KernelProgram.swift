import Foundation
import LinearAlgebra
import Networks

/// A network prepared for many inputs: coefficients as doubles, a kernel chosen for each layer.
///
///     let program = try KernelProgram(network)
///     let inputs = try program.prepare(try GramInputs(rows: rows))
///     try program.block(inputs, rows: 0..<64, inputs, columns: 64..<128, into: block)
public struct KernelProgram: Sendable {
  public let network: Network
  public let options: GramOptions
  let plan: NetworkPlan

  /// - Throws: ``GramError/noLimit(kernel:reason:)``, `NetworkError`, or `KernelError` for a network without a limit.
  public init(_ network: Network, options: GramOptions = GramOptions()) throws {
    self.network = network
    self.options = options
    let isDense = network.layers.allSatisfy { $0 is DenseLayer }
    plan = try isDense ? NetworkPlan(network) : NetworkPlan(assembled: network)
  }

  /// Per-input quantities of all layers, computed once.
  ///
  /// - Throws: ``GramError`` for inputs of the wrong dimension, too long or too short, or with kernels beyond the range
  ///   of doubles.
  public func prepare(_ inputs: GramInputs) throws -> PreparedInputs {
    guard inputs.dimension == network.inputDimension else {
      throw GramError.dimension(row: 0, found: inputs.dimension, expected: network.inputDimension)
    }
    if let pairs = plan.assembled { return try prepare(inputs, with: pairs) }
    let rows = try ScaledRows(inputs)
    let n = inputs.count
    let scale = plan.inputScale.squareRoot()
    let lengths = rows.norms.map { scale * $0 }
    // The features before the layer, as lengths √F.
    var features = rows.norms
    var theta = [Double](repeating: 0, count: n)
    var layers: [PreparedLayer] = []
    var bound = ErrorBound(dimension: inputs.dimension)
    for (index, layer) in plan.layers.enumerated() {
      let gradients = index == 0 ? rows.norms.map { plan.gradientScale.squareRoot() * $0 } : features
      let (pass, own, bias) = (layer.gain, layer.own, layer.bias)
      for j in 0..<n {
        let carried = index == 0 ? 0 : pass * layers[index - 1].slopes[j] * theta[j]
        theta[j] = carried + own * (gradients[j] * gradients[j]) + bias
      }
      let prepared: PreparedLayer
      if index == 0, let law = plan.trueFirstLayer {
        prepared = try PreparedLayer(law, inputs, options: options)
      } else {
        let root = layer.gain.squareRoot()
        let variances = features.map { root * $0 * (root * $0) + layer.biasVariance }
        var made = try PreparedLayer(layer, variances: variances, options: options)
        if layer.biasVariance > 0 {
          made.mixing = (
            Vector(zip(features, variances).map { root * $0 / $1.squareRoot() }),
            Vector(variances.map { layer.biasVariance.squareRoot() / $0.squareRoot() })
          )
        }
        prepared = made
      }
      layers.append(prepared)
      features = (0..<n).map { prepared.scales[$0] }
      let degree = (0..<n).reduce(0.0) { largest, j in
        let square = features[j] * features[j]
        return square > 0 ? max(largest, prepared.slopes[j] * prepared.variances[j] / square) : largest
      }
      bound.pass(degree: degree, truncation: prepared.truncation)
    }
    let nngp = features.map {
      plan.readoutGain.squareRoot() * $0 * (plan.readoutGain.squareRoot() * $0) + plan.readoutBias
    }
    let slopes = layers[layers.count - 1].slopes
    let ntk = (0..<n).map {
      plan.readoutPass * slopes[$0] * theta[$0] + plan.readoutOwn * (features[$0] * features[$0]) + plan.readoutBiasOwn
    }
    for (name, kind, diagonal) in [("NNGP kernel", KernelKind.nngp, nngp), ("NTK", .ntk, ntk)] {
      if plan.obstacles[kind] == nil, let row = diagonal.firstIndex(where: { !$0.isFinite }) {
        throw GramError.overflow(kernel: name, row: row, column: row)
      }
    }
    return PreparedInputs(
      storage: PreparedInputs.Storage(
        inputs: inputs, rows: rows, layers: layers, lengths: Vector(lengths), nngpDiagonal: nngp, ntkDiagonal: ntk,
        bound: bound))
  }

  /// The kernels between `rows` of `a` and `columns` of `b`.
  ///
  /// Disjoint blocks may be computed at the same time. Products run on one thread of OpenBLAS, whatever number it was
  /// told to use, so that a block has the same bits wherever it is computed.
  public func block(
    _ a: PreparedInputs, rows: Range<Int>, _ b: PreparedInputs, columns: Range<Int>, into block: KernelBlock
  ) throws {
    try check(block)
    _ = try BLAS.withOneThread {
      try BlockSweep(plan: plan, a: a.storage, b: b.storage).run(
        rows: rows, columns: columns, into: block, upper: false)
    }
  }

  func check(_ block: KernelBlock) throws(GramError) {
    try requireLimits([block.nngp == nil ? nil : .nngp, block.ntk == nil ? nil : .ntk].compactMap { $0 })
  }

  /// - Throws: ``GramError/noLimit(kernel:reason:)`` for the first of the kernels that has no limit.
  package func requireLimits(_ kinds: [KernelKind]) throws(GramError) {
    for kind in kinds {
      if let reason = plan.obstacles[kind] {
        throw .noLimit(kernel: kind == .nngp ? "NNGP kernel" : "NTK", reason: reason)
      }
    }
  }
}

extension PreparedLayer {
  /// The first layer under its true law.
  init(_ law: FirstLayerLaw, _ inputs: GramInputs, options: GramOptions) throws {
    let squares = try parallelMap(count: inputs.count, threads: options.threads) { index in
      try law.duals(inputs.row(index), inputs.row(index), needsSlopes: true)
    }
    truncation = squares.reduce(0) { max($0, $1.value.roundedError / max($1.value.value, .leastNormalMagnitude)) }
    variances = Vector(count: inputs.count, repeating: 1)
    scales = Vector(squares.map { $0.value.value.squareRoot() })
    slopes = squares.map(\.slope.value)
    vanishing = []
  }
}
