import Foundation
import LinearAlgebra
import Moments

/// The posterior of the Gaussian process with the NNGP kernel, given noisy values at the training inputs: the law of
/// the infinitely wide network under Bayesian inference.
///
/// With `A = K(X, X) + R I`, where the ridge `R` is the variance of independent normal noise on the targets,
///
///     mean(x_*)     = K(x_*, X) A⁻¹ y
///     variance(x_*) = K(x_*, x_*) − K(x_*, X) A⁻¹ K(X, x_*)          (of the function, without the noise)
///     log p(y)      = −½ yᵀ A⁻¹ y − ½ log det A − ½ n log 2π .
///
/// `R = 0` is interpolation.
///
/// **Accuracy, estimated.** With `α = A⁻¹y` and `v = A⁻¹K(X, x_*)` as computed, a mean carries, to first order,
/// `ε s_* Σ sᵢ|αᵢ|` (error of `K(x_*, X)`), `ε Σ sᵢ|vᵢ| Σ sⱼ|αⱼ|` (error of `K(X, X)`) and `Σ |vᵢ||rᵢ|` with the
/// residual `r = y − Aα`, its own rounding included; a variance likewise. The sum is multiplied by `1/(1 − κ)`, κ the
/// error of `A` relative to its smallest eigenvalue, and where κ reaches ½ there is no prediction.
///
/// **Source.** Rasmussen and Williams 2006, algorithm 2.1; Lee et al. 2018.
public struct GaussianProcessPosterior: Sendable {
  /// Means and variances at the test inputs.
  public let prediction: Prediction
  /// `log p(y)`.
  public let logMarginalLikelihood: Estimate
  /// An estimate of the reciprocal condition number of `A` in the 1-norm.
  public let reciprocalCondition: Double

  /// - Parameters:
  ///   - kernel: `K` on the training inputs and between these and the test inputs.
  ///   - targets: `y`, one for each training input.
  ///   - ridge: `R ≥ 0`.
  /// - Throws: ``RegressionError``.
  public init(kernel: RegressionKernel, targets: [Double], ridge: Double = 0) throws {
    let n = kernel.trainCount
    try checkRegression(targets: targets, count: n, ridge: ridge)
    let matrix = kernel.train.addingToDiagonal(ridge)
    let norm = matrix.rowSumNorm
    let factor: Cholesky
    do { factor = try Cholesky(matrix) } catch LinearAlgebraError.notPositiveDefinite {
      throw RegressionError.singular(kernel: "NNGP kernel", order: n, rank: try numericalRank(kernel, ridge: ridge))
    }
    reciprocalCondition = factor.reciprocalCondition
    let smallest = reciprocalCondition * norm
    // Of the rounding of Cholesky's method √n is the usual size; the residuals below catch what it really was.
    let kappa = (kernel.normOfError + 4 * Double(n).squareRoot() * roundoff * norm) / smallest
    guard kappa < 0.5 else {
      throw RegressionError.illConditioned(
        kernel: "NNGP kernel", condition: 1 / reciprocalCondition, time: nil)
    }
    let amplification = 1 / (1 - kappa)
    let epsilon = kernel.relativeError
    let gamma = Double(n + 2) * roundoff
    let scales = kernel.trainScales
    let magnitudes = matrix.map(\.magnitude)

    let alpha = factor.solve(targets)
    let alphaScale = absoluteDot(scales, alpha)
    let residual = zip(matrix * alpha, targets).map { ($1 - $0).magnitude }
    let weights = magnitudes * alpha.map(\.magnitude)
    // |y − Aα|, with the rounding of its evaluation.
    let bound = (0..<n).map { residual[$0] + gamma * (weights[$0] + targets[$0].magnitude) }

    let solved = factor.solve(kernel.testTrain.transposed)
    let residuals = kernel.testTrain.transposed - matrix * solved
    let solvedWeights = magnitudes * solved.map(\.magnitude)
    let columns = solved.transposed
    let (residualRows, weightRows) = (residuals.transposed, solvedWeights.transposed)

    var means: [Estimate] = []
    var variances: [Estimate] = []
    for test in 0..<kernel.testCount {
      let row = kernel.testTrain.row(test)
      let v = columns.row(test)
      let scale = max(kernel.testDiagonal[test], 0).squareRoot()
      let vScale = absoluteDot(scales, v)
      let meanError =
        epsilon * (scale + vScale) * alphaScale + absoluteDot(v, bound) + gamma * absoluteDot(row, alpha)
      means.append(Estimate(dot(row, alpha), error: amplification * meanError, method: .closedForm))
      let own = zip(residualRows.row(test), zip(weightRows.row(test), row)).map { residual, rest in
        residual.magnitude + gamma * (rest.0 + rest.1.magnitude)
      }
      let explained = dot(row, v)
      let varianceError =
        epsilon * (scale + vScale) * (scale + vScale) + absoluteDot(v, own) + gamma * absoluteDot(row, v)
        + 2 * roundoff * (kernel.testDiagonal[test] + explained.magnitude)
      guard
        let variance = Prediction.variance(
          kernel.testDiagonal[test] - explained, error: amplification * varianceError, method: .closedForm)
      else {
        throw RegressionError.illConditioned(
          kernel: "NNGP kernel", condition: 1 / reciprocalCondition, time: nil)
      }
      variances.append(variance)
    }
    prediction = Prediction(mean: means, variance: variances)

    let fit = dot(targets, alpha)
    let logDeterminant = factor.logDeterminant
    let constant = Double(n) * log(2 * Double.pi)
    // |tr A⁻¹E| ≤ ‖A⁻¹‖_F ‖E‖_F ≤ √n ‖E‖_F / λ_min.
    let determinantError = Double(n).squareRoot() * (kernel.normOfError + gamma * kernel.train.frobeniusNorm) / smallest
    let fitError = epsilon * alphaScale * alphaScale + absoluteDot(alpha, bound) + gamma * absoluteDot(targets, alpha)
    logMarginalLikelihood = Estimate(
      -0.5 * (fit + logDeterminant + constant),
      error: 0.5 * amplification * (determinantError + fitError)
        + gamma * (fit.magnitude + logDeterminant.magnitude + constant), method: .closedForm)
  }
}

/// The eigenvalues of `K(X, X) + R I` that exceed its rounding errors.
func numericalRank(_ kernel: RegressionKernel, ridge: Double) throws -> Int {
  let eigen = try SymmetricEigen(kernel.train)
  let largest = (eigen.values.last ?? 0).magnitude + ridge
  let noise = kernel.normOfError + Double(kernel.trainCount) * roundoff * largest
  return eigen.values.filter { $0 + ridge > noise }.count
}
