import Activations
@preconcurrency import BigInt
import Moments

/// Polynomial `f` and `g`: joint moments of (u, v) from joint cumulants.
///
/// Cumulants of independent summands add, `κ_{p,q}(u, v) = Σⱼ κ_{p+q}(Wⱼ) αⱼ^p βⱼ^q`, so the cost of a coordinate
/// is one term, for every law and every dimension. Moments follow from the recursion
///
///     M_{p,q} = Σ_{i ≤ p−1, j ≤ q} C(p−1, i) C(q, j) κ_{i+1, j} M_{p−1−i, q−j} .
///
/// Exact in rational numbers and square roots where all moments are; otherwise moments are convolved summand by
/// summand with their bounds.
///
/// **Source.** McCullagh, *Tensor Methods in Statistics*, 1987, section 2.3.
struct JointMoments: ExpectationMethod {
  let name = "joint moments"

  func evaluate(_ question: ExpectationQuestion) throws -> MethodAnswer? {
    guard let f = question.f.pieces?.polynomial, let g = question.g.pieces?.polynomial else { return nil }
    if f.coefficients.isEmpty || g.coefficients.isEmpty { return MethodAnswer(.zero) }
    let pair = question.pair
    if let moments = exactMoments(pair, f.degree, g.degree) {
      var sum = ExactNumber.zero
      for (p, a) in f.coefficients.enumerated() where !a.isZero {
        for (q, b) in g.coefficients.enumerated() where !b.isZero { sum += a * b * moments[p][q] }
      }
      return MethodAnswer(.exact(sum))
    }
    guard let moments = estimatedMoments(pair, f.degree, g.degree) else { return nil }
    var sum = Estimate.zero
    for (p, a) in f.coefficients.enumerated() where !a.isZero {
      for (q, b) in g.coefficients.enumerated() where !b.isZero { sum = sum + (a * b) * moments[p][q] }
    }
    return MethodAnswer(.finite(sum))
  }

  /// `E[u^p v^q]` for p ≤ P, q ≤ Q; nil unless every summand has exact moments up to order P + Q.
  private func exactMoments(_ pair: PreactivationPair, _ P: Int, _ Q: Int) -> [[ExactNumber]]? {
    var cumulants = Array(repeating: Array(repeating: ExactNumber.zero, count: Q + 1), count: P + 1)
    for summand in pair.summands {
      let order = (summand.u.isZero ? 0 : P) + (summand.v.isZero ? 0 : Q)
      guard let kappa = Self.exactCumulants(summand.law, upTo: order) else { return nil }
      let powersU = Self.powers(summand.u, P)
      let powersV = Self.powers(summand.v, Q)
      for p in 0...P {
        for q in 0...Q where p + q > 0 && p + q <= order && !kappa[p + q].isZero {
          cumulants[p][q] += kappa[p + q] * powersU[p] * powersV[q]
        }
      }
    }
    func add(_ value: ExactNumber, _ p: Int, _ q: Int) {
      if p <= P && q <= Q { cumulants[p][q] += value }
    }
    add(pair.offsetU, 1, 0)
    add(pair.offsetV, 0, 1)
    add(pair.gaussianUU, 2, 0)
    add(pair.gaussianUV, 1, 1)
    add(pair.gaussianVV, 0, 2)

    let rows = (0...max(P, Q)).map { n in (0...n).map { ExactNumber(Rational(binomial(n, $0))) } }
    var moments = Array(repeating: Array(repeating: ExactNumber.zero, count: Q + 1), count: P + 1)
    moments[0][0] = 1
    for q in stride(from: 1, through: Q, by: 1) {
      var sum = ExactNumber.zero
      for j in 0..<q where !cumulants[0][j + 1].isZero {
        sum += rows[q - 1][j] * cumulants[0][j + 1] * moments[0][q - 1 - j]
      }
      moments[0][q] = sum
    }
    for p in stride(from: 1, through: P, by: 1) {
      for q in 0...Q {
        var sum = ExactNumber.zero
        for i in 0..<p {
          for j in 0...q where !cumulants[i + 1][j].isZero {
            sum += rows[p - 1][i] * rows[q][j] * cumulants[i + 1][j] * moments[p - 1 - i][q - j]
          }
        }
        moments[p][q] = sum
      }
    }
    return moments
  }

  private static func powers(_ base: ExactNumber, _ count: Int) -> [ExactNumber] {
    var result = [ExactNumber.one]
    for _ in 0..<count { result.append(result[result.count - 1] * base) }
    return result
  }

  /// κ₀ … κ_order of a law with exact moments; `κ_n = m_n − Σ_{k<n} C(n−1, k−1) κ_k m_{n−k}`.
  private static func exactCumulants(_ law: any Law, upTo order: Int) -> [ExactNumber]? {
    var moments: [ExactNumber] = []
    for k in 0...order {
      guard let exact = law.moment(k).estimate?.exact else { return nil }
      moments.append(exact)
    }
    var kappa = [ExactNumber](repeating: 0, count: order + 1)
    for n in stride(from: 1, through: order, by: 1) {
      var value = moments[n]
      for k in 1..<n where !kappa[k].isZero {
        value -= ExactNumber(Rational(binomial(n - 1, k - 1))) * kappa[k] * moments[n - k]
      }
      kappa[n] = value
    }
    return kappa
  }

  /// The same from moments that are known with bounds.
  private func estimatedMoments(_ pair: PreactivationPair, _ P: Int, _ Q: Int) -> [[Estimate]]? {
    guard let start = exactMoments(gaussianAndOffset(of: pair), P, Q) else { return nil }
    var moments = start.map { $0.map { Estimate(exact: $0) } }
    for summand in pair.summands {
      let order = (summand.u.isZero ? 0 : P) + (summand.v.isZero ? 0 : Q)
      var law: [Estimate] = []
      for k in 0...order {
        guard let estimate = summand.law.moment(k).estimate else { return nil }
        law.append(estimate)
      }
      let powersU = Self.powers(summand.u, P)
      let powersV = Self.powers(summand.v, Q)
      var next = moments
      for p in 0...P {
        for q in 0...Q {
          var sum = Estimate.zero
          for i in 0...p where !powersU[i].isZero {
            for j in 0...q where !powersV[j].isZero {
              let factor = ExactNumber(Rational(binomial(p, i) * binomial(q, j))) * powersU[i] * powersV[j]
              sum = sum + factor * (law[i + j] * moments[p - i][q - j])
            }
          }
          next[p][q] = sum
        }
      }
      moments = next
    }
    return moments
  }

  private func gaussianAndOffset(of pair: PreactivationPair) -> PreactivationPair {
    var result = PreactivationPair()
    result.addOffset(u: pair.offsetU, v: pair.offsetV)
    result.addGaussian(uu: pair.gaussianUU, uv: pair.gaussianUV, vv: pair.gaussianVV)
    return result
  }
}
