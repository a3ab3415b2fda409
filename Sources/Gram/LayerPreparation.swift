import Foundation
import LimitKernels
import Moments

extension PreparedLayer {
  /// The layer's per-input quantities from the variances of its preactivations.
  init(_ plan: LayerPlan, variances: [Double], options: GramOptions) throws {
    let count = variances.count
    var scales = [Double](repeating: 0, count: count)
    var slopes = scales
    func each(_ body: (Int, Double) -> (square: Double, slope: Double)) {
      for (index, q) in variances.enumerated() {
        let (square, slope) = body(index, q)
        scales[index] = square.squareRoot()
        slopes[index] = slope
      }
    }

    switch plan.family {
    case .bilinear(let linear, let even, let slopeAtZero):
      // √(m² + k²) √q: the square may leave the range where the root does not.
      for (index, q) in variances.enumerated() {
        scales[index] = (linear + even).squareRoot() * q.squareRoot()
        slopes[index] = q == 0 ? slopeAtZero * slopeAtZero : linear + even
      }
    case .jump(let mean, let jump):
      each { _, q in (q == 0 ? 0 : mean + jump, 0) }
    case .erf(let scale):
      let tilt = Tilt(variances, factor: 2 * scale * scale)
      let norm = Vector(count: count)
      each { index, _ in
        let arc = atan2(tilt.r[index] * tilt.r[index], tilt.cosine(index))
        norm.pointer[index] = arc > 0 ? 1 / arc.squareRoot() : 0
        return (
          2 / Double.pi * arc, 4 * scale * scale / Double.pi * tilt.e[index] * tilt.e[index] / tilt.cosine(index)
        )
      }
      self.tilt = (tilt.r, tilt.e, norm)
    case .gelu:
      let tilt = Tilt(variances, factor: 1)
      let norm = Vector(count: count)
      each { index, q in
        let (r2, e2, root) = (tilt.r[index] * tilt.r[index], tilt.e[index] * tilt.e[index], tilt.cosine(index))
        let turn = atan2(r2, root) + 0.5 * Double.pi
        let relative = (turn + 2 * r2 * e2 / root) * 0.5 / Double.pi
        norm.pointer[index] = 1 / relative.squareRoot()
        let slope = (turn + r2 / root * (2 * e2 + e2 * e2 / (root * root))) * 0.5 / Double.pi
        return (q * relative, slope)
      }
      self.tilt = (tilt.r, tilt.e, norm)
    case .gaussian(let height, let rate):
      let tilt = Tilt(variances, factor: 2 * rate)
      let norm = Vector(count: count)
      each { index, _ in
        let (e, root) = (tilt.e[index], tilt.cosine(index))
        norm.pointer[index] = root.squareRoot()
        let r2 = tilt.r[index] * tilt.r[index]
        return (
          height * height * e * e / root, height * height * 2 * rate * r2 * e * e * e * e / (root * root * root)
        )
      }
      self.tilt = (tilt.r, tilt.e, norm)
    case .wave(let odd, let amplitude, let frequency):
      let (deviations, norms) = (Vector(count: count), Vector(count: count))
      each { index, q in
        let s = frequency * q.squareRoot()
        let drop = -0.5 * expm1(-2 * s * s)
        let (square, slope) = odd ? (drop, 1 - drop) : (1 - drop, drop)
        deviations.pointer[index] = s
        norms.pointer[index] = square > 0 ? 1 / square.squareRoot() : 0
        return (amplitude * amplitude * square, amplitude * amplitude * frequency * frequency * slope)
      }
      wave = (deviations, norms)
    case .exponential(let amplitude, let rate):
      let deviations = Vector(count: count)
      each { index, q in
        let s = rate * q.squareRoot()
        deviations.pointer[index] = s.magnitude
        let square = amplitude * amplitude * exp(2 * s * s)
        return (square, rate * rate * square)
      }
      wave = (deviations, deviations)
    case .angular(let degree):
      let table = try AngularTable(plan.duals, variance: 1, tolerance: options.tolerance)
      let powers = Vector(count: count)
      if let table {
        each { index, q in
          let power = pow(q, 0.5 * Double(degree - 1))
          powers.pointer[index] = power
          return (table.square * pow(q, Double(degree)), table.slopeSquare * power * power)
        }
      }
      self.table = table
      self.powers = powers
      if table == nil { try Self.pairwise(plan, variances, options, &scales, &slopes) }
    case .series:
      try Self.pairwiseUnlessSeries(plan, variances, options, &scales, &slopes, &series, &table)
    case .pairwise:
      try Self.shared(plan, variances, options, &scales, &slopes, &table)
    }
    // A short series keeps small angles where the closed form does not.
    if plan.keepsAngles, tilt != nil || wave != nil, case .exponential = plan.family {
    } else if plan.keepsAngles, tilt != nil || wave != nil {
      series = try HermiteTable(
        plan.activation.value, bias: BiasShift(nil, multiplier: 1), variances: variances,
        tolerance: options.tolerance, threads: options.threads)
    }
    self.variances = Vector(variances)
    self.scales = Vector(scales)
    self.slopes = slopes
    vanishing = variances.indices.filter { variances[$0] == 0 }
  }

