import CGramKernels
import LimitKernels
import LinearAlgebra
import Moments

/// The recursion over a block of pairs: all layers for a few hundred pairs of one row while they are in cache.
struct BlockSweep: Sendable {
  let plan: NetworkPlan
  let a: PreparedInputs.Storage
  let b: PreparedInputs.Storage

  /// Rows of one matrix product, and columns of one strip.
  static let rowChunk = 64
  static let columnChunk = 256
  /// Pairs with `1 − |ρ|` below this are formed from the difference of the inputs: the rounding of a product of
  /// inputs moves the angle by about ε/√(2 (1 − |ρ|)).
  static let nearlyParallel = 0x1p-8

  /// Computes the block; with `upper`, where both sides are the same inputs, only from the diagonal on to the right.
  ///
  /// - Returns: `1 − ρ` of the last pair's features.
  func run(rows: Range<Int>, columns: Range<Int>, into block: KernelBlock, upper: Bool) throws -> Double {
    if let pairs = plan.assembled {
      return try pairs.run(a.inputs, rows: rows, b.inputs, columns: columns, into: block, upper: upper)
    }
    // One side may have had a series where the other is too wide for one.
    let supplements = try plan.layers.indices.map { index -> SmoothedInputs? in
      let (first, second) = (a.layers[index], b.layers[index])
      if let smoothed = second.smoothed, first.smoothed == nil, first.series != nil {
        return try SmoothedInputs(smoothed.dual, variances: Array(first.variances.buffer), threads: 1)
      }
      if let smoothed = first.smoothed, second.smoothed == nil, second.series != nil {
        return try SmoothedInputs(smoothed.dual, variances: Array(second.variances.buffer), threads: 1)
      }
      return nil
    }
    let layers = plan.layers.indices.map { SweepLayer(self, $0, supplements[$0]) }
    return try withExtendedLifetime((self, supplements)) {
      try layers.withUnsafeBufferPointer {
        try run(rows: rows, columns: columns, into: block, upper: upper, layers: $0)
      }
    }
  }

