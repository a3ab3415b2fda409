import Activations
import CGramKernels
import Foundation
import Moments

/// The dual activations of a function analytic in a strip at any variances, by conditional means.
///
///     E[φ(b + u) φ(b + v)] = E φ(b + σ₁ X) S(b + ρ σ₂ X, σ₂ √(1 − ρ²)) ,  S(m, s) = E φ(m + s Z) ,
///
/// one integral over the Gaussian X, with S from a ``SmoothingTable`` that belongs to the function alone. The integrand changes
/// its shape at X = 0 only, on scales from 1/σ to 1: the trapezoidal rule in τ, `X = w sinh τ`, converges like
/// `exp(−2π d/h)` with d = π/4, where the Gaussian's growth ends, for every ρ and for all σ up to about c/w. Even and odd
/// parts of φ go by themselves over X ≥ 0. A bias with a law of its own is integrated over by a Gauss rule, for both signs of X.
///
/// X belongs to the smaller variance, so that S is never small against its table's accuracy, and the result does not
/// depend on the order of the two inputs.
final class SmoothedDual: @unchecked Sendable {
  // The pointers in `loops` are into the vectors beside it; nothing changes after the initializer.

  /// The nodes for deviations up to a limit.
  struct Grid: Sendable {
    /// The largest deviation.
    let limit: Double
    let count: Int
    let nodes: Vector
    /// `h w cosh τ n(x)`, halved at 0.
    let weights: [Double]

    /// - Parameter level: Deviations go up to `2^(9 (level + 1))` times the scale.
    init(scale: Double, level: Int, spacing: Double) {
      let width = Double(sign: .plus, exponent: -9 * (level + 1), significand: 1)
      limit = scale / width
      count = (Int((asinh(9 / width) / spacing).rounded(.up)) + 8) & ~7
      nodes = Vector(count: count)
      var weights = [Double](repeating: 0, count: count)
      for index in 0..<count {
        let tau = Double(index) * spacing
        let x = width * sinh(tau)
        nodes.pointer[index] = x
        weights[index] =
          (index == 0 ? 0.5 : 1) * spacing * width * cosh(tau) * 0.398_942_280_401_432_678 * exp(-0.5 * x * x)
      }
      self.weights = weights
    }
  }

  /// An integral over x ≥ 0 of `φ(b ± σ₁ x)` times S at `b ± ρ σ₂ x`.
  private struct Segment {
    let shift: Double
    let sign: Double
    let weight: Double
  }

  /// `√E φ²`, `√E φ′²` and the samples of one input.
  struct Samples {
    let root: Double
    let slopeRoot: Double
    let elements: [Double]
  }

  private let value: GaussianSmoothing
  private let slope: GaussianSmoothing
  private let isCentred: Bool
  private let segments: [Segment]
  private let owners: [Vector]
  let grids: [Grid]
  /// Everything as the vector loops take it.
  let loops: UnsafePointer<gram_conditional>
  /// An estimate of the error, relative to `√(E φ² E φ²)` or `√(E φ′² E φ′²)`.
  private(set) var error = 0.0

  /// Inputs of smaller variance keep the Mehler series among themselves.
  var threshold: Double { value.scale * value.scale }
  /// The largest deviation.
  var limit: Double { grids[grids.count - 1].limit }

