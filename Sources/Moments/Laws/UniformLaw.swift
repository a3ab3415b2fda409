import Numerics

/// The uniform law on `[a, b]`.
///
/// Moments `E[W^k] = (b^{k+1} − a^{k+1}) / ((k+1)(b − a)) = Σ_j a^j b^{k−j} / (k+1)`, exact. The quotient is used
/// where `b − a` has an exact reciprocal, the sum otherwise.
public struct UniformLaw: Law {
  /// The lower end.
  public let lower: ExactNumber
  /// The upper end, above `lower`.
  public let upper: ExactNumber

  /// - Throws: ``LawError/impossible(law:problem:remedy:)`` unless `lower < upper`.
  public init(_ lower: ExactNumber, _ upper: ExactNumber) throws(LawError) {
    guard lower < upper else {
      throw .impossible(
        law: "uniform(\(lower), \(upper))", problem: "the lower end is not below the upper end",
        remedy: "Write uniform(a, b) with a < b, or constant(c) for a point mass.")
    }
    self.lower = lower
    self.upper = upper
    halfWidth = ((upper - lower) / 2).doubleValue
    midpoint = ((upper + lower) / 2).doubleValue
  }

  private let halfWidth: Double
  private let midpoint: Double

  static let entry = LawEntry(
    name: "uniform", signature: "uniform(a, b) with a < b, or uniform(h) for uniform(-h, h)",
    summary: "uniform on [a, b]", examples: ["uniform(-1, 1)", "uniform(1/4, 3/2)", "uniform(1/sqrt(3))"]
  ) { call, _ throws(LawError) in
    let values = try call.numbers(1...2, "uniform(a, b) with a < b, or uniform(h) for uniform(-h, h)")
    return values.count == 1 ? try UniformLaw(-values[0], values[0]) : try UniformLaw(values[0], values[1])
  }

  public var description: String { "uniform(\(lower), \(upper))" }

  public var tail: Tail { .bounded }

  public var isSymmetric: Bool { (lower + upper).isZero }

  public func moment(_ order: Int) -> Quantity {
    if isSymmetric {
      return order.isMultiple(of: 2) ? .exact(upper.power(order) / Rational(order + 1)) : .zero
    }
    if let reciprocal = (upper - lower).reciprocal {
      return .exact((upper.power(order + 1) - lower.power(order + 1)) * reciprocal / Rational(order + 1))
    }
    var sum = ExactNumber.zero
    for index in 0...order { sum += lower.power(index) * upper.power(order - index) }
    return .exact(sum / Rational(order + 1))
  }

  public var decomposition: LawDecomposition {
    let (a, b) = (lower.doubleValue, upper.doubleValue)
    let height = 1 / (2 * halfWidth)
    return LawDecomposition(densities: [
      Density(
        mass: 1, lower: a, upper: b, weight: { _ in height },
        box: BoxSum(offset: (lower + upper) / 2, widths: [upper - lower]))
    ])
  }

  public func characteristicFunction(_ t: Double) -> Complex<Double> {
    let angle = halfWidth * t
    let sinc = angle.magnitude < 1e-4 ? 1 - angle * angle / 6 : Double.sin(angle) / angle
    return midpoint == 0 ? Complex(sinc) : Complex(length: 1, phase: midpoint * t) * Complex(sinc)
  }

  public func exponentialMoment(_ t: Double) -> Double {
    let argument = halfWidth * t
    let ratio = argument.magnitude < 1e-4 ? 1 + argument * argument / 6 : Double.sinh(argument) / argument
    return Double.exp(midpoint * t) * ratio
  }

  public func sample(from stream: inout RandomStream) -> Double {
    midpoint + halfWidth * (2 * stream.uniform() - 1)
  }

  public func sample(into buffer: UnsafeMutableBufferPointer<Double>, from stream: inout RandomStream) {
    stream.fill(uniforms: buffer)
    for index in buffer.indices { buffer[index] = midpoint + halfWidth * (2 * buffer[index] - 1) }
  }
}
