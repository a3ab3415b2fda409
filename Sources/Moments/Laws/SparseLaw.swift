import Numerics

/// Another law with probability `p`, else 0.
///
/// Moments `p E[V^k]` for `k ≥ 1`, exact where those of the other law are.
public struct SparseLaw: Law {
  /// The probability of a draw from ``base``, in (0, 1).
  public let probability: ExactNumber
  public let base: any Law

  /// The law; a point mass at 0 for `p = 0`, and the other law itself for `p = 1`.
  ///
  /// - Throws: ``LawError/impossible(law:problem:remedy:)`` unless `0 ≤ p ≤ 1`.
  public static func make(probability: ExactNumber, base: any Law) throws(LawError) -> any Law {
    guard probability.signum >= 0, probability <= .one else {
      throw .impossible(
        law: "sparse(\(probability), \(base))", problem: "the probability \(probability) is outside [0, 1]",
        remedy: "Write sparse(p, LAW), where p is the probability of a draw from LAW.")
    }
    if probability.isZero { return ConstantLaw(0) }
    return probability == .one ? base : SparseLaw(probability: probability, base: base)
  }

  private init(probability: ExactNumber, base: any Law) {
    self.probability = probability
    self.base = base
    level = probability.doubleValue
    complement = (ExactNumber.one - probability).doubleValue
  }

  private let level: Double
  private let complement: Double

  static let entry = LawEntry(
    name: "sparse", signature: "sparse(p, LAW) with 0 <= p <= 1", summary: "LAW with probability p, else 0",
    examples: ["sparse(1/4, uniform(-1, 1))", "sparse(1/3, discrete(0:1/2, 3:1/2))", "sparse(2/3, student-t(9, 1))"]
  ) { call, context throws(LawError) in
    let (number, base) = try call.numberAndLaw("sparse(p, LAW)", context: context)
    return try SparseLaw.make(probability: number, base: base)
  }

  public var description: String { "sparse(\(probability), \(base))" }

  public var tail: Tail { base.tail }

  public var isSymmetric: Bool { base.isSymmetric }

  public func moment(_ order: Int) -> Quantity {
    order == 0 ? .finite(.one) : Estimate(exact: probability) * base.moment(order)
  }

  public var decomposition: LawDecomposition {
    let inner = base.decomposition
    var atoms = inner.atoms.map { Atom(value: $0.value, probability: probability * $0.probability) }
    atoms.append(Atom(value: 0, probability: .one - probability))
    let densities = inner.densities.map { density in
      var thinned = density
      thinned.mass = probability * density.mass
      return thinned
    }
    return LawDecomposition(atoms: atoms, densities: densities)
  }

  public func characteristicFunction(_ t: Double) -> Complex<Double> {
    let inner = base.characteristicFunction(t)
    return Complex(complement + level * inner.real, level * inner.imaginary)
  }

  public func exponentialMoment(_ t: Double) -> Double { complement + level * base.exponentialMoment(t) }

  public func sample(from stream: inout RandomStream) -> Double {
    stream.uniform() < level ? base.sample(from: &stream) : 0
  }
}
