import Activations
import Moments
import TestSupport
import Testing

@testable import Expectation

/// Two methods for the same question test each other: they agree within the sum of their stated bounds.
@Suite struct MethodAgreementTests {
  /// Every activation of the registry under three laws: the chain's answer is within the promised 1e-12 and agrees
  /// with nested quadrature.
  static let contract: [Problem] = ActivationRegistry.all.flatMap { entry -> [Problem] in
    // The first two examples cover every entry; high degrees are in `highDegrees`.
    entry.examples.filter { !["monomial(64)", "hermite(41)"].contains($0) }.prefix(3).flatMap { name -> [Problem] in
      let base = Problem(name, "uniform(-1, 1)", "uniform(-1/2, 1/2)", ["3/2"], ["-3/4"])
      var second = base
      (second.weights, second.bias, second.y) = ("triangular(5/2)", nil, ["2"])
      var third = base
      (third.weights, third.bias) = ("sparse(1/3, laplace(1/5))", "discrete(-1:1/4, 0:1/2, 2:1/4)")
      return [base, base.primed, second, second.primed, third]
    }
  }

  @Test(arguments: contract) func everyActivation(_ problem: Problem) throws {
    let question = try problem.question()
    let estimate = try problem.estimate()
    // Where digits cancel, the scale E|φφ'| is what the bound refers to.
    let reduced = ExpectationChain.reduce(question)
    let nested = try #require(try NestedQuadrature(maximumVariables: 2).evaluate(reduced))
    let second = try #require(nested.quantity.estimate)
    expectAgreement(estimate, second, problem)
    #expect(estimate.error <= 1e-12 * max(nested.scale, estimate.value.magnitude), "\(estimate)")
    #expect(estimate.method != .sampling)
  }

  /// Smooth activations in one and two dimensions, without a bias: quadrature against the Fourier series.
  static let smooth: [Problem] =
    ["tanh", "softplus", "gelu", "gaussian"].flatMap { name in
      [
        "uniform(1)", "triangular(1)", "arcsine(sqrt(2))", "truncated-normal(0, 1, -2, 2)",
        "sparse(1/4, uniform(-1, 1))",
      ]
      .flatMap { law in
        [Problem(name, law, nil, ["1"], ["-2/3"])]
      }
        + ["laplace(1/4)", "logistic(1/5)"].map { law in Problem(name, law, nil, ["1"], ["-2/3"]) }
    }

  @Test(arguments: smooth) func seriesAndQuadrature(_ problem: Problem) throws {
    let series = try problem.estimate(by: FourierSeries(affordableTerms: 4_000_000))
    let nested = try problem.estimate(by: NestedQuadrature(maximumVariables: 2))
    expectAgreement(series, nested, problem)
    #expect(series.error <= 1e-10 && nested.error <= 1e-12)
  }

  /// Piecewise polynomials: the exact box spline against nested quadrature.
  static let boxes: [Problem] =
    ["relu", "hard-tanh", "relu6", "hard-sigmoid", "hard-swish", "abs", "step", "leaky-relu"]
    .flatMap { name in
      [
        Problem(name, "uniform(-1, 1)", "uniform(-1/2, 1/2)", ["1"], ["1"]),
        Problem(name, "uniform(-1, 1)", "uniform(-1/2, 1/2)", ["1"], ["-1"]),
        Problem(name, "uniform(-1, 1)", "uniform(-1/2, 1/2)", ["1"], ["0"]),
        Problem(name, "uniform(-3, 2)", nil, ["1", "0"], ["1/2", "3"]),
        Problem(name, "uniform(-3, 2)", nil, ["1", "2"], ["1/2", "1"]),
        Problem(name, "triangular(3)", nil, ["1"], ["-2"]),
        Problem(name, "sparse(1/3, uniform(-4, 4))", "rademacher()", ["1"], ["1/3"]),
        Problem(name, "rademacher()", "uniform(1)", ["1", "1"], ["1", "-2"]),
        Problem(name, "uniform(1/sqrt(3))", "uniform(1/2)", ["5"], ["sqrt(2)"]),
      ]
    } + [Problem("rectified-power(2)", "uniform(-1, 1)", "uniform(1/2)", ["2"], ["-1/3"])]

  @Test(arguments: boxes) func truncatedPowersAndQuadrature(_ problem: Problem) throws {
    for problem in [problem, problem.primed] {
      let box = try problem.estimate(by: TruncatedPowers())
      expectAgreement(box, try problem.estimate(by: NestedQuadrature(maximumVariables: 2)), problem)
      // Mixed square roots in the box are no single field: a closed form then, exact otherwise.
      let isMixed = problem.weights.contains("sqrt")
      #expect(box.method == .exact || (isMixed && box.error <= 1e-15 * box.value.magnitude), "\(box)")
    }
  }

  /// The exact box spline against the Fourier series, in three and four dimensions.
  static let higher: [Problem] = ["relu", "hard-tanh", "rectified-power(2)"].flatMap { name in
    [
      Problem(name, "uniform(-1, 1)", nil, ["1", "1/2", "-3/4"], ["1/3", "2", "1"]),
      Problem(name, "uniform(-1, 1)", nil, ["1", "1/2", "-3/4", "1"], ["1/3", "2", "1", "-1"]),
      Problem(name, "triangular(1)", nil, ["1", "1/2", "-3/4"], ["-1", "1/2", "1"]),
      Problem(name, "uniform(-1, 1)", nil, ["1", "1/2", "-3/4"], ["2", "1", "-3/2"]),
    ]
  }

