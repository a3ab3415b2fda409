import Numerics

/// The Gaussian law with a mean and a standard deviation.
///
/// Moments `E[W^k] = Σ_j C(k, 2j) μ^{k−2j} σ^{2j} (2j−1)!!`, exact; `(k−1)!! σ^k` where the mean is 0.
public struct NormalLaw: Law {
  public let mean: ExactNumber
  /// Positive.
  public let standardDeviation: ExactNumber

  /// - Throws: ``LawError/impossible(law:problem:remedy:)`` unless the standard deviation is positive.
  public init(mean: ExactNumber = 0, standardDeviation: ExactNumber = 1) throws(LawError) {
    guard standardDeviation.signum > 0 else {
      let problem = standardDeviation.isZero ? "the standard deviation is 0" : "the standard deviation is negative"
      throw .impossible(
        law: "normal(\(mean), \(standardDeviation))", problem: problem,
        remedy: "Write normal(mean, sd) with sd > 0, or constant(c) for a point mass.")
    }
    self.mean = mean
    self.standardDeviation = standardDeviation
    center = mean.doubleValue
    scale = standardDeviation.doubleValue
  }

  private let center: Double
  private let scale: Double

  static let entry = LawEntry(
    name: "normal", signature: "normal(), or normal(mean, sd) with sd > 0",
    summary: "Gaussian with the given mean and standard deviation",
    examples: ["normal()", "normal(1/2, 3/2)", "normal(0, sqrt(2))"]
  ) { call, _ throws(LawError) in
    let signature = "normal() or normal(mean, sd), where sd is the standard deviation"
    let values = try call.numbers(0...2, signature)
    switch values.count {
    case 0: return try NormalLaw()
    case 2: return try NormalLaw(mean: values[0], standardDeviation: values[1])
    default: throw .wrongArguments(law: call.description, signature: signature)
    }
  }

  public var description: String { "normal(\(mean), \(standardDeviation))" }

  public var tail: Tail { .gaussian }

  public var isSymmetric: Bool { mean.isZero }

  public func moment(_ order: Int) -> Quantity {
    if mean.isZero {
      guard order.isMultiple(of: 2) else { return .zero }
      return .exact(Rational(doubleFactorial(order - 1)) * standardDeviation.power(order))
    }
    let variance = standardDeviation * standardDeviation
    var sum = ExactNumber.zero
    for pair in 0...(order / 2) {
      let count = binomial(order, 2 * pair) * doubleFactorial(2 * pair - 1)
      sum += Rational(count) * (mean.power(order - 2 * pair) * variance.power(pair))
    }
    return .exact(sum)
  }

  public func centralMoment(_ order: Int) -> Quantity {
    guard order.isMultiple(of: 2) else { return .zero }
    return .exact(Rational(doubleFactorial(order - 1)) * standardDeviation.power(order))
  }

  public func cumulants(upTo order: Int) -> [Quantity] {
    (0...max(order, 0)).map { index in
      switch index {
      case 1: .exact(mean)
      case 2: .exact(standardDeviation * standardDeviation)
      default: .zero
      }
    }
  }

  /// The chart is the standardized variable, cut at ±39, where the density is `1e-330` of its peak.
  public var decomposition: LawDecomposition {
    let (center, scale) = (self.center, self.scale)
    return LawDecomposition(densities: [
      Density(
        mass: 1, lower: -39, upper: 39, nodes: [-20, -8, -3, 0, 3, 8, 20],
        point: { center + scale * $0 }, parameter: { ($0 - center) / scale },
        weight: { Double.exp(-0.5 * $0 * $0) * 0.398942280401432677939946 },
        gaussian: GaussianParameters(mean: mean, variance: standardDeviation * standardDeviation))
    ])
  }

  public func characteristicFunction(_ t: Double) -> Complex<Double> {
    let argument = scale * t
    let length = Double.exp(-0.5 * argument * argument)
    return center == 0 || length == 0 ? Complex(length) : Complex(length: length, phase: center * t)
  }

  public func exponentialMoment(_ t: Double) -> Double {
    let argument = scale * t
    return Double.exp(center * t + 0.5 * argument * argument)
  }

  public func sample(from stream: inout RandomStream) -> Double { center + scale * stream.normal() }

  public func sample(into buffer: UnsafeMutableBufferPointer<Double>, from stream: inout RandomStream) {
    stream.fill(normals: buffer)
    for index in buffer.indices { buffer[index] = center + scale * buffer[index] }
  }
}
