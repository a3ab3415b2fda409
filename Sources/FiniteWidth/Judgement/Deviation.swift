import LinearAlgebra

/// One number for each width with its sampling error, and the unknown terms that all widths share: what a common cause
/// of deviations is estimated from.
///
///     dⱼ = δ uⱼ + Σₖ tₖ aₖⱼ + εⱼ ,   tₖ ~ N(0, 1) ,   Var εⱼ = vⱼ .
struct Deviations {
  var values: [Double]
  /// `vⱼ > 0`.
  var variances: [Double]
  /// The third central moments of `εⱼ`.
  var thirdMoments: [Double]
  /// `aₖⱼ`: one list for each term.
  var terms: [[Double]]

  /// What is known of `δ`: generalized least squares with the covariance `diag v + Σ aₖ aₖᵀ`.
  struct Estimate {
    var value: Double
    var standardError: Double
    /// The skewness of the sampling error of ``value``.
    var skewness: Double
    var score: Double { value / standardError }
  }

  /// The standard error at one width, with the unknown terms.
  func standardError(_ index: Int) -> Double {
    terms.reduce(variances[index]) { $0 + $1[index] * $1[index] }.squareRoot()
  }

  /// The skewness of the deviation at one width, with the unknown terms.
  func skewness(_ index: Int) -> Double {
    let error = standardError(index)
    return thirdMoments[index] / (error * error * error)
  }

  /// - Parameter pattern: `uⱼ`: how a common cause shows at each width.
  /// - Returns: nil without widths, or where the covariance cannot be inverted.
  func estimate(pattern: [Double]) -> Estimate? {
    guard !values.isEmpty else { return nil }
    // In units of each width's own error the matrix is 1 plus something positive.
    let errors = variances.map { $0.squareRoot() }
    guard errors.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    var matrix = Matrix.identity(values.count)
    for term in terms {
      for i in values.indices {
        for j in values.indices { matrix[i, j] += term[i] / errors[i] * (term[j] / errors[j]) }
      }
    }
    let scaled = zip(pattern, errors).map { $0 / $1 }
    guard let solved = try? Cholesky(matrix).solve(scaled) else { return nil }
    let information = zip(scaled, solved).reduce(0) { $0 + $1.0 * $1.1 }
    guard information > 0, information.isFinite else { return nil }
    let weights = zip(solved, errors).map { $0 / $1 / information }
    let value = zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 }
    let third = zip(weights, thirdMoments).reduce(0) { $0 + $1.0 * $1.0 * $1.0 * $1.1 }
    let error = (1 / information).squareRoot()
    return Estimate(value: value, standardError: error, skewness: third / (error * error * error))
  }
}
