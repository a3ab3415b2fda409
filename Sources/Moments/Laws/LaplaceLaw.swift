import Numerics

/// The Laplace law, with density `exp(−|x|/s) / 2s`.
///
/// Moments `E[W^k] = k! s^k` for even `k`, exact. The exponential moment `1/(1 − s²t²)` exists for `|t| < 1/s`.
public struct LaplaceLaw: Law {
  /// The scale `s > 0`; the standard deviation is `√2 s`.
  public let scale: ExactNumber

  /// - Throws: ``LawError/impossible(law:problem:remedy:)`` unless the scale is positive.
  public init(scale: ExactNumber) throws(LawError) {
    try LawError.requirePositive(scale, "scale", law: "laplace(\(scale))", signature: "laplace(scale)")
    self.scale = scale
    unit = scale.doubleValue
  }

  private let unit: Double

  static let entry = LawEntry(
    name: "laplace", signature: "laplace(scale) with scale > 0", summary: "density exp(-|x|/scale)/(2 scale)",
    examples: ["laplace(1)", "laplace(1/3)", "laplace(sqrt(2)/2)"]
  ) { call, _ throws(LawError) in
    try LaplaceLaw(scale: try call.numbers(1...1, "laplace(scale)")[0])
  }

  public var description: String { "laplace(\(scale))" }

  public var tail: Tail { .exponential(rate: scale.reciprocalOrApproximation) }

  public var isSymmetric: Bool { true }

  public func moment(_ order: Int) -> Quantity {
    order.isMultiple(of: 2) ? .exact(Rational(factorial(order)) * scale.power(order)) : .zero
  }

  /// The chart is `x/s`.
  public var decomposition: LawDecomposition {
    let unit = self.unit
    return LawDecomposition(densities: [
      Density(
        mass: 1, lower: -745, upper: 745, nodes: ExponentialCharts.nodes,
        point: { unit * $0 }, parameter: { $0 / unit }, weight: { 0.5 * Double.exp(-$0.magnitude) })
    ])
  }

  public func characteristicFunction(_ t: Double) -> Complex<Double> {
    let argument = unit * t
    return Complex(1 / (1 + argument * argument))
  }

  public func exponentialMoment(_ t: Double) -> Double {
    let argument = (unit * t).magnitude
    return argument < 1 ? 1 / ((1 - argument) * (1 + argument)) : .infinity
  }

  public func sample(from stream: inout RandomStream) -> Double { value(atLevel: stream.uniform()) }

  public func sample(into buffer: UnsafeMutableBufferPointer<Double>, from stream: inout RandomStream) {
    stream.fill(uniforms: buffer)
    for index in buffer.indices { buffer[index] = value(atLevel: buffer[index]) }
  }

  private func value(atLevel level: Double) -> Double {
    // Both halves of 2u − 1 are exact multiples of 2⁻⁵³, so the law is symmetric.
    let signed = 2 * level - 1
    let size = -unit * Double.log(signed.magnitude)
    return signed < 0 ? -size : size
  }
}

/// What the laws with exponential tails share.
enum ExponentialCharts {
  /// Where an adaptive rule should look, in units of the scale.
  static let nodes: [Double] = [-300, -60, -20, -5, -1, 0, 1, 5, 20, 60, 300]
}