  /// nil where functions or bias do not allow it, or where the accuracy is not reached.
  init?(_ activation: any Activation, _ bias: BiasShift, tolerance: Double, threads: Int) throws {
    guard let value = GaussianSmoothing(activation.value), let slope = GaussianSmoothing(activation.derivative),
      value.scale == slope.scale, let shifts = try bias.rule()
    else { return nil }
    (self.value, self.slope) = (value, slope)
    let isCentred = shifts.count == 1 && shifts[0].value == 0
    self.isCentred = isCentred
    var spacing = tolerance >= 1e-11 ? 0.16 : 0.12
    if isCentred {
      // The other half by symmetry.
      segments = [Segment(shift: 0, sign: 1, weight: 2)]
    } else {
      // Seen from 0 the singularities stand at an angle to the real axis: 27° for the largest shift.
      guard shifts.allSatisfy({ $0.value.magnitude <= 3 * value.scale }) else { return nil }
      spacing *= 0.5
      segments = shifts.flatMap { shift in
        [1.0, -1].map { Segment(shift: shift.value, sign: $0, weight: shift.root * shift.root) }
      }
    }
    grids = (0..<3).map { Grid(scale: value.scale, level: $0, spacing: spacing) }
    let first = try SmoothingTable(value, tolerance: tolerance, threads: threads)
    let second = try SmoothingTable(slope, tolerance: tolerance, threads: threads)
    let (ends, shiftVector, signs) = (
      Vector(SmoothingTable.ends), Vector(segments.map(\.shift)), Vector(segments.map(\.sign))
    )
    owners =
      [ends, shiftVector, signs] + [first, second].flatMap { [$0.even, $0.odd].compactMap { $0?.coefficients } }
    // Centred, each part that is not 0 has samples of its own.
    var arrays: Int32 = 0
    func smoothed(_ table: SmoothingTable, _ growth: Int) -> gram_smoothed {
      var result = gram_smoothed()
      result.growth = Int32(growth)
      (result.even_samples, result.odd_samples) = (arrays, arrays)
      if let part = table.even { result.even = part.series }
      if let part = table.odd { result.odd = part.series }
      if isCentred, table.even != nil, table.odd != nil {
        result.odd_samples += 1
        arrays += 1
      }
      arrays += 1
      return result
    }
    var loops = gram_conditional()
    loops.value = smoothed(first, value.growth)
    loops.slope = smoothed(second, slope.growth)
    (loops.scale, loops.length) = (value.scale, SmoothingTable.length)
    (loops.ends, loops.intervals) = (UnsafePointer(ends.pointer), SmoothingTable.ends.count - 1)
    (loops.shifts, loops.signs) = (UnsafePointer(shiftVector.pointer), UnsafePointer(signs.pointer))
    (loops.segments, loops.arrays) = (segments.count, Int(arrays))
    let place = UnsafeMutablePointer<gram_conditional>.allocate(capacity: 1)
    place.initialize(to: loops)
    self.loops = UnsafePointer(place)
    // Shifts cost, and add little that is new.
    let probes = isCentred ? Self.probes : Array(Self.probes.prefix(segments.count > 8 ? 3 : 6))
    let found = try parallelMap(count: probes.count, threads: threads) { self.probe(probes[$0]) }
    // Probes are no bound: a factor.
    error = 4 * (found.max() ?? 0)
    guard error <= max(4 * tolerance, 4e-14) else { return nil }
  }

  deinit { loops.deallocate() }

  /// The smallest grid for a deviation; nil beyond the largest.
  func level(_ deviation: Double) -> Int? { grids.firstIndex { deviation <= $0.limit } }

  /// Elements of an input's samples on a grid.
  func sampleCount(_ level: Int) -> Int { grids[level].count * segments.count * loops.pointee.arrays }

