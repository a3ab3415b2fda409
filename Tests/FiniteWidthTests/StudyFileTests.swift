import Foundation
import Moments
import Networks
import Testing

@testable import FiniteWidth

/// Interruptions, shards and the files that hold them.
@Suite struct StudyFileTests {
  private func study(
    samples: Int = 45, seed: UInt64 = 7, widths: [Int] = [3, 8], shard: Shard = .whole, point: ExactNumber = -1
  ) throws -> WidthStudy {
    try WidthStudy(
      network: try Network.headline, points: [[1], [point]], widths: widths, plan: .samples(samples), seed: seed,
      shard: shard, references: widths.map { _ in GramReference(ntk: [1.49, 0.157, 1.49], nngp: nil) })
  }

  private func withFile(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("infwidth-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.appendingPathComponent("c.study").path)
  }

  private func finished(_ study: WidthStudy) throws -> StudyState {
    var state = StudyState(study)
    try state.advance(StudyControl(threads: 1))
    return state
  }

  @Test func filesReadBackToTheLastBit() throws {
    try withFile { path in
      let state = try finished(try study())
      try StudyFile.write(state, to: path)
      let read = try StudyFile.read(path)
      #expect(read == state)
      #expect(read.result == state.result)
      #expect(read.isComplete)
      #expect(try StudyState.resuming(try study(), from: path) == state)
    }
  }

  /// Values that decimal text would lose: infinities and not-a-numbers of a moment that overflowed.
  @Test func overflownMomentsReadBack() throws {
    var state = try finished(try study())
    var node = try #require(state.forests[0].nodes.last)
    node.statistics.values[0] = SampleStatistics(
      count: 1, mean: -0.0, sum2: .infinity, sum3: .nan, sum4: .leastNonzeroMagnitude)
    state.forests[0] = SampleForest()
    state.forests[0].insert(node)
    let read = try StudyFile.state(StudyFile.data(state), path: "x").forests[0].nodes[0].statistics.values[0]
    #expect(
      read.sum2 == .infinity && read.sum3.isNaN && read.mean.sign == .minus && read.sum4 == .leastNonzeroMagnitude)
  }

  /// Stopped after every few networks, saved, read back and continued, with another number of threads each time.
  @Test func anyInterruption() throws {
    let whole = try finished(try study())
    try withFile { path in
      var rounds = 0
      while true {
        rounds += 1
        var state = try StudyState.resuming(try study(), from: path)
        let budget = Counter(limit: 13)
        var control = StudyControl(threads: 1 + rounds % 3)
        control.shouldStop = { budget.isOver }
        try state.advance(control)
        try StudyFile.write(state, to: path)
        if state.isComplete {
          #expect(state == whole)
          break
        }
        try #require(rounds < 100)
      }
      #expect(rounds > 3)
    }
  }

