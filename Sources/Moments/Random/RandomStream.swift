import CSampling

/// A reproducible sequence of random numbers, one of 2⁶⁴ independent streams of a seed.
///
/// The sequence is a function of `(seed, stream)` alone: give each network (or each block of neurons) its own
/// stream, and no result depends on the number of threads or on the order of the work.
public struct RandomStream: RandomNumberGenerator, Sendable {
  @usableFromInline let key0: UInt32
  @usableFromInline let key1: UInt32
  @usableFromInline let stream0: UInt32
  @usableFromInline let stream1: UInt32
  @usableFromInline var block: UInt64
  @usableFromInline var spareWord: UInt64 = 0
  @usableFromInline var hasSpareWord = false
  private var hasSpareNormal = false
  private var spareNormal = 0.0

  /// The number of parts of a stream.
  public static let partCount = 1 << 24

  /// - Parameters:
  ///   - seed: The user's seed: Philox's key.
  ///   - stream: The stream's number: the upper half of Philox's counter.
  ///   - part: Which of 2²⁴ parts of the stream to read, each of 2⁴¹ words: one for each matrix of a network, say.
  public init(seed: UInt64, stream: UInt64, part: Int = 0) {
    precondition((0..<Self.partCount).contains(part), "a stream has 2^24 parts")
    block = UInt64(part) << 40
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
  /// the Gaussian law has a mass of 1e-17. Logarithm, sine and cosine are computed from IEEE operations alone, to two
  /// units in the last place: the numbers are the same bits on every platform.
  public mutating func normal() -> Double {
    if hasSpareNormal {
      hasSpareNormal = false
      return spareNormal
    }
    let low = next()
    var first = 0.0
    sampling_normal_pair(low, next(), &first, &spareNormal)
    hasSpareNormal = true
    return first
  }

  /// Fills `buffer` with the numbers that calls of ``uniform()`` would give, many times faster.
  public mutating func fill(uniforms buffer: UnsafeMutableBufferPointer<Double>) {
    guard let start = buffer.baseAddress else { return }
    var index = 0
    if hasSpareWord, index < buffer.count {
      start[index] = uniform()
      index += 1
    }
    let blocks = (buffer.count - index) / 2
    sampling_fill_uniforms(position, blocks, start + index)
    block &+= UInt64(blocks)
    index += 2 * blocks
    if index < buffer.count { start[index] = uniform() }
  }

  /// Fills `buffer` with the numbers that calls of ``normal()`` would give, many times faster.
  public mutating func fill(normals buffer: UnsafeMutableBufferPointer<Double>) {
    guard let start = buffer.baseAddress else { return }
    var index = 0
    if hasSpareNormal, index < buffer.count {
      start[index] = normal()
      index += 1
    }
    // Pairs that begin in the middle of a block, after an odd number of words, are drawn one by one.
    let blocks = hasSpareWord ? 0 : (buffer.count - index) / 2
    sampling_fill_normals(position, blocks, start + index)
    block &+= UInt64(blocks)
    index += 2 * blocks
    while index < buffer.count {
      start[index] = normal()
      index += 1
    }
  }

  private var position: sampling_position {
    sampling_position(key0: key0, key1: key1, stream0: stream0, stream1: stream1, block: block)
  }
}