  private func run(
    rows: Range<Int>, columns: Range<Int>, into block: KernelBlock, upper: Bool,
    layers: UnsafeBufferPointer<SweepLayer>
  ) throws -> Double {
    let workspace = Workspace(self, seriesLength: layers.map(\.kernel.seriesLength).max() ?? 0)
    let d = a.inputs.dimension
    try a.rows.withUnsafeBufferPointer { first in
      try b.rows.withUnsafeBufferPointer { second in
        guard let x = first.baseAddress, let y = second.baseAddress else { return }
        for top in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rowChunk) {
          let bottom = min(rows.upperBound, top + Self.rowChunk)
          for left in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.columnChunk) {
            let right = min(columns.upperBound, left + Self.columnChunk)
            if upper, right <= top { continue }
            BLAS.multiply(
              transposeB: true, m: bottom - top, n: right - left, k: d, x + top * d, lda: d, y + left * d, ldb: d,
              into: workspace.products, ldc: Self.columnChunk)
            for i in top..<bottom {
              // Whole vectors: a few pairs left of the diagonal are computed in vain.
              let start = upper ? max(left, min(i, right) - (min(i, right) - left) % 8) : left
              if start >= right { continue }
              let skipped = upper ? max(0, i - start) : 0
              let offset = (i - rows.lowerBound) * block.rowStride + start + skipped - columns.lowerBound
              let strip = Strip(
                row: i, columns: start..<right, skipped: skipped,
                dots: workspace.products + (i - top) * Self.columnChunk + start - left,
                nngp: block.nngp.map { $0 + offset }, ntk: block.ntk.map { $0 + offset })
              try sweep(strip, workspace, layers, x: x + i * d, y: y)
            }
          }
        }
      }
    }
    return workspace.gap[max(0, columns.count - 1) % Self.columnChunk]
  }

  /// Pairs of one row.
  private struct Strip {
    let row: Int
    let columns: Range<Int>
    /// Pairs at the left end that only complete a vector and are not wanted.
    let skipped: Int
    let dots: UnsafeMutablePointer<Double>
    let nngp: UnsafeMutablePointer<Double>?
    let ntk: UnsafeMutablePointer<Double>?
  }

  private func sweep(
    _ strip: Strip, _ work: Workspace, _ layers: UnsafeBufferPointer<SweepLayer>, x: UnsafePointer<Double>,
    y: UnsafePointer<Double>
  ) throws {
    let (i, left, count) = (strip.row, strip.columns.lowerBound, strip.columns.count)
    var state = gram_row(count: count, gap: work.gap, sum: work.sum, slope: work.slope)
    let suspicious = gram_correlate(
      &state, strip.dots, work.inverses.0[i], work.inverses.1 + left, Self.nearlyParallel)
    if suspicious > 0 { fromDifferences(strip, work, x: x, y: y) }

    let needsNTK = strip.ntk != nil
    let theta = work.theta
    for index in layers.indices {
      let layer = layers[index]
      if needsNTK, index == 0 {
        gram_start(&state, theta, layer.own, layer.bias, layer.features.row[i], layer.features.columns + left)
      } else if needsNTK {
        gram_accumulate(
          &state, theta, layer.gain, layer.own, layer.bias, layer.features.row[i], layer.features.columns + left, nil)
      }
      if let mixing = layer.mixing {
        gram_mix(
          &state, mixing.lengths.row[i], mixing.weights.row[i], mixing.lengths.columns + left,
          mixing.weights.columns + left)
      }
      try dual(layer, index, strip, &state, work, needsSlopes: needsNTK)
    }
    let readout = layers[layers.count - 1].scales
    if let ntk = strip.ntk {
      gram_accumulate(
        &state, theta, work.readout.pass, work.readout.own, work.readout.biasOwn, readout.row[i],
        readout.columns + left, nil)
      ntk.update(from: theta + strip.skipped, count: count - strip.skipped)
    }
    if let nngp = strip.nngp {
      gram_finish(
        &state, work.before, work.readout.gain, work.readout.bias, readout.row[i], readout.columns + left)
      nngp.update(from: work.before + strip.skipped, count: count - strip.skipped)
    }
  }

  // MARK: The pairs of inputs

  /// Nearly parallel and nearly opposite inputs.
  ///
  /// `1 ∓ ρ` come from what is left of one input after projection on the other,
  ///
  ///     r = y − t x ,  t = x·y/‖x‖² ,  1 − ρ² = (‖r‖² − (r·x)²/‖x‖²)/‖y‖² .
  ///
  /// r has one rounding a coordinate, so that its relative accuracy does not depend on how short it is.
  private func fromDifferences(
    _ strip: Strip, _ work: Workspace, x: UnsafePointer<Double>, y: UnsafePointer<Double>
  ) {
    let (i, left, d) = (strip.row, strip.columns.lowerBound, a.inputs.dimension)
    let inverse = a.inverses[i]
    for k in 0..<strip.columns.count where min(work.gap[k], work.sum[k]) < Self.nearlyParallel {
      let j = left + k
      if a === b, i == j {
        (work.gap[k], work.sum[k]) = (0, 2)
        continue
      }
      let (dot, other) = (strip.dots[k], b.inverses[j])
      var (square, along) = (0.0, 0.0)
      gram_residual(d, x, y + j * d, dot * inverse * inverse, &square, &along)
      let projection = along * inverse
      let sine = max(0, square - projection * projection) * other * other
      let rho = min(1, (dot * inverse * other).magnitude)
      let near = sine / (1 + rho)
      (work.gap[k], work.sum[k]) = dot > 0 ? (near, 2 - near) : (2 - near, near)
    }
  }

  private func trueFirstLayer(
    _ law: FirstLayerLaw, _ strip: Strip, _ work: Workspace, needsSlopes: Bool
  ) throws {
    let (i, left) = (strip.row, strip.columns.lowerBound)
    let (first, second) = (a.layers[0], b.layers[0])
    for k in strip.skipped..<strip.columns.count {
      let j = left + k
      if a === b, i == j {
        (work.gap[k], work.sum[k], work.slope[k]) = (0, 2, first.slopes[i])
        continue
      }
      let (value, slope) = try law.duals(a.inputs.row(i), b.inputs.row(j), needsSlopes: needsSlopes)
      let scale = first.scales[i] * second.scales[j]
      let rho = scale > 0 ? min(1, max(-1, value.value / scale)) : 0
      (work.gap[k], work.sum[k], work.slope[k]) = (1 - rho, 1 + rho, slope.value)
    }
  }

  // MARK: The duals

  private func dual(
    _ layer: SweepLayer, _ index: Int, _ strip: Strip, _ state: inout gram_row, _ work: Workspace, needsSlopes: Bool
  ) throws {
    let (i, left) = (strip.row, strip.columns.lowerBound)
    let watches = layer.keepsAngles && !layer.kernel.keepsAngles
    if watches {
      work.before.update(from: work.gap, count: state.count)
      work.beforeSum.update(from: work.sum, count: state.count)
    }
    switch layer.kernel {
    case .series(let series):
      mehler(series, layer, i, left, &state, work)
    case .smoothed(let smoothed):
      try self.smoothed(smoothed, layer, index, strip, &state, work, needsSlopes: needsSlopes)
    case .angular(let defect, let slope, let powers):
      gram_angular(
        &state, defect.count, defect.baseAddress, slope.count, slope.baseAddress, powers?.row[i] ?? 1,
        powers.map { $0.columns + left } ?? work.ones)
    case .bilinear(let linear, let even, let atZero, let vanishing):
      gram_bilinear(&state, linear, even)
      if vanishing { patchVanishing(index, strip, work, mean: linear.squareRoot(), atZero: atZero) }
    case .jump(let mean, let jump):
      gram_jump(&state, mean, jump)
    case .erf(let tilt, let factor):
      var parameters = tilt.parameters(i, left)
      gram_erf(&state, &parameters, factor)
    case .gelu(let tilt):
      var parameters = tilt.parameters(i, left)
      gram_gelu(&state, &parameters)
    case .gaussian(let tilt, let factor):
      var parameters = tilt.parameters(i, left)
      gram_gaussian(&state, &parameters, factor)
    case .wave(let odd, let factor, let deviations, let norms):
      gram_wave(
        &state, odd, factor, deviations.row[i], deviations.columns + left, norms.row[i], norms.columns + left)
    case .exponential(let square, let deviations):
      gram_exponential(
        &state, square, deviations.row[i], deviations.columns + left, layer.scales.row[i],
        layer.scales.columns + left)
    case .trueFirstLayer:
      if let law = plan.trueFirstLayer { try trueFirstLayer(law, strip, work, needsSlopes: needsSlopes) }
    case .pairwise:
      for k in strip.skipped..<state.count { try single(index, i, left + k, k, work) }
    }
    guard watches else { return }
    // Few pairs: those whose angle a later kink feels.
    for k in 0..<state.count where min(work.before[k], work.beforeSum[k]) < Self.nearlyParallel {
      (work.gap[k], work.sum[k]) = (work.before[k], work.beforeSum[k])
      try single(index, i, left + k, k, work)
    }
  }

  private func mehler(
    _ series: SweepKernel.Series, _ layer: SweepLayer, _ i: Int, _ left: Int, _ state: inout gram_row, _ work: Workspace
  ) {
    let length = series.terms * series.inner
    for k in 0..<length { work.coefficients[k] = series.row[k * series.rowStride + i] }
    gram_mehler(
      &state, series.step, series.first, series.terms, series.inner, work.coefficients, series.columns + left,
      series.columnStride, series.slopes.row[i], series.slopes.columns + left, layer.keepsAngles ? 1 : 0)
  }

  /// The series for pairs of small variances, conditional means for all others.
  private func smoothed(
    _ kernel: SweepKernel.Smoothed, _ layer: SweepLayer, _ index: Int, _ strip: Strip, _ state: inout gram_row,
    _ work: Workspace, needsSlopes: Bool
  ) throws {
    let (i, left) = (strip.row, strip.columns.lowerBound)
    work.before.update(from: work.gap, count: state.count)
    work.beforeSum.update(from: work.sum, count: state.count)
    let (first, firstRoot) = (kernel.deviations.row[i], kernel.roots.row[i])
    var isSmall = false
    if let series = kernel.series, first <= kernel.seriesLimits.row {
      isSmall = true
      mehler(series, layer, i, left, &state, work)
    }
    for k in strip.skipped..<state.count {
      let (second, secondRoot) = (kernel.deviations.columns[left + k], kernel.roots.columns[left + k])
      if isSmall, second <= kernel.seriesLimits.columns { continue }
      let (gap, sum) = (work.before[k], work.beforeSum[k])
      if gap == 0, first == second {
        (work.gap[k], work.sum[k], work.slope[k]) = (0, 2, a.layers[index].slopes[i])
        continue
      }
      let rho = gap < sum ? 1 - gap : sum - 1
      let (smaller, larger) = (min(first, second), max(first, second))
      let spread = larger * (gap * sum).squareRoot()
      var value = 0.0
      let slope = needsSlopes ? work.slope + k : nil
      if larger <= kernel.limit {
        let samples =
          first <= second ? kernel.samples.row + i * kernel.stride : kernel.samples.columns + (left + k) * kernel.stride
        gram_conditional_means(
          kernel.loops, kernel.nodeCount, kernel.nodes, samples, larger, rho, spread, &value, slope)
      } else if let dual = a.layers[index].smoothed?.dual ?? b.layers[index].smoothed?.dual,
        let level = dual.level(larger)
      {
        // Variances of a million and more.
        let grid = dual.grids[level]
        let samples = dual.samples(smaller, level: level).elements
        gram_conditional_means(
          kernel.loops, grid.count, grid.nodes.pointer, samples, larger, rho, spread, &value, slope)
      }
      let scale = firstRoot * secondRoot
      let next = scale > 0 ? value / scale : 0
      (work.gap[k], work.sum[k]) = (max(0, 1 - next), max(0, 1 + next))
      if layer.keepsAngles, min(work.gap[k], work.sum[k]) < Self.nearlyParallel {
        // A later kink feels the angle.
        (work.gap[k], work.sum[k]) = (gap, sum)
        try single(index, i, left + k, k, work)
      }
    }
  }

  /// A preactivation that is identically 0 has the derivative `φ′(0)`, at the kink, not its mean.
  private func patchVanishing(_ index: Int, _ strip: Strip, _ work: Workspace, mean: Double, atZero: Double) {
    let (first, second) = (a.layers[index], b.layers[index])
    let (i, left) = (strip.row, strip.columns.lowerBound)
    let rowVanishes = first.variances[i] == 0
    for k in 0..<strip.columns.count {
      let columnVanishes = second.variances[left + k] == 0
      guard rowVanishes || columnVanishes else { continue }
      work.slope[k] = (rowVanishes ? atZero : mean) * (columnVanishes ? atZero : mean)
    }
  }

  /// One pair by the methods of the assembler.
  private func single(_ index: Int, _ i: Int, _ j: Int, _ k: Int, _ work: Workspace) throws {
    let (layer, first, second) = (plan.layers[index], a.layers[index], b.layers[index])
    let (gap, sum) = (work.gap[k], work.sum[k])
    let (p, q) = (first.variances[i], second.variances[j])
    if gap == 0, p == q {
      (work.gap[k], work.sum[k], work.slope[k]) = (0, 2, first.slopes[i])
      return
    }
    let (features, slopes) = try layer.duals.kernels(
      PairKernel(gap: gap, sum: sum, first: p, second: q), needsSlopes: true)
    let near = features.correlationGap?.value ?? 1
    let far = features.onePlusCorrelation?.value ?? 1
    (work.gap[k], work.sum[k]) = near < far ? (near, 2 - near) : (2 - far, far)
    work.slope[k] = slopes.xy.estimate?.value ?? .nan
  }
}

