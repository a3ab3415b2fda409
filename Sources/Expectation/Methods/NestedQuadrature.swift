import Activations
import Moments

/// Nested adaptive Gauss–Kronrod quadrature (GSL) over the continuous variables, with break points at every place
/// where the integrand is not analytic.
///
/// The singular places are zeros of affine forms in the variables: kinks `u = κ`, `v = λ`, and ends and nodes of the
/// densities. The inner integral over the last variable, as a function of the others, is not analytic where two of
/// its break points cross, which is again an affine form: eliminate the variable between each two. The forms are
/// eliminated exactly, so that break points of nearly parallel inputs are not lost. Atoms are summed outside.
///
/// The inner integrals' errors are added to the outer estimate.
struct NestedQuadrature: ExpectationMethod {
  /// The largest number of integrals inside one another.
  let maximumVariables: Int

  var name: String { "nested quadrature in up to \(maximumVariables) variables" }

  /// States of the atoms times nested evaluations that are worth the wait.
  static let maximumStates = [0: 200_000, 1: 20_000, 2: 400, 3: 8]
  /// Evaluations of the integrand that are worth the wait, some seconds; beyond it the method gives up.
  static let affordableEvaluations = 12_000_000

  func evaluate(_ question: ExpectationQuestion) throws -> MethodAnswer? {
    try expectation(
      of: .product(question.f, question.g), question.pair, relativeTolerance: question.relativeTolerance)
  }

  /// `E[F(u, v)]`; nil where there are too many variables or states, or the wait would be too long.
  func expectation(
    of integrand: PairIntegrand, _ pair: PreactivationPair, relativeTolerance: Double
  ) throws -> MethodAnswer? {
    guard let gaussian = GaussianVariables(pair) else { return nil }
    let continuous = pair.summands.count { !$0.law.decomposition.isDiscrete } + gaussian.variables.count
    guard continuous <= maximumVariables, continuous > 0 else { return nil }
    guard let limit = Self.maximumStates[continuous], let states = pair.mixtureStates(limit: limit) else { return nil }
    var total = 0.0
    var error = 0.0
    var scale = 0.0
    for state in states {
      var variables = gaussian.variables
      for variable in state.variables { variables.append(.init(variable.density, u: variable.u, v: variable.v)) }
      let mass = state.probability.doubleValue
      var integral = NestedIntegral(
        integrand, offset: (state.offsetU, state.offsetV), variables: variables, relativeTolerance: relativeTolerance)
      guard let (result, size) = try integral.evaluate(limit: Self.affordableEvaluations / states.count) else {
        return nil
      }
      scale += mass * size
      total += mass * result.value
      error += mass * result.error
    }
    error += total.magnitude * Double(states.count + 2) * 0x1p-53
    guard total.isFinite, error.isFinite else { return nil }
    return MethodAnswer(.finite(Estimate(total, error: error, method: .quadrature)), scale: scale)
  }
}

/// A standardized Gaussian part as one or two independent variables.
struct GaussianVariables {
  var variables: [NestedIntegral.Variable] = []

  /// Nil if a direction has no exact form.
  init?(_ pair: PreactivationPair) {
    guard pair.hasGaussian else { return }
    guard let standard = try? NormalLaw(mean: 0, standardDeviation: 1).decomposition.densities.first else { return nil }
    if pair.gaussianUU.isZero {
      guard let root = pair.gaussianVV.squareRoot else { return nil }
      variables = [.init(standard, u: 0, v: root)]
      return
    }
    // u = √Σ_uu z₁, v = Σ_uv/√Σ_uu z₁ + √(Σ_vv − Σ_uv²/Σ_uu) z₂
    guard let root = pair.gaussianUU.squareRoot, let inverse = root.reciprocal,
      let inverseVariance = pair.gaussianUU.reciprocal
    else { return nil }
    variables = [.init(standard, u: root, v: pair.gaussianUV * inverse)]
    let rest = pair.gaussianDeterminant * inverseVariance
    if rest.isZero { return }
    guard let restRoot = rest.squareRoot else { return nil }
    variables.append(.init(standard, u: 0, v: restRoot))
  }
}
