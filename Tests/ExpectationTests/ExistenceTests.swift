import Activations
import Moments
import TestSupport
import Testing

@testable import Expectation

/// Whether an expectation exists, and with which sign it diverges.
@Suite struct ExistenceTests {
  static let infinite: [Problem] = [
    Problem("relu", "student-t(2, 1)", nil, ["1"], ["1"]),
    Problem("relu", "student-t(1, 1)", nil, ["1", "0"], ["0", "1"]),
    Problem("square", "student-t(4, 1)", nil, ["1"], ["-1"]),
    Problem("cube", "student-t(9/2, 1)", nil, ["1"], ["1"]),
    Problem("exp", "laplace(1/2)", nil, ["1"], ["1"]),
    Problem("exp", "laplace(1/49)", nil, ["49"], ["0"]),
    Problem("exp", "laplace(1)", nil, ["2"], ["1"]),
    Problem("exp", "student-t(5, 1)", nil, ["1"], ["1"]),
    Problem("relu", "student-t(1, 1)", "uniform(-1, 2)", ["1"], ["0"]),
  ]

  @Test(arguments: infinite) func divergesToInfinity(_ problem: Problem) throws {
    guard case .infinite(let positive, _) = try problem.quantity() else {
      Issue.record("\(problem.testDescription): \(try problem.quantity())")
      return
    }
    #expect(positive)
  }

  static let undefined: [Problem] = [
    Problem("identity", "student-t(1, 1)", nil, ["1", "0"], ["0", "1"]),
    Problem("identity", "student-t(2, 1)", nil, ["1", "1"], ["1", "-1"]),
    Problem("leaky-relu", "student-t(1, 1)", nil, ["1", "0"], ["0", "1"]),
    Problem("cube", "student-t(3, 1)", nil, ["1", "0"], ["0", "1"]),
  ]

  @Test(arguments: undefined) func isUndefined(_ problem: Problem) throws {
    let quantity = try problem.quantity()
    #expect(quantity.status == "undefined", "\(problem.testDescription): \(quantity)")
  }

  /// `E u v = −∞` for u = −v without a second moment.
  @Test func divergesToMinusInfinity() throws {
    guard case .infinite(let positive, _) = try Problem("identity", "student-t(2, 1)", nil, ["1"], ["-1"]).quantity()
    else {
      Issue.record("not infinite")
      return
    }
    #expect(!positive)
  }

  static let finite: [Problem] = [
    Problem("relu", "student-t(2, 1)", "uniform(1)", ["1"], ["-1"]),
    Problem("relu", "student-t(9/2, 1)", nil, ["1"], ["1"]),
    Problem("tanh", "student-t(1, 1)", nil, ["1"], ["2"]),
    Problem("erf", "student-t(1, 1)", "uniform(1/2)", ["1"], ["-2"]),
    Problem("square", "student-t(9/2, 1)", nil, ["1"], ["-1"]),
    Problem("relu", "student-t(1, 1)", nil, ["1"], ["1"], derivative: true),
    Problem("exp", "laplace(1/2)", nil, ["1"], ["1/2"]),
    Problem("exp", "laplace(1)", nil, ["2"], ["-3/2"]),
  ]

  @Test(arguments: finite) func isFinite(_ problem: Problem) throws {
    let estimate = try problem.estimate()
    #expect(estimate.value.isFinite && estimate.method != .sampling)
    #expect(estimate.error <= 1e-12 * estimate.value.magnitude, "\(estimate)")
  }

  /// A factor that vanishes wherever the other one runs away: the product is 0, whatever the tails.
  @Test(arguments: [
    Problem("relu", "student-t(1, 1)", nil, ["1"], ["0"]),
    Problem("relu", "student-t(2, 1)", nil, ["1"], ["-1"]),
    Problem("relu", "student-t(1, 1)", "uniform(-2, -1)", ["1"], ["0"]),
  ]) func vanishingFactor(_ problem: Problem) throws {
    let estimate = try problem.estimate()
    #expect(estimate.value == 0 && estimate.error == 0, "\(estimate)")
  }

  /// `E e^{400 w}` exists for uniform(−400, 400) but is no double: an error, not infinity.
  @Test func overflowIsNotInfinity() throws {
    let problem = Problem("exp", "uniform(-400, 400)", nil, ["1"], ["1"])
    #expect(throws: ExpectationError.overflow(quantity: "E[exp(u) exp(v)]")) { try problem.quantity() }
  }

  /// `E e^{2w} e^{−3w/2} = 1/(1 − 1/4)` under laplace(1), though `E e^{2w}` alone diverges.
  @Test func dependentExponentials() throws {
    let estimate = try Problem("exp", "laplace(1)", nil, ["2"], ["-3/2"]).estimate()
    #expect((estimate.value - 4.0 / 3).magnitude <= estimate.roundedError)
  }
}
