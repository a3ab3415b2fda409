import Moments
import Numerics
import TestSupport
import Testing

@Suite struct MomentTransformsTests {
  @Test func exactCumulants() throws {
    // uniform(a, b): κ₂ = w²/12, κ₄ = −w⁴/120, κ₆ = w⁶/252 with w = b − a; odd ones from the third vanish.
    let uniform = try LawRegistry.law(parsing: "uniform(1/4, 3/2)").cumulants(upTo: 6)
    #expect(
      uniform.compactMap { $0.estimate?.exact?.description }
        == ["0", "7/8", "25/192", "0", "-125/6144", "0", "15625/1032192"])
    // Two-point law on {0, 1}: κ₃ = p(1−p)(1−2p), κ₄ = p(1−p)(1−6p(1−p)).
    let bernoulli = try LawRegistry.law(parsing: "discrete(0:2/3, 1:1/3)").cumulants(upTo: 4)
    #expect(bernoulli.compactMap { $0.estimate?.exact?.description } == ["0", "1/3", "2/9", "2/27", "-2/27"])
    // laplace(s): κ_k = 2 (k−1)! s^k for even k.
    #expect(try LawRegistry.law(parsing: "laplace(1/2)").cumulant(6).estimate?.exact == ExactNumber(15, 4))
    let normal = try LawRegistry.law(parsing: "normal(1/2, 3/2)")
    #expect(normal.cumulants(upTo: 5) == MomentTransformsTests.generic(normal).cumulants(upTo: 5))
  }

  /// The same law through the default implementations of the protocol.
  private static func generic(_ law: any Law) -> GenericLaw { GenericLaw(base: law) }

  @Test(arguments: LawRegistry.all.flatMap(\.examples))
  func overridesAgreeWithTheDefault(_ text: String) throws {
    let law = try LawRegistry.law(parsing: text)
    let generic = Self.generic(law)
    for order in 0...8 {
      try expectOverlap(law.centralMoment(order), generic.centralMoment(order))
      try expectOverlap(law.cumulant(order), generic.cumulant(order))
    }
  }

  /// Two estimates of one number: their intervals meet.
  private func expectOverlap(_ a: Quantity, _ b: Quantity) throws {
    #expect(a.status == b.status)
    guard let p = a.estimate, let q = b.estimate else { return }
    #expect(abs(p.value - q.value) <= p.roundedError + q.roundedError, "\(p) \(q)")
  }

  @Test func logisticCumulants() throws {
    // κ₂₀ = 2 · 19! ζ(20) of logistic(1), 30 digits by mpmath.
    let cumulant = try #require(try LawRegistry.law(parsing: "logistic(1)").cumulant(20).estimate)
    #expect(try relativeError(cumulant.value, "243290432907278793.339753392548") < 4e-16)
    #expect(try absoluteError(cumulant.value, "243290432907278793.339753392548") <= cumulant.error)
  }

  @Test func missingMoments() throws {
    let law = try LawRegistry.law(parsing: "student-t(5, 1)")
    #expect(law.centralMoments(upTo: 6).map(\.status) == [nil, nil, nil, nil, nil, "undefined", "infinite"])
    #expect(law.cumulants(upTo: 6).map(\.status) == [nil, nil, nil, nil, nil, "undefined", "infinite"])
    let cauchy = try LawRegistry.law(parsing: "student-t(1, 1)")
    #expect(cauchy.moment(1).status == "undefined")
    #expect(cauchy.centralMoment(2).status == "undefined")
    #expect(cauchy.centralMoment(0) == .finite(.one))
    #expect(cauchy.cumulants(upTo: 2).map(\.status) == [nil, "undefined", "infinite"])
  }
}

/// Forwards the required functions only.
struct GenericLaw: Law {
  let base: any Law
  var description: String { base.description }
  var decomposition: LawDecomposition { base.decomposition }
  var tail: Tail { base.tail }
  var isSymmetric: Bool { base.isSymmetric }
  func moment(_ order: Int) -> Quantity { base.moment(order) }
  func characteristicFunction(_ t: Double) -> Complex<Double> { base.characteristicFunction(t) }
  func exponentialMoment(_ t: Double) -> Double { base.exponentialMoment(t) }
  func sample(from stream: inout RandomStream) -> Double { base.sample(from: &stream) }
}
