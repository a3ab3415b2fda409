import Numerics

/// An initializer whose variance falls like `1/fan_in`, as the law of `√fan_in · w`.
///
/// With a gain `g` (1 if it is not written):
///
/// | written | `√fan_in · w` | as in |
/// |---|---|---|
/// | `kaiming-uniform(g)` | uniform on ±√3 g | PyTorch's bound `g √(3/fan_in)` |
/// | `kaiming-normal(g)` | normal(0, g) | PyTorch's standard deviation `g/√fan_in` |
/// | `xavier-uniform(g)`, `xavier-normal(g)` | the same two | with fan-in = fan-out, the hidden layers of equal width |
/// | `lecun-uniform()`, `lecun-normal()` | the same two, g = 1 | variance `1/fan_in` |
/// | `pytorch-linear()` | uniform on ±1 | `kaiming_uniform_` with `a = √5`, the default of `torch.nn.Linear` |
///
/// The plain Gaussian is meant by `lecun-normal()`. Keras and JAX draw theirs from a Gaussian truncated at two
/// standard deviations and rescaled to the same variance, which changes the first layer of a network (its weights
/// keep their law) and the fluctuations at finite width, not the deeper limits. That law is written
/// `scaled(c, truncated-normal(0, 1, -2, 2))` with `c = 1/0.87962566103423978`.
///
/// As a bias the law is that of the parameter itself, `1/√fan_in` times the law above, and `constant(0)` where the
/// fan-in grows without bound.
public struct FanScaledLaw: Law {
  /// The initializer as written.
  public let description: String
  /// The law of `√fan_in · w`.
  public let base: any Law

  private enum Shape { case uniform, normal }

  private static func underlying(_ shape: Shape, _ size: ExactNumber) throws(LawError) -> any Law {
    switch shape {
    case .uniform: try UniformLaw(-size, size)
    case .normal: try NormalLaw(standardDeviation: size)
    }
  }

  private static func entry(
    _ name: String, _ shape: Shape, unit: ExactNumber, takesGain: Bool, summary: String, examples: [String]
  ) -> LawEntry {
    let signature = takesGain ? "\(name)(gain) with gain > 0, or \(name)() for gain 1" : "\(name)()"
    return LawEntry(name: name, signature: signature, summary: summary, examples: examples) {
      call, context throws(LawError) in
      let values = try call.numbers(0...(takesGain ? 1 : 0), signature)
      if let gain = values.first, gain.signum <= 0 {
        throw .impossible(
          law: "\(name)(\(gain))", problem: "the gain must be positive",
          remedy: "Write \(name)(gain) with gain > 0, or constant(0) for a zero-initialized parameter.")
      }
      let size = (values.first ?? .one) * unit
      switch context {
      case .weights:
        let spelling = "\(name)(\(values.first.map(\.description) ?? ""))"
        return FanScaledLaw(description: spelling, base: try underlying(shape, size))
      case .bias(.none): return ConstantLaw(0)
      case .bias(.some(let fanIn)):
        return try underlying(shape, size * ExactNumber(squareRootOf: .one / Rational(max(fanIn, 1))))
      }
    }
  }

  private static let squareRootOf3 = ExactNumber(squareRootOf: 3)

  static let entries: [LawEntry] = [
    entry(
      "kaiming-uniform", .uniform, unit: squareRootOf3, takesGain: true,
      summary: "PyTorch's kaiming_uniform_: variance gain^2/fan_in",
      examples: ["kaiming-uniform()", "kaiming-uniform(sqrt(2))"]),
    entry(
      "kaiming-normal", .normal, unit: 1, takesGain: true,
      summary: "PyTorch's kaiming_normal_: variance gain^2/fan_in", examples: ["kaiming-normal(sqrt(2))"]),
    entry(
      "xavier-uniform", .uniform, unit: squareRootOf3, takesGain: true,
      summary: "Glorot's uniform initializer with fan_in = fan_out", examples: ["xavier-uniform(5/3)"]),
    entry(
      "xavier-normal", .normal, unit: 1, takesGain: true,
      summary: "Glorot's normal initializer with fan_in = fan_out", examples: ["xavier-normal()"]),
    entry(
      "lecun-normal", .normal, unit: 1, takesGain: false, summary: "Gaussian of variance 1/fan_in",
      examples: ["lecun-normal()"]),
    entry(
      "lecun-uniform", .uniform, unit: squareRootOf3, takesGain: false, summary: "uniform of variance 1/fan_in",
      examples: ["lecun-uniform()"]),
    entry(
      "pytorch-linear", .uniform, unit: 1, takesGain: false,
      summary: "the default of torch.nn.Linear: uniform on +-1/sqrt(fan_in), weights and bias",
      examples: ["pytorch-linear()"]),
  ]

  public var tail: Tail { base.tail }

  public var isSymmetric: Bool { base.isSymmetric }

  public func moment(_ order: Int) -> Quantity { base.moment(order) }

  public func centralMoment(_ order: Int) -> Quantity { base.centralMoment(order) }

  public func cumulants(upTo order: Int) -> [Quantity] { base.cumulants(upTo: order) }

  public var decomposition: LawDecomposition { base.decomposition }

  public func characteristicFunction(_ t: Double) -> Complex<Double> { base.characteristicFunction(t) }

  public func exponentialMoment(_ t: Double) -> Double { base.exponentialMoment(t) }

  public func sample(from stream: inout RandomStream) -> Double { base.sample(from: &stream) }

  public func sample(into buffer: UnsafeMutableBufferPointer<Double>, from stream: inout RandomStream) {
    base.sample(into: buffer, from: &stream)
  }
}
