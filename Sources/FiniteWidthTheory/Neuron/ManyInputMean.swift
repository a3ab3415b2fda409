import Activations
import Expectation
import GSL
import Moments

/// `E[∏_k f_k(u_k)]` over three or more preactivations `u_k = Σ_j α_kj W_j`.
///
/// Polynomials of laws with exact moments are exact: the joint moments `E ∏ u_k^(i_k)` are convolved summand by
/// summand. Everything else is randomized quasi-Monte Carlo: 16 random shifts of 2¹² Sobol points, whose
/// spread is the standard error.
struct ManyInputMean {
  typealias Summand = (law: any Law, coefficients: [ExactNumber])

  let functions: [ScalarFunction]
  let summands: [Summand]

  static let replicas = 16
  static let points = 1 << 12
  private static let seed: UInt64 = 0x3F1D_4E57

  func value() throws -> Quantity {
    if let exact = exactValue() { return .exact(exact) }
    if let obstacle = obstacle() { return obstacle }
    return .finite(try sampled())
  }

  // MARK: Polynomials

  private func exactValue() -> ExactNumber? {
    let polynomials = functions.compactMap { $0.pieces?.polynomial }
    guard polynomials.count == functions.count else { return nil }
    if polynomials.contains(where: { $0.degree < 0 }) { return 0 }
    let table = MultiIndex(polynomials.map { $0.degree + 1 })
    guard table.count <= 1 << 12 else { return nil }
    var moments = [ExactNumber](repeating: 0, count: table.count)
    moments[0] = 1
    let total = polynomials.reduce(0) { $0 + $1.degree }
    for summand in summands {
      var law: [ExactNumber] = []
      for order in 0...total {
        guard let moment = summand.law.moment(order).estimate?.exact else { return nil }
        law.append(moment)
      }
      moments = convolved(moments, table, summand.coefficients, law)
    }
    var sum = ExactNumber.zero
    for index in 0..<table.count where !moments[index].isZero {
      let powers = table.indices(index)
      var term = moments[index]
      for (polynomial, power) in zip(polynomials, powers) where !term.isZero { term *= polynomial.coefficients[power] }
      sum += term
    }
    return sum
  }

  /// `M′_i = Σ_{j ≤ i} ∏_k C(i_k, j_k) α_k^(j_k) · m_|j| · M_{i−j}`.
  private func convolved(
    _ moments: [ExactNumber], _ table: MultiIndex, _ coefficients: [ExactNumber], _ law: [ExactNumber]
  ) -> [ExactNumber] {
    let powers = zip(coefficients, table.sizes).map { base, size in
      (1..<max(size, 1)).reduce(into: [ExactNumber.one]) { list, _ in list.append(list[list.count - 1] * base) }
    }
    return (0..<table.count).map { target in
      let i = table.indices(target)
      var sum = ExactNumber.zero
      for source in 0...target {
        let j = table.indices(source)
        guard zip(j, i).allSatisfy({ $0 <= $1 }) else { continue }
        let order = j.reduce(0, +)
        let rest = moments[table.position(zip(i, j).map { $0 - $1 })]
        if law[order].isZero || rest.isZero { continue }
        var factor = law[order] * rest
        for (k, power) in j.enumerated() where power > 0 {
          factor *= ExactNumber(Rational(binomial(i[k], power))) * powers[k][power]
        }
        sum += factor
      }
      return sum
    }
  }

  // MARK: Existence

  /// Along one summand the integrand grows like the product of those functions that follow it.
  private func obstacle() -> Quantity? {
    for summand in summands {
      guard case .power(let index) = summand.law.tail else { continue }
      for side in [1, -1] {
        let growth = zip(functions, summand.coefficients).filter { !$0.1.isZero }
          .map { $0.0.growth(towards: side * $0.1.signum) }.reduce(.power(0)) { $0 * $1 }
        if case .power(let degree) = growth, degree == 0 || ExactNumber(degree) < index { continue }
        if growth == .vanishing { continue }
        return .undefined(reason: "it needs moments that \(summand.law) does not have")
      }
    }
    return nil
  }