  /// The functions at the nodes, with their weights.
  func samples(_ deviation: Double, level: Int) -> Samples {
    let grid = grids[level]
    var elements = [Double](repeating: 0, count: sampleCount(level))
    /// `√E f²`, with the largest value taken out: the square may leave the range where the root does not.
    func fill(_ f: GaussianSmoothing, _ part: gram_smoothed) -> Double {
      var values: [(weight: Double, even: Double, odd: Double)] = []
      for (index, segment) in segments.enumerated() {
        let base = index * loops.pointee.arrays * grid.count
        let (first, second) = (base + Int(part.even_samples) * grid.count, base + Int(part.odd_samples) * grid.count)
        for k in 0..<grid.count {
          let z = segment.sign * deviation * grid.nodes[k]
          let weight = segment.weight * grid.weights[k]
          let (even, odd) = isCentred ? f.parts(z) : (f.value(segment.shift + z), 0)
          if part.even.terms > 0 || !isCentred { elements[first + k] = weight * even }
          if part.odd.terms > 0, isCentred { elements[second + k] = weight * odd }
          values.append((weight, even, odd))
        }
      }
      let top = values.reduce(0) { max($0, $1.even.magnitude, $1.odd.magnitude) }
      guard top > 0 else { return 0 }
      let sum = values.reduce(0.0) { sum, item in
        let (even, odd) = (item.even / top, item.odd / top)
        return sum + item.weight * (even * even + odd * odd)
      }
      return top * sum.squareRoot()
    }
    let root = fill(value, loops.pointee.value)
    return Samples(root: root, slopeRoot: fill(slope, loops.pointee.slope), elements: elements)
  }

  /// `√E φ²` and `E φ′²` of a preactivation that is only the bias.
  var atZero: (root: Double, slope: Double) {
    let sums = segments.reduce((0.0, 0.0)) { sums, segment in
      let (y, slope) = (value.value(segment.shift), self.slope.value(segment.shift))
      return (sums.0 + 0.5 * segment.weight * y * y, sums.1 + 0.5 * segment.weight * slope * slope)
    }
    return (sums.0.squareRoot(), sums.1)
  }

  // MARK: Accuracy

  /// Deviations in units of the scale, and the correlation.
  private static let probes: [(first: Double, second: Double, gap: Double)] = [
    (3, 300, 1.3), (1, 1.5, 1e-3), (20, 21, 1.999), (1, 20, 0.1), (1e-3, 300, 0), (300, 300, 1e-9), (1, 1, 0.5),
    (3, 3, 1e-2), (20, 20, 1e-2), (300, 300, 0.9), (300, 500, 1.97), (1e-3, 3, 0.3), (0.3, 2, 0.02), (0.1, 5e4, 0.6),
    (5e4, 1e5, 1e-12),
  ]

  /// How far the tables are from the same integral with X belonging to the other input, S by quadrature, and half the spacing.
  private func probe(_ point: (first: Double, second: Double, gap: Double)) -> Double {
    let (first, second) = (value.scale * point.first, value.scale * point.second)
    let rho = 1 - point.gap
    let spread = (point.gap * (2 - point.gap)).squareRoot()
    guard let level = level(second) else { return .infinity }
    let (own, other) = (samples(first, level: level), samples(second, level: level))
    var (a, b) = (0.0, 0.0)
    own.elements.withUnsafeBufferPointer { buffer in
      gram_conditional_means(
        loops, grids[level].count, grids[level].nodes.pointer, buffer.baseAddress, second, rho, second * spread, &a, &b)
    }
    let grid = Grid(scale: value.scale, level: level, spacing: isCentred ? 0.08 : 0.04)
    var (c, d) = (0.0, 0.0)
    for segment in segments {
      for k in 0..<grid.count where grid.weights[k] > 1e-18 {
        let (z, m) = (segment.sign * second * grid.nodes[k], segment.sign * rho * first * grid.nodes[k])
        let weight = segment.weight * grid.weights[k]
        func product(_ f: GaussianSmoothing) -> Double {
          let mean = segment.shift + m
          let (even, odd) = f(mean.magnitude, first * spread)
          if isCentred {
            let parts = f.parts(z)
            return parts.even * even + parts.odd * (mean < 0 ? -odd : odd)
          }
          return f.value(segment.shift + z) * (mean < 0 ? even - odd : even + odd)
        }
        c += weight * product(value)
        d += weight * product(slope)
      }
    }
    func relative(_ difference: Double, _ scale: Double) -> Double { scale > 0 ? difference.magnitude / scale : 0 }
    return max(
      relative(a - c, own.root * other.root), relative(b - d, own.slopeRoot * other.slopeRoot))
  }
}
