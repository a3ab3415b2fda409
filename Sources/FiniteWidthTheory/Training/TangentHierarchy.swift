import Activations
import Expectation
import Moments
import Networks

/// A monomial of one neuron, `w^p ∏_k φ^(o_k)(z_(a_k))`: what the hierarchy of gradient flow is made of.
struct HierarchyMonomial: Hashable, Sendable {
  /// One factor `φ^(order)(z_input)`.
  struct Factor: Hashable, Comparable, Sendable {
    var input: Int
    var order: Int

    static func < (a: Factor, b: Factor) -> Bool { (a.input, a.order) < (b.input, b.order) }
  }

  /// The power of the readout weight.
  var power: Int
  /// Sorted, so that equal products are equal.
  private(set) var factors: [Factor]

  init(power: Int, factors: [Factor]) {
    self.power = power
    self.factors = factors.sorted()
  }

  static func * (a: HierarchyMonomial, b: HierarchyMonomial) -> HierarchyMonomial {
    HierarchyMonomial(power: a.power + b.power, factors: a.factors + b.factors)
  }
}

/// A linear combination of monomials.
struct HierarchySum: Sendable {
  private(set) var terms: [HierarchyMonomial: ExactNumber] = [:]

  init() {}

  init(_ monomial: HierarchyMonomial) { terms = [monomial: 1] }

  mutating func add(_ monomial: HierarchyMonomial, _ coefficient: ExactNumber) {
    if coefficient.isZero { return }
    let sum = (terms[monomial] ?? 0) + coefficient
    terms[monomial] = sum.isZero ? nil : sum
  }

  static func * (a: HierarchySum, b: HierarchySum) -> HierarchySum {
    var product = HierarchySum()
    for (p, c) in a.terms { for (q, d) in b.terms { product.add(p * q, c * d) } }
    return product
  }
}

/// The tangent hierarchy of one hidden layer under gradient flow, `Θ = eb₂ + N⁻¹ Σ ξ`, `O₃ = N^(−3/2) Σ o`, `O₄ = N⁻² Σ p`.
///
///     df_a/dt = −Σ_c Θ_ac r_c ,  dΘ_ab/dt = −Σ_c O₃,abc r_c ,  dO₃,abc/dt = −Σ_d O₄,abcd r_d
///
/// exactly, at every width and time, with `ξ_ab = D_b (w φ_a)`, `o_abc = D_c ξ_ab`, `p_abcd = D_d o_abc` and
///
///     D_c [w^p ∏ φ^(o_k)] = ew₂ p w^(p−1) φ_c ∏ φ^(o_k) + Σ_k κ_(a_k c) w^(p+1) φ′_c φ^(o_k + 1) ∏_(k′≠k) φ^(o_k′) .
///
/// **Source.** The neural tangent hierarchy of Huang and Yau 2020, as one operator.
struct TangentHierarchy: Sendable {
  /// `κ_ab = ew₁ x_a·x_b + eb₁`.
  let kappa: [[ExactNumber]]
  /// `ew₂`.
  let readoutRate: ExactNumber

  /// `w φ_a`.
  func output(_ a: Int) -> HierarchySum {
    HierarchySum(HierarchyMonomial(power: 1, factors: [.init(input: a, order: 0)]))
  }

  func derivative(_ sum: HierarchySum, along c: Int) -> HierarchySum {
    var result = HierarchySum()
    for (monomial, coefficient) in sum.terms {
      if monomial.power > 0 {
        result.add(
          HierarchyMonomial(power: monomial.power - 1, factors: monomial.factors + [.init(input: c, order: 0)]),
          coefficient * readoutRate * ExactNumber(monomial.power))
      }
      for (index, factor) in monomial.factors.enumerated() {
        var factors = monomial.factors
        factors[index].order += 1
        factors.append(.init(input: c, order: 1))
        result.add(
          HierarchyMonomial(power: monomial.power + 1, factors: factors), coefficient * kappa[factor.input][c])
      }
    }
    return result
  }

  /// `ξ_ab`.
  func xi(_ a: Int, _ b: Int) -> HierarchySum { derivative(output(a), along: b) }
  /// `o_abc`.
  func third(_ a: Int, _ b: Int, _ c: Int) -> HierarchySum { derivative(xi(a, b), along: c) }
  /// `p_abcd`.
  func fourth(_ a: Int, _ b: Int, _ c: Int, _ d: Int) -> HierarchySum { derivative(third(a, b, c), along: d) }
}
