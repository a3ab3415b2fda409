import Activations
import Expectation
import Foundation
import Moments

/// The length map and the correlation map of an activation, and what derives from them.
struct PhaseMaps: Sendable {
  /// `f(0) = 0` and no jump there: q = 0 maps to σ_b².
  let vanishesAtZero: Bool
  /// The first point where φ jumps.
  let jump: ExactNumber?
  let parity: Parity
  private let weight: Estimate
  private let bias: Estimate
  private let activation: any Activation
  private let value: GaussianDualPlan
  private let derivative: GaussianDualPlan
  /// `z φ φ′`, whose mean over q is the derivative of `E φ²`.
  private let radial: ScalarFunction
  private static let tolerance = 1e-14

  init(_ activation: any Activation, _ weightVariance: ExactNumber, _ biasVariance: ExactNumber) throws {
    self.activation = activation
    weight = Estimate(exact: weightVariance)
    bias = Estimate(exact: biasVariance)
    value = try GaussianDualPlan(activation.value, activation.value)
    derivative = try GaussianDualPlan(activation.derivative, activation.derivative)
    radial =
      ScalarFunction(name: "z", pieces: PiecewisePolynomial(Polynomial([0, 1]))) * activation.value
      * activation.derivative
    parity = activation.value.parity
    jump = activation.value.kinks.first { Self.height(activation.value, at: $0.doubleValue) > 1e-9 }
    vanishesAtZero = activation.value.evaluate(0) == 0 && Self.height(activation.value, at: 0) < 1e-9
  }

  /// The height of the jump at a point; continuous functions move by far less than what counts.
  private static func height(_ function: ScalarFunction, at point: Double) -> Double {
    let step = max(point.magnitude, 1) * 1e-13
    let (left, right) = (function.evaluate(point - step), function.evaluate(point + step))
    return (right - left).magnitude / (1 + left.magnitude)
  }

  // MARK: Expectations

  private func pair(_ q: Double, _ oneMinusRho: Double = 0) throws -> GaussianPair {
    try GaussianPair(varianceU: q, varianceV: q, oneMinusRho: oneMinusRho)
  }

  /// `E φ(√q z)²`.
  func square(_ q: Double) throws -> Estimate {
    try value.expectation(try pair(q), relativeTolerance: Self.tolerance)
  }

  /// `E φ′(√q z)²`; at 0 the mean of its one-sided limits.
  func squaredDerivative(_ q: Double) throws -> Estimate {
    guard q > 0 else {
      let (left, right) = (activation.derivative.evaluate(-1e-300), activation.derivative.evaluate(1e-300))
      let mean = 0.5 * (left * left + right * right)
      return mean == 0 ? .zero : Estimate(closedForm: mean, ulps: 4)
    }
    return try derivative.expectation(try pair(q), relativeTolerance: Self.tolerance)
  }

  /// `d/dq E φ(√q z)²`.
  func squareSlope(_ q: Double) throws -> Estimate {
    guard q > 0 else { return try squaredDerivative(0) }
    return Estimate(closedForm: 1 / q, ulps: 1) * (try GaussianDual.expectation(radial, variance: q))
  }

  // MARK: Maps

  /// `σ_w² E φ′²`.
  func slope(_ q: Double) throws -> Estimate { weight * (try squaredDerivative(q)) }

  /// `V′(q)`.
  func lengthSlope(_ q: Double) throws -> Estimate { weight * (try squareSlope(q)) }

  /// `V(q) − q`.
  func growth(_ q: Double) throws -> Estimate {
    weight * (try square(q)) + bias - Estimate(q, error: 0, method: .closedForm)
  }

  /// `(q − σ_b²) E φ′² − E φ²`, zero at the edge of chaos.
  func criticality(_ q: Double) throws -> Estimate {
    (Estimate(q, error: 0, method: .closedForm) - bias) * (try squaredDerivative(q)) - (try square(q))
  }

  /// `R(c)`.
  func correlation(q: Double, oneMinus delta: Double) throws -> Estimate {
    let dual = try value.expectation(try pair(q, delta), relativeTolerance: Self.tolerance)
    return Estimate(closedForm: 1 / q, ulps: 1) * (weight * dual + bias)
  }

  /// `R′(c)`.
  func correlationSlope(q: Double, oneMinus delta: Double) throws -> Estimate {
    weight * (try derivative.expectation(try pair(q, delta), relativeTolerance: Self.tolerance))
  }

  // MARK: Grids and intervals

  /// The signs of a function of q on the grid; where φ overflows the sign is that of `V(q)`, positive.
  ///
  /// - Parameter first: The sign at `q = σ_b² > 0`, where `E φ²` decides it and rounding may hide it.
  func signs(first: Int, _ function: (Double) throws -> Estimate) throws -> [SignedRoots.Sample] {
    let start = bias.value > 0 ? bias.value : 0x1p-60
    var samples: [SignedRoots.Sample] = []
    var point = start
    if bias.value > 0 {
      samples.append(SignedRoots.Sample(point: start, sign: first))
      point *= 2.0.squareRoot()
    }
    while point <= max(0x1p60, 0x1p20 * start) {
      do {
        samples.append(SignedRoots.Sample(point: point, sign: SignedRoots.sign(try function(point))))
      } catch GaussianError.notIntegrable {
        samples.append(SignedRoots.Sample(point: point, sign: 1))
        break
      }
      point *= 2.0.squareRoot()
    }
    return samples
  }

  /// A function at a point that is known to within its bound: twice the spread over the interval is added.
  func overInterval(_ point: Estimate, _ function: (Double) throws -> Estimate) throws -> Estimate {
    let middle = try function(point.value)
    guard point.roundedError > 0, point.value > 0 else { return middle }
    let low = try function(max(point.value - point.roundedError, 0))
    let high = try function(point.value + point.roundedError)
    let spread = max((low.value - middle.value).magnitude, (high.value - middle.value).magnitude)
    return Estimate(
      middle.value, error: max(low.roundedError, middle.roundedError, high.roundedError) + 2 * spread,
      method: max(middle.method, point.method))
  }
}
