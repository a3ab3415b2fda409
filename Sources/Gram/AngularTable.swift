import Foundation
import LimitKernels
import Moments

/// The dual activations at one variance as functions of the angle θ, `ρ = cos θ`: Chebyshev series on [0, π].
///
///     1 − ρ′ = (1 − ρ) D(θ) ,   h = H(θ) .
///
/// Duals are analytic in θ where they are not in ρ: a kink makes them a function of `√(1 − ρ)`. The quotient D keeps
/// `1 − ρ′` accurate at every angle.
struct AngularTable: Sendable {
  /// The variance of both inputs.
  let variance: Double
  /// `E φ²`.
  let square: Double
  /// `E φ′²`.
  let slopeSquare: Double
  let defect: [Double]
  let slope: [Double]
  /// What truncation leaves, relative to `E φ²` or `E φ′²`.
  let truncation: Double

  /// - Parameter duals: The duals of one pair, without the Gaussian part of a bias.
  /// - Returns: nil where no series of reasonable length reaches the tolerance.
  init?(_ duals: LayerDuals, variance: Double, tolerance: Double) throws {
    self.variance = variance
    func kernels(_ gap: Double) throws -> (gap: Double, features: PairKernel, slopes: PairKernel) {
      let pair = PairKernel(gap: gap, first: variance, second: variance)
      let (features, slopes) = try duals.kernels(pair, needsSlopes: true)
      return (features.correlationGap?.value ?? 0, features, slopes)
    }
    let same = try kernels(0)
    guard let square = same.features.xx.estimate?.value, let slopeSquare = same.slopes.xx.estimate?.value, square > 0
    else { return nil }
    self.square = square
    self.slopeSquare = slopeSquare
    var count = 24
    while true {
      var defect: [Double] = []
      var slope: [Double] = []
      for k in 0..<count {
        let theta = 0.5 * Double.pi * (1 + cos(Double.pi * (Double(k) + 0.5) / Double(count)))
        let half = sin(0.5 * theta)
        let gap = 2 * half * half
        let point = try kernels(gap)
        defect.append(point.gap / gap)
        slope.append(point.slopes.xy.estimate?.value ?? 0)
      }
      let (d, h) = (Self.series(defect), Self.series(slope))
      let size = max(defect.map(\.magnitude).max() ?? 0, 1e-300)
      let slopeSize = max(slopeSquare, 1e-300)
      func tail(_ c: [Double]) -> Double { c.suffix(4).reduce(0) { $0 + $1.magnitude } }
      let left = max(tail(d) / size, slopeSquare == 0 ? 0 : tail(h) / slopeSize)
      if left <= max(tolerance, 1e-14) {
        self.defect = Self.trimmed(d, below: 0.01 * tolerance * size)
        self.slope = Self.trimmed(h, below: 0.01 * tolerance * slopeSize)
        truncation = left
        return
      }
      count *= 2
      if count > 200 { return nil }
    }
  }

  /// Chebyshev coefficients from the values at the zeros of `T_n`.
  private static func series(_ values: [Double]) -> [Double] {
    let count = values.count
    return (0..<count).map { order in
      let sum = values.enumerated().reduce(0.0) { total, item in
        total + item.element * cos(Double.pi * Double(order) * (Double(item.offset) + 0.5) / Double(count))
      }
      return (order == 0 ? 1 : 2) * sum / Double(count)
    }
  }

  private static func trimmed(_ c: [Double], below limit: Double) -> [Double] {
    var result = c
    while result.count > 1, let last = result.last, last.magnitude <= limit { result.removeLast() }
    return result
  }
}

extension PairKernel {
  /// The covariance of two Gaussian variables from variances and `1 ∓ ρ`, all taken at their word.
  init(gap: Double, sum: Double? = nil, first: Double, second: Double) {
    let root = first.squareRoot() * second.squareRoot()
    let rho = sum.map { 0.5 * ($0 - gap) } ?? 1 - gap
    func quantity(_ value: Double) -> Quantity { .finite(Estimate(value, error: 0, method: .closedForm)) }
    self.init(
      xx: quantity(first), xy: quantity(root * rho), yy: quantity(second),
      angular: Estimate(root * gap, error: 0, method: .closedForm),
      difference: Estimate(first - second, error: 0, method: .closedForm))
  }
}
