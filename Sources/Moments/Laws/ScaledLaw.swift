import Numerics

/// The law of `c · V` for another law.
///
/// Moments `c^k E[V^k]` and cumulants `c^k κ_k`, exact where those of the other law are.
public struct ScaledLaw: Law {
  /// The factor, not zero.
  public let factor: ExactNumber
  public let base: any Law

  /// The law; a point mass at 0 for the factor 0, and the other law itself for the factor 1.
  public static func make(factor: ExactNumber, base: any Law) -> any Law {
    if factor.isZero { return ConstantLaw(0) }
    return factor == .one ? base : ScaledLaw(factor: factor, base: base)
  }

  private init(factor: ExactNumber, base: any Law) {
    self.factor = factor
    self.base = base
    scale = factor.doubleValue
  }

  private let scale: Double

  static let entry = LawEntry(
    name: "scaled", signature: "scaled(c, LAW)", summary: "c times LAW",
    examples: ["scaled(-3, uniform(0, 1))", "scaled(sqrt(2)/3, rademacher())", "scaled(-1/2, laplace(1))"]
  ) { call, context throws(LawError) in
    let (number, base) = try call.numberAndLaw("scaled(c, LAW)", context: context)
    return ScaledLaw.make(factor: number, base: base)
  }

  public var description: String { "scaled(\(factor), \(base))" }

  public var tail: Tail {
    guard case .exponential(let rate) = base.tail else { return base.tail }
    return .exponential(rate: rate * factor.magnitude.reciprocalOrApproximation)
  }

  public var isSymmetric: Bool { base.isSymmetric }

  public func moment(_ order: Int) -> Quantity { Estimate(exact: factor.power(order)) * base.moment(order) }

  public func centralMoment(_ order: Int) -> Quantity {
    Estimate(exact: factor.power(order)) * base.centralMoment(order)
  }

  public func cumulants(upTo order: Int) -> [Quantity] {
    base.cumulants(upTo: order).enumerated().map { Estimate(exact: factor.power($0.offset)) * $0.element }
  }

  public var decomposition: LawDecomposition {
    let inner = base.decomposition
    return LawDecomposition(
      atoms: inner.atoms.map { Atom(value: factor * $0.value, probability: $0.probability) },
      densities: inner.densities.map { $0.scaled(by: factor) })
  }

  public func characteristicFunction(_ t: Double) -> Complex<Double> { base.characteristicFunction(scale * t) }

  public func exponentialMoment(_ t: Double) -> Double { base.exponentialMoment(scale * t) }

  public func sample(from stream: inout RandomStream) -> Double { scale * base.sample(from: &stream) }

  public func sample(into buffer: UnsafeMutableBufferPointer<Double>, from stream: inout RandomStream) {
    base.sample(into: buffer, from: &stream)
    for index in buffer.indices { buffer[index] *= scale }
  }
}
