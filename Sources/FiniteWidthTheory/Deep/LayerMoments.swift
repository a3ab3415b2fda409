import Moments

/// The expectations of one layer at n inputs that the recursion asks for, each computed once.
///
/// Indices of inputs run over 0 ..< n; pairs `a ≤ b` are numbered in order.
final class LayerMoments {
  let count: Int
  let pairs: [InputPair]
  private let neuron: any NeuronLaw
  private let gaussian: GaussianNeuron?
  private var means: [NeuronMonomial: Estimate] = [:]
  private var derivatives: [DerivativeKey: Estimate] = [:]

  private struct DerivativeKey: Hashable {
    var isSlope: Bool
    var pair: InputPair
    var first: Int
    var second: Int
  }

  init(_ neuron: any NeuronLaw, count: Int) {
    self.neuron = neuron
    self.count = count
    gaussian = neuron as? GaussianNeuron
    pairs = InputPair.all(count)
  }

  /// A mean of the layer that is not finite: what needs it is not finite either.
  struct MissingMoment: Error {
    let quantity: Quantity
  }

  func mean(_ monomial: NeuronMonomial) throws -> Estimate {
    if let known = means[monomial] { return known }
    let quantity = try neuron.mean(monomial)
    guard let estimate = quantity.estimate else { throw MissingMoment(quantity: quantity) }
    means[monomial] = estimate
    return estimate
  }

  /// `F_ab = ⟨φ_a φ_b⟩`.
  func F(_ p: InputPair) throws -> Estimate { try mean(.values(p.first, p.second)) }
  /// `h_ab = ⟨φ′_a φ′_b⟩`.
  func h(_ p: InputPair) throws -> Estimate { try mean(.slopes(p.first, p.second)) }
  /// `T_abcd = ⟨φ_a φ_b φ_c φ_d⟩`.
  func T(_ a: Int, _ b: Int, _ c: Int, _ d: Int) throws -> Estimate { try mean(.values(a, b, c, d)) }
  /// `U_ab;cd = ⟨φ′_a φ′_b φ_c φ_d⟩`.
  func U(_ a: Int, _ b: Int, _ c: Int, _ d: Int) throws -> Estimate { try mean(.slopes(a, b) * .values(c, d)) }
  /// `X_abcd = ⟨φ′_a φ′_b φ′_c φ′_d⟩`.
  func X(_ a: Int, _ b: Int, _ c: Int, _ d: Int) throws -> Estimate { try mean(.slopes(a, b, c, d)) }

  /// `⟨∂_a^i ∂_b^j (f_a f_b)⟩` of a pair with a < b; `⟨(f²)^{(i+j)}⟩` for a = b.
  private func derivative(_ kind: GaussianNeuron.Kind, _ p: InputPair, _ i: Int, _ j: Int) throws -> Estimate {
    guard let gaussian else { return .zero }
    let key = DerivativeKey(
      isSlope: kind == .slope, pair: p, first: p.first == p.second ? i + j : i, second: p.first == p.second ? 0 : j)
    if let known = derivatives[key] { return known }
    let value = try gaussian.derivative(kind, p.first, p.second, i, j)
    guard value.value.isFinite, value.error.isFinite else {
      throw MissingMoment(
        quantity: .undefined(
          reason:
            "derivatives of the kernels with respect to the covariance do not exist where two inputs are parallel "
            + "in front of a kink"))
    }
    derivatives[key] = value
    return value
  }

  /// `⟨∂_c ∂_d … (f_a f_b)⟩` for the inputs in `directions`, each one of a and b or the derivative vanishes.
  func derivative(_ kind: GaussianNeuron.Kind, _ p: InputPair, directions: [Int]) throws -> Estimate {
    var (i, j) = (0, 0)
    for direction in directions {
      if direction == p.first { i += 1 } else if direction == p.second { j += 1 } else { return .zero }
    }
    return try derivative(kind, p, i, j)
  }

  /// `⟨D_q (ff)_p⟩ = ∂⟨(ff)_p⟩/∂Σ_q`: `D_q = ½ ∂_c²` for q = (c,c), `∂_c ∂_d` otherwise.
  func D(_ kind: GaussianNeuron.Kind, _ p: InputPair, _ q: InputPair) throws -> Estimate {
    let value = try derivative(kind, p, directions: [q.first, q.second])
    return q.first == q.second ? Estimate.half * value : value
  }

  /// `⟨D_q D_u (ff)_p⟩`.
  func D(_ kind: GaussianNeuron.Kind, _ p: InputPair, _ q: InputPair, _ u: InputPair) throws -> Estimate {
    var value = try derivative(kind, p, directions: [q.first, q.second, u.first, u.second])
    if q.first == q.second { value = Estimate.half * value }
    if u.first == u.second { value = Estimate.half * value }
    return value
  }

  /// `r_a;c,e = ⟨∂_e (φ_c φ′_a)⟩`.
  func r(_ a: Int, _ c: Int, _ e: Int) throws -> Estimate {
    guard let gaussian, e == a || e == c else { return .zero }
    return try gaussian.mixedDerivative(value: c, slope: a, direction: e)
  }

  /// The pairs that two inputs make: the derivatives with respect to other pairs vanish.
  func near(_ p: InputPair) -> [Int] {
    pairs.indices.filter { index in
      let q = pairs[index]
      return (q.first == p.first || q.first == p.second) && (q.second == p.first || q.second == p.second)
    }
  }

  func index(_ a: Int, _ b: Int) -> Int {
    let (first, second) = (min(a, b), max(a, b))
    return first * count - first * (first - 1) / 2 + second - first
  }
}