  private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var left: Int
    init(limit: Int) { left = limit }
    var isOver: Bool {
      lock.withLock {
        left -= 1
        return left < 0
      }
    }
  }

  @Test(arguments: [1, 2, 3, 7]) func anyShards(count: Int) throws {
    let whole = try finished(try study())
    var files: [(path: String, state: StudyState)] = []
    for index in (1...count).reversed() {
      files.append(("\(index)", try finished(try study(shard: try Shard(index, of: count)))))
    }
    let merged = try StudyState.merging(files)
    #expect(merged == whole)
    #expect(merged.isComplete)
    if count > 1 {
      let partial = try StudyState.merging(Array(files.dropFirst()))
      #expect(!partial.isComplete)
      #expect(partial.counts.allSatisfy { $0 < 45 && $0 > 0 })
      #expect(throws: StudyFileError.self) { try StudyState.merging(files + [files[0]]) }
    }
  }

  @Test func moreSamplesContinueAFile() throws {
    try withFile { path in
      try StudyFile.write(try finished(try study(samples: 20)), to: path)
      var state = try StudyState.resuming(try study(), from: path)
      #expect(state.counts == [20, 20])
      try state.advance()
      #expect(state.result == (try finished(try study())).result)
    }
  }

  @Test func anotherStudyIsRefused() throws {
    try withFile { path in
      try StudyFile.write(try finished(try study()), to: path)
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      for (other, words) in [
        (try study(seed: 8), "its seed is 7, not 8"), (try study(widths: [3, 9]), "its widths are 3,8, not 3,9"),
        (try study(point: 2), "its points are other ones"),
        (try study(samples: 10), "it holds network 10 of width 3, this study draws 0 to 9"),
        (try study(shard: try Shard(2, of: 3)), "it holds network 0 of width 3, this study draws 15 to 29"),
      ] {
        let error = #expect(throws: StudyFileError.self) { try StudyState.resuming(other, from: path) }
        #expect("\(try #require(error))".contains(words), "\(String(describing: error))")
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before, "never changed")
    }
  }

  /// Limits computed on another machine may differ in the last digits; the file's are kept.
  @Test func limitsMayDifferByRounding() throws {
    try withFile { path in
      try StudyFile.write(try finished(try study(samples: 20)), to: path)
      var other = try study()
      other = WidthStudy(
        copying: other, shard: .whole,
        references: other.references.map { GramReference(ntk: $0.ntk?.map { $0.nextUp }, nngp: nil) })
      #expect(try StudyState.resuming(other, from: path).study.references == (try study()).references)
      let wrong = WidthStudy(
        copying: other, shard: .whole, references: other.references.map { _ in GramReference(ntk: [1, 2, 3]) })
      #expect(throws: StudyFileError.self) { try StudyState.resuming(wrong, from: path) }
    }
  }

  @Test func damage() throws {
    let data = StudyFile.data(try finished(try study()))
    func failure(_ data: Data) -> StudyFileError? {
      do throws(StudyFileError) { _ = try StudyFile.state(data, path: "f") } catch { return error }
      return nil
    }
    #expect(failure(data) == nil)
    #expect(failure(Data()) == .foreign(path: "f"))
    #expect(failure(Data("hello\n".utf8)) == .foreign(path: "f"))
    #expect(failure(Data(repeating: 0, count: 1000)) == .foreign(path: "f"))
    for length in stride(from: 1, to: data.count, by: max(1, data.count / 37)) {
      #expect(failure(data.prefix(length)) != nil, "cut at \(length)")
    }
    #expect("\(try #require(failure(data.dropLast(5))))".contains("bytes where its first line says"))
    // One bit anywhere behind the first line.
    for position in stride(from: 60, to: data.count, by: max(1, data.count / 41)) {
      var damaged = data
      damaged[position] ^= 0x10
      #expect(failure(damaged) != nil, "bit at \(position)")
    }
    func replaced(_ old: String, _ new: String) -> Data {
      let text = String(decoding: data, as: UTF8.self)
      let body = Data(text.drop { $0 != "\n" }.dropFirst().description.replacingOccurrences(of: old, with: new).utf8)
      let head = "infwidth-study 1 \(body.count) \(StudyFile.hexadecimal(StudyFile.checksum(body)))\n"
      return Data(head.utf8) + body
    }
    #expect(failure(replaced("", "")) == nil)
    let version = failure(replaced("\"sampler\":\(StudyFile.samplerVersion)", "\"sampler\":99"))
    #expect("\(try #require(version))".contains("written by another version (sampler 99, not"))
    #expect(failure(replaced("\"start\":0", "\"start\":1")) != nil)
    #expect(failure(replaced("uniform(-1, 1)", "uniform(1, -1)")) != nil)
    #expect(
      failure(Data("infwidth-study 2 5 0\nhello".utf8)) == .version(path: "f", found: "format 2", expected: "format 1"))
  }

  @Test func unwritableFiles() throws {
    let state = StudyState(try study())
    for (path, words) in [
      ("/nowhere/at/all.study", "there is no folder '/nowhere/at'"), ("/tmp", "it is a folder"),
      ("/dev/null", "it is no regular file"), ("", "it has no name"),
    ] {
      let error = #expect(throws: StudyFileError.self) { try StudyState.resuming(state.study, from: path) }
      #expect("\(try #require(error))".contains(words))
    }
    #expect(throws: StudyFileError.self) { try StudyFile.write(state, to: "/nowhere/at/all.study") }
  }

  @Test func aLinkKeepsLeadingToItsFile() throws {
    try withFile { path in
      let link = path + ".link"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
      let state = try finished(try study())
      try StudyFile.write(state, to: link)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
      #expect(try StudyFile.read(path) == state)
      let folder = (path as NSString).deletingLastPathComponent
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2, "nothing partial is left")
    }
  }

  @Test func impossibleShards() throws {
    for (index, count) in [(0, 1), (2, 1), (-1, 3), (1, 0), (1, 2_000_000)] {
      #expect(throws: WidthStudyError.impossibleShard(index: index, count: count)) { try Shard(index, of: count) }
    }
    #expect(throws: WidthStudyError.shardWithoutSamples) {
      try WidthStudy(
        network: try Network.headline, points: [[1]], widths: [4], plan: .standardErrors([[0.1]]), seed: 1,
        shard: try Shard(1, of: 2))
    }
    #expect(throws: WidthStudyError.repeatedWidth(4)) { try study(widths: [4, 5, 4]) }
  }

  /// As many networks as it takes, and the same ones after an interruption.
  @Test func standardErrorIsReached() throws {
    let requested = 0.1
    let study = try WidthStudy(
      network: try Network.headline, points: [[1], [-1]], widths: [4, 16],
      plan: .standardErrors([[0.1, 0.1, 0.1], [0.1, 0.1, 0.1]]), seed: 2)
    let whole = try finished(study)
    #expect(whole.isComplete)
    for width in whole.result.widths {
      #expect(width.ntk.allSatisfy { $0.standardError <= requested })
      // V = 5.71: M = V/(N · 0.01), at most a few times what is needed.
      let needed = 5.7136 / (Double(width.width) * requested * requested)
      #expect(Double(width.samples) < max(2 * needed, 100), "\(width.samples)")
    }
    #expect(whole.goals[0] > whole.goals[1])
    try withFile { path in
      let budget = Counter(limit: 100)
      var control = StudyControl(threads: 2)
      control.shouldStop = { budget.isOver }
      var state = StudyState(study)
      try state.advance(control)
      #expect(!state.isComplete)
      try StudyFile.write(state, to: path)
      var resumed = try StudyState.resuming(study, from: path)
      try resumed.advance()
      #expect(resumed == whole)
    }
  }
}
