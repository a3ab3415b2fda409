import Activations
import Moments
import Testing

@testable import Expectation

/// Where variances leave the range of doubles the bounds still hold.
@Suite struct UnderflowTests {
  private static func dual(_ activation: String, _ q1: Double, _ q2: Double, oneMinusRho: Double) throws -> Estimate {
    let value = try ActivationRegistry.activation(parsing: activation).value
    return try GaussianDual.expectation(
      value, value,
      try GaussianPair(varianceU: q1, varianceV: q2, oneMinusRho: oneMinusRho))
  }

  /// The value is less than the smallest double: 0 is an answer, 0 with the bound 0 is not.
  @Test(arguments: ["rectified-power(2)", "leaky-relu(1/10)", "polynomial(0, 0, 1, 1)", "square"])
  func whatIsTooSmallHasABound(_ activation: String) throws {
    let q = activation == "leaky-relu(1/10)" ? Double.leastNonzeroMagnitude : 1e-187
    let estimate = try Self.dual(activation, q, q, oneMinusRho: 0.5)
    #expect(estimate.value <= estimate.error && estimate.error > 0 && estimate.error <= .leastNormalMagnitude)
  }

  /// `E[φ(au) φ(bv)] = (ab)ⁿ E[φ(u) φ(v)]` for a homogeneous φ of degree n, also where `aⁿ` and `bⁿ` are no doubles.
  @Test(arguments: [(3, 240), (3, 300), (2, 300), (5, 150)]) func scalesMayBeFarApart(_ order: Int, _ exponent: Int)
    throws
  {
    let (small, large) = (
      Double(sign: .plus, exponent: -2 * exponent, significand: 1),
      Double(sign: .plus, exponent: 2 * exponent, significand: 1)
    )
    let unit = try Self.dual("rectified-power(\(order))", 1, 1, oneMinusRho: 0.5)
    let scaled = try Self.dual("rectified-power(\(order))", small, large, oneMinusRho: 0.5)
    #expect(scaled.value == unit.value)
    #expect(scaled.error >= unit.error)
  }
}
