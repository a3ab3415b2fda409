import Numerics

/// The law of a fair sign, ±1 with probability 1/2.
///
/// Moments 1 for even orders and 0 for odd ones, exact.
public struct RademacherLaw: Law {
  public init() {}

  static let entry = LawEntry(
    name: "rademacher", signature: "rademacher()", summary: "+1 or -1 with probability 1/2",
    examples: ["rademacher()"]
  ) { call, _ throws(LawError) in
    _ = try call.numbers(0...0, "rademacher()")
    return RademacherLaw()
  }

  public var description: String { "rademacher()" }

  public var tail: Tail { .bounded }

  public var isSymmetric: Bool { true }

  public func moment(_ order: Int) -> Quantity { order.isMultiple(of: 2) ? .finite(.one) : .zero }

  public var decomposition: LawDecomposition {
    let half = ExactNumber(1, 2)
    return LawDecomposition(atoms: [Atom(value: -1, probability: half), Atom(value: 1, probability: half)])
  }

  public func characteristicFunction(_ t: Double) -> Complex<Double> { Complex(Double.cos(t)) }

  public func exponentialMoment(_ t: Double) -> Double { Double.cosh(t) }

  public func sample(from stream: inout RandomStream) -> Double { stream.next() >> 63 == 0 ? 1 : -1 }

  /// The highest bit is clear where the uniform number is below 1/2.
  public func sample(into buffer: UnsafeMutableBufferPointer<Double>, from stream: inout RandomStream) {
    stream.fill(uniforms: buffer)
    for index in buffer.indices { buffer[index] = buffer[index] < 0.5 ? 1 : -1 }
  }
}
