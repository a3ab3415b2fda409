import Moments

/// Purely discrete laws: `Σ P(state) f(u) g(v)`, a finite sum of doubles over exact preactivations.
struct DiscreteEnumeration: ExpectationMethod {
  let name = "enumeration"

  static let maximumStates = 200_000

  func evaluate(_ question: ExpectationQuestion) throws -> MethodAnswer? {
    guard !question.pair.hasGaussian, question.pair.summands.allSatisfy({ $0.law.decomposition.isDiscrete }),
      let states = question.pair.mixtureStates(limit: Self.maximumStates)
    else { return nil }
    var sum = CompensatedSum()
    var magnitude = 0.0
    for state in states {
      let term =
        state.probability.doubleValue * question.f.evaluate(state.offsetU.doubleValue)
        * question.g.evaluate(state.offsetV.doubleValue)
      sum.add(term)
      magnitude += term.magnitude
    }
    // Arguments are rounded once and the functions are right to a few ulps.
    let estimate = Estimate(sum.value, error: 16 * 0x1p-53 * magnitude, method: .closedForm)
    return MethodAnswer(.finite(estimate), scale: magnitude)
  }
}

/// Neumaier's compensated summation.
struct CompensatedSum {
  private var sum = 0.0
  private var compensation = 0.0

  mutating func add(_ term: Double) {
    let next = sum + term
    compensation += sum.magnitude >= term.magnitude ? (sum - next) + term : (term - next) + sum
    sum = next
  }

  var value: Double { sum + compensation }
}
