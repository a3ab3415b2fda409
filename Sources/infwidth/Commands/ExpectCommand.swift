import ArgumentParser
import FiniteWidth
import Fixtures
import Foundation
import LimitKernels
import Moments
import Networks
import Tables

extension FixturePrecision: ExpressibleByArgument {}

/// `infwidth expect`.
struct ExpectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expect", abstract: "Expected kernels, with tolerances, as a fixture for the tests of other software.",
    discussion: """
      The formats json, csv, npz, pytest, swift (Swift Testing), c (a header) and julia hold the same numbers, and say \
      where they come from. Without --width: the limits, for software that computes limits. With --width: mean and standard deviation of a \
      network of this width, and the tolerance that the average of --samples independent networks meets in the whole \
      table, all widths together, but for the probability --false-alarm.

      Example: infwidth expect --network examples/relu-uniform.yaml --at 1,0 --at 0,1 --width 64 --width 256 --samples \
      100 --format pytest
      """)

  /// One kernel, or both.
  enum Kernels: String, ExpressibleByArgument, CaseIterable {
    case ntk, nngp, both
  }

  @OptionGroup var source: NetworkOptions

  @Option(help: "Which kernel: ntk, nngp or both.")
  var kernel: Kernels = .ntk

  @Option(
    name: .customLong("width"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Expect networks of this width; repeat for more.", valueName: "n"))
  var width: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Several widths: 64,256, or 16..256 for 16,32,64,128,256.", valueName: "n,..."))
  var widths: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Networks of each width that a test averages, at least 2 (default: 100).", valueName: "m"))
  var samples: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The probability that correct networks miss any tolerance of the table (default: 1e-4).", valueName: "p"))
  var falseAlarm: String?

  @Option(help: "The arithmetic of the software under test, for what rounding may do: double or single.")
  var precision: FixturePrecision = .double

  @Option(
    help: "What to write: \(Self.formats) (default: table).",
    completion: .list(FixtureFormat.allCases.map(\.rawValue)),
    transform: { text in
      guard let format = FixtureFormat(rawValue: text) else { throw ValidationError("write \(Self.formats).") }
      return format
    })
  var format: FixtureFormat = .table

  /// `table, json, … or julia`.
  private static var formats: String {
    let names = FixtureFormat.allCases.map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }

  @Option(help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file"))
  var output: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Processor threads to use (default: all). Never changes a result.", valueName: "n"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...4096).contains(threads) {
      throw ValidationError("--threads \(threads): there must be at least 1 thread and at most 4096.")
    }
    if width.isEmpty, widths == nil, samples != nil || falseAlarm != nil {
      throw ValidationError(
        "--\(samples != nil ? "samples" : "false-alarm") is about networks of finite width: give --width N as well.")
    }
    if format == .npz, output == nil, isatty(FileHandle.standardOutput.fileDescriptor) == 1 {
      throw ValidationError("--format npz is no text for a terminal: give --output FILE.npz.")
    }
  }

  func run() throws {
    let request = FixtureRequest(
      kernels: kernel == .both ? [.nngp, .ntk] : kernel == .ntk ? [.ntk] : [.nngp], precision: precision,
      finite: try finite())
    let network = try source.readNetwork()
    let points = try source.readPoints(of: network)
    let output = try Output(path: self.output)
    let threads = threads ?? max(1, ProcessInfo.processInfo.activeProcessorCount)
    let bytes = try Progress.show("computing kernels") {
      try ExpectationFixture(of: network, at: points, request: request, options: KernelOptions(threads: threads))
        .bytes(as: format, generator: "infwidth \(Infwidth.configuration.version)")
    }
    try output.write(bytes)
  }

  private func finite() throws -> FiniteRequest? {
    var all: [Int] = []
    for text in width {
      let own = try ConvergeCommand.widths(text, option: "width")
      guard own.count == 1, !text.contains("..") else {
        throw Failure.usage("--width \(text.prefix(60)): write one width, or give several as --widths 64,256.")
      }
      all += own
    }
    if let widths { all += try ConvergeCommand.widths(widths) }
    if all.isEmpty { return nil }
    let rate = try falseAlarm.map { text -> Double in
      let value = try number(text, option: "false-alarm").doubleValue
      guard value >= FiniteRequest.smallestFalseAlarm, value < 0.5 else {
        throw Failure.usage(
          "--false-alarm \(text.prefix(40)): write a probability from 1e-100 to below 0.5, as in 1e-4.")
      }
      return value
    }
    if let samples, !(2...FiniteRequest.largestSampleCount).contains(samples) {
      throw Failure.usage(
        "--samples \(samples): write a number from 2 to \(FiniteRequest.largestSampleCount); a test averages so many networks."
      )
    }
    return try FiniteRequest(
      widths: all, samples: samples ?? 100, falseAlarm: rate ?? StudyJudgement.standardLevel)
  }
}
