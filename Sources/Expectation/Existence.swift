import Activations
import Moments

/// Decides whether `E[f(u) g(v)]` exists, before anything is computed.
///
/// Summands are independent, so the expectation can diverge only where a single one of them runs to infinity:
/// along `w → ±∞` the integrand grows like `w^(deg f + deg g)`, with the degrees towards the sides that `α w` and
/// `β w` go to. A tail of index ν integrates that growth iff the degree is below ν.
enum Existence {
  /// The infinite or undefined value, or nil if the expectation exists.
  static func obstacle(_ question: ExpectationQuestion) throws -> Quantity? {
    let pair = question.pair
    var divergent: (positive: Bool, reason: String)?
    for summand in pair.summands {
      switch summand.law.tail {
      case .bounded, .gaussian: continue
      case .exponential(let rate):
        guard let reason = exponentialObstacle(question, summand, rate) else { continue }
        divergent = (true, reason)
      case .power(let index):
        switch powerObstacle(question, summand, index) {
        case .finite?, nil: continue
        case .undefined(let reason)?: return .undefined(reason: reason)
        case .infinite(let positive, let reason)?:
          if let divergent, divergent.positive != positive { return .undefined(reason: reason) }
          divergent = (positive, reason)
        }
      }
    }
    return divergent.map { .infinite(positive: $0.positive, reason: $0.reason) }
  }

  private static func jointGrowth(
    _ question: ExpectationQuestion, _ summand: PreactivationPair.Summand, towards side: Int
  ) -> Growth {
    let first = summand.u.isZero ? .power(0) : question.f.growth(towards: side * summand.u.signum)
    let second = summand.v.isZero ? .power(0) : question.g.growth(towards: side * summand.v.signum)
    return first * second
  }

  private static func powerObstacle(
    _ question: ExpectationQuestion, _ summand: PreactivationPair.Summand, _ index: ExactNumber
  ) -> Quantity? {
    var signs: [Double] = []
    var text = ""
    for side in [1, -1] {
      switch jointGrowth(question, summand, towards: side) {
      case .vanishing: continue
      case .exponential:
        text = "it needs an exponential moment, which \(summand.law) does not have"
      case .power(let degree):
        if ExactNumber(degree) < index || degree == 0 { continue }
        text = "it needs E|w|^\(degree), which does not exist for \(summand.law)"
      }
      // Far out, the sign of the integrand is that of its leading term.
      let far = Double(side) * 1e12
      let value =
        question.f.evaluate(question.pair.offsetU.doubleValue + summand.u.doubleValue * far)
        * question.g.evaluate(question.pair.offsetV.doubleValue + summand.v.doubleValue * far)
      signs.append(value)
    }
    guard let first = signs.first else { return nil }
    if signs.contains(where: { $0 * first < 0 || ($0.sign != first.sign && !$0.isZero) }) {
      return .undefined(reason: "\(text), and the positive and the negative part both diverge")
    }
    return .infinite(positive: first >= 0, reason: text)
  }

  private static func exponentialObstacle(
    _ question: ExpectationQuestion, _ summand: PreactivationPair.Summand, _ rate: ExactNumber
  ) -> String? {
    // Sums of exponentials are decided term by term, with signs, by their own method.
    if question.f.waves != nil, question.g.waves != nil { return nil }
    func exponent(_ growth: Growth, _ coefficient: ExactNumber) -> ExactNumber {
      if case .exponential(let rate) = growth, !coefficient.isZero { return rate * coefficient.magnitude }
      return 0
    }
    for side in [1, -1] {
      let total =
        exponent(question.f.growth(towards: side * summand.u.signum), summand.u)
        + exponent(question.g.growth(towards: side * summand.v.signum), summand.v)
      if !total.isZero, total >= rate {
        return "it needs E exp(\(total)·|w|), which does not exist for \(summand.law)"
      }
    }
    return nil
  }
}
