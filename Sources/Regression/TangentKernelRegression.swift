import Foundation
import LinearAlgebra
import Moments

/// What an ensemble of infinitely wide networks predicts after training for the time t: a Gaussian process.
///
/// Each network starts at random and follows the gradient flow of `½ Σ (f(xᵢ) − yᵢ)²` (the sum, not the mean), that is
/// `df/dt = −Θ (f − y)` at the training inputs; in the usual words, the learning rate is 1 and t is the learning rate
/// times the number of small steps. With a ridge `R` the loss has the term `½ R ‖θ − θ₀‖²` in addition. With
/// `g(λ) = (1 − e^{−(λ+R)t})/(λ + R)` and `A = g(Θ(X, X))`,
///
///     mean(x_*)     = Θ(x_*, X) A y
///     variance(x_*) = K(x_*, x_*) + Θ(x_*, X) A K(X, X) A Θ(X, x_*) − 2 Θ(x_*, X) A K(X, x_*) ,
///
/// the mean and the variance over the initializations; at t = 0 they are 0 and `K(x_*, x_*)`, at t = ∞
/// `A = (Θ + R)⁻¹`. `A` comes from the eigenvalues and eigenvectors of `Θ(X, X)`, found once for all times.
///
/// **Accuracy, estimated.** An error `D` of `Θ(X, X)` changes `aᵀ g(Θ) b`, to first order, by `Σᵢⱼ aᵢ g[λᵢ, λⱼ] Dᵢⱼ bⱼ` in
/// the eigenvectors' coordinates, with divided differences of g, hence by no more than
/// `‖D‖_F (Σᵢⱼ aᵢ² g[λᵢ, λⱼ]² bⱼ²)^½`. `‖D‖_F` is the bound of the kernel's entries plus `n u ‖Θ‖_F` for the eigenvalue
/// solver. The errors of the other kernel entries and the rounding of the sums are added.
///
/// **Source.** Lee, Xiao et al. 2019, equations (14)–(16); Jacot et al. 2018, section 5.
public struct TangentKernelRegression: Sendable {
  private let ntk: RegressionKernel
  private let nngp: RegressionKernel
  private let ridge: Double
  private let eigen: SymmetricEigen
  /// `Θ(x_*, X) Qᵀ` and `Q y`, `Q` the eigenvectors row by row.
  private let projected: Matrix
  private let projectedTargets: [Double]
  private let normOfTargets: Double

  /// - Parameters:
  ///   - ntk: `Θ` of the training and test inputs.
  ///   - nngp: `K` of the same inputs.
  ///   - targets: `y`, one for each training input.
  ///   - ridge: `R ≥ 0`.
  /// - Throws: ``RegressionError``, `LinearAlgebraError`.
  public init(ntk: RegressionKernel, nngp: RegressionKernel, targets: [Double], ridge: Double = 0) throws {
    precondition(
      ntk.trainCount == nngp.trainCount && ntk.testCount == nngp.testCount, "both kernels are of the same inputs")
    try checkRegression(targets: targets, count: ntk.trainCount, ridge: ridge)
    self.ntk = ntk
    self.nngp = nngp
    self.ridge = ridge
    eigen = try SymmetricEigen(ntk.train)
    projected = ntk.testTrain * eigen.vectors.transposed
    projectedTargets = eigen.vectors * targets
    normOfTargets = dot(targets, targets).squareRoot()
  }

  /// The eigenvalues of `Θ(X, X)`, ascending: the rates at which the components of the error decay.
  public var eigenvalues: [Double] { eigen.values }

  /// `(λ_max + R)/(λ_min + R)`; infinite where the smallest eigenvalue is not positive.
  public var conditionNumber: Double {
    guard let first = eigen.values.first, let last = eigen.values.last, first + ridge > 0 else { return .infinity }
    return (last + ridge) / (first + ridge)
  }

  /// The norm of the error of `Θ(X, X)`.
  private var normOfError: Double {
    ntk.normOfError + Double(ntk.trainCount) * roundoff * dot(eigen.values, eigen.values).squareRoot()
  }

