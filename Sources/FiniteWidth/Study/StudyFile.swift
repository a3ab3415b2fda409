import Foundation
import Moments
import Networks

/// The file that holds the state of a study: to resume it, or to merge it with other shards.
///
/// The first line names the format, the length of the rest in bytes and its checksum (FNV-1a, 64 bits); the rest is
/// JSON: the study, and for each width the nodes of its `SampleForest`. Doubles are written as the 16 hexadecimal
/// digits of their bits, so that reading gives back the very same state.
public enum StudyFile {
  static let magic = "infwidth-study"
  static let format = 1
  /// Raised whenever the same seed draws other networks than before: then old files cannot be continued.
  static let samplerVersion = 1
  /// The largest file that is read.
  static let maximumBytes = 2_000_000_000

  // MARK: Writing

  /// Writes a state: the file is complete and on the disk, or the one before is still there.
  ///
  /// - Throws: ``StudyFileError/unwritable(path:reason:)``.
  public static func write(_ state: StudyState, to path: String) throws(StudyFileError) {
    try AtomicFile.write(data(state), to: path)
  }

  /// The content of the file.
  package static func data(_ state: StudyState) -> Data {
    let body = Data(text(state).utf8)
    return Data("\(magic) \(format) \(body.count) \(hexadecimal(checksum(body)))\n".utf8) + body
  }

