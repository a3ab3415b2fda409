import Activations
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
    var error = 0.0
    for state in states {
      let mass = state.probability.doubleValue
      let first = Self.value(question.f, state.offsetU)
      let second = Self.value(question.g, state.offsetV)
      let term = mass * first.value * second.value
      sum.add(term)
      magnitude += term.magnitude
      error += mass * (first.change * second.value.magnitude + first.value.magnitude * second.change)
      if term.magnitude < .leastNormalMagnitude, first.value != 0 || !first.isExact,
        second.value != 0 || !second.isExact
      {
        error += .leastNonzeroMagnitude
      }
    }
    // The functions are right to a few ulps.
    let estimate = Estimate(sum.value, error: error + 16 * 0x1p-53 * magnitude, method: .closedForm)
    return MethodAnswer(.finite(estimate), scale: magnitude)
  }

  /// `f` at the double nearest `z`, what the rounding of z can have changed, and whether z is a double.
  private static func value(
    _ f: ScalarFunction, _ z: ExactNumber
  ) -> (value: Double, change: Double, isExact: Bool) {
    let rounded = z.doubleValue
    let value = f.evaluate(rounded)
    if ExactNumber(exactly: rounded) == z { return (value, 0, f.pieces != nil) }
    let change = max(
      (f.evaluate(rounded.nextUp) - value).magnitude, (f.evaluate(rounded.nextDown) - value).magnitude)
    return (value, change, false)
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
