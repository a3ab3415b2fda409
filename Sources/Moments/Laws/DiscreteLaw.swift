import Numerics

/// A law with finitely many values.
///
/// Moments `E[W^k] = Σ pᵢ vᵢ^k`, exact. Values that are written twice are merged, values of probability 0 dropped.
public struct DiscreteLaw: Law {
  /// The point masses, by ascending value.
  public let atoms: [Atom]

  /// - Throws: ``LawError/impossible(law:problem:remedy:)`` unless the probabilities are non-negative and sum to
  ///   1 exactly.
  public init(_ pairs: [(value: ExactNumber, probability: ExactNumber)]) throws(LawError) {
    let written = Self.spelling(pairs.map { Atom(value: $0.value, probability: $0.probability) })
    guard !pairs.isEmpty else {
      throw .impossible(
        law: "discrete()", problem: "there is no value",
        remedy: "Write discrete(v1:p1, v2:p2, …) with probabilities that sum to 1.")
    }
    if let negative = pairs.first(where: { $0.probability.signum < 0 }) {
      throw .impossible(
        law: written, problem: "the probability \(negative.probability) of \(negative.value) is negative",
        remedy: "Write probabilities between 0 and 1.")
    }
    let sum = pairs.reduce(ExactNumber.zero) { $0 + $1.probability }
    guard sum == .one else {
      throw .impossible(
        law: written, problem: "the probabilities sum to \(LawError.shown(sum)), not to 1",
        remedy: "They must sum to 1 exactly: write 1/3 rather than 0.333.")
    }
    atoms =
      LawDecomposition(atoms: pairs.map { Atom(value: $0.value, probability: $0.probability) }).atoms
    values = atoms.map { $0.value.doubleValue }
    probabilities = atoms.map { $0.probability.doubleValue }
    var running = ExactNumber.zero
    cumulative = atoms.map { atom in
      running += atom.probability
      return running.doubleValue
    }
    let reflected = LawDecomposition(atoms: atoms.map { Atom(value: -$0.value, probability: $0.probability) }).atoms
    isSymmetric = reflected == atoms
  }

  private let values: [Double]
  private let probabilities: [Double]
  private let cumulative: [Double]

  private static func spelling(_ atoms: [Atom]) -> String {
    "discrete(" + atoms.map { "\($0.value):\($0.probability)" }.joined(separator: ", ") + ")"
  }

  static let entry = LawEntry(
    name: "discrete", signature: "discrete(v1:p1, v2:p2, …)",
    summary: "finitely many values with the given probabilities",
    examples: ["discrete(-1:1/4, 0:1/2, 2:1/4)", "discrete(-sqrt(3):1/6, 0:2/3, sqrt(3):1/6)"]
  ) { call, _ throws(LawError) in
    var pairs: [(value: ExactNumber, probability: ExactNumber)] = []
    for argument in call.arguments {
      guard case .pair(let value, let probability) = argument else {
        throw .wrongArguments(law: call.description, signature: "discrete(v1:p1, v2:p2, …)")
      }
      pairs.append((value, probability))
    }
    return try DiscreteLaw(pairs)
  }

  public var description: String { Self.spelling(atoms) }

  public var tail: Tail { .bounded }

  public let isSymmetric: Bool

  public func moment(_ order: Int) -> Quantity {
    .exact(atoms.reduce(ExactNumber.zero) { $0 + $1.probability * $1.value.power(order) })
  }

  public var decomposition: LawDecomposition { LawDecomposition(atoms: atoms) }

  public func characteristicFunction(_ t: Double) -> Complex<Double> {
    if t == 0 { return 1 }
    var (real, imaginary) = (0.0, 0.0)
    for (value, probability) in zip(values, probabilities) {
      real += probability * Double.cos(value * t)
      imaginary += probability * Double.sin(value * t)
    }
    return Complex(real, isSymmetric ? 0 : imaginary)
  }

  public func exponentialMoment(_ t: Double) -> Double {
    t == 0 ? 1 : zip(values, probabilities).reduce(0) { $0 + $1.1 * Double.exp($1.0 * t) }
  }

  /// Inverts the distribution function by bisection; probabilities are met to within `2⁻⁵²`.
  public func sample(from stream: inout RandomStream) -> Double { value(atLevel: stream.uniform()) }

  public func sample(into buffer: UnsafeMutableBufferPointer<Double>, from stream: inout RandomStream) {
    stream.fill(uniforms: buffer)
    for index in buffer.indices { buffer[index] = value(atLevel: buffer[index]) }
  }

  private func value(atLevel level: Double) -> Double {
    var (low, high) = (0, values.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if level < cumulative[middle] { high = middle } else { low = middle + 1 }
    }
    return values[low]
  }
}
