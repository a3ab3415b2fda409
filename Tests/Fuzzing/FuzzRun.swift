import Foundation
import Moments

/// One run of inputs through a parser.
public struct FuzzRun {
  public let parser: Parser
  private let generator: InputGenerator
  /// What was wrong: the input's number, the input, the complaint.
  public private(set) var failures: [(index: UInt64, input: [UInt8], complaint: String)] = []
  /// The longest time of one input, in seconds of the processor.
  public private(set) var longestTime = 0.0
  /// An input may take this long, in seconds of the processor: how busy the machine is does not matter.
  public static let timeLimit = 5.0

  public init(_ parser: Parser, seed: UInt64) {
    self.parser = parser
    generator = parser.generator(seed)
  }

  /// Runs inputs, calling `before` with each of them first.
  public mutating func run(_ indices: Range<UInt64>, before: (UInt64, [UInt8]) -> Void = { _, _ in }) {
    for index in indices {
      let input = generator.input(index)
      before(index, input)
      let start = clock()
      let complaint = parser.check(input)
      let time = Double(clock() - start) / Double(CLOCKS_PER_SEC)
      longestTime = max(longestTime, time)
      if let complaint { failures.append((index, input, complaint.description)) }
      if time > Self.timeLimit { failures.append((index, input, "it took \(time) s")) }
    }
  }
}