  private static func text(_ state: StudyState) -> String {
    let study = state.study
    func list(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }
    func quoted(_ text: String) -> String { ConfigurationValue.text(text).json }
    func reference(_ values: [Double]?) -> String { values.map { quoted(hexadecimal($0)) } ?? "null" }
    let plan: String =
      switch study.plan {
      case .samples(let count): "{\"samples\":\(count)}"
      case .standardErrors(let errors): "{\"standardErrors\":\(list(errors.map { quoted(hexadecimal($0)) }))}"
      }
    let widths = study.widths.indices.map { index in
      let nodes = state.forests[index].nodes.map { node in
        let values = node.statistics.values
        return "{\"start\":\(node.start),\"level\":\(node.level),\"counts\":\(list(values.map { "\($0.count)" })),"
          + "\"moments\":\(quoted(hexadecimal(values.flatMap { [$0.mean, $0.sum2, $0.sum3, $0.sum4] }))),"
          + "\"kept\":\(quoted(hexadecimal(node.statistics.kept)))}"
      }
      return "{\"width\":\(study.widths[index]),\"goal\":\(state.goals[index]),\"nodes\":\(list(nodes))}"
    }
    let members = [
      "\"sampler\":\(samplerVersion)", "\"network\":\(study.network.json)",
      "\"points\":\(list(study.points.map { list($0.map { quoted($0.description) }) }))", "\"plan\":\(plan)",
      "\"seed\":\(quoted(String(study.seed)))", "\"shard\":[\(study.shard.index),\(study.shard.count)]",
      "\"references\":\(list(study.references.map { "{\"ntk\":\(reference($0.ntk)),\"nngp\":\(reference($0.nngp))}" }))",
      "\"widths\":\(list(widths))",
    ]
    return "{" + members.joined(separator: ",\n") + "}\n"
  }

  static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func hexadecimal(_ values: [Double]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16 * values.count)
    let digits = Array("0123456789abcdef".utf8)
    for value in values {
      for shift in stride(from: 60, through: 0, by: -4) {
        bytes.append(digits[Int(truncatingIfNeeded: value.bitPattern >> UInt64(shift)) & 15])
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// FNV-1a: it finds damage, not forgery.
  static func checksum(_ data: Data) -> UInt64 {
    data.withUnsafeBytes { bytes in
      bytes.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
  }

  // MARK: Reading

  /// Reads a state.
  ///
  /// - Throws: ``StudyFileError`` if the file is no state of a study, is damaged, or comes from another version.
  public static func read(_ path: String) throws(StudyFileError) -> StudyState {
    let data: Data
    do { data = try readFile(path, limit: maximumBytes) } catch {
      switch error {
      case .unreadable(let reason): throw .unreadable(path: path, reason: reason)
      case .tooLarge: throw .foreign(path: path)
      }
    }
    return try state(data, path: path)
  }

  /// The state that is in the content of a file.
  package static func state(_ data: Data, path: String) throws(StudyFileError) -> StudyState {
    guard let end = data.prefix(200).firstIndex(of: UInt8(ascii: "\n")) else { throw .foreign(path: path) }
    let words = String(decoding: data[data.startIndex..<end], as: UTF8.self).split(separator: " ").map(String.init)
    guard words.first == magic else { throw .foreign(path: path) }
    guard words.count == 4, words[1] == "\(format)" else {
      throw .version(
        path: path, found: words.count > 1 ? "format \(words[1])" : "no format", expected: "format \(format)")
    }
    let body = data[data.index(after: end)...]
    guard let length = Int(words[2]), body.count == length else {
      throw .damaged(path: path, problem: "it has \(body.count) bytes where its first line says \(words[2])")
    }
    guard words[3] == hexadecimal(checksum(Data(body))) else {
      throw .damaged(path: path, problem: "its checksum is wrong")
    }
    let root: JSONText
    do { root = try JSONText(parsing: [UInt8](body)) } catch {
      throw .damaged(path: path, problem: "line \(error.line + 1): \(error.problem)")
    }
    do { return try StudyReader(root).state() } catch let problem as StudyReader.Problem {
      switch problem {
      case .malformed(let what): throw .damaged(path: path, problem: what)
      case .sampler(let found):
        throw .version(path: path, found: "sampler \(found)", expected: "sampler \(samplerVersion)")
      }
    } catch {
      throw .damaged(path: path, problem: "\(error)")
    }
  }
}

/// Turns the file's tree into a state.
private struct StudyReader {
  enum Problem: Error {
    case malformed(String)
    case sampler(Int)
  }

  let root: JSONText

  init(_ root: JSONText) { self.root = root }

  func state() throws -> StudyState {
    let sampler = try integer(root["sampler"], "sampler")
    guard sampler == StudyFile.samplerVersion else { throw Problem.sampler(sampler) }
    let network = try Network(yaml: try json(root["network"], "network"))
    let points = try list(root["points"], "points").map { point in
      try list(point, "a point").map { try ExactNumber(parsing: try text($0, "a coordinate")) }
    }
    let widthItems = try list(root["widths"], "widths")
    let widths = try widthItems.map { try integer($0["width"], "width") }
    guard let seed = UInt64(try text(root["seed"], "seed")) else { throw Problem.malformed("the seed is no number") }
    let shard = try list(root["shard"], "shard").map { try integer($0, "shard") }
    guard shard.count == 2 else { throw Problem.malformed("the shard is not a pair") }
    let references = try list(root["references"], "references").map {
      GramReference(ntk: try doubles($0["ntk"], "a limit"), nngp: try doubles($0["nngp"], "a limit"))
    }
    guard references.isEmpty || references.count == widths.count else { throw Problem.malformed("a limit is missing") }
    let pairCount = PointPair.all(count: points.count).count
    guard references.allSatisfy({ [$0.ntk, $0.nngp].allSatisfy { ($0?.count ?? pairCount) == pairCount } }) else {
      throw Problem.malformed("a limit has not \(pairCount) entries")
    }
    let plan: SamplingPlan
    if let errors = root["plan"]?["standardErrors"] {
      let requested = try list(errors, "plan").map { try doubles($0, "plan") ?? [] }
      guard requested.count == widths.count, requested.allSatisfy({ $0.count == pairCount }) else {
        throw Problem.malformed("the plan has not \(pairCount) standard errors for each width")
      }
      plan = .standardErrors(requested)
    } else {
      plan = .samples(try integer(root["plan"]?["samples"], "samples"))
    }
    let study = try WidthStudy(
      network: network, points: points, widths: widths, plan: plan, seed: seed,
      shard: try Shard(shard[0], of: shard[1]),
      references: references)
    let goals = try widthItems.map { try integer($0["goal"], "goal") }
    guard goals.allSatisfy({ (study.samples...NetworkStreams.maximumIndex).contains($0) }) else {
      throw Problem.malformed("a goal is impossible")
    }
    let forests = try widthItems.enumerated().map { index, item in
      try forest(try list(item["nodes"], "nodes"), width: widths[index], layout: study.layout)
    }
    return StudyState(study, forests: forests, goals: goals)
  }

  private func forest(_ items: [JSONText], width: Int, layout: StatisticsLayout) throws -> SampleForest {
    var forest = SampleForest()
    for item in items {
      let (start, level) = (try integer(item["start"], "start"), try integer(item["level"], "level"))
      guard (0...35).contains(level), (0..<NetworkStreams.maximumIndex).contains(start), start % (1 << level) == 0
      else { throw Problem.malformed("a node stands at an impossible place") }
      let counts = try list(item["counts"], "counts").map { try integer($0, "a count") }
      let moments = try doubles(item["moments"], "moments") ?? []
      guard counts.count == layout.count, moments.count == 4 * layout.count else {
        throw Problem.malformed("a node has \(counts.count) statistics where the study has \(layout.count)")
      }
      guard counts.allSatisfy({ (0...(1 << level)).contains($0) }) else {
        throw Problem.malformed("a node has statistics of more networks than it holds")
      }
      var statistics = WidthStatistics(width: width, layout: layout)
      statistics.samples = 1 << level
      statistics.values = counts.indices.map { index in
        let start = 4 * index
        return SampleStatistics(
          count: counts[index], mean: moments[start], sum2: moments[start + 1], sum3: moments[start + 2],
          sum4: moments[start + 3])
      }
      statistics.kept = try doubles(item["kept"], "kept values") ?? []
      guard forest.insert(SampleForest.Node(start: start, level: level, statistics: statistics)) else {
        throw Problem.malformed("two nodes hold the same network")
      }
    }
    return forest
  }

  private func list(_ item: JSONText?, _ what: String) throws -> [JSONText] {
    guard let list = item?.list else { throw Problem.malformed("'\(what)' is not a list") }
    return list
  }

  private func text(_ item: JSONText?, _ what: String) throws -> String {
    guard case .string(let text)? = item?.value else { throw Problem.malformed("'\(what)' is not a text") }
    return text
  }

  private func integer(_ item: JSONText?, _ what: String) throws -> Int {
    guard case .number(let text)? = item?.value, let value = Int(text) else {
      throw Problem.malformed("'\(what)' is not a whole number")
    }
    return value
  }

  /// Doubles from the hexadecimal digits of their bits; nil for null.
  private func doubles(_ item: JSONText?, _ what: String) throws -> [Double]? {
    if case .null? = item?.value { return nil }
    let digits = Array(try text(item, what).utf8)
    guard digits.count % 16 == 0 else { throw Problem.malformed("'\(what)' ends within a number") }
    return try stride(from: 0, to: digits.count, by: 16).map { start in
      let word = String(decoding: digits[start..<(start + 16)], as: UTF8.self)
      guard let bits = UInt64(word, radix: 16) else { throw Problem.malformed("'\(what)' holds \(word)") }
      return Double(bitPattern: bits)
    }
  }

  /// An object of the file as text, for the reader of networks.
  private func json(_ item: JSONText?, _ what: String) throws -> String {
    guard let item else { throw Problem.malformed("'\(what)' is missing") }
    func text(_ item: JSONText) -> String {
      switch item.value {
      case .null: "null"
      case .bool(let flag): "\(flag)"
      case .number(let digits): digits
      case .string(let text): ConfigurationValue.text(text).json
      case .list(let items): "[" + items.map(text).joined(separator: ",") + "]"
      case .object(let members):
        "{" + members.map { "\(ConfigurationValue.text($0.key).json):\(text($0.value))" }.joined(separator: ",") + "}"
      }
    }
    return text(item)
  }
}
