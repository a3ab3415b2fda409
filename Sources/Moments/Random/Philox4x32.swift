/// The counter-based generator Philox 4×32 with 10 rounds.
///
/// A bijection of a 128-bit counter keyed by 64 bits; each counter value gives four 32-bit words, independent of
/// every other. Checked against the known-answer vectors of the Random123 distribution.
///
/// **Source.** Salmon, Moraes, Dror and Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011, section 3.
public enum Philox4x32 {
  /// The four output words of one counter block.
  ///
  /// - Parameters:
  ///   - counter: The 128-bit counter, least significant word first.
  ///   - key: The 64-bit key, least significant word first.
  @inlinable
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    let (low, high) = words(
      counter0: counter[0], counter1: counter[1], counter2: counter[2], counter3: counter[3], key0: key[0],
      key1: key[1])
    return SIMD4(
      UInt32(truncatingIfNeeded: low), UInt32(truncatingIfNeeded: low >> 32), UInt32(truncatingIfNeeded: high),
      UInt32(truncatingIfNeeded: high >> 32))
  }

  /// The same block as two 64-bit words, in scalar registers throughout.
  @inlinable
  @inline(__always)
  static func words(
    counter0: UInt32, counter1: UInt32, counter2: UInt32, counter3: UInt32, key0: UInt32, key1: UInt32
  ) -> (low: UInt64, high: UInt64) {
    var (c0, c1, c2, c3, k0, k1) = (counter0, counter1, counter2, counter3, key0, key1)
    for _ in 0..<10 {
      let product0 = UInt64(c0) &* 0xD251_1F53
      let product1 = UInt64(c2) &* 0xCD9E_8D57
      c0 = UInt32(truncatingIfNeeded: product1 >> 32) ^ c1 ^ k0
      c1 = UInt32(truncatingIfNeeded: product1)
      c2 = UInt32(truncatingIfNeeded: product0 >> 32) ^ c3 ^ k1
      c3 = UInt32(truncatingIfNeeded: product0)
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return (UInt64(c1) << 32 | UInt64(c0), UInt64(c3) << 32 | UInt64(c2))
  }
}
