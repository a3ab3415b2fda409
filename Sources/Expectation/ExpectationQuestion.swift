import Activations
import Moments

/// The question of this module: `E[f(u) g(v)]` for a preactivation pair.
public struct ExpectationQuestion: Sendable {
  public var f: ScalarFunction
  public var g: ScalarFunction
  public var pair: PreactivationPair
  /// The relative error to aim at.
  public var relativeTolerance: Double

  public init(_ f: ScalarFunction, _ g: ScalarFunction, _ pair: PreactivationPair, relativeTolerance: Double = 1e-13) {
    self.f = f
    self.g = g
    self.pair = pair
    self.relativeTolerance = relativeTolerance
  }

  /// For messages, as in `E[relu(u) relu(v)]`.
  public var name: String { "E[\(f.name)(u) \(g.name)(v)]" }
}

/// One way to answer the question.
///
/// A method that does not apply answers nil, quickly; one that applies but falls short of the tolerance answers
/// with its honest, larger error.
protocol ExpectationMethod: Sendable {
  /// For listings and for `docs/accuracy.md`.
  var name: String { get }
  func evaluate(_ question: ExpectationQuestion) throws -> MethodAnswer?
}

/// A method's answer, with the size of what was added up.
struct MethodAnswer: Sendable {
  var quantity: Quantity
  /// Roughly `E|f(u) g(v)|`: where the value is much smaller, digits cancelled, and no method can help that.
  var scale: Double

  init(_ quantity: Quantity, scale: Double = 0) {
    self.quantity = quantity
    self.scale = max(scale, quantity.estimate?.value.magnitude ?? 0)
  }
}

/// The choice of the method: one list, from exact arithmetic to sampling.
public enum ExpectationChain {
  /// A deterministic value is good enough to stand if its relative error is below this; else it is sampled.
  static let deterministicLimit = 1e-9

  /// The methods in the order in which they are tried.
  ///
  /// The first one that reaches the tolerance answers.
  static let methods: [any ExpectationMethod] = [
    JointMoments(),  // polynomials under any law with moments: exact where the moments are
    TruncatedPowers(),  // piecewise polynomials under box and discrete laws: exact while affordable
    GaussianReduction(),  // a Gaussian pair, mixed over atoms: dual activations
    WaveExpectation(),  // sums of exponentials: characteristic functions and exponential moments
    DiscreteEnumeration(),  // purely discrete laws: a finite sum
    NestedQuadrature(maximumVariables: 2),  // adaptive Gauss–Kronrod between break points
    FourierSeries(affordableTerms: 4_000_000),  // smooth-windowed Fourier series against the characteristic function
    GaussianMixtureQuadrature(),  // a Gaussian pair and one more variable: the integral of shifted duals
    NestedQuadrature(maximumVariables: 3),
    FourierSeries(affordableTerms: 40_000_000),  // with more patience
    QuasiMonteCarlo(),  // randomized Sobol points: a standard error, and it says so
  ]

  /// Answers `E[f(u) g(v)]`.
  ///
  /// First removes what is constant or affinely dependent and what vanishes identically, then decides whether the
  /// expectation exists, then takes independent factors apart and runs down the methods. A deterministic answer that misses the
  /// tolerance is kept if its relative error is at most 1e-9; otherwise the chain goes on to sampling.
  ///
  /// - Parameters:
  ///   - question: What is asked.
  ///   - required: A relative accuracy that must be reached; nil accepts what the chain gives.
  /// - Throws: ``ExpectationError`` when `required` is missed, or when no method applies.
  public static func expectation(_ question: ExpectationQuestion, required: Double? = nil) throws -> Quantity {
    let pair = question.pair
    if pair.isConstantU, question.f.pieces?(pair.offsetU).isZero ?? false { return .zero }
    if pair.isConstantV, question.g.pieces?(pair.offsetV).isZero ?? false { return .zero }
    let result = try answer(reduce(question))
    if case .finite(let estimate) = result {
      guard estimate.value.isFinite, estimate.error.isFinite else {
        throw ExpectationError.overflow(quantity: question.name)
      }
      if let required, estimate.error > required * estimate.value.magnitude, estimate.error > 0 {
        throw ExpectationError.accuracyNotReached(
          quantity: question.name, requested: required, reached: estimate.error / estimate.value.magnitude)
      }
    }
    return result
  }

  /// The answer to a reduced question.
  private static func answer(_ question: ExpectationQuestion) throws -> Quantity {
    if question.f.isZero || question.g.isZero { return .zero }
    if let missing = Existence.obstacle(question) { return missing }
    let pair = question.pair
    // Under a law that is symmetric about the origin, what is odd has mean zero.
    if pair.isSymmetric, question.f.parity * question.g.parity == .odd { return .zero }
    if pair.isIndependent, !pair.isConstantU, !pair.isConstantV {
      let first = ExpectationQuestion(
        question.f, .one, pair.marginalU, relativeTolerance: question.relativeTolerance)
      let second = ExpectationQuestion(
        question.g, .one, pair.swapped.marginalU, relativeTolerance: question.relativeTolerance)
      // The product exists, and so do its factors: neither function vanishes almost everywhere unless its mean is 0.
      if case .finite(let factor) = try answer(first) { return factor * (try answer(second)) }
    }
    return try run(question)
  }

