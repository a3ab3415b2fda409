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
  func run(rows: Range<Int>, columns: Range<Int>, into block: KernelBlock, upper: Bool) throws {
    let workspace = Workspace(seriesLength: seriesLength)
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
              try sweep(strip, workspace, x: x + i * d, y: y)
            }
          }
        }
      }
    }
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

  private var seriesLength: Int {
    zip(a.layers, b.layers).map { first, second in
      max(first.series.map { $0.terms * $0.inner } ?? 0, second.series.map { $0.terms * $0.inner } ?? 0)
    }.max() ?? 0
  }

  private func sweep(
    _ strip: Strip, _ work: Workspace, x: UnsafePointer<Double>, y: UnsafePointer<Double>
  ) throws {
    let (i, left, count) = (strip.row, strip.columns.lowerBound, strip.columns.count)
    var state = gram_row(count: count, gap: work.gap, sum: work.sum, slope: work.slope)
    let suspicious = gram_correlate(&state, strip.dots, a.inverses[i], b.inverses.pointer + left, Self.nearlyParallel)
    if suspicious > 0 { fromDifferences(strip, work, x: x, y: y) }

    let needsNTK = strip.ntk != nil
    let theta = work.theta
    if needsNTK {
      let first = plan.layers[0]
      let factor = plan.gradientScale / plan.inputScale
      gram_start(&state, theta, first.own * factor, first.bias, a.lengths[i], b.lengths.pointer + left)
    }
    for index in plan.layers.indices {
      let (layer, first, second) = (plan.layers[index], a.layers[index], b.layers[index])
      if index > 0, needsNTK {
        let (before, other) = (a.layers[index - 1], b.layers[index - 1])
        gram_accumulate(
          &state, theta, layer.gain, layer.own, layer.bias, before.scales[i], other.scales.pointer + left, nil)
      }
      if let mixing = first.mixing, let other = second.mixing {
        gram_mix(
          &state, mixing.lengths[i], mixing.weights[i], other.lengths.pointer + left, other.weights.pointer + left)
      }
      if index == 0, let law = plan.trueFirstLayer {
        try trueFirstLayer(law, strip, work, needsSlopes: needsNTK)
      } else {
        try dual(layer, first, second, strip, &state, work, needsSlopes: needsNTK)
      }
    }
    let (last, other) = (a.layers[a.layers.count - 1], b.layers[b.layers.count - 1])
    if let ntk = strip.ntk {
      gram_accumulate(
        &state, theta, plan.readoutPass, plan.readoutOwn, plan.readoutBiasOwn, last.scales[i],
        other.scales.pointer + left, nil)
      ntk.update(from: theta + strip.skipped, count: count - strip.skipped)
    }
    if let nngp = strip.nngp {
      gram_finish(
        &state, work.before, plan.readoutGain, plan.readoutBias, last.scales[i], other.scales.pointer + left)
      nngp.update(from: work.before + strip.skipped, count: count - strip.skipped)
    }
  }

  // MARK: The pairs of inputs

  /// `1 ∓ ρ` of nearly parallel and nearly opposite inputs, from what is left of one after projection on the other:
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
    _ plan: LayerPlan, _ first: PreparedLayer, _ second: PreparedLayer, _ strip: Strip, _ state: inout gram_row,
    _ work: Workspace, needsSlopes: Bool
  ) throws {
    let (i, left) = (strip.row, strip.columns.lowerBound)
    if let series = first.series, let other = second.series, series.step == other.step, series.inner == other.inner {
      let terms = min(series.terms, other.terms)
      for k in 0..<(terms * series.inner) { work.coefficients[k] = series.coefficients[k * series.stride + i] }
      gram_mehler(
        &state, Int32(series.step), Int32(series.first), terms, series.inner, work.coefficients,
        other.coefficients.pointer + left, other.stride, series.slopeScales[i], other.slopeScales.pointer + left,
        plan.keepsAngles ? 1 : 0)
      return
    }
    if let powers = first.powers, let others = second.powers, let table = first.table {
      gram_angular(
        &state, table.defect.count, table.defect, table.slope.count, table.slope, powers[i], others.pointer + left)
      return
    }
    if let table = first.table, let other = second.table, table.variance == other.variance {
      gram_angular(
        &state, table.defect.count, table.defect, table.slope.count, table.slope, 1, work.ones)
      return
    }
    let isApproximate = plan.keepsAngles
    if isApproximate {
      work.before.update(from: work.gap, count: state.count)
      work.beforeSum.update(from: work.sum, count: state.count)
    }
    switch plan.family {
    case .bilinear(let linear, let even, let slopeAtZero):
      gram_bilinear(&state, linear, even)
      patchVanishing(first, second, strip, work, mean: linear.squareRoot(), atZero: slopeAtZero)
      return
    case .jump(let mean, let jump):
      gram_jump(&state, mean, jump)
      return
    case .erf(let scale):
      withTilt(first, second, i, left) { gram_erf(&state, $0, 4 * scale * scale / Double.pi) }
    case .gelu:
      withTilt(first, second, i, left) { gram_gelu(&state, $0) }
    case .gaussian(let height, let rate):
      withTilt(first, second, i, left) { gram_gaussian(&state, $0, 2 * rate * height * height) }
    case .wave(let odd, let amplitude, let frequency):
      guard let wave = first.wave, let other = second.wave else { return }
      gram_wave(
        &state, odd ? 1 : 0, amplitude * amplitude * frequency * frequency, wave.deviations[i],
        other.deviations.pointer + left, wave.norms[i], other.norms.pointer + left)
    case .exponential(_, let rate):
      guard let wave = first.wave, let other = second.wave else { return }
      gram_exponential(
        &state, rate * rate, wave.deviations[i], other.deviations.pointer + left, first.scales[i],
        second.scales.pointer + left)
      return
    case .series, .angular, .pairwise:
      for k in strip.skipped..<state.count {
        try single(plan, first, second, i, left + k, k, work)
      }
      return
    }
    guard isApproximate else { return }
    // Few pairs: those whose angle a later kink feels.
    for k in 0..<state.count where min(work.before[k], work.beforeSum[k]) < Self.nearlyParallel {
      (work.gap[k], work.sum[k]) = (work.before[k], work.beforeSum[k])
      try single(plan, first, second, i, left + k, k, work)
    }
  }

  private func withTilt(
    _ first: PreparedLayer, _ second: PreparedLayer, _ i: Int, _ left: Int,
    _ body: (UnsafePointer<gram_tilt>) -> Void
  ) {
    guard let tilt = first.tilt, let other = second.tilt else { return }
    var parameters = gram_tilt(
      r: tilt.r[i], e: tilt.e[i], norm: tilt.norm[i], rs: other.r.pointer + left, es: other.e.pointer + left,
      norms: other.norm.pointer + left)
    body(&parameters)
  }

  /// A preactivation that is identically 0 has the derivative `φ′(0)`, at the kink, not its mean.
  private func patchVanishing(
    _ first: PreparedLayer, _ second: PreparedLayer, _ strip: Strip, _ work: Workspace, mean: Double, atZero: Double
  ) {
    if first.vanishing.isEmpty && second.vanishing.isEmpty { return }
    let (i, left) = (strip.row, strip.columns.lowerBound)
    let rowVanishes = first.variances[i] == 0
    for k in 0..<strip.columns.count {
      let columnVanishes = second.variances[left + k] == 0
      guard rowVanishes || columnVanishes else { continue }
      work.slope[k] = (rowVanishes ? atZero : mean) * (columnVanishes ? atZero : mean)
    }
  }

  /// One pair by the methods of the assembler.
  private func single(
    _ plan: LayerPlan, _ first: PreparedLayer, _ second: PreparedLayer, _ i: Int, _ j: Int, _ k: Int, _ work: Workspace
  ) throws {
    let (gap, sum) = (work.gap[k], work.sum[k])
    let (p, q) = (first.variances[i], second.variances[j])
    if gap == 0, p == q {
      (work.gap[k], work.sum[k], work.slope[k]) = (0, 2, first.slopes[i])
      return
    }
    let (features, slopes) = try plan.duals.kernels(
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
  private let memory: UnsafeMutableRawPointer

  init(seriesLength: Int) {
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
  }

  deinit { memory.deallocate() }
}
