import FiniteWidth
import Foundation
import Networks

/// A file that holds where a computation stands, so that it can go on.
///
/// It is replaced as a whole: a run that is killed while writing leaves the checkpoint before. It names the computation
/// by everything that decides its numbers, and a file of another one is refused and left alone.
public struct Checkpoint<State: Codable & Sendable>: Sendable {
  public let path: String
  private let fingerprint: String
  private let format: String
  /// What a checkpoint of another computation may differ in.
  private let differences: String

  private struct Content: Codable {
    var format: String
    var fingerprint: String
    var state: State
  }

  /// Looks whether the file can be written, before anything is computed.
  ///
  /// - Throws: ``TrainingError/unwritableCheckpoint(path:reason:)``.
  public func check() throws(TrainingError) {
    do { try AtomicFile.check(path) } catch {
      guard case .unwritable(_, let reason) = error else { return }
      throw .unwritableCheckpoint(path: path, reason: reason)
    }
  }

  /// The stored state; nil if there is no file yet.
  ///
  /// - Throws: ``TrainingError/checkpoint(path:problem:)`` for a file of another run or another kind.
  public func load() throws(TrainingError) -> State? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let data: Data
    do { data = try readFile(path, limit: 1 << 34) } catch {
      switch error {
      case .unreadable(let reason): throw refused("the checkpoint cannot be read: \(reason)")
      case .tooLarge(let bytes, _): throw refused("the file has \(bytes) bytes, more than a checkpoint")
      }
    }
    guard let content = try? PropertyListDecoder().decode(Content.self, from: data), content.format == format
    else { throw refused("this is not a checkpoint of such a run of infwidth train") }
    guard content.fingerprint == fingerprint else {
      throw refused("this is the checkpoint of another run (\(differences))")
    }
    return content.state
  }

  private func refused(_ problem: String) -> TrainingError {
    .checkpoint(path: path, problem: "\(problem). It is left as it is; name another file.")
  }

  /// Replaces the file.
  ///
  /// - Throws: ``TrainingError/unwritableCheckpoint(path:reason:)``.
  public func save(_ state: State) throws(TrainingError) {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    do {
      let content = Content(format: format, fingerprint: fingerprint, state: state)
      try AtomicFile.write(try encoder.encode(content), to: path)
    } catch StudyFileError.unwritable(_, let reason) {
      throw .unwritableCheckpoint(path: path, reason: reason)
    } catch {
      throw .unwritableCheckpoint(path: path, reason: "\(error)")
    }
  }
}

extension Checkpoint where State == TrainingState {
  /// The checkpoint of one training.
  public init(path: String, for run: TrainingRun) {
    var print = Fingerprint()
    print.add("\(run.problem.network.network.configuration)")
    print.add(run.problem.network.parameters)
    run.problem.points.forEach { print.add($0) }
    print.add(run.problem.targets)
    print.add([run.problem.timeScale])
    print.add(run.times)
    print.add("\(run.method)")
    self.init(
      path: path, fingerprint: print.text, format: "infwidth training checkpoint 1",
      differences: "other network, data, method, times or tolerances")
  }
}

extension Checkpoint where State == SweepState {
  /// The checkpoint of a width sweep.
  public init(path: String, for sweep: WidthSweep) {
    var print = Fingerprint()
    print.add("\(sweep.network.configuration)")
    (sweep.inputs + sweep.others).forEach { print.add($0) }
    print.add(sweep.targets)
    print.add(sweep.widths.map(Double.init))
    print.add(sweep.widths.map(sweep.timeScale))
    print.add("\(sweep.repeats) \(sweep.seed) \(sweep.method)")
    print.add(sweep.times)
    self.init(
      path: path, fingerprint: print.text, format: "infwidth training sweep checkpoint 1",
      differences: "other network, data, widths, repeats, seed, method or times")
  }
}

/// A digest of what decides the numbers of a computation.
///
/// 64 bits of FNV-1a over the bits of every number: it tells runs apart by mistake, not by malice.
private struct Fingerprint {
  private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  private mutating func add(_ pattern: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      hash = (hash ^ (pattern >> UInt64(shift) & 0xFF)) &* 0x100_0000_01B3
    }
  }

  mutating func add(_ numbers: [Double]) {
    add(UInt64(numbers.count))
    for number in numbers { add(number.bitPattern) }
  }

  mutating func add(_ text: String) { for byte in text.utf8 { add(UInt64(byte)) } }

  var text: String { String(hash, radix: 16) }
}
