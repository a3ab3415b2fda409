import Moments

/// The random streams of one network: one for each matrix and each vector of biases, and two more for each matrix that is
/// drawn by conditioning.
///
/// Philox's 64-bit stream number holds width and network; the upper bits of its block counter hold layer and use. So
/// no two networks of a seed share a number, a matrix can be drawn again from its beginning, and layers need not be
/// drawn in order. Hidden layers of unequal widths take a key of their own, in which seed and widths are mixed.
struct NetworkStreams: Sendable {
  /// What a stream is for.
  enum Use: Int {
    /// The weights, row by row.
    case weights
    case biases
    /// The matrix in the directions of its inputs, and the part that the forward pass does not see.
    case seen, unseen
  }

  static let maximumWidth = 1 << 28
  static let maximumIndex = 1 << 35

  private let key: UInt64
  private let number: UInt64

  /// - Parameters:
  ///   - widths: The widths of the hidden layers.
  ///   - index: The number of the network among those of this seed and these widths.
  init(widths: [Int], seed: UInt64, index: Int) {
    precondition(widths.allSatisfy { (0...Self.maximumWidth).contains($0) }, "widths are at most 2^28")
    precondition((0..<Self.maximumIndex).contains(index), "networks are numbered below 2^35")
    let first = widths.first ?? 0
    key = widths.allSatisfy { $0 == first } ? seed : Self.mixed(seed, widths)
    number = UInt64(first) << 36 | UInt64(index)
  }

  func stream(layer: Int, _ use: Use) -> RandomStream {
    RandomStream(seed: key, stream: number, part: 4 * layer + use.rawValue)
  }

  /// A hash of the widths by Philox itself, each width in turn under the key that those before it left.
  private static func mixed(_ seed: UInt64, _ widths: [Int]) -> UInt64 {
    widths.enumerated().reduce(seed) { key, item in
      var stream = RandomStream(seed: key, stream: UInt64(item.element) << 32 | UInt64(item.offset) | 1 << 31)
      return stream.next()
    }
  }
}