  /// The prediction after the time `t`.
  ///
  /// - Parameter t: From 0 to infinity.
  /// - Throws: ``RegressionError/singular(kernel:order:rank:)`` or ``RegressionError/illConditioned(kernel:condition:time:)``
  ///   where rounding errors are as large as the prediction.
  public func prediction(at t: Double) throws -> Prediction {
    guard t >= 0 else { throw RegressionError.time(t) }
    let n = ntk.trainCount
    let flow = FlowFunction(time: t)
    let rates = eigen.values.map { $0 + ridge }
    let norm = normOfError
    if t == .infinity {
      let rank = rates.filter { $0 > 2 * norm }.count
      guard rank == n else { throw RegressionError.singular(kernel: "NTK", order: n, rank: rank) }
    }
    let values = rates.map(flow.value)
    let kappa = rates.reduce(0) { max($0, flow.slope($1) / flow.value($1) * norm) }
    guard kappa < 0.5 || t == 0 else { throw illConditioned(t) }
    let amplification = t == 0 ? 1 : 1 / (1 - kappa)
    let gamma = Double(n + 2) * roundoff

    // B = Θ(x_*, X) A, and w = B K(X, X) − K(x_*, X): the variance is K(x_*, x_*) + B·(w − K(x_*, X)).
    var scaled = projected
    for test in 0..<scaled.rows {
      for index in 0..<n { scaled[test, index] *= values[index] }
    }
    let weights = scaled * eigen.vectors
    let carried = weights * nngp.train
    let rest = carried - nngp.testTrain
    let restProjected = rest * eigen.vectors.transposed
    let coefficients = zip(values, projectedTargets).map { $0 * $1 }
    let dual = eigen.vectors.transposed * coefficients

    var squares = Matrix(rows: n, columns: n)
    for i in 0..<n {
      for j in 0..<n {
        let difference = flow.dividedDifference(rates[i], rates[j])
        squares[i, j] = difference * difference
      }
    }
    let spread = projected.map { $0 * $0 } * squares

    let (ntkScales, nngpScales) = (ntk.trainScales, nngp.trainScales)
    let dualScale = absoluteDot(ntkScales, dual)
    let sumOfCoefficients = coefficients.reduce(0) { $0 + $1.magnitude }
    var means: [Estimate] = []
    var variances: [Estimate] = []
    for test in 0..<ntk.testCount {
      let kernelRow = ntk.testTrain.row(test)
      let rowNorm = dot(kernelRow, kernelRow).squareRoot()
      let weight = weights.row(test)
      // The coordinates of a vector of norm ‖b‖ in the eigenvectors carry γ‖b‖ each.
      let rowGain = absoluteDot(projected.row(test), values)
      let meanError =
        ntk.relativeError * max(ntk.testDiagonal[test], 0).squareRoot() * dualScale
        + norm * dot(spread.row(test), projectedTargets.map { $0 * $0 }).squareRoot()
        + gamma * (rowNorm * sumOfCoefficients + normOfTargets * rowGain)
        + gamma * absoluteDot(projected.row(test), coefficients)
      means.append(
        Estimate(
          dot(projected.row(test), coefficients), error: amplification * meanError, method: .closedForm))

      let (own, b) = (rest.row(test), restProjected.row(test))
      let crossed = nngp.testTrain.row(test)
      let ownCoefficients = zip(values, b).map { $0 * $1 }
      let sumOfOwn = ownCoefficients.reduce(0) { $0 + $1.magnitude }
      let ownDual = eigen.vectors.transposed * ownCoefficients
      let weightScale = absoluteDot(nngpScales, weight)
      let testScale = max(nngp.testDiagonal[test], 0).squareRoot()
      let ownNorm = dot(own, own).squareRoot()
      let value = nngp.testDiagonal[test] + zip(weight, zip(own, crossed)).reduce(0) { $0 + $1.0 * ($1.1.0 - $1.1.1) }
      // δB enters with 2 w, the entries of K with 1, B and B Bᵀ.
      let throughWeights =
        ntk.relativeError * max(ntk.testDiagonal[test], 0).squareRoot() * absoluteDot(ntkScales, ownDual)
        + norm * dot(spread.row(test), b.map { $0 * $0 }).squareRoot()
        + gamma * (rowNorm * sumOfOwn + ownNorm * rowGain)
      let summed = absoluteDot(weight, own) + absoluteDot(weight, crossed)
      let varianceError =
        2 * throughWeights + nngp.relativeError * (testScale + weightScale) * (testScale + weightScale)
        + gamma * (summed + weightScale * weightScale) + 2 * roundoff * nngp.testDiagonal[test]
      guard
        let variance = Prediction.variance(value, error: amplification * varianceError, method: .closedForm),
        means[test].value.isFinite, means[test].error.isFinite
      else { throw illConditioned(t) }
      variances.append(variance)
    }
    return Prediction(mean: means, variance: variances)
  }

  private func illConditioned(_ t: Double) -> RegressionError {
    .illConditioned(kernel: "NTK", condition: conditionNumber, time: t)
  }
}

/// `g(μ) = (1 − e^{−μt})/μ = ∫₀ᵗ e^{−μs} ds`, what training for the time t makes of a component with the rate μ.
struct FlowFunction: Sendable {
  let time: Double

  func value(_ rate: Double) -> Double {
    if time == .infinity { return 1 / rate }
    // Where the product overflows or vanishes the limits are 1/μ and t.
    return rate == 0 ? time : -expm1(-rate * time) / rate
  }

  /// `|g′(μ)| = ∫₀ᵗ s e^{−μs} ds = (1 − e^{−x}(1 + x))/μ²`, x = μt.
  func slope(_ rate: Double) -> Double {
    if time == .infinity { return 1 / (rate * rate) }
    let x = rate * time
    if x.magnitude < 0.01 { return time * time * (0.5 - x * (1 / 3.0 - x / 8)) }
    // Beyond the smallest double e^{−x}(1 + x) is 0, and x itself may be infinite.
    return (x > 750 ? 1 : 1 - exp(-x) * (1 + x)) / (rate * rate)
  }

  /// A bound on `|g[μ, ν]| = |g(μ) − g(ν)|/|μ − ν|`.
  ///
  /// g is convex and decreasing, so that the slope at the smaller argument bounds it.
  func dividedDifference(_ first: Double, _ second: Double) -> Double {
    if time == .infinity { return 1 / (first * second).magnitude }
    let bound = slope(min(first, second))
    let gap = (first - second).magnitude
    guard gap > 0.1 * max(first.magnitude, second.magnitude) else { return bound }
    return min(bound, (value(first) - value(second)).magnitude / gap)
  }
}
