import FiniteWidth
import FiniteWidthTheory
import Foundation
import LimitKernels
import Moments
import Networks

/// Expected kernels of a network at some points, with the tolerances that somebody's tests need.
///
/// Without a ``FiniteRequest`` the kernels of infinite width, for software that computes limits. With one, for each width
/// the mean and the standard deviation of a finite network's kernel, and the tolerance that the average of M networks meets with probability
/// `1 − A` in all entries, kernels and widths together.
public struct ExpectationFixture: Sendable {
  public let network: Network
  public let points: [[ExactNumber]]
  public let request: FixtureRequest
  /// For each kernel of the request, the pairs i ≤ j in the order (0,0), (0,1), …, (1,1), ….
  public let limits: [LimitExpectation]
  /// For each width and each kernel the same pairs; empty for the limit.
  public let finite: [FiniteExpectation]
  /// What stands in the way of trusting the fixture, or of its use.
  public let warnings: [String]

  /// The number of comparisons that share the false-alarm rate.
  public var comparisons: Int {
    (request.finite?.widths.count ?? 1) * request.kernels.count * points.count * (points.count + 1) / 2
  }

  /// - Throws: ``FixtureError``; `KernelError`, `ExpectationError`, `NetworkError` and `FiniteWidthTheoryError` as the
  ///   kernels and the theory of finite width do.
  public init(
    of network: Network, at points: [[ExactNumber]], request: FixtureRequest = FixtureRequest(),
    options: KernelOptions = KernelOptions()
  ) throws {
    self.network = network
    self.points = points
    self.request = request
    let kernels = try limitingKernels(of: network, at: points, options: options)
    limits = try request.kernels.flatMap { try Self.limits($0, kernels, points: points, precision: request.precision) }
    guard let finite = request.finite else {
      self.finite = []
      warnings = []
      return
    }
    let pairs = points.count * (points.count + 1) / 2
    let prediction = try finiteWidthPrediction(of: network, at: points, options: options)
    let predictions = FinitePredictions(
      network: network, prediction: prediction, points: points,
      rule: ToleranceRule(
        request: finite, precision: request.precision,
        comparisons: finite.widths.count * request.kernels.count * pairs))
    var expectations: [FiniteExpectation] = []
    for width in finite.widths {
      for kernel in request.kernels { expectations += try predictions.expectations(kernel, width: width) }
    }
    self.finite = expectations
    warnings = FixtureWarnings.all(network, request, prediction, expectations, points: points)
  }

  /// The expectations of one kernel at one width.
  public func expectations(_ kernel: FixtureKernel, width: Int) -> [FiniteExpectation] {
    finite.filter { $0.kernel == kernel && $0.width == width }
  }

  /// The limits of one kernel.
  public func limits(_ kernel: FixtureKernel) -> [LimitExpectation] { limits.filter { $0.kernel == kernel } }

  private static func limits(
    _ kernel: FixtureKernel, _ kernels: KernelTable, points: [[ExactNumber]], precision: FixturePrecision
  ) throws(FixtureError) -> [LimitExpectation] {
    let pairs = PointPair.all(count: points.count)
    var laws: [(coefficient: Estimate, exponent: Rational)] = []
    for (entry, pair) in zip(kernels.entries, pairs) {
      let law = kernel == .ntk ? entry.ntkLaw : entry.nngpLaw
      guard let coefficient = law.coefficient.estimate else {
        func spelled(_ point: Int) -> String { points[point].map(\.description).joined(separator: ", ") }
        throw .noValue(
          kernel: kernel.name, x: spelled(pair.first), y: spelled(pair.second), reason: law.coefficient.reason ?? "")
      }
      laws.append((coefficient, law.verdict == .zero ? 0 : law.exponent))
    }
    return pairs.enumerated().map { place, pair in
      func diagonal(_ point: Int) -> Double {
        laws[PointPair(point, point).index(count: points.count)].coefficient.value.magnitude
      }
      let (coefficient, exponent) = laws[place]
      let scale = max(
        (diagonal(pair.first) * diagonal(pair.second)).squareRoot(), coefficient.value.magnitude)
      return LimitExpectation(
        kernel: kernel, i: pair.first, j: pair.second, coefficient: coefficient, exponent: exponent,
        tolerance: ToleranceRule.bound(coefficient) + precision.relativeTolerance * scale)
    }
  }
}
