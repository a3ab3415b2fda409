/// A short number that tells different data apart: 64 bits, not cryptographic.
///
/// Each word is mixed in by a full 64 × 64 → 128-bit product whose halves are added without carry (the folded multiply
/// of wyhash); two different texts of data agree with probability about 2⁻⁶⁴.
struct Fingerprint: Sendable, Equatable {
  private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

  mutating func mix(_ word: UInt64) {
    let product = (value ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    value = product.high ^ product.low &+ 0x2545_F491_4F6C_DD1D
  }

  mutating func mix(_ numbers: [Double]) {
    for number in numbers { mix(number.bitPattern) }
  }

  mutating func mix(_ text: String) {
    for byte in text.utf8 { mix(UInt64(byte)) }
    mix(UInt64(text.utf8.count))
  }

  /// Sixteen hexadecimal digits.
  var hexadecimal: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
