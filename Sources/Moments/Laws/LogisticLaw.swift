import GSL
import Numerics

/// The logistic law, with density `1 / (4 s cosh²(x/2s))`.
///
/// Moments `E[W^k] = 2 k! η(k) s^k` for even `k ≥ 2`, where `η(k) = (1 − 2^{1−k}) ζ(k)`, which equals
/// `(2^k − 2) |B_k| π^k s^k`; cumulants `κ_k = 2 (k−1)! ζ(k) s^k`. The factor with the factorial is exact, `ζ` comes
/// from GSL: both are right to 4 units in the last place. The exponential moment `πts / sin(πts)` exists for `|t| < 1/s`.
public struct LogisticLaw: Law {
  /// The scale `s > 0`; the standard deviation is `πs/√3`.
  public let scale: ExactNumber

  /// - Throws: ``LawError/impossible(law:problem:remedy:)`` unless the scale is positive.
  public init(scale: ExactNumber) throws(LawError) {
    try LawError.requirePositive(scale, "scale", law: "logistic(\(scale))", signature: "logistic(scale)")
    self.scale = scale
    unit = scale.doubleValue
  }

  private let unit: Double

  static let entry = LawEntry(
    name: "logistic", signature: "logistic(scale) with scale > 0", summary: "density 1/(4 scale cosh(x/(2 scale))^2)",
    examples: ["logistic(1)", "logistic(2/5)"]
  ) { call, _ throws(LawError) in
    try LogisticLaw(scale: try call.numbers(1...1, "logistic(scale)")[0])
  }

  public var description: String { "logistic(\(scale))" }

  public var tail: Tail { .exponential(rate: scale.reciprocalOrApproximation) }

  public var isSymmetric: Bool { true }

  /// `ζ(k)` for even `k ≥ 2`.
  private static func zeta(_ k: Int) -> Double {
    // Beyond 60, ζ(k) − 1 < 2⁻⁵⁹ is lost in rounding.
    k > 60 ? 1 : 1 + ((try? SpecialFunctions.zetaMinusOne(k)) ?? .nan)
  }

  public func moment(_ order: Int) -> Quantity {
    if order == 0 { return .finite(.one) }
    guard order.isMultiple(of: 2) else { return .zero }
    // 1 − 2^{1−k} is exact up to k = 54.
    let eta = (1 - Double.exp2(Double(1 - order))) * Self.zeta(order)
    return .finite(Rational(2 * factorial(order)) * scale.power(order) * Estimate(closedForm: eta))
  }

  public func cumulants(upTo order: Int) -> [Quantity] {
    (0...max(order, 0)).map { index in
      guard index > 0, index.isMultiple(of: 2) else { return .zero }
      let factor = Rational(2 * factorial(index - 1)) * scale.power(index)
      return .finite(factor * Estimate(closedForm: Self.zeta(index)))
    }
  }

  /// The chart is `x/s`.
  public var decomposition: LawDecomposition {
    let unit = self.unit
    return LawDecomposition(densities: [
      Density(
        mass: 1, lower: -745, upper: 745, nodes: ExponentialCharts.nodes,
        point: { unit * $0 }, parameter: { $0 / unit },
        weight: { t in
          let decay = Double.exp(-t.magnitude)
          return decay / ((1 + decay) * (1 + decay))
        })
    ])
  }

  public func characteristicFunction(_ t: Double) -> Complex<Double> {
    let argument = Double.pi * (unit * t).magnitude
    if argument < 1e-4 { return Complex(1 - argument * argument / 6) }
    // x / sinh x, without overflow.
    return Complex(2 * argument * Double.exp(-argument) / -Double.expMinusOne(-2 * argument))
  }

  public func exponentialMoment(_ t: Double) -> Double {
    let argument = (unit * t).magnitude
    if argument >= 1 { return .infinity }
    if argument < 1e-5 { return 1 + Double.pi * Double.pi * argument * argument / 6 }
    // sin(πx) = sin(π(1 − x)), where 1 − x is exact near 1.
    let sine = argument > 0.5 ? Double.sin(.pi * (1 - argument)) : Double.sin(.pi * argument)
    return .pi * argument / sine
  }

  public func sample(from stream: inout RandomStream) -> Double {
    let level = stream.uniform()
    return unit * Double.log(level / (1 - level))
  }
}
