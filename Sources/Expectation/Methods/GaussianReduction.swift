import GSL
import Moments

/// A Gaussian pair, shifted by the atoms of discrete laws: `Σ P(atom) E[f(u) g(v)]` over Gaussian dual activations.
///
/// Gaussian weights in any dimension come here: only their 2 × 2 covariance counts, and it is exact.
struct GaussianReduction: ExpectationMethod {
  let name = "Gaussian dual activations"

  func evaluate(_ question: ExpectationQuestion) throws -> MethodAnswer? {
    let pair = question.pair
    guard pair.hasGaussian, pair.summands.allSatisfy({ $0.law.decomposition.isDiscrete }),
      let states = pair.mixtureStates(limit: 10_000)
    else { return nil }
    let plan = try GaussianDualPlan(question.f, question.g)
    var sum = Estimate.zero
    var scale = 0.0
    for state in states {
      let gaussian = try GaussianPair(
        meanU: state.offsetU, meanV: state.offsetV, varianceU: pair.gaussianUU, varianceV: pair.gaussianVV,
        covariance: pair.gaussianUV)
      let dual = try plan.expectation(gaussian, relativeTolerance: 0.1 * question.relativeTolerance)
      sum = sum + state.probability * dual
      scale += state.probability.doubleValue * dual.value.magnitude
    }
    return MethodAnswer(.finite(sum), scale: scale)
  }
}

/// A Gaussian pair and one more continuous variable: the one-dimensional integral of shifted dual activations.
///
/// This is the case of Gaussian weights with a uniform bias, `E_b E[f(m_b b + G_u) g(m_b b + G_v)]`.
struct GaussianMixtureQuadrature: ExpectationMethod {
  let name = "integral of shifted dual activations"

  func evaluate(_ question: ExpectationQuestion) throws -> MethodAnswer? {
    let pair = question.pair
    guard pair.hasGaussian, pair.summands.count(where: { !$0.law.decomposition.isDiscrete }) == 1,
      let states = pair.mixtureStates(limit: 64)
    else { return nil }
    let plan = try GaussianDualPlan(question.f, question.g)
    let workspace = try QuadratureWorkspace()
    var total = 0.0
    var error = 0.0
    var scale = 0.0
    for state in states {
      let mass = state.probability.doubleValue
      guard let variable = state.variables.first else {
        let dual = try plan.expectation(
          try shifted(pair, state, by: 0, nil), relativeTolerance: question.relativeTolerance)
        total += mass * dual.value
        error += mass * dual.roundedError
        scale += mass * dual.value.magnitude
        continue
      }
      let density = variable.density
      var failure: (any Error)?
      var innerError = 0.0
      var ends = [density.lower, density.upper] + density.nodes
      for (kinks, offset, slope) in [
        (question.f.kinks, state.offsetU, variable.u), (question.g.kinks, state.offsetV, variable.v),
      ] {
        guard let inverse = slope.reciprocal else { continue }
        ends += kinks.map { density.parameter((($0 - offset) * inverse).doubleValue) }
      }
      for (function, offset, slope, variance) in [
        (question.f, state.offsetU.doubleValue, variable.u.doubleValue, pair.gaussianUU.doubleValue),
        (question.g, state.offsetV.doubleValue, variable.v.doubleValue, pair.gaussianVV.doubleValue),
      ] where slope != 0 {
        // A law much wider than the dual's own scale steps over its features unless it is told where they are.
        let deviation = variance.squareRoot()
        let places = function.kinks.map(\.doubleValue) + function.transitions
        let reach = deviation + (places.map(\.magnitude).min() ?? 0)
        guard slope.magnitude * density.spread > 5 * reach else { continue }
        for place in places {
          for shift in [-10, -3, 0, 3, 10] {
            ends.append(density.parameter((place + Double(shift) * deviation - offset) / slope))
          }
        }
      }
      ends = Set(ends.filter { $0 >= density.lower && $0 <= density.upper }).sorted()
      for (lower, upper) in zip(ends, ends.dropFirst()) where upper > lower {
        let result = try integrateAdaptively(
          from: lower, to: upper, absolute: 0, relative: question.relativeTolerance, workspace: workspace
        ) { t in
          let weight = density.weight(t)
          if weight == 0 || failure != nil { return 0 }
          do {
            let dual = try plan.expectation(
              try shifted(pair, state, by: density.point(t), variable), relativeTolerance: question.relativeTolerance)
            innerError = max(innerError, weight * dual.roundedError)
            return weight * dual.value
          } catch let caught {
            failure = caught
            return 0
          }
        }
        if let failure { throw failure }
        total += mass * result.value
        error += mass * result.error
        scale += mass * result.value.magnitude
      }
      error += mass * innerError * (density.upper - density.lower)
    }
    error += 4 * 0x1p-53 * scale
    return MethodAnswer(.finite(Estimate(total, error: error, method: .quadrature)), scale: scale)
  }

  private func shifted(
    _ pair: PreactivationPair, _ state: MixtureState, by value: Double, _ variable: MixtureState.Variable?
  ) throws -> GaussianPair {
    let (u, v) = (variable?.u.doubleValue ?? 0, variable?.v.doubleValue ?? 0)
    return try GaussianPair(
      meanU: ExactNumber(exactly: state.offsetU.doubleValue + u * value) ?? 0,
      meanV: ExactNumber(exactly: state.offsetV.doubleValue + v * value) ?? 0,
      varianceU: pair.gaussianUU, varianceV: pair.gaussianVV, covariance: pair.gaussianUV)
  }
}
