import GSL
import Numerics

/// The arcsine law on `[−h, h]`, the law of `h sin Θ` for a uniform angle, with density `1 / (π √(h² − x²))`.
///
/// Moments `E[W^k] = C(k, k/2) (h/2)^k` for even `k`, exact. The characteristic function is `J₀(ht)`.
public struct ArcsineLaw: Law {
  /// Half the width of the support, positive.
  public let halfWidth: ExactNumber

  /// - Throws: ``LawError/impossible(law:problem:remedy:)`` unless the half-width is positive.
  public init(halfWidth: ExactNumber) throws(LawError) {
    try LawError.requirePositive(halfWidth, "half-width", law: "arcsine(\(halfWidth))", signature: "arcsine(h)")
    self.halfWidth = halfWidth
    unit = halfWidth.doubleValue
  }

  private let unit: Double

  static let entry = LawEntry(
    name: "arcsine", signature: "arcsine(h) with h > 0", summary: "arcsine law on [-h, h]",
    examples: ["arcsine(1)", "arcsine(sqrt(2))"]
  ) { call, _ throws(LawError) in
    try ArcsineLaw(halfWidth: try call.numbers(1...1, "arcsine(h)")[0])
  }

  public var description: String { "arcsine(\(halfWidth))" }

  public var tail: Tail { .bounded }

  public var isSymmetric: Bool { true }

  public func moment(_ order: Int) -> Quantity {
    guard order.isMultiple(of: 2) else { return .zero }
    return .exact(Rational(binomial(order, order / 2)) * (halfWidth / 2).power(order))
  }

  /// The chart is the angle, `x = h sin t`, which removes the poles of the density at ±h.
  public var decomposition: LawDecomposition {
    let unit = self.unit
    return LawDecomposition(densities: [
      Density(
        mass: 1, lower: -Double.pi / 2, upper: Double.pi / 2,
        point: { unit * Double.sin($0) },
        parameter: { x in
          let ratio = x / unit
          return ratio.magnitude <= 1 ? Double.asin(ratio) : (ratio < 0 ? -Double.pi : Double.pi)
        },
        weight: { _ in 1 / Double.pi })
    ])
  }

  public func characteristicFunction(_ t: Double) -> Complex<Double> {
    Complex((try? SpecialFunctions.besselJ0(unit * t)) ?? .nan)
  }

  public func exponentialMoment(_ t: Double) -> Double {
    let argument = (unit * t).magnitude
    return ((try? SpecialFunctions.scaledBesselI0(argument)) ?? .nan) * Double.exp(argument)
  }

  public func sample(from stream: inout RandomStream) -> Double {
    unit * Double.sin(2 * .pi * (stream.uniform() - 0.5))
  }
}