/// Storage of one sweep, of one thread.
final class Workspace {
  let products: UnsafeMutablePointer<Double>
  let gap: UnsafeMutablePointer<Double>
  let sum: UnsafeMutablePointer<Double>
  let slope: UnsafeMutablePointer<Double>
  let theta: UnsafeMutablePointer<Double>
  let before: UnsafeMutablePointer<Double>
  let beforeSum: UnsafeMutablePointer<Double>
  let ones: UnsafeMutablePointer<Double>
  let coefficients: UnsafeMutablePointer<Double>
  /// `1/‖x‖` of both sides.
  let inverses: (UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>)
  let readout: (gain: Double, bias: Double, pass: Double, own: Double, biasOwn: Double)
  private let memory: UnsafeMutableRawPointer

  init(_ sweep: BlockSweep, seriesLength: Int) {
    let width = BlockSweep.columnChunk + Vector.padding
    let size = BlockSweep.rowChunk * BlockSweep.columnChunk + Vector.padding
    let total = size + 7 * width + seriesLength
    memory = .allocate(byteCount: total * MemoryLayout<Double>.stride, alignment: 64)
    let base = memory.bindMemory(to: Double.self, capacity: total)
    base.initialize(repeating: 0, count: total)
    products = base
    let rows = base + size
    (gap, sum, slope, theta) = (rows, rows + width, rows + 2 * width, rows + 3 * width)
    (before, beforeSum, ones) = (rows + 4 * width, rows + 5 * width, rows + 6 * width)
    coefficients = rows + 7 * width
    ones.update(repeating: 1, count: width)
    inverses = (sweep.a.inverses.pointer, sweep.b.inverses.pointer)
    let plan = sweep.plan
    readout = (plan.readoutGain, plan.readoutBias, plan.readoutPass, plan.readoutOwn, plan.readoutBiasOwn)
  }

  deinit { memory.deallocate() }
}
