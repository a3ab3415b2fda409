import Foundation
import Moments

/// Inputs for a parser: valid ones, and valid ones with something wrong.
///
/// Input number i of a seed is a function of `(seed, i)` alone, so that a failure names an input that anybody can
/// make again.
public struct InputGenerator: Sendable {
  /// Valid inputs to begin with.
  public let corpus: [[UInt8]]
  /// What is put into them: the words of the format.
  public let words: [[UInt8]]
  private let seed: UInt64

  /// Words that any parser of numbers and lists may stumble over.
  static let commonWords = [
    "", " ", "\n", "\r\n", "\t", "\0", ",", ":", ";", "(", ")", "[", "]", "{", "}", "\"", "'", "\\", "#", "-", "--",
    "+", "*", "/", "%", "&a", "*a", "!!str", "|", ">", "?", "---", "...", "0", "-0", "1", "00", "1/0", "0/0", "1e",
    "1e5", "1e308", "1e309", "1e-400", "1e999999999", "1e-999999999", "1e99999999999999999999", ".5", "5.", ".",
    "0.1", "123456789012345678901234567890", "nan", "NaN", "inf", "-inf", "Infinity", "null", "~", "true", "none",
    "sqrt(", "sqrt(2)", "sqrt(-1)", "sqrt(sqrt(2))", "sqrt(1e999)", "2*sqrt(2)/3", "1/3/5", "d", "1/sqrt(d)", "é",
    "\u{FEFF}", "\u{202E}", "𝟙", "١", "e", "E", "x", "\\u0000", "\\ud800", "\\ud83d\\ude00", "<<", "=", "@", "`",
  ]

  public init(seed: UInt64, corpus: [[UInt8]], words: [String]) {
    self.seed = seed
    self.corpus = corpus
    self.words = (Self.commonWords + words).map { Array($0.utf8) }
  }

  /// The longest input: what is longer tests the length limits only.
  static let maximumLength = 4096

  /// Input number `index`.
  public func input(_ index: UInt64) -> [UInt8] {
    var random = RandomStream(seed: seed, stream: index)
    var bytes = pick(corpus, &random)
    // One input in sixteen stays valid.
    let changes = Int.random(in: 0..<16, using: &random)
    for _ in 0..<min(changes, 1 + Int.random(in: 0..<6, using: &random)) { mutate(&bytes, &random) }
    return Array(bytes.prefix(Self.maximumLength))
  }

  private func pick<Element>(_ list: [Element], _ random: inout RandomStream) -> Element {
    list[Int.random(in: 0..<list.count, using: &random)]
  }

  /// A range of at most `limit` bytes.
  private func range(_ bytes: [UInt8], _ limit: Int, _ random: inout RandomStream) -> Range<Int> {
    let start = Int.random(in: 0...bytes.count, using: &random)
    return start..<min(bytes.count, start + Int.random(in: 0...limit, using: &random))
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout RandomStream) {
    switch Int.random(in: 0..<10, using: &random) {
    case 0, 1: bytes.replaceSubrange(range(bytes, 0, &random), with: pick(words, &random))
    case 2, 3: bytes.replaceSubrange(range(bytes, 8, &random), with: pick(words, &random))
    case 4: bytes.removeSubrange(range(bytes, 16, &random))
    case 5:
      // A piece once more, often enough to nest deeply.
      let piece = range(bytes, 12, &random)
      let copies = Int.random(in: 1...8, using: &random) == 1 ? 300 : 1
      let repeated = Array(repeating: bytes[piece], count: copies).flatMap { $0 }
      bytes.insert(contentsOf: repeated.prefix(Self.maximumLength), at: piece.lowerBound)
    case 6:
      guard !bytes.isEmpty else { return }
      bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 7:
      let noise = (0..<Int.random(in: 1...8, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      bytes.replaceSubrange(range(bytes, 4, &random), with: noise)
    case 8:
      // The beginning of one and the end of another.
      let other = pick(corpus, &random)
      bytes = Array(bytes[..<range(bytes, 0, &random).lowerBound]) + other[range(other, other.count, &random)]
    default: bytes = Array(bytes[..<range(bytes, 0, &random).lowerBound])
    }
  }
}
