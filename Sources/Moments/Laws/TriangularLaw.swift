import Numerics

/// The symmetric triangular law on `[−h, h]`, the law of the sum of two uniforms on `[−h/2, h/2]`.
///
/// Moments `E[W^k] = 2 h^k / ((k+1)(k+2))` for even `k`, exact.
public struct TriangularLaw: Law {
  /// Half the width of the support, positive.
  public let halfWidth: ExactNumber

  /// - Throws: ``LawError/impossible(law:problem:remedy:)`` unless the half-width is positive.
  public init(halfWidth: ExactNumber) throws(LawError) {
    try LawError.requirePositive(halfWidth, "half-width", law: "triangular(\(halfWidth))", signature: "triangular(h)")
    self.halfWidth = halfWidth
    unit = halfWidth.doubleValue
  }

  private let unit: Double

  static let entry = LawEntry(
    name: "triangular", signature: "triangular(h) with h > 0", summary: "symmetric triangular on [-h, h]",
    examples: ["triangular(1)", "triangular(5/2)"]
  ) { call, _ throws(LawError) in
    try TriangularLaw(halfWidth: try call.numbers(1...1, "triangular(h)")[0])
  }

  public var description: String { "triangular(\(halfWidth))" }

  public var tail: Tail { .bounded }

  public var isSymmetric: Bool { true }

  public func moment(_ order: Int) -> Quantity {
    guard order.isMultiple(of: 2) else { return .zero }
    return .exact(Rational(2) * halfWidth.power(order) / Rational((order + 1) * (order + 2)))
  }

  /// The chart is `x/h`.
  public var decomposition: LawDecomposition {
    let unit = self.unit
    return LawDecomposition(densities: [
      Density(
        mass: 1, lower: -1, upper: 1, nodes: [0], point: { unit * $0 }, parameter: { $0 / unit },
        weight: { 1 - $0.magnitude }, box: BoxSum(offset: 0, widths: [halfWidth, halfWidth]))
    ])
  }

  public func characteristicFunction(_ t: Double) -> Complex<Double> {
    let angle = 0.5 * unit * t
    let sinc = angle.magnitude < 1e-4 ? 1 - angle * angle / 6 : Double.sin(angle) / angle
    return Complex(sinc * sinc)
  }

  public func exponentialMoment(_ t: Double) -> Double {
    let argument = 0.5 * unit * t
    let ratio = argument.magnitude < 1e-4 ? 1 + argument * argument / 6 : Double.sinh(argument) / argument
    return ratio * ratio
  }

  public func sample(from stream: inout RandomStream) -> Double {
    let first = stream.uniform()
    return unit * (first + stream.uniform() - 1)
  }
}
