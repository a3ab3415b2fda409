import Moments
import Synchronization

/// Raw moments of the one-neuron NTK at one entry, computed when asked for and then kept.
///
///     E ξ^r = Σ_k C(r, k) ew^(r−k) κ^k E[w^(2k)] ⟨(φ_a φ_b)^(r−k) (φ′_a φ′_b)^k⟩
final class MomentTable: Sendable {
  private let layer: OneHiddenLayer
  private let pair: InputPair
  private let known = Mutex<[NeuronMonomial: Quantity]>([:])

  init(layer: OneHiddenLayer, pair: InputPair) {
    self.layer = layer
    self.pair = pair
  }

  private func mean(_ monomial: NeuronMonomial) throws -> Quantity {
    if let value = known.withLock({ $0[monomial] }) { return value }
    let value = try layer.neuron.mean(monomial)
    known.withLock { $0[monomial] = value }
    return value
  }

  /// The cumulant of order 2, 3 or 4 of the sum of some groups' parts of `Θ_N`.
  func cumulant(_ order: Int, width: Int, groups selected: [Int]) throws -> Quantity {
    var value = Quantity.zero
    var slope = Quantity.zero
    for index in selected {
      let group = layer.groups[index]
      let power = layer.relativePower(group.exponent) * widthPower(width, group.exponent)
      let part = layer.coefficients(group, pair)
      value = value + power * .exact(part.value)
      slope = slope + power * .exact(part.slope)
    }
    var raw: [Quantity] = [.finite(.one)]
    for r in 1...order { raw.append(try rawMoment(r, value: value, slope: slope)) }
    // The width of the layer is r N.
    let neurons = layer.relativePower(-1) * widthPower(width, -1)
    let factor = (1..<order).reduce(Estimate.one) { product, _ in product * neurons }
    return factor * Self.cumulant(raw)
  }

  private func rawMoment(_ order: Int, value: Quantity, slope: Quantity) throws -> Quantity {
    let (a, b) = (pair.first, pair.second)
    var sum = Quantity.zero
    for k in 0...order {
      var factor = Quantity.exact(ExactNumber(Rational(binomial(order, k)))) * layer.moments(2 * k)
      for _ in 0..<(order - k) { factor = factor * value }
      for _ in 0..<k { factor = factor * slope }
      if factor.isExactlyZero { continue }
      sum =
        sum + factor * (try mean(NeuronMonomial.values(a, b).power(order - k) * NeuronMonomial.slopes(a, b).power(k)))
    }
    return sum
  }

  /// The cumulant of order 2, 3 or 4 from the raw moments up to that order.
  static func cumulant(_ m: [Quantity]) -> Quantity {
    let square = m[1] * m[1]
    switch m.count {
    case 3: return m[2] - square
    case 4: return m[3] - ExactNumber(3) * (m[1] * m[2]) + ExactNumber(2) * (square * m[1])
    default:
      return m[4] - ExactNumber(4) * (m[1] * m[3]) - ExactNumber(3) * (m[2] * m[2])
        + ExactNumber(12) * (square * m[2]) - ExactNumber(6) * (square * square)
    }
  }
}
