import FiniteWidth
import Foundation
import Networks

/// A file that holds where a training stands, so that it can go on.
///
/// It is replaced as a whole: a run that is killed while writing leaves the checkpoint before. It names the run by
/// everything that decides its numbers, and a file of another run is refused and left alone.
public struct Checkpoint: Sendable {
  public let path: String
  private let fingerprint: String

  private struct Content: Codable {
    var format: String
    var fingerprint: String
    var state: TrainingState
  }

  private static let format = "infwidth training checkpoint 1"

  public init(path: String, for run: TrainingRun) {
    self.path = path
    fingerprint = Self.fingerprint(of: run)
  }

  /// A digest of the initial parameters, factors, data, method and grid.
  ///
  /// 64 bits of FNV-1a over the bits of every number: it tells runs apart by mistake, not by malice.
  private static func fingerprint(of run: TrainingRun) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ pattern: UInt64) {
      for shift in stride(from: 0, to: 64, by: 8) {
        hash = (hash ^ (pattern >> UInt64(shift) & 0xFF)) &* 0x100_0000_01B3
      }
    }
    func add(_ numbers: [Double]) {
      add(UInt64(numbers.count))
      for number in numbers { add(number.bitPattern) }
    }
    let problem = run.problem
    for byte in "\(problem.network.network.configuration)".utf8 { add(UInt64(byte)) }
    add(problem.network.parameters)
    problem.points.forEach(add)
    add(problem.targets)
    add([problem.timeScale])
    add(run.times)
    for byte in "\(run.method)".utf8 { add(UInt64(byte)) }
    return String(hash, radix: 16)
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
  public func load() throws(TrainingError) -> TrainingState? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let data: Data
    do { data = try readFile(path, limit: 1 << 34) } catch {
      switch error {
      case .unreadable(let reason): throw refused("the checkpoint cannot be read: \(reason)")
      case .tooLarge(let bytes, _): throw refused("the file has \(bytes) bytes, more than a checkpoint")
      }
    }
    guard let content = try? PropertyListDecoder().decode(Content.self, from: data), content.format == Self.format
    else { throw refused("this is not a checkpoint of infwidth train") }
    guard content.fingerprint == fingerprint else {
      throw refused("this is the checkpoint of another run (other network, data, method, times or tolerances)")
    }
    return content.state
  }

  private func refused(_ problem: String) -> TrainingError {
    .checkpoint(path: path, problem: "\(problem). It is left as it is; name another file.")
  }

  /// Replaces the file.
  ///
  /// - Throws: ``TrainingError/unwritableCheckpoint(path:reason:)``.
  public func save(_ state: TrainingState) throws(TrainingError) {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    do {
      let content = Content(format: Self.format, fingerprint: fingerprint, state: state)
      try AtomicFile.write(try encoder.encode(content), to: path)
    } catch StudyFileError.unwritable(_, let reason) {
      throw .unwritableCheckpoint(path: path, reason: reason)
    } catch {
      throw .unwritableCheckpoint(path: path, reason: "\(error)")
    }
  }
}
