import Foundation
import LimitKernels
import Moments

extension PreparedLayer {
  /// The layer's per-input quantities from the variances of its preactivations.
  init(_ plan: LayerPlan, variances: [Double], options: GramOptions) throws {
    self.variances = Vector(variances)
    vanishing = variances.indices.filter { variances[$0] == 0 }
    var diagonal = Diagonal(count: variances.count)
    switch plan.family {
    case .series:
      series = try HermiteTable(
        plan.activation, bias: plan.shift, variances: variances, tolerance: options.tolerance,
        threads: options.threads)
      if let series {
        diagonal = Diagonal(scales: series.scales, slopes: series.slopes)
        truncation = series.truncation
      } else if try smooth(plan, variances, options), let smoothed {
        diagonal = Diagonal(scales: smoothed.scales, slopes: smoothed.slopes)
      } else {
        try tabulate(plan, variances, options, &diagonal)
      }
    case .angular(let degree):
      table = try AngularTable(plan.duals, variance: 1, tolerance: options.tolerance)
      if let table {
        let powers = Vector(variances.map { pow($0, 0.5 * Double(degree - 1)) })
        for (index, q) in variances.enumerated() {
          diagonal.scales[index] = table.square.squareRoot() * powers[index] * q.squareRoot()
          diagonal.slopes[index] = table.slopeSquare * powers[index] * powers[index]
        }
        self.powers = powers
        truncation = table.truncation
      } else {
        try diagonal.pairwise(plan, variances)
      }
    case .pairwise:
      try tabulate(plan, variances, options, &diagonal)
    default:
      closedForms(plan, variances, &diagonal)
      // A short series keeps small angles where the closed form does not.
      if plan.keepsAngles, tilt != nil {
        series = try HermiteTable(
          plan.activation, bias: plan.shift, variances: variances, tolerance: options.tolerance,
          threads: options.threads)
        if let series {
          diagonal = Diagonal(scales: series.scales, slopes: series.slopes)
          truncation = series.truncation
        }
      }
    }
    scales = Vector(diagonal.scales)
    slopes = diagonal.slopes
  }

  /// Conditional means, beside a series for the small variances; false where there is no such method.
  private mutating func smooth(_ plan: LayerPlan, _ variances: [Double], _ options: GramOptions) throws -> Bool {
    guard let dual = try plan.smoothing.dual(plan, options),
      let inputs = try SmoothedInputs(
        dual, variances: variances, threads: options.threads)
    else { return false }
    truncation = dual.error
    if variances.contains(where: { $0 <= dual.threshold }) {
      // The others' coefficients fill their places.
      series = try HermiteTable(
        plan.activation, bias: plan.shift, variances: variances.map { min($0, dual.threshold) },
        tolerance: options.tolerance, threads: options.threads)
      guard let series else { return false }
      truncation = max(truncation, series.truncation)
    }
    smoothed = inputs
    return true
  }

  private mutating func closedForms(_ plan: LayerPlan, _ variances: [Double], _ diagonal: inout Diagonal) {
    let count = variances.count
    let (r, e, norm, deviation) = (
      Vector(count: count), Vector(count: count), Vector(count: count), Vector(count: count)
    )
    for (index, q) in variances.enumerated() {
      guard let input = InputDual(plan.family, variance: q) else { continue }
      (r.pointer[index], e.pointer[index], norm.pointer[index]) = (input.r, input.e, input.norm)
      deviation.pointer[index] = input.deviation
      diagonal.scales[index] = input.scale
      diagonal.slopes[index] = input.slope
    }
    switch plan.family {
    case .erf, .gelu, .gaussian: tilt = (r, e, norm)
    case .wave, .exponential: wave = (deviation, norm)
    default: break
    }
  }

  /// One table for inputs that share their variance, one over the range of variances, or pair by pair.
  private mutating func tabulate(
    _ plan: LayerPlan, _ variances: [Double], _ options: GramOptions, _ diagonal: inout Diagonal
  ) throws {
    if let largest = variances.max(), let least = variances.min(), least > 0, largest - least <= 16 * 0x1p-53 * largest
    {
      table = try AngularTable(plan.duals, variance: largest, tolerance: options.tolerance)
    }
    if let table {
      diagonal.scales = variances.map { _ in table.square.squareRoot() }
      diagonal.slopes = variances.map { _ in table.slopeSquare }
      truncation = table.truncation
    } else {
      try diagonal.pairwise(plan, variances)
    }
  }
}

/// `√E φ²` and `E φ′²` of each input.
private struct Diagonal {
  var scales: [Double]
  var slopes: [Double]

  init(count: Int) {
    scales = [Double](repeating: 0, count: count)
    slopes = scales
  }

  init(scales: [Double], slopes: [Double]) {
    self.scales = scales
    self.slopes = slopes
  }

  /// By the methods of a single pair, once for each variance.
  mutating func pairwise(_ plan: LayerPlan, _ variances: [Double]) throws {
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
