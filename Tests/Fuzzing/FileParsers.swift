import Dynamics
import FiniteWidth
import Foundation
import KernelFiles
import Networks

// Parsers that read from a file: inputs of kernel matrices, states of studies, checkpoints of trainings.

extension Parser {
  /// Files that a run of the command leaves and another reads, and rows that are read by parts.
  static let files: [Parser] = [rows, study, checkpoint, share]

  /// A parser that is given the path of a file with the input, which is removed afterwards.
  private init(
    _ name: String, corpus: [[UInt8]], words: [String],
    file check: @escaping @Sendable (_ path: String) throws -> Complaint?
  ) {
    self.init(name, corpus: corpus, words: words) { bytes in try withFile(bytes, check) }
  }

  static let rows = Parser(
    "rows", corpus: ["1,2\n-0.5,1e-3\r\n3 , 4\n", "[[1, 2], [\"1/3\", 4]]"].map { Array($0.utf8) } + rowArrays,
    words: ["1,2\n", "nan", "(3, 2)", "(0, 2)", "'<f4'"],
    file: { path in
      let file = try RowFile(contentsOf: path, dimension: 2)
      guard file.count > 0 else { return Complaint("a file without rows is accepted") }
      // The last row first: a file that is shorter than its header says shows there.
      for row in Set([file.count - 1, 0]) {
        let numbers = try file.rows(row..<(row + 1))
        guard numbers.count == 2, numbers.allSatisfy(\.isFinite) else { return Complaint("row \(row) is \(numbers)") }
      }
      return nil
    })
}

// MARK: Studies

extension Parser {
  /// What a state of a study says after its first line.
  private static let states: [[UInt8]] = {
    let plans: [SamplingPlan] = [.samples(5), .standardErrors([[0.5], [0.5]])]
    return plans.map { plan in
      let study = try? WidthStudy(
        network: try Network.headline, points: [[1]], widths: [2, 3], plan: plan, seed: 1,
        references: [GramReference(ntk: [1.5]), GramReference()])
      guard var state = study.map({ StudyState($0) }), (try? state.advance(StudyControl(threads: 1))) != nil else {
        return []
      }
      return Array(StudyFile.data(state).drop { $0 != UInt8(ascii: "\n") }.dropFirst())
    }
  }()

  /// Behind a right first line, with length and checksum: a damaged file would be refused for these alone.
  static let study = Parser(
    "study", corpus: states,
    words: [
      "\"start\":", "\"level\":", "\"counts\":", "\"goal\":", "\"shard\":[1,1]", "40", "63", "9223372036854775807",
      "9223372036854775806", "-9223372036854775808", "4611686018427387904", "1000000", "\"7ff0000000000000\"",
    ]
  ) { body in
    let length = String(body.count)
    let checksum = String(checksum(body), radix: 16)
    let header = "infwidth-study 1 \(length) \(String(repeating: "0", count: 16 - checksum.count))\(checksum)\n"
    let state = try StudyFile.state(Data(header.utf8) + body, path: "c.study")
    _ = (state.counts, state.isComplete, state.result)
    let written = StudyFile.data(state)
    return StudyFile.data(try StudyFile.state(written, path: "c.study")) == written
      ? nil : Complaint("the state does not read back")
  }

  /// FNV-1a, as the first line of a study's file has it.
  private static func checksum(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}

// MARK: Trainings

extension Parser {
  /// Three records of gradient descent on one datum.
  private static let training: TrainingRun? = try? TrainingRun(
    problem: TrainingProblem(
      network: FiniteNetwork(sampling: try Network.headline, width: 2, seed: 1, index: 0), inputs: [[1]],
      targets: [0.5]),
    method: .gradientDescent(step: 0.125), times: [0, 0.125, 0.25])

  private static let checkpoints: [[UInt8]] = [1, 3].map { records in
    let bytes = try? withFile([]) { path -> Data in
      guard let training else { return Data() }
      try FileManager.default.removeItem(atPath: path)
      let checkpoint = Checkpoint(path: path, for: training)
      _ = try training.run(onRecord: { if $0.records.count <= records { try checkpoint.save($0) } })
      return try Data(contentsOf: URL(fileURLWithPath: path))
    }
    return Array(bytes ?? Data())
  }

  static let checkpoint = Parser(
    "checkpoint", corpus: checkpoints, words: ["bplist00", "records", "parameters", "kernel", "\u{1}\u{2}", "\u{A1}"],
    file: { path in
      guard let training else { return Complaint("there is no training") }
      guard let state = try Checkpoint(path: path, for: training).load() else {
        return Complaint("a file that is there is not found")
      }
      let history = try training.run(from: state)
      return history.records.isEmpty ? Complaint("a training ends without a record") : nil
    })
}

// MARK: Options

extension Parser {
  static let share = Parser(
    "share and memory", corpus: ["1/8", "0/1", "2GiB", "1.5 MB", "4096", "7k"],
    words: ["/", "1000000", "9223372036854775807", "TiB", "gb", "1e18"]
  ) { text in
    if let bytes = ByteCount(parsing: text) {
      return bytes.bytes > 0 ? nil : Complaint("\(bytes.bytes) bytes are accepted")
    }
    let shard = try KernelFiles.Shard(parsing: text)
    let tiles = shard.tiles(of: .max)
    return shard.index < shard.count && tiles.upperBound >= tiles.lowerBound
      ? nil : Complaint("\(shard) has the tiles \(tiles)")
  }
}

/// Calls a function with the path of a file that holds these bytes, and removes the file.
private func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("infwidth-fuzz-\(UUID().uuidString)")
  try Data(bytes).write(to: url)
  defer { try? FileManager.default.removeItem(at: url) }
  return try body(url.path)
}