  private static func pairwiseUnlessSeries(
    _ plan: LayerPlan, _ variances: [Double], _ options: GramOptions, _ scales: inout [Double],
    _ slopes: inout [Double], _ series: inout HermiteTable?, _ table: inout AngularTable?
  ) throws {
    series = try HermiteTable(
      plan.activation.value, bias: plan.shift, variances: variances, tolerance: options.tolerance,
      threads: options.threads)
    if let series {
      (scales, slopes) = (series.scales, series.slopes)
    } else {
      try shared(plan, variances, options, &scales, &slopes, &table)
    }
  }

  /// One table for all inputs where they share their variance, else pair by pair.
  private static func shared(
    _ plan: LayerPlan, _ variances: [Double], _ options: GramOptions, _ scales: inout [Double],
    _ slopes: inout [Double], _ table: inout AngularTable?
  ) throws {
    if let largest = variances.max(), let least = variances.min(), least > 0, largest - least <= 16 * 0x1p-53 * largest
    {
      table = try AngularTable(plan.duals, variance: largest, tolerance: options.tolerance)
    }
    if let table {
      scales = variances.map { _ in table.square.squareRoot() }
      slopes = variances.map { _ in table.slopeSquare }
    } else {
      try pairwise(plan, variances, options, &scales, &slopes)
    }
  }

  /// The squares of each input by the methods of a single pair.
  private static func pairwise(
    _ plan: LayerPlan, _ variances: [Double], _ options: GramOptions, _ scales: inout [Double],
    _ slopes: inout [Double]
  ) throws {
    var known: [Double: (Double, Double)] = [:]
    for (index, q) in variances.enumerated() {
      if known[q] == nil {
        let (features, derivative) = try plan.duals.kernels(
          PairKernel(gap: 0, first: q, second: q), needsSlopes: true)
        known[q] = (features.xx.estimate?.value ?? .nan, derivative.xx.estimate?.value ?? .nan)
      }
      guard let (square, slope) = known[q] else { continue }
      scales[index] = square.squareRoot()
      slopes[index] = slope
    }
  }
}

/// `r² = x/(1 + x)` and `e² = 1/(1 + x)`, x a multiple of the variance.
private struct Tilt {
  let r: Vector
  let e: Vector

  init(_ variances: [Double], factor: Double) {
    r = Vector(count: variances.count)
    e = Vector(count: variances.count)
    for (index, q) in variances.enumerated() {
      let x = factor * q
      e.pointer[index] = 1 / (1 + x).squareRoot()
      r.pointer[index] = x.squareRoot() * e[index]
    }
  }

  /// `√(1 − r⁴) = e √(1 + r²)`.
  func cosine(_ index: Int) -> Double { e[index] * (1 + r[index] * r[index]).squareRoot() }
}
