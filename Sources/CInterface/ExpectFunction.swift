import CInfwidth
import Failures
import FiniteWidth
import Fixtures
import Foundation
import LimitKernels
import Networks
import Tables

@c @implementation
public func infwidth_expect(
  _ network: OpaquePointer!, _ points: UnsafePointer<CChar>!, _ kernel: UnsafePointer<CChar>!,
  _ precision: UnsafePointer<CChar>!, _ widths: UnsafePointer<Int>!, _ widthCount: Int, _ samples: Int,
  _ falseAlarm: Double, _ format: UnsafePointer<CChar>!, _ threads: Int32,
  _ result: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!, _ size: UnsafeMutablePointer<Int>!,
  _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) -> Int32 {
  status(message) {
    let result = try required(result, "the pointer for the text")
    let network = try CInterface.network(network)
    let list = try CInterface.points(points, of: network)
    let kernels = try word(
      kernel, "kernel", ["ntk": [FixtureKernel.ntk], "nngp": [.nngp], "both": [.nngp, .ntk]], standard: [.ntk])
    let request = FixtureRequest(
      kernels: kernels, precision: try word(precision, "precision", Choices.precisions, standard: .double),
      finite: try finite(widths, count: widthCount, samples: samples, falseAlarm: falseAlarm))
    let format = try word(format, "format", Choices.formats, standard: .json)
    let options = KernelOptions(threads: try Threads.count(threads))
    let bytes = try ExpectationFixture(of: network, at: list, request: request, options: options)
      .bytes(as: format, generator: "infwidth \(Program.version)")
    guard let copy = malloc(bytes.count + 1) else { throw Failure.output("there is no memory for the result.") }
    let target = copy.bindMemory(to: CChar.self, capacity: bytes.count + 1)
    for (index, byte) in bytes.enumerated() { target[index] = CChar(bitPattern: byte) }
    target[bytes.count] = 0
    result.pointee = target
    size?.pointee = bytes.count
  }
}

/// The words that the arguments may be.
private enum Choices {
  static let precisions = Dictionary(uniqueKeysWithValues: FixturePrecision.allCases.map { ($0.rawValue, $0) })
  static let formats = Dictionary(uniqueKeysWithValues: FixtureFormat.allCases.map { ($0.rawValue, $0) })
}

/// The meaning of a word; that of NULL is `standard`.
func word<Meaning>(
  _ pointer: UnsafePointer<CChar>?, _ name: String, _ meanings: [String: Meaning], standard: Meaning
) throws -> Meaning {
  guard let pointer else { return standard }
  let word = try text(pointer, name)
  guard let meaning = meanings[word] else {
    let words = meanings.keys.sorted().joined(separator: ", ")
    throw Failure.usage("\(name) is '\(word.prefix(40))'. Give one of \(words).")
  }
  return meaning
}

/// The tests of networks of finite width; nil without a width.
private func finite(
  _ widths: UnsafePointer<Int>?, count: Int, samples: Int, falseAlarm: Double
) throws -> FiniteRequest? {
  guard count != 0 else {
    guard samples == 0, falseAlarm == 0 else {
      throw Failure.usage("samples and false_alarm are about networks of finite width. Give widths as well.")
    }
    return nil
  }
  guard (1...100).contains(count) else {
    throw Failure.usage("width_count is \(UInt(bitPattern: count)). Give at most 100 widths.")
  }
  let list = UnsafeBufferPointer(start: try required(widths, "widths"), count: count)
  return try FiniteRequest(
    widths: Array(list), samples: samples == 0 ? 100 : samples,
    falseAlarm: falseAlarm == 0 ? StudyJudgement.standardLevel : falseAlarm)
}
