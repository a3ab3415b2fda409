import Activations
import Moments
import TestSupport
import Testing

@testable import Expectation

/// The chain as its users see it: accuracy in high dimensions, symmetry, determinism, errors.
@Suite struct ChainTests {
  static let ten = ["1", "-1/2", "3/4", "1/4", "-5/4", "3/2", "-5/8", "7/16", "2", "-3/8"]
  static let shifted = Array(ten[3...] + ten[..<3])

  /// Deterministic, and within the promised 1e-9 at least.
  @Test(arguments: [
    Problem("tanh", "uniform(-1, 1)", "uniform(1/2)", ten, shifted),
    Problem("relu", "normal()", "uniform(1/2)", ten, shifted),
    Problem("tanh", "rademacher()", nil, Array(ten[..<6]), Array(shifted[..<6])),
    Problem("silu", "sparse(1/4, uniform(-1, 1))", nil, Array(ten[..<5]), Array(shifted[..<5])),
  ]) func manyInputs(_ problem: Problem) throws {
    let estimate = try problem.estimate()
    #expect(estimate.method != .sampling)
    #expect(estimate.error <= 1e-9 * estimate.value.magnitude, "\(estimate)")
    // Exchanging the inputs exchanges u and v; reversing the coordinates changes nothing.
    let exchanged = Problem(
      problem.activation, problem.weights, problem.bias, problem.y.reversed(), problem.x.reversed())
    expectAgreement(estimate, try exchanged.estimate(), problem)
  }

  /// Nearly parallel inputs: `E φ(u)(φ(v) − φ(u))` is 1e-12 in size, and the value moves by no more.
  @Test(arguments: ["relu", "tanh", "gelu", "hard-tanh"]) func nearlyParallel(_ name: String) throws {
    for weights in ["uniform(-1, 1)", "laplace(1)"] {
      let near = Problem(name, weights, nil, ["1", "1"], ["1", "1.000000000001"])
      let parallel = Problem(name, weights, nil, ["1", "1"], ["1", "1"])
      let (a, b) = (try near.estimate(), try parallel.estimate())
      #expect(a.error <= 1e-12)
      // |φ'| ≤ 1.2 and E|φ(u)||w| ≤ 3 for these laws, times 1e-12.
      #expect((a.value - b.value).magnitude <= 4e-12 + a.roundedError + b.roundedError)
    }
  }

  @Test func theSameQuestionHasTheSameAnswer() throws {
    for problem in [
      Problem("tanh", "sparse(1/4, uniform(-1, 1))", "rademacher()", ["1", "2"], ["1/2", "-1"]),
      Problem("tanh", "uniform(-1, 1)", nil, ["1", "2", "1", "1"], ["1/2", "-1", "1", "-1"]),
    ] {
      let (first, second) = (try problem.quantity(), try problem.quantity())
      #expect(first == second)
    }
  }

  @Test func missedAccuracyIsAnError() throws {
    let problem = Problem("tanh", "laplace(1)", nil, ["1"], ["2"])
    let error = #expect(throws: ExpectationError.self) {
      try ExpectationChain.expectation(problem.question(), required: 1e-17)
    }
    guard case .accuracyNotReached(let quantity, let requested, let reached)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(quantity == "E[tanh(u) tanh(v)]" && requested == 1e-17 && reached > 1e-17)
    let text = error?.description ?? ""
    #expect(text.hasPrefix("E[tanh(u) tanh(v)]: the requested relative accuracy 1e-17 was not reached;"))
    #expect(text.contains("--tolerance"))
  }

  /// Without inputs and bias, `u = v = 0`: nothing is random.
  @Test func emptyPair() throws {
    let estimate = try Problem("softplus", "normal()", nil, ["0"], ["0"]).estimate()
    // ln² 2
    #expect((estimate.value - 0.480453013918201424667102526327).magnitude <= estimate.roundedError)
    #expect(try Problem("relu", "uniform(1)", nil, ["0", "0"], ["0", "0"]).estimate().isExactlyZero)
  }

  @Test func highDegrees() throws {
    let problem = Problem("monomial(12)", "uniform(-1, 1)", "uniform(1/2)", ["1"], ["-1"])
    let moments = try #require(try problem.estimate(by: JointMoments()).exact)
    #expect(try problem.estimate(by: TruncatedPowers()).exact == moments)
  }
}