  private static func run(_ question: ExpectationQuestion) throws -> Quantity {
    var best: (estimate: Estimate, scale: Double)?
    for method in methods {
      if let best, method is QuasiMonteCarlo, stands(best.estimate, best.scale) { break }
      let evaluated: MethodAnswer?
      // A failure of a later method does not take away what is known.
      do { evaluated = try method.evaluate(question) } catch { if best == nil { throw error } else { continue } }
      guard let answer = evaluated else { continue }
      guard case .finite(let estimate) = answer.quantity else { return answer.quantity }
      // 1e-14 of what was added up is as good as double precision gets, and underflow to 0 is no reason to go on.
      let goal = max(8 * question.relativeTolerance * estimate.value.magnitude, 1e-14 * answer.scale, 1e-305)
      if estimate.method == .exact || estimate.error <= goal { return answer.quantity }
      if best.map({ estimate.error < $0.estimate.error }) ?? true { best = (estimate, answer.scale) }
    }
    guard let best else {
      throw ExpectationError.notComputable(quantity: question.name, reason: "no method applies to these laws")
    }
    return .finite(best.estimate)
  }

  /// Whether a deterministic answer is good enough not to sample.
  private static func stands(_ estimate: Estimate, _ scale: Double) -> Bool {
    estimate.error <= max(deterministicLimit * estimate.value.magnitude, 1e-12 * scale)
  }

  /// Removes a constant argument, and the second argument if it is an affine function of the first.
  static func reduce(_ question: ExpectationQuestion) -> ExpectationQuestion {
    var question = question
    // Sums of exponentials have a closed form for constant and dependent arguments as well.
    if WaveExpectation.applies(to: question) { return question }
    if question.pair.hasGaussian, question.pair.summands.allSatisfy({ $0.law.decomposition.isDiscrete }) {
      // Dual activations have closed forms for ρ = ±1 as well.
      return question
    }
    if question.pair.isConstantU {
      question = ExpectationQuestion(
        question.g, question.f, question.pair.swapped, relativeTolerance: question.relativeTolerance)
    }
    if !question.pair.isConstantV, let relation = question.pair.affineRelation,
      relation.slope.reciprocal != nil
    {
      let composed = question.g.composed(slope: relation.slope, intercept: relation.intercept)
      question.f = question.f * composed
      question.g = .one
      question.pair = question.pair.marginalU
    } else if question.pair.isConstantV {
      let value = question.g.pieces.map { ScalarFunction.constant($0(question.pair.offsetV)) }
      let level = question.pair.offsetV.doubleValue
      question.g = value ?? ScalarFunction.constant(approximately: question.g.evaluate(level))
      question.pair = question.pair.marginalU
    }
    return question
  }
}

extension ScalarFunction {
  /// The constant 1.
  public static let one = constant(1)

  /// Whether the function is known to vanish everywhere.
  var isZero: Bool {
    if constantValue == 0 { return true }
    return pieces?.simplified.polynomial?.coefficients.isEmpty ?? false
  }

  static func constant(_ value: ExactNumber) -> ScalarFunction {
    ScalarFunction(name: "\(value)", pieces: PiecewisePolynomial(Polynomial([value])))
  }

  /// A constant that is not known exactly: no exact form, so that no result claims to be exact.
  static func constant(approximately value: Double) -> ScalarFunction {
    var result = ScalarFunction(
      name: "\(value)", growth: .power(0), parity: .even, strip: .infinity, evaluate: { _ in value })
    result.constantValue = value
    return result
  }

  /// The function `z ↦ f(slope · z + intercept)`, `slope ≠ 0`.
  func composed(slope: ExactNumber, intercept: ExactNumber) -> ScalarFunction {
    if slope == 1 && intercept.isZero { return self }
    guard let inverse = slope.reciprocal else { return self }
    let (scale, shift) = (slope.doubleValue, intercept.doubleValue)
    let evaluate = self.evaluate
    let back: (ExactNumber) -> ExactNumber = { ($0 - intercept) * inverse }
    var result = ScalarFunction(
      name: name, kinks: kinks.map(back).sorted(), transitions: transitions.map { ($0 - shift) / scale }.sorted(),
      growth: growth, parity: intercept.isZero ? parity : .none, strip: strip / scale.magnitude,
      evaluate: { evaluate(shift.addingProduct(scale, $0)) })
    result.constantValue = constantValue
    func rescaled(_ growth: Growth) -> Growth {
      if case .exponential(let rate) = growth { return .exponential(rate: rate * slope.magnitude) }
      return growth
    }
    result.growth = rescaled(growth(towards: slope.signum))
    result.leftGrowth = rescaled(growth(towards: -slope.signum))
    result.pieces = pieces.map { pieces in
      let line = Polynomial([intercept, slope])
      let polynomials = pieces.polynomials.map { polynomial in
        polynomial.coefficients.reversed().reduce(Polynomial.zero) { $0 * line + Polynomial([$1]) }
      }
      let points = pieces.breakpoints.map(back)
      return slope.signum > 0
        ? PiecewisePolynomial(
          breakpoints: points, polynomials: polynomials, breakpointValues: pieces.breakpointValues)
        : PiecewisePolynomial(
          breakpoints: points.reversed(), polynomials: polynomials.reversed(),
          breakpointValues: pieces.breakpointValues.reversed())
    }
    // e^{λ(slope z + intercept)} keeps an exact form only without intercept.
    result.waves =
      intercept.isZero
      ? waves?.map { wave in
        Wave(
          real: wave.real, imaginary: wave.imaginary, growthRate: wave.growthRate * slope,
          frequency: wave.frequency * slope)
      } : nil
    return result
  }
}
