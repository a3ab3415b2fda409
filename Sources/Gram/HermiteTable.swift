import Activations
import Dispatch
import Foundation
import GSL
import LinearAlgebra
import Moments

/// The Hermite coefficients of an activation at each input's own variance.
///
/// They make the Mehler series
///
///     E[φ(b + u) φ(b + v)] = Σ_k a_k(q₁) a_k(q₂) ρ^k ,  a_k(q) = E[φ(b + √q Z) h_k(Z)] ,  h_k = He_k/√k! ,
///
/// and, since `a_{k+1} √(k+1) = √q E[φ′ h_k]`, for its derivative, the dual of φ′. A bias with a law of its own is
/// integrated over by a Gauss rule, whose nodes stand beside each other under each k.
///
/// The coefficients come from the trapezoidal rule, which converges exponentially: all inputs at once, as one matrix
/// product. They are normalized by `√(Σ a_k²) = √E φ²`.
struct HermiteTable: Sendable {
  /// 2 for odd and even functions, whose other coefficients vanish; 1 otherwise.
  let step: Int
  /// The first power of ρ.
  let first: Int
  let terms: Int
  /// Nodes of the bias rule.
  let inner: Int
  /// Coefficient (k, node) of input j stands at `(k · inner + node) · stride + j`.
  let coefficients: Vector
  let stride: Int
  /// `√E φ²`.
  let scales: [Double]
  /// `√E φ² / √q`: what turns the derivative of the normalized series into `E[φ′ φ′]`.
  let slopeScales: Vector
  /// `E φ′²`.
  let slopes: [Double]
  /// What truncation and quadrature leave, relative to `E φ′²`.
  let truncation: Double

  /// Below this deviation the coefficients past the first are lost in the rounding errors of the function's values.
  private static let nearlyConstant = 0x1p-6
  /// The longest series worth its while.
  static let limit = 1024

  /// The first rule that is long enough: what stands before the exponential decay is not known beforehand.
  private static func rule(
    _ f: ScalarFunction, _ bias: BiasShift, _ variance: Double, _ tolerance: Double
  ) throws -> TrapezoidalRule? {
    for margin in [12.0, 20, 32] {
      if let rule = try TrapezoidalRule(f, bias, variance, tolerance: tolerance, margin: margin) { return rule }
    }
    return nil
  }

  /// nil where the function is not analytic enough for these variances.
  init?(
    _ activation: any Activation, bias: BiasShift, variances: [Double], tolerance: Double, threads: Int
  ) throws {
    let f = activation.value
    guard let largest = variances.max() else { return nil }
    // Where a constant outweighs all else the rule would end before what is left for the derivative.
    let isOdd = f.parity == .odd && bias.law == nil
    guard let rule = try Self.rule(f, bias, isOdd ? largest : max(largest, 0x1p-4), tolerance) else { return nil }
    (step, first, terms, inner) = (rule.step, rule.first, rule.terms, rule.shifts.count)
    truncation = rule.truncation
    stride = (variances.count + 7) & ~7
    coefficients = Vector(count: terms * inner * stride)
    // An input of variance 0 keeps the direction of its derivative.
    let floor = 1e-30 * max(largest.squareRoot(), isOdd ? 1e-200 : 1e-100)
    let deviations = variances.map { max($0.squareRoot(), floor) }
    rule.fill(coefficients.pointer, stride: stride, deviations: deviations, threads: threads)
    if step == 1 {
      for j in deviations.indices where deviations[j] < Self.nearlyConstant {
        rule.refill(
          coefficients.pointer + j, stride: stride, deviation: deviations[j], derivative: activation.derivative.evaluate
        )
      }
    }

    var scales = [Double](repeating: 0, count: variances.count)
    var slopes = scales
    let slopeScales = Vector(count: variances.count, repeating: 0)
    for j in variances.indices {
      var top = 0.0
      for k in 0..<(terms * inner) { top = max(top, coefficients[k * stride + j].magnitude) }
      guard top > 0 else { continue }
      var (square, slope) = (0.0, 0.0)
      for k in 0..<terms {
        let order = Double(first + k * step)
        for node in 0..<inner {
          let a = coefficients[(k * inner + node) * stride + j] / top
          square += a * a
          slope += order * a * a
        }
      }
      let norm = square.squareRoot()
      for k in 0..<(terms * inner) { coefficients.pointer[k * stride + j] /= top * norm }
      let scale = top * norm
      slopeScales.pointer[j] = scale / deviations[j]
      // A derivative that vanishes at 0 leaves the next order of the floor.
      if variances[j] == 0, slopeScales[j] <= 1e-15 { slopeScales.pointer[j] = 0 }
      slopes[j] = slope / square * slopeScales[j] * slopeScales[j]
      scales[j] = variances[j] == 0 ? rule.squareAtZero.squareRoot() : scale
    }
    self.scales = scales
    self.slopes = slopes
    self.slopeScales = slopeScales
  }
}

