import FiniteWidth
import FiniteWidthTheory
import Foundation
import GSL
import LimitKernels
import Moments

/// From the moments of one network to the tolerance on the average of M.
///
///     tolerance = q √(V/M) + allowance + numerical error + rounding ,
///
/// with `q` the quantile at `α/2` of a Pearson curve of type III that has at least the average's skewness `γ/√M` and
/// excess kurtosis `g/M`, and `α = A/m` Bonferroni's share of each of m comparisons: it holds however the entries of one
/// network depend on each other, which Šidák's product does not.
///
/// One hidden layer: V, γ and g are exact at every width. Deeper networks: let `ε` be the largest relative variance of an
/// entry at this width, the parameter of the expansion. V is enlarged by `1 + 2ε`; the mean's first term left out counts with `2ε` times
/// the largest 1/N correction of any entry; γ and g are those of a log-normal law of relative variance `ε`, which kernels
/// of deep networks come near. (The study of `infwidth converge` takes the same sizes as standard deviations; a fixture
/// takes two of them.)
struct ToleranceRule {
  let request: FiniteRequest
  let precision: FixturePrecision
  /// The number of comparisons that the false-alarm rate is for.
  let comparisons: Int

  /// `α = A/m`.
  var level: Double { request.falseAlarm / Double(comparisons) }

  /// The number of sizes of an unknown term that are allowed for.
  static let unknownTermSizes = 2.0
  /// Standard errors of a sampled value that count as its bound.
  static let samplingErrors = 5.0

  /// What is known of one entry at one width.
  struct Moments {
    var kernel: FixtureKernel
    var width: Int
    var i: Int
    var j: Int
    var mean: Estimate
    var variance: Estimate
    var theory: FixtureTheory
    /// Standardized cumulants of order 3 and 4 of one network; nil where they are infinite.
    var shape: (skewness: Double, excessKurtosis: Double)?
    /// `ε`; 0 for an exact theory.
    var expansion: Double
    /// The size of the mean's first term left out.
    var unknownMean: Double
    /// `√(K(x,x) K(y,y))` at this width.
    var scale: Double
  }

  static func bound(_ estimate: Estimate) -> Double {
    estimate.method == .sampling ? samplingErrors * estimate.error : estimate.roundedError
  }

  func expectation(_ moments: Moments) -> FiniteExpectation {
    let samples = Double(request.samples)
    let inflation = moments.theory == .exact ? 1 : 1 + Self.unknownTermSizes * moments.expansion
    let variance = max(0, (max(0, moments.variance.value) + Self.bound(moments.variance)) * inflation)
    let error = (variance / samples).squareRoot()
    var (basis, skewness) = (ToleranceBasis.chebyshev, Double.infinity)
    var quantile = AverageTail.chebyshev(probability: level)
    if let shape = moments.shape {
      skewness = AverageTail.dominatingSkewness(
        skewness: shape.skewness / samples.squareRoot(), excessKurtosis: shape.excessKurtosis / samples)
      // Chebyshev's bound holds whatever the law: where the curve lies beyond it, the bound is the better tolerance.
      let curve = AverageTail.quantile(probability: level / 2, skewness: skewness)
      if curve <= quantile { (basis, quantile) = (.pearson, curve) }
    }
    let allowance = moments.theory == .exact ? 0 : Self.unknownTermSizes * moments.unknownMean
    let tolerance =
      quantile * error + allowance + Self.bound(moments.mean) + precision.relativeTolerance * moments.scale
    let root = max(0, moments.variance.value).squareRoot()
    let rootError = root > 0 ? moments.variance.error / root : moments.variance.error.squareRoot()
    let deviation =
      moments.variance.exact?.squareRoot.map { Estimate(exact: $0) }
      ?? Estimate(root, error: rootError + root * 0x1p-52, method: max(moments.variance.method, .closedForm))
    return FiniteExpectation(
      kernel: moments.kernel, width: moments.width, i: moments.i, j: moments.j, mean: moments.mean,
      standardDeviation: deviation, theory: moments.theory, allowance: allowance, tolerance: tolerance,
      detectable: tolerance + allowance + Distributions.normalUpperQuantile(0.1) * error, basis: basis,
      skewness: skewness)
  }

  /// Skewness and excess kurtosis of a log-normal law of this relative variance.
  static func logNormalShape(_ relativeVariance: Double) -> (skewness: Double, excessKurtosis: Double) {
    let omega = 1 + relativeVariance
    return (
      (omega + 2) * relativeVariance.squareRoot(), omega * omega * (omega * (omega + 2) + 3) - 6
    )
  }
}