  @Test(arguments: higher) func truncatedPowersAndSeries(_ problem: Problem) throws {
    let box = try problem.estimate(by: TruncatedPowers())
    let series = try problem.estimate(by: FourierSeries(affordableTerms: 400_000))
    expectAgreement(box, series, problem)
    #expect(box.method == .exact)
    // Two and a half decimal digits more than a sample of the same cost would have.
    #expect(series.error <= 1e-6 * max(1, box.value))
  }

  /// Sums of exponentials: closed forms against quadrature, with the exact law in between.
  @Test(
    arguments: ["sin", "cos", "exp", "sin(1/3)"].flatMap { name in
      [
        Problem(name, "uniform(-1, 2)", "uniform(1/2)", ["1"], ["-3"]),
        Problem(name, "triangular(1)", "rademacher()", ["1"], ["2"]),
        Problem(name, "laplace(1/5)", nil, ["1"], ["3/2"]), Problem(name, "arcsine(2)", nil, ["1"], ["1/2"]),
        Problem(name, "logistic(1/5)", "uniform(0, 1)", ["1"], ["-1/2"]),
        Problem(name, "uniform(-1, 2)", nil, ["1", "2"], ["1/2", "-1"]),
      ]
    }) func wavesAndQuadrature(_ problem: Problem) throws
  {
    expectAgreement(
      try problem.estimate(by: WaveExpectation()), try problem.estimate(by: NestedQuadrature(maximumVariables: 2)),
      problem)
  }

  /// Discrete laws: enumeration against exact joint moments.
  @Test(
    arguments: ["square", "cube", "polynomial(1/3, -2, 0, 1)", "hermite(3)"].flatMap { name in
      [
        Problem(name, "rademacher()", "discrete(-1:1/4, 0:1/2, 2:1/4)", ["1", "1/3", "-2"], ["1", "1", "1/2"]),
        Problem(name, "discrete(-sqrt(3):1/6, 0:2/3, sqrt(3):1/6)", nil, ["1", "1/3"], ["-1", "2"]),
      ]
    }) func enumerationAndMoments(_ problem: Problem) throws
  {
    let moments = try problem.estimate(by: JointMoments())
    #expect(moments.method == .exact)
    expectAgreement(moments, try problem.estimate(by: DiscreteEnumeration()), problem)
    let pieces = try problem.estimate(by: TruncatedPowers())
    #expect(pieces.exact == moments.exact)
  }

  /// Gaussian pairs: dual activations and shifted duals against the Fourier series.
  @Test func shiftedDualsAndSeries() throws {
    let problem = Problem("relu", "normal(0, 1)", "uniform(1/2)", ["1", "0"], ["3/4", "1"])
    expectAgreement(
      try problem.estimate(by: GaussianMixtureQuadrature()),
      try problem.estimate(by: FourierSeries(affordableTerms: 400_000)), problem)
  }

  /// Sampling agrees with the truth.
  ///
  /// With 16 replicas, hence 15 degrees of freedom, |t| ≤ 7.6 has a false-alarm rate of 1.6e-6 a check.
  /// A bias of eight standard errors, some percent of the value, would be caught.
  @Test(arguments: [
    Problem("relu", "uniform(-1, 1)", "uniform(1/2)", ["1", "1/2"], ["-1", "2"]),
    Problem("tanh", "triangular(1)", nil, ["1"], ["1/2"]),
    Problem("relu", "sparse(1/2, student-t(9, 1))", "rademacher()", ["1"], ["1/2"]),
    Problem("hard-tanh", "normal(0, 1)", "laplace(1)", ["1"], ["-1/2"]),
  ]) func sampling(_ problem: Problem) throws {
    let sample = try problem.estimate(by: QuasiMonteCarlo(points: 1 << 7))
    let truth = try problem.estimate()
    #expect(sample.method == .sampling && truth.method != .sampling)
    #expect((sample.value - truth.value).magnitude <= 7.6 * sample.error + truth.roundedError, "\(sample), \(truth)")
    #expect(sample.error <= 0.1 * truth.value.magnitude)
  }

  /// A sample in which nothing happened has no standard error, and gives no value.
  @Test func samplingOfARareEvent() throws {
    let x = ["1", "1", "1/4", "1/4"]
    let rare = Problem("relu", "uniform(-1, 1)", "constant(-2499/1000)", x, x)
    #expect(try QuasiMonteCarlo(points: 1 << 9).evaluate(ExpectationChain.reduce(rare.question())) == nil)
    #expect(try rare.estimate().value > 0)
  }

  /// Independent arguments: the product of two one-dimensional expectations, against the joint integral.
  @Test(
    arguments: ["relu", "tanh", "gelu"].flatMap { name in
      [
        Problem(name, "uniform(-1, 2)", nil, ["1", "0"], ["0", "3"]),
        Problem(name, "laplace(1/2)", nil, ["1", "0"], ["0", "-2"]),
      ]
    }) func independentArguments(_ problem: Problem) throws
  {
    expectAgreement(try problem.estimate(), try problem.estimate(by: NestedQuadrature(maximumVariables: 2)), problem)
  }

  @Test func oddUnderASymmetricLawIsZero() throws {
    let estimate = try Problem("tanh", "laplace(1)", nil, ["1", "0"], ["0", "1"]).estimate()
    #expect(estimate.isExactlyZero)
  }
}
