import Activations
import Moments

/// `E[p(u) q(v)]` for polynomials.
///
/// By Mehler's formula, and with `p_k = E[p⁽ᵏ⁾(u)]`,
///
///     E[p(u) q(v)] = Σ_k c^k/k! · p_k q_k,     E[p⁽ᵏ⁾(u)] = Σ_j a_{k+2j} (k+2j)!/(2^j j!) q₁^j
///
/// where `a` are the coefficients of `p` about the mean. A finite sum: exact for exact parameters.
struct PolynomialDual: Sendable {
  let first: Polynomial
  let second: Polynomial
  private let firstTable: [Double]
  private let secondTable: [Double]

  init(_ first: Polynomial, _ second: Polynomial) {
    self.first = first
    self.second = second
    firstTable = first.coefficients.map(\.doubleValue)
    secondTable = second.coefficients.map(\.doubleValue)
  }

  func expectation(_ pair: GaussianPair) -> Estimate {
    if first.degree < 0 || second.degree < 0 { return .zero }
    if let exact = pair.exact { return Estimate(exact: value(exact)) }
    return rounded(pair)
  }

  private func value(_ pair: ExactGaussianPair) -> ExactNumber {
    let p = first.expanded(around: pair.meanU).coefficients
    let q = second.expanded(around: pair.meanV).coefficients
    func derivativeMean(_ a: [ExactNumber], _ variance: ExactNumber, _ order: Int) -> ExactNumber {
      var sum = ExactNumber.zero
      var power = ExactNumber.one
      for (j, n) in stride(from: order, to: a.count, by: 2).enumerated() {
        let weight = Rational(factorial(n), factorial(j) << j)
        sum += weight * a[n] * power
        power *= variance
      }
      return sum
    }
    var total = ExactNumber.zero
    var power = ExactNumber.one
    for k in 0..<min(p.count, q.count) {
      let term = derivativeMean(p, pair.varianceU, k) * derivativeMean(q, pair.varianceV, k) * power
      total += Rational(1, factorial(k)) * term
      power *= pair.covariance
    }
    return total
  }

  /// The same sum in double precision; its error is measured by the sum of moduli.
  func rounded(_ pair: GaussianPair) -> Estimate {
    let (total, magnitude, underflow) = Self.sum(
      firstTable, secondTable, means: (pair.meanU, pair.meanV), variances: (pair.varianceU, pair.varianceV),
      covariance: pair.covariance)
    let ulps = Double(8 + 4 * (firstTable.count + secondTable.count))
    return Estimate(total, error: ulps * 0x1p-53 * magnitude + underflow, method: .closedForm)
  }

  /// `E[p(u) q(v)]`, the sum of moduli that measures its rounding, and what its terms may lose by underflow.
  static func sum(
    _ first: [Double], _ second: [Double], means: (Double, Double), variances: (Double, Double), covariance: Double
  ) -> (value: Double, magnitude: Double, underflow: Double) {
    let p = shifted(first, means.0)
    let q = shifted(second, means.1)
    var total = 0.0
    var magnitude = 0.0
    var underflow = 0.0
    var power = 1.0
    for k in 0..<min(p.coefficients.count, q.coefficients.count) {
      let (a, sizeA) = derivativeMean(p, variances.0, k)
      let (b, sizeB) = derivativeMean(q, variances.1, k)
      total += power * a * b
      let size = power.magnitude * sizeA * sizeB
      magnitude += size
      if sizeA * sizeB > 0, k == 0 || covariance != 0 {
        underflow += Estimate.underflow(of: size) * max(1, sizeA * sizeB)
      }
      power *= covariance / Double(k + 1)
    }
    return (total, magnitude, underflow)
  }

  private typealias Shifted = (coefficients: [Double], moduli: [Double])

  private static func shifted(_ a: [Double], _ mean: Double) -> Shifted {
    if mean == 0 { return (a, a.map(\.magnitude)) }
    var result = a
    var moduli = a.map(\.magnitude)
    // Repeated synthetic division.
    for start in 0..<a.count {
      for index in stride(from: a.count - 2, through: start, by: -1) {
        result[index] += mean * result[index + 1]
        moduli[index] += mean.magnitude * moduli[index + 1]
      }
    }
    return (result, moduli)
  }

  private static func derivativeMean(_ a: Shifted, _ variance: Double, _ order: Int) -> (Double, Double) {
    var sum = 0.0
    var size = 0.0
    // (k+2j)!/(2^j j!) q^j from one j to the next.
    var weight = (1...max(1, order)).reduce(1.0) { $0 * Double($1) }
    var j = 0
    var n = order
    while n < a.coefficients.count {
      sum += weight * a.coefficients[n]
      size += weight * a.moduli[n]
      j += 1
      weight *= Double((n + 1) * (n + 2)) / Double(2 * j) * variance
      n += 2
    }
    return (sum, size)
  }
}
