import ArgumentParser
import FiniteWidth
import LimitKernels
import Moments
import Networks
import Tables

/// `infwidth converge`.
struct ConvergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "converge", abstract: "The NTK of sampled networks of growing width against its limit.",
    discussion: "Example: infwidth converge --network relu.yaml --at 1,0 --widths 64,256,1024 --samples 1000 --seed 1")

  @OptionGroup var source: NetworkOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Widths of the hidden layers, separated by commas.", valueName: "n,..."))
  var widths: String = "16,64,256,1024"

  @Option(parsing: .unconditional, help: ArgumentHelp("Networks of each width, at least 2.", valueName: "m"))
  var samples: Int = 400

  @Option(parsing: .unconditional, help: ArgumentHelp("The seed: it alone decides what is drawn.", valueName: "s"))
  var seed: UInt64 = 1

  @Flag(help: "Leave with status 1 unless the means agree with the limit within 5 standard errors.")
  var check = false

  @OptionGroup var common: CommonOptions

  /// The widest hidden layer and the most networks of one run.
  private static let (maximumWidth, maximumSamples) = (1_000_000, 100_000_000)

  func validate() throws {
    guard (2...Self.maximumSamples).contains(samples) else {
      throw ValidationError("--samples \(samples): write a number from 2 to \(Self.maximumSamples).")
    }
  }

  func run() throws {
    let widths = try Self.widths(self.widths)
    let network = try source.readNetwork()
    let points = try source.readPoints(of: network)
    let study = try WidthStudy(network: network, points: points, widths: widths, samples: samples, seed: seed)
    var agrees = true
    try common.emit("sampling networks") {
      let options = KernelOptions(relativeTolerance: nil, threads: common.threadCount)
      let kernels = try limitingKernels(of: network, at: points, options: options)
      let report = try Sampling.convergence(study, kernels, threads: common.threadCount)
      agrees = report.agrees
      return report.document
    }
    if check, !agrees { throw Failure.check }
  }

  static func widths(_ text: String) throws -> [Int] {
    let widths = try text.split(separator: ",", omittingEmptySubsequences: false).map { piece -> Int in
      let word = piece.trimmingPrefix { $0 == " " }
      guard let width = Int(word), (1...maximumWidth).contains(width) else {
        throw Failure.usage(
          "--widths \(text.prefix(60)): '\(word.prefix(20))' is not a width. "
            + "Write whole numbers from 1 to \(maximumWidth), as in 64,256.")
      }
      return width
    }
    guard widths.count <= 100 else { throw Failure.usage("--widths: there are \(widths.count); write at most 100.") }
    return widths
  }
}