/// The trapezoidal rule for the Hermite coefficients, and how many of them count.
private struct TrapezoidalRule {
  let evaluate: @Sendable (Double) -> Double
  let step: Int
  let first: Int
  private(set) var terms: Int
  private(set) var truncation = 0.0
  /// The bias's nodes with the square roots of their weights.
  let shifts: [(value: Double, root: Double)]
  private let nodes: [Double]
  /// Row k holds `weight · h_k(z)`.
  private var table: [Double]

  /// - Parameter margin: Powers of e that the last coefficient's share of `E φ′²` lies below the tolerance, roughly.
  init?(_ f: ScalarFunction, _ bias: BiasShift, _ variance: Double, tolerance: Double, margin: Double) throws {
    let largest = variance.squareRoot()
    evaluate = f.evaluate
    guard let shifts = try bias.rule() else { return nil }
    self.shifts = shifts
    let isCentred = shifts.count == 1 && shifts[0].value == 0
    step = isCentred && f.parity != .none ? 2 : 1
    first = isCentred && f.parity == .odd ? 1 : 0

    // With the nearest singularity at height s, a_k² falls like exp(−2 (s/σ) √k); entire functions vary on the scale 1.
    let width = min((f.strip.isFinite ? f.strip : 1.5) / max(largest, 1e-3), 3)
    let last: Int
    if let polynomial = f.pieces?.polynomial {
      last = max(polynomial.degree, 0)
    } else {
      let root = (margin - log(max(tolerance, 1e-15))) / (2 * width)
      guard root * root <= Double(HermiteTable.limit * (step == 2 ? 2 : 1)) else { return nil }
      last = Int(root * root) + 8
    }
    let frequency = 2 * Double(max(last, 4)).squareRoot() + (f.pieces == nil ? max(24, 40 / width) : 24)
    var reach = 12.5
    switch f.growth {
    case .power(let degree): reach += 0.7 * Double(max(0, degree)).squareRoot()
    case .vanishing: break
    case .exponential(let rate):
      let shift = rate.doubleValue * largest
      guard shift < 4 else { return nil }
      reach += 2 * shift
    }
    let count = 2 * Int((reach * frequency / (2 * Double.pi)).rounded(.up))
    let spacing = reach / Double(count)
    // Odd and even functions need one half of the line only.
    let start = step == 2 ? 0 : -count
    nodes = (start...count).map { Double($0) * spacing }
    terms = (last - first) / step + 1
    table = Self.table(nodes: nodes, spacing: spacing, halved: step == 2, first: first, step: step, terms: terms)
    guard try truncate(f, largest, tolerance: tolerance) else { return nil }
  }

  /// `E φ(b)²`.
  var squareAtZero: Double {
    shifts.reduce(0) { sum, shift in
      let value = shift.root * evaluate(shift.value)
      return sum + value * value
    }
  }

  private static func table(
    nodes: [Double], spacing: Double, halved: Bool, first: Int, step: Int, terms: Int
  ) -> [Double] {
    let count = nodes.count
    var result = [Double](repeating: 0, count: terms * count)
    for (index, z) in nodes.enumerated() {
      var weight = spacing * 0.398_942_280_401_432_678 * exp(-0.5 * z * z)
      if halved, z != 0 { weight *= 2 }
      var (previous, current) = (0.0, 1.0)
      for k in 0..<(first + (terms - 1) * step + 1) {
        if k >= first, (k - first) % step == 0 { result[(k - first) / step * count + index] = weight * current }
        let next = (z * current - Double(k).squareRoot() * previous) / Double(k + 1).squareRoot()
        (previous, current) = (current, next)
      }
    }
    return result
  }

  /// Drops the coefficients whose part of `E φ′²` is below the tolerance; false where the rule cannot be trusted.
  private mutating func truncate(_ f: ScalarFunction, _ deviation: Double, tolerance: Double) throws -> Bool {
    let width = shifts.count
    var coefficients = [Double](repeating: 0, count: terms * width)
    let deviations = [max(deviation, 1e-200)]
    coefficients.withUnsafeMutableBufferPointer { buffer in
      if let pointer = buffer.baseAddress { fill(pointer, stride: 1, deviations: deviations, threads: 1) }
    }
    let top = coefficients.map(\.magnitude).max() ?? 0
    guard top > 0, top.isFinite else { return top == 0 }
    var parts = (0..<terms).map { k in
      let order = Double(max(1, first + k * step))
      return (0..<width).reduce(0) { sum, node in
        let a = coefficients[k * width + node] / top
        return sum + order * a * a
      }
    }
    // Parseval: what the coefficients miss of E φ², times the order where it starts.
    if f.pieces?.polynomial == nil {
      var norm = 0.0
      var coarse = 0.0
      let half = nodes.count / 2
      for shift in shifts {
        for (index, z) in nodes.enumerated() {
          let size = shift.root * evaluate(shift.value + deviation * z) / top
          var weight = (nodes[1] - nodes[0]) * 0.398_942_280_401_432_678 * exp(-0.5 * z * z)
          if step == 2, z != 0 { weight *= 2 }
          norm += weight * size * size
          if index % 2 == (step == 2 ? 0 : half % 2) { coarse += 2 * weight * size * size }
        }
      }
      // The rule of twice the spacing has about the square root of the rule's relative error.
      guard (norm - coarse).magnitude <= 1e-7 * norm else { return false }
      let squares = parts.enumerated().reduce(0.0) { $0 + $1.element / Double(max(1, first + $1.offset * step)) }
      // Below rounding Parseval says nothing; the decay of the last coefficients does: e^{−c √k} falls by a factor e in
      // 2 √k/c of them.
      guard (norm - squares).magnitude <= 1e-12 * norm else { return false }
      parts.append(2 * Double(terms).squareRoot() * (parts.suffix(4).max() ?? 0))
    } else {
      parts.append(0)
    }
    let total = parts.reduce(0, +)
    var tail = parts[terms]
    var kept = terms
    while kept > 1, tail + parts[kept - 1] <= 0.25 * tolerance * total {
      tail += parts[kept - 1]
      kept -= 1
    }
    // Polynomials keep all of their few terms.
    if f.pieces?.polynomial != nil { kept = terms }
    guard tail <= max(tolerance, 1e-15) * total else { return false }
    truncation = tail / total
    table.removeLast((terms - kept) * nodes.count)
    terms = kept
    return true
  }

