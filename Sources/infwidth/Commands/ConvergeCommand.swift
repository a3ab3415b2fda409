import ArgumentParser
import FiniteWidth
import Foundation
import LimitKernels
import Moments
import Networks
import Tables

/// `infwidth converge`.
struct ConvergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "converge", abstract: "Sampled networks of growing width against the limit and its fluctuations.",
    discussion: """
      Draws independent networks of each width and compares their kernels with what theory says of that width: the mean, \
      the deviation, the rate at which it falls, and the norms of the whole matrix's error. The verdict over all entries \
      has one false-alarm rate.

      A run ends early, with what is there, by Ctrl-C or --max-seconds. With --checkpoint it goes on later to the same \
      result, to the last bit. Shards of one study run anywhere and are joined by 'infwidth merge'.

      Without --network: the built-in example, one hidden layer of squares, at the points 1 and -1.

      Example: infwidth converge --network examples/relu-uniform.yaml --at 1,0 --at 0,1 --widths 16..256 --samples 200
      """)

  @OptionGroup var source: NetworkOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Widths of the hidden layers, separated by commas; 16..256 is 16,32,64,128,256.", valueName: "n,..."))
  var widths: String = "16,64,256,1024"

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Networks of each width, at least 2 (default: 400).", valueName: "m"))
  var samples: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Draw as many networks as it takes: 1e-3 is the standard error of every mean of the NTK; 0.1% is relative to \
      the square root of Theta(x,x) Theta(y,y).
      """, valueName: "e"))
  var standardError: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("The seed: it alone decides what is drawn.", valueName: "s"))
  var seed: UInt64 = 1

  @OptionGroup var judgement: JudgementOptions

  @Option(
    help: ArgumentHelp("Save the state in this file from time to time, and continue what it holds.", valueName: "file"))
  var checkpoint: String?

  @Option(help: ArgumentHelp("Draw only the i-th of m equal shares; needs --checkpoint.", valueName: "i/m"))
  var shard: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("End after this many seconds with what is there.", valueName: "s"))
  var maxSeconds: String?

  @OptionGroup var common: CommonOptions

  /// The widest hidden layer and the most networks of one run.
  private static let (maximumWidth, maximumSamples) = (1_000_000_000_000_000_000, 1_000_000_000)
  private static let defaultSamples = 400

  func validate() throws {
    if let samples, !(2...Self.maximumSamples).contains(samples) {
      throw ValidationError("--samples \(samples): write a number from 2 to \(Self.maximumSamples).")
    }
    if samples != nil, standardError != nil {
      throw ValidationError("--samples and --standard-error exclude each other: give one of them.")
    }
    if shard != nil, checkpoint == nil {
      throw ValidationError("--shard needs --checkpoint FILE: the file is what infwidth merge joins.")
    }
  }

  func run() throws {
    let widths = try Self.widths(self.widths)
    let shard = try Self.shard(self.shard)
    let seconds = try Self.seconds(maxSeconds)
    let level = try judgement.level()
    _ = level
    try judgement.checkPlot()
    let network = try source.readNetwork()
    let points = try source.readPoints(of: network)
    let requested = try standardError.map { try RequestedError($0) }
    // What is impossible is said before anything is computed.
    let fixed = SamplingPlan.samples(samples ?? Self.defaultSamples)
    _ = try WidthStudy(network: network, points: points, widths: widths, plan: fixed, seed: seed, shard: shard)
    if requested != nil, shard != .whole { throw WidthStudyError.shardWithoutSamples }
    let status = ProgressStatus()
    var (passes, problem, figure) = (true, StudyFileError?.none, ConvergenceReport?.none)
    try common.emit("sampling networks", status: status) {
      let prepared = try PreparedStudy(
        network, points: points, widths: widths, choice: judgement.kernel, threads: common.threadCount)
      let plan = try requested.map { .standardErrors(try $0.errors(prepared.kernels, widths: widths)) } ?? fixed
      let study = try WidthStudy(
        network: network, points: points, widths: widths, plan: plan, seed: seed, shard: shard,
        references: PreparedStudy.references(prepared.kernels, widths: widths))
      var run = try StudyRun(study, checkpoint: checkpoint, seconds: seconds)
      let ending = try run.finish(threads: common.threadCount, status: status)
      problem = run.problem
      let report = try prepared.report(run.state, options: judgement, ending: ending)
      passes = report.passes
      figure = report
      return report.document
    }
    if let problem { throw problem }
    if let figure { try judgement.draw(figure) }
    if judgement.check, !passes { throw Failure.check }
  }

  // MARK: Reading options

  static func widths(_ text: String, option: String = "widths") throws -> [Int] {
    func width(_ word: Substring) throws -> Int {
      let word = word.trimmingPrefix { $0 == " " }
      guard let width = Int(word), (1...maximumWidth).contains(width) else {
        throw Failure.usage(
          "--\(option) \(text.prefix(60)): '\(word.prefix(20))' is not a width. "
            + "Write whole numbers from 1, as in 64,256 or 16..1024.")
      }
      return width
    }
    let widths = try text.split(separator: ",", omittingEmptySubsequences: false).flatMap { piece -> [Int] in
      guard let dots = piece.range(of: "..") else { return [try width(piece)] }
      let (first, last) = (try width(piece[..<dots.lowerBound]), try width(piece[dots.upperBound...]))
      guard first <= last else {
        throw Failure.usage(
          "--\(option) \(text.prefix(60)): '\(piece.prefix(40))' goes down. Write the smaller width first.")
      }
      return Array(sequence(first: first) { $0 <= last / 2 ? 2 * $0 : nil })
    }
    guard widths.count <= 100 else { throw Failure.usage("--\(option): there are \(widths.count); write at most 100.") }
    return widths
  }

  static func shard(_ text: String?) throws -> Shard {
    guard let text else { return .whole }
    let words = text.split(separator: "/", omittingEmptySubsequences: false)
    guard words.count == 2, let index = Int(words[0]), let count = Int(words[1]) else {
      throw Failure.usage("--shard \(text.prefix(40)): write i/m, as in 2/8 for the second of eight shares.")
    }
    return try Shard(index, of: count)
  }

  static func seconds(_ text: String?) throws -> Double? {
    guard let text else { return nil }
    let value = try number(text, option: "max-seconds").doubleValue
    guard value > 0, value <= 1e9 else {
      throw Failure.usage("--max-seconds \(text.prefix(40)): write a positive number of seconds, at most 1e9.")
    }
    return value
  }
}

/// `--standard-error`: absolute, or relative to the kernel's scale.
struct RequestedError {
  let value: Double
  let isRelative: Bool

  init(_ text: String) throws {
    isRelative = text.hasSuffix("%")
    let word = isRelative ? String(text.dropLast()) : text
    value = try number(word, option: "standard-error").doubleValue / (isRelative ? 100 : 1)
    guard value > 0, value.isFinite else {
      throw Failure.usage("--standard-error \(text.prefix(40)): write a positive number, as in 1e-3 or 0.1%.")
    }
  }

  /// The standard error of each entry at each width.
  func errors(_ kernels: KernelTable, widths: [Int]) throws -> [[Double]] {
    let theory = KernelTheory.limits(kernels, choice: .ntk, widths: widths)[0]
    let points = Int(Double(2 * theory.entries.count).squareRoot())
    let pairs = PointPair.all(count: points)
    return try widths.indices.map { width in
      try pairs.map { pair in
        guard isRelative else { return value }
        func diagonal(_ point: Int) -> Double {
          theory.entries[PointPair(point, point).index(count: points)].limits[width] ?? 0
        }
        let scale = (diagonal(pair.first) * diagonal(pair.second)).squareRoot()
        guard scale > 0, scale.isFinite else {
          throw Failure.usage("--standard-error \(value * 100)%: the NTK has no finite limit here. Write it without %.")
        }
        return value * scale
      }
    }
  }
}
