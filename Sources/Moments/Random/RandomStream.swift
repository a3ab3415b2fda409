import Numerics

/// A reproducible sequence of random numbers, one of 2⁶⁴ independent streams of a seed.
///
/// The sequence is a function of `(seed, stream)` alone: give each network (or each block of neurons) its own
/// stream, and no result depends on the number of threads or on the order of the work.
public struct RandomStream: RandomNumberGenerator, Sendable {
  @usableFromInline let key0: UInt32
  @usableFromInline let key1: UInt32
  @usableFromInline let stream0: UInt32
  @usableFromInline let stream1: UInt32
  @usableFromInline var block: UInt64 = 0
  @usableFromInline var spareWord: UInt64 = 0
  @usableFromInline var hasSpareWord = false
  @usableFromInline var hasSpareNormal = false
  @usableFromInline var spareNormal = 0.0

  /// - Parameters:
  ///   - seed: The user's seed: Philox's key.
  ///   - stream: The stream's number: the upper half of Philox's counter.
  public init(seed: UInt64, stream: UInt64) {
    key0 = UInt32(truncatingIfNeeded: seed)
    key1 = UInt32(truncatingIfNeeded: seed >> 32)
    stream0 = UInt32(truncatingIfNeeded: stream)
    stream1 = UInt32(truncatingIfNeeded: stream >> 32)
  }

  /// The next 64 random bits: half a block, the words in Philox's order.
  @inlinable
  public mutating func next() -> UInt64 {
    if hasSpareWord {
      hasSpareWord = false
      return spareWord
    }
    let (low, high) = Philox4x32.words(
      counter0: UInt32(truncatingIfNeeded: block), counter1: UInt32(truncatingIfNeeded: block >> 32),
      counter2: stream0, counter3: stream1, key0: key0, key1: key1)
    block &+= 1
    spareWord = high
    hasSpareWord = true
    return low
  }

  /// A uniform number in the open interval (0, 1): the midpoints of 2⁵² equal cells, so that neither end occurs
  /// and the law is symmetric about 1/2.
  @inlinable
  public mutating func uniform() -> Double {
    (Double(next() >> 12) + 0.5) * 0x1p-52
  }

  /// A standard Gaussian number, by the method of Box and Muller.
  ///
  /// `√(−2 ln u) (cos, sin)(2πv)` from two uniforms is exact in law. As `u ≥ 2⁻⁵³`, values reach ±8.57, beyond which
  /// the Gaussian law has a mass of 1e-17.
  @inlinable
  public mutating func normal() -> Double {
    if hasSpareNormal {
      hasSpareNormal = false
      return spareNormal
    }
    let radius = (-2 * Double.log(uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    spareNormal = radius * Double.sin(angle)
    hasSpareNormal = true
    return radius * Double.cos(angle)
  }
}
