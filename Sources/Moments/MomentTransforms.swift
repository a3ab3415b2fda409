/// Central moments and cumulants from raw moments.
///
/// Exact where the moments are; otherwise the bounds are carried through the arithmetic of ``Estimate``, so that the
/// cancellation of the alternating sums shows in the error.
enum MomentTransforms {
  /// `E[(W − m₁)^n] = Σ_j C(n, j) m_j (−m₁)^{n−j}` for raw moments `m₀, …, m_n` about any point.
  static func centralMoment(_ order: Int, raw: [Quantity]) -> Quantity {
    if order == 0 { return .finite(.one) }
    if order == 1, case .finite = raw[1] { return .zero }
    let shift: Estimate
    switch raw[1] {
    case .finite(let mean): shift = -mean
    case .infinite(_, let reason), .undefined(let reason):
      return .undefined(reason: "the mean does not exist: \(reason)")
    }
    var powers = [Estimate.one]
    for _ in 0..<order { powers.append(powers[powers.count - 1] * shift) }
    var sum = Quantity.zero
    for index in 0...order {
      let factor = ExactNumber(Rational(binomial(order, index))) * powers[order - index]
      sum = sum + factor * raw[index]
    }
    return sum
  }

  /// `κ_n = m_n − Σ_{j=1}^{n−1} C(n−1, j−1) κ_j m_{n−j}` for `n = 1, …`, with `κ₀ = 0`.
  ///
  /// Where a moment does not exist, neither does any cumulant from that order on.
  static func cumulants(raw: [Quantity]) -> [Quantity] {
    var result: [Quantity] = [.zero]
    var missing: Quantity?
    for order in raw.indices.dropFirst() {
      if let missing {
        let reason = missing.reason ?? ""
        result.append(raw[order].estimate == nil ? raw[order] : .undefined(reason: reason))
        continue
      }
      guard case .finite = raw[order] else {
        missing = raw[order]
        result.append(raw[order])
        continue
      }
      var sum = raw[order]
      for index in 1..<max(order, 1) {
        guard let cumulant = result[index].estimate else { continue }
        let factor = ExactNumber(Rational(-binomial(order - 1, index - 1))) * cumulant
        sum = sum + factor * raw[order - index]
      }
      result.append(sum)
    }
    return result
  }
}

extension Law {
  /// The raw moments `E[W^0], …, E[W^order]`.
  public func moments(upTo order: Int) -> [Quantity] { (0...max(order, 0)).map { moment($0) } }

  public func centralMoment(_ order: Int) -> Quantity {
    MomentTransforms.centralMoment(order, raw: moments(upTo: max(order, 1)))
  }

  public func cumulants(upTo order: Int) -> [Quantity] { MomentTransforms.cumulants(raw: moments(upTo: order)) }

  /// The central moments of orders `0, …, order`.
  public func centralMoments(upTo order: Int) -> [Quantity] { (0...max(order, 0)).map { centralMoment($0) } }

  /// The cumulant of one order; the cumulant of order 0 is 0.
  public func cumulant(_ order: Int) -> Quantity { cumulants(upTo: order)[order] }
}
