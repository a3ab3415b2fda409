import Numerics

/// The point mass at `c`; `constant(0)` is a parameter that starts at zero.
///
/// Moments `E[W^k] = c^k`, exact.
public struct ConstantLaw: Law {
  /// The only value.
  public let value: ExactNumber

  public init(_ value: ExactNumber) {
    self.value = value
    rounded = value.doubleValue
  }

  private let rounded: Double

  static let entry = LawEntry(
    name: "constant", signature: "constant(c)", summary: "the point mass at c",
    examples: ["constant(-1/2)", "constant(0)"]
  ) { call, _ throws(LawError) in
    ConstantLaw(try call.numbers(1...1, "constant(c)")[0])
  }

  public var description: String { "constant(\(value))" }

  public var tail: Tail { .bounded }

  public var isSymmetric: Bool { value.isZero }

  public func moment(_ order: Int) -> Quantity { .exact(value.power(order)) }

  public var decomposition: LawDecomposition { LawDecomposition(atoms: [Atom(value: value, probability: 1)]) }

  public func characteristicFunction(_ t: Double) -> Complex<Double> {
    rounded == 0 ? 1 : Complex(length: 1, phase: rounded * t)
  }

  public func exponentialMoment(_ t: Double) -> Double { Double.exp(rounded * t) }

  public func sample(from stream: inout RandomStream) -> Double { rounded }

  public func sample(into buffer: UnsafeMutableBufferPointer<Double>, from stream: inout RandomStream) {
    buffer.update(repeating: rounded)
  }
}
