/// The counter-based generator Philox 4×32 with 10 rounds.
///
/// A bijection of a 128-bit counter keyed by 64 bits; each counter value gives four 32-bit words, independent of
/// every other. Checked against the known-answer vectors of the Random123 distribution.
///
/// **Source.** Salmon, Moraes, Dror and Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011, section 3.
public enum Philox4x32 {
  private static let multiplier0: UInt32 = 0xD251_1F53
  private static let multiplier1: UInt32 = 0xCD9E_8D57
  private static let weyl0: UInt32 = 0x9E37_79B9
  private static let weyl1: UInt32 = 0xBB67_AE85

  /// The four output words of one counter block.
  ///
  /// - Parameters:
  ///   - counter: The 128-bit counter, least significant word first.
  ///   - key: The 64-bit key, least significant word first.
  @inlinable
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for round in 0..<10 {
      if round > 0 { key &+= bump }
      counter = singleRound(counter, key)
    }
    return counter
  }

  @usableFromInline static var bump: SIMD2<UInt32> { SIMD2(weyl0, weyl1) }

  @usableFromInline
  static func singleRound(_ counter: SIMD4<UInt32>, _ key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    let product0 = multiplier0.multipliedFullWidth(by: counter[0])
    let product1 = multiplier1.multipliedFullWidth(by: counter[2])
    return SIMD4(
      product1.high ^ counter[1] ^ key[0], product1.low, product0.high ^ counter[3] ^ key[1], product0.low)
  }
}

/// A reproducible sequence of random numbers, one of 2⁶⁴ independent streams of a seed.
///
/// The sequence is a function of `(seed, stream)` alone: give each network (or each block of neurons) its own
/// stream, and no result depends on the number of threads or on the order of the work.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private let key: SIMD2<UInt32>
  private let stream: SIMD2<UInt32>
  private var block: UInt64 = 0
  private var words = SIMD4<UInt32>(repeating: 0)
  private var used = 4
  private var spareNormal: Double?

  /// - Parameters:
  ///   - seed: The user's seed: Philox's key.
  ///   - stream: The stream's number: the upper half of Philox's counter.
  public init(seed: UInt64, stream: UInt64) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    self.stream = SIMD2(UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
  }

  /// The next 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if used == 4 {
      let low = UInt32(truncatingIfNeeded: block)
      let high = UInt32(truncatingIfNeeded: block >> 32)
      words = Philox4x32.block(counter: SIMD4(low, high, stream[0], stream[1]), key: key)
      block &+= 1
      used = 0
    }
    defer { used += 1 }
    return words[used]
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let low = UInt64(nextWord())
    return UInt64(nextWord()) << 32 | low
  }

  /// A uniform number in the open interval (0, 1): the midpoints of 2⁵² equal cells, so that neither end occurs
  /// and the law is symmetric about 1/2.
  public mutating func uniform() -> Double {
    (Double(next() >> 12) + 0.5) * 0x1p-52
  }
}