  /// The coefficients past the first from the derivative: `a_{k+1} √(k+1) = √q E[φ′ h_k]`, to relative accuracy.
  func refill(
    _ result: UnsafeMutablePointer<Double>, stride: Int, deviation: Double, derivative: (Double) -> Double
  ) {
    for (node, shift) in shifts.enumerated() {
      let values = nodes.map { shift.root * derivative(shift.value + deviation * $0) }
      for k in 0..<max(0, terms - 1) {
        let mean = nodes.indices.reduce(0.0) { $0 + table[k * nodes.count + $1] * values[$1] }
        result[((k + 1) * shifts.count + node) * stride] = deviation / Double(k + 1).squareRoot() * mean
      }
    }
  }

  /// The coefficients of the inputs, a few hundred inputs at a time.
  func fill(_ result: UnsafeMutablePointer<Double>, stride: Int, deviations: [Double], threads: Int) {
    let chunk = 256
    let chunks = (deviations.count + chunk - 1) / chunk
    let target = Shared(result)
    let (count, width, terms, shifts) = (nodes.count, self.shifts.count, self.terms, self.shifts)
    let (nodes, evaluate, table) = (self.nodes, self.evaluate, self.table)
    @Sendable func work(_ index: Int) {
      let range = (index * chunk)..<min(deviations.count, (index + 1) * chunk)
      var values = [Double](repeating: 0, count: range.count * count)
      for (node, shift) in shifts.enumerated() {
        for (row, j) in range.enumerated() {
          for (position, z) in nodes.enumerated() {
            values[row * count + position] = shift.root * evaluate(shift.value + deviations[j] * z)
          }
        }
        values.withUnsafeBufferPointer { v in
          table.withUnsafeBufferPointer { h in
            guard let v = v.baseAddress, let h = h.baseAddress else { return }
            BLAS.multiply(
              transposeB: true, m: terms, n: range.count, k: count, h, lda: count, v, ldb: count,
              into: target.pointer + node * stride + range.lowerBound, ldc: width * stride)
          }
        }
      }
    }
    if threads <= 1 || chunks == 1 {
      for index in 0..<chunks { work(index) }
    } else {
      DispatchQueue.concurrentPerform(iterations: chunks, execute: work)
    }
  }
}

extension BiasShift {
  /// A Gauss rule for the shift: nodes with the square roots of their weights; nil where it would take too many.
  func rule() throws -> [(value: Double, root: Double)]? {
    guard let law else { return [(0, 1)] }
    let factor = multiplier.doubleValue
    var result: [(value: Double, root: Double)] = []
    for atom in law.decomposition.atoms {
      result.append((factor * atom.value.doubleValue, atom.probability.doubleValue.squareRoot()))
    }
    for density in law.decomposition.densities {
      // Analytic densities on a short interval; others are integrated pair by pair.
      guard density.box != nil else { return nil }
      let ends = ([density.lower, density.upper] + density.nodes).sorted()
      let rule = try GaussLegendreRule(count: 16)
      for (lower, upper) in zip(ends, ends.dropFirst()) where upper > lower {
        guard (factor * (density.point(upper) - density.point(lower))).magnitude <= 2 else { return nil }
        for (node, weight) in zip(rule.nodes, rule.weights) {
          let t = 0.5 * (lower + upper) + 0.5 * (upper - lower) * node
          let mass = density.mass.doubleValue * 0.5 * (upper - lower) * weight * density.weight(t)
          result.append((factor * density.point(t), max(0, mass).squareRoot()))
        }
      }
    }
    return result.count <= 64 ? result : nil
  }
}

/// A pointer that several threads may use, each on its own part.
struct Shared: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Double>
  init(_ pointer: UnsafeMutablePointer<Double>) { self.pointer = pointer }
}