  // MARK: Sampling

  func sampled() throws -> Estimate {
    let coefficients = summands.map { $0.coefficients.map(\.doubleValue) }
    let quantiles = try Self.quantiles(of: summands.map(\.law))
    let evaluators = functions.map(\.evaluate)
    return try Self.sampled(dimension: summands.count) { uniform in
      var arguments = [Double](repeating: 0, count: evaluators.count)
      for (j, quantile) in quantiles.enumerated() {
        let w = quantile(uniform[j])
        for k in arguments.indices { arguments[k] += coefficients[j][k] * w }
      }
      var product = 1.0
      for (evaluate, argument) in zip(evaluators, arguments) { product *= evaluate(argument) }
      return product
    }
  }

  /// The quantile functions of the laws, those of equal laws made once.
  private static func quantiles(of laws: [any Law]) throws -> [(Double) -> Double] {
    var known: [String: (Double) -> Double] = [:]
    return try laws.map { law in
      let name = "\(law)"
      if let quantile = known[name] { return quantile }
      let quantile = try quantile(of: law)
      known[name] = quantile
      return quantile
    }
  }

  private static func quantile(of law: any Law) throws -> (Double) -> Double {
    let parts = law.decomposition
    if parts.atoms.isEmpty, parts.densities.count == 1 {
      if let gaussian = parts.densities[0].gaussian {
        let (mean, deviation) = (gaussian.mean.doubleValue, gaussian.variance.doubleValue.squareRoot())
        return { mean + deviation * SpecialFunctions.normalQuantile($0) }
      }
      if let box = parts.densities[0].box, box.widths.count == 1 {
        let (center, width) = (box.offset.doubleValue, box.widths[0].doubleValue)
        return { center + width * ($0 - 0.5) }
      }
    }
    let general = try QuantileFunction(law)
    return { general($0) }
  }

  /// The mean of a function over the unit cube, with its standard error.
  static func sampled(dimension: Int, _ function: ([Double]) -> Double) throws -> Estimate {
    let sobol = dimension <= SobolSequence.maximumDimension ? try SobolSequence(dimension: max(dimension, 1)) : nil
    let set = sobol.map { sequence in (0..<points).map { _ in sequence.next() } } ?? []
    let means = (0..<replicas).map { replica in
      var stream = RandomStream(seed: seed, stream: UInt64(replica))
      let shift = (0..<dimension).map { _ in stream.uniform() }
      var point = [Double](repeating: 0, count: dimension)
      var sum = 0.0
      for index in 0..<points {
        for j in 0..<dimension {
          var p = set.isEmpty ? stream.uniform() : set[index][j] + shift[j]
          if p >= 1 { p -= 1 }
          point[j] = min(max(p, 0x1p-54), 1 - 0x1p-54)
        }
        sum += function(point)
      }
      return sum / Double(points)
    }
    let mean = means.reduce(0, +) / Double(replicas)
    let variance = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(replicas - 1)
    return Estimate(mean, error: (variance / Double(replicas)).squareRoot(), method: .sampling)
  }
}

/// Tuples `(i₁, …, i_n)` with `0 ≤ i_k < size_k` as positions of a flat array, the last index fastest.
struct MultiIndex {
  let sizes: [Int]
  let count: Int

  init(_ sizes: [Int]) {
    self.sizes = sizes
    count = sizes.reduce(1, *)
  }

  func indices(_ position: Int) -> [Int] {
    var rest = position
    var result = [Int](repeating: 0, count: sizes.count)
    for k in sizes.indices.reversed() {
      result[k] = rest % sizes[k]
      rest /= sizes[k]
    }
    return result
  }

  func position(_ indices: [Int]) -> Int { zip(sizes, indices).reduce(0) { $0 * $1.0 + $1.1 } }
}
