import Activations
import Moments
import Numerics

/// Decides whether `E[f(u) g(v)]` exists, before anything is computed.
///
/// Summands are independent, so the expectation can diverge only where a single one of them runs to infinity:
/// along `w → ±∞` the integrand grows like `w^(deg f + deg g)`, with the degrees towards the sides that `α w` and
/// `β w` go to. A tail of index ν integrates that growth iff the degree is below ν.
enum Existence {
  /// The infinite or undefined value, or nil if the expectation exists.
  static func obstacle(_ question: ExpectationQuestion) -> Quantity? {
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
    var positive = false
    var negative = false
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
      // Where one argument does not follow w, its function takes all the signs that the other summands allow.
      let first = signs(of: question.f, towards: side * summand.u.signum, question.pair)
      let second = signs(of: question.g, towards: side * summand.v.signum, question.pair.swapped)
      for a in first {
        for b in second {
          if a == b { positive = true } else { negative = true }
        }
      }
    }
    switch (positive, negative) {
    // No sign at all: the integrand vanishes wherever w is large.
    case (false, false): return nil
    case (true, true): return .undefined(reason: "\(text), and the positive and the negative part both diverge")
    default: return .infinite(positive: positive, reason: text)
    }
  }

  /// The signs (true for plus) that `f(u)` takes: far out in one direction, or, for direction 0, on the support of u.
  private static func signs(of f: ScalarFunction, towards direction: Int, _ pair: PreactivationPair) -> Set<Bool> {
    var points: [Double] = []
    if direction != 0 {
      // Far out, the sign is that of the leading term.
      points = [Double(direction) * 1e15]
    } else if pair.isConstantU
      || (!pair.hasGaussian && pair.summands.allSatisfy { $0.u.isZero || $0.law.decomposition.isDiscrete }),
      let states = pair.marginalU.withoutGaussian.mixtureStates(limit: 10_000)
    {
      points = states.map(\.offsetU.doubleValue)
    } else {
      let (lower, upper) = pair.supportOfU
      let center = pair.offsetU.doubleValue
      let kinks = f.kinks.map(\.doubleValue)
      for exponent in stride(from: -30.0, through: 12, by: 0.5) {
        for base in [center] + kinks {
          points += [base + Double.pow(10, exponent), base - Double.pow(10, exponent)]
        }
      }
      if lower.isFinite, upper.isFinite {
        for index in 0..<200 { points.append(lower + (upper - lower) * (Double(index) + 0.5) / 200) }
      }
      points = points.filter { $0 > lower && $0 < upper }
    }
    return Set(
      points.compactMap { z in
        let value = f.evaluate(z)
        return value == 0 || value.isNaN ? nil : value > 0
      })
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
