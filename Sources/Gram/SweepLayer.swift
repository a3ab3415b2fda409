import CGramKernels

/// A per-input quantity of both sides of a block.
struct Sides: Sendable {
  // Owned by the prepared inputs, which outlive a sweep.
  nonisolated(unsafe) let row: UnsafeMutablePointer<Double>
  nonisolated(unsafe) let columns: UnsafeMutablePointer<Double>

  init(_ row: Vector, _ columns: Vector) {
    self.row = row.pointer
    self.columns = columns.pointer
  }
}

/// A layer as the sweep sees it: numbers and pointers only.
///
/// Threads that share references would spend their time counting them.
struct SweepLayer {
  let gain: Double
  let own: Double
  let bias: Double
  /// `√F` before the layer, for its own term of the NTK.
  let features: Sides
  let mixing: (lengths: Sides, weights: Sides)?
  /// `√F` after the layer.
  let scales: Sides
  let kernel: SweepKernel
  /// Whether a later kink feels the angle.
  let keepsAngles: Bool

  /// - Parameter supplement: What one side lacks of the other's.
  init(_ sweep: BlockSweep, _ index: Int, _ supplement: SmoothedInputs?) {
    let (plan, a, b) = (sweep.plan.layers[index], sweep.a.layers[index], sweep.b.layers[index])
    gain = plan.gain
    // The first layer's own term has a scale of its own.
    own = index == 0 ? plan.own * (sweep.plan.gradientScale / sweep.plan.inputScale) : plan.own
    bias = plan.bias
    features =
      index == 0
      ? Sides(sweep.a.lengths, sweep.b.lengths)
      : Sides(sweep.a.layers[index - 1].scales, sweep.b.layers[index - 1].scales)
    if let first = a.mixing, let second = b.mixing {
      mixing = (Sides(first.lengths, second.lengths), Sides(first.weights, second.weights))
    } else {
      mixing = nil
    }
    scales = Sides(a.scales, b.scales)
    keepsAngles = plan.keepsAngles
    kernel = index == 0 && sweep.plan.trueFirstLayer != nil ? .trueFirstLayer : SweepKernel(plan, a, b, supplement)
  }
}

/// The dual of one layer, as the vector loops take it.
enum SweepKernel {
  struct Series {
    let step: Int32
    let first: Int32
    let terms: Int
    let inner: Int
    let row: UnsafeMutablePointer<Double>
    let rowStride: Int
    let columns: UnsafeMutablePointer<Double>
    let columnStride: Int
    let slopes: Sides
  }

  struct Tilt {
    let r: Sides
    let e: Sides
    let norm: Sides

    func parameters(_ i: Int, _ left: Int) -> gram_tilt {
      gram_tilt(
        r: r.row[i], e: e.row[i], norm: norm.row[i], rs: r.columns + left, es: e.columns + left,
        norms: norm.columns + left)
    }
  }

  case series(Series)
  /// Conditional means, and a series for the pairs that it is good for.
  struct Smoothed {
    let loops: UnsafePointer<gram_conditional>
    let nodes: UnsafePointer<Double>
    let nodeCount: Int
    /// The largest deviation that the samples at hand are good for.
    let limit: Double
    let deviations: Sides
    let roots: Sides
    let samples: Sides
    let stride: Int
    let series: Series?
    /// The largest deviations with a series.
    let seriesLimits: (row: Double, columns: Double)
  }

  case smoothed(Smoothed)
  case angular(UnsafeBufferPointer<Double>, UnsafeBufferPointer<Double>, powers: Sides?)
  case bilinear(linear: Double, even: Double, slopeAtZero: Double, vanishing: Bool)
  case jump(mean: Double, jump: Double)
  case erf(Tilt, factor: Double)
  case gelu(Tilt)
  case gaussian(Tilt, factor: Double)
  case wave(odd: Int32, factor: Double, deviations: Sides, norms: Sides)
  case exponential(rateSquare: Double, deviations: Sides)
  case trueFirstLayer
  case pairwise

  /// The vector loop that both sides were prepared for, or the methods of a single pair.
  init(_ plan: LayerPlan, _ a: PreparedLayer, _ b: PreparedLayer, _ supplement: SmoothedInputs?) {
    self = .pairwise
    var series: Series?
    if let first = a.series, let second = b.series, first.step == second.step, first.inner == second.inner {
      series = Series(
        step: Int32(first.step), first: Int32(first.first), terms: min(first.terms, second.terms),
        inner: first.inner, row: first.coefficients.pointer, rowStride: first.stride,
        columns: second.coefficients.pointer, columnStride: second.stride,
        slopes: Sides(first.slopeScales, second.slopeScales))
    }
    if let first = a.smoothed ?? supplement, let second = b.smoothed ?? supplement {
      func limit(_ side: PreparedLayer) -> Double {
        side.smoothed == nil ? .infinity : first.dual.threshold.squareRoot()
      }
      let grid = first.dual.grids[0]
      self = .smoothed(
        Smoothed(
          loops: first.dual.loops, nodes: UnsafePointer(grid.nodes.pointer), nodeCount: grid.count, limit: grid.limit,
          deviations: Sides(first.deviations, second.deviations), roots: Sides(first.roots, second.roots),
          samples: Sides(first.samples, second.samples), stride: first.stride, series: series,
          seriesLimits: (limit(a), limit(b))))
      return
    }
    if let series {
      self = .series(series)
      return
    }
    if let first = a.table, let second = b.table,
      (first.variance - second.variance).magnitude <= 32 * 0x1p-53 * first.variance
    {
      var powers: Sides?
      if let row = a.powers, let columns = b.powers { powers = Sides(row, columns) }
      self = .angular(first.defect.buffer, first.slope.buffer, powers: powers)
      return
    }
    var tilt: Tilt?
    if let first = a.tilt, let second = b.tilt {
      tilt = Tilt(r: Sides(first.r, second.r), e: Sides(first.e, second.e), norm: Sides(first.norm, second.norm))
    }
    switch plan.family {
    case .bilinear(let linear, let even, let slopeAtZero):
      self = .bilinear(
        linear: linear, even: even, slopeAtZero: slopeAtZero,
        vanishing: !(a.vanishing.isEmpty && b.vanishing.isEmpty))
    case .jump(let mean, let jump): self = .jump(mean: mean, jump: jump)
    case .erf(let scale):
      if let tilt { self = .erf(tilt, factor: 4 * scale * scale / Double.pi) }
    case .gelu:
      if let tilt { self = .gelu(tilt) }
    case .gaussian(let height, let rate):
      if let tilt { self = .gaussian(tilt, factor: 2 * rate * height * height) }
    case .wave(let odd, let amplitude, let frequency):
      guard let first = a.wave, let second = b.wave else { return }
      self = .wave(
        odd: odd ? 1 : 0, factor: amplitude * amplitude * frequency * frequency,
        deviations: Sides(first.deviations, second.deviations), norms: Sides(first.norms, second.norms))
    case .exponential(_, let rate):
      guard let first = a.wave, let second = b.wave else { return }
      self = .exponential(rateSquare: rate * rate, deviations: Sides(first.deviations, second.deviations))
    case .series, .angular, .pairwise: break
    }
  }

  /// Whether `1 ∓ ρ` keep their relative accuracy by themselves.
  var keepsAngles: Bool {
    switch self {
    case .erf, .gelu, .gaussian, .wave: false
    default: true
    }
  }

  var seriesLength: Int {
    switch self {
    case .series(let series): series.terms * series.inner
    case .smoothed(let smoothed): smoothed.series.map { $0.terms * $0.inner } ?? 0
    default: 0
    }
  }
}
