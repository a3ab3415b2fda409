import ArgumentParser
import FiniteWidthTheory
import LimitKernels
import Moments
import Networks
import Tables

/// `infwidth table`, which is also what `infwidth` alone does.
struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table", abstract: "The limiting NNGP kernel and NTK of a network at pairs of points.",
    discussion: """
      Without --network: the built-in example, one hidden layer of squares with uniform weights and biases, at the \
      points 1 and -1, next to what sampled networks of finite width give.

      With --width N: what networks whose hidden layers have N neurons do, next to the limit: the mean and its 1/N \
      correction, and the standard deviation. With one hidden layer these are exact.

      Example: infwidth table --width 64
      """)

  @OptionGroup var source: NetworkOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Relative accuracy that every value must reach, else the status is 70 and nothing is printed.",
      valueName: "tolerance"))
  var tolerance: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Predict mean and standard deviation of networks of this width.", valueName: "n"))
  var width: Int?

  @OptionGroup var common: CommonOptions

  /// Widths beyond this are no widths of networks.
  private static let largestWidth = 1_000_000_000_000_000

  func validate() throws {
    if let width, !(1...Self.largestWidth).contains(width) {
      throw ValidationError("--width \(width): there must be at least 1 neuron and at most 10^15.")
    }
  }

  func run() throws {
    let relativeTolerance = try Self.tolerance(tolerance)
    let network = try source.readNetwork()
    let points = try source.readPoints(of: network)
    let options = KernelOptions(relativeTolerance: relativeTolerance, threads: common.threadCount)
    try common.emit("computing kernels") {
      let kernels = try limitingKernels(of: network, at: points, options: options)
      let sample =
        source.network == nil
        ? try Sampling.headline(network, kernels, points: points, threads: common.threadCount) : nil
      let prediction = try width.map { width in
        WidthPrediction(try finiteWidthPrediction(of: network, at: points, options: options), width: width)
      }
      return KernelReport(kernels, sample: sample, prediction: prediction).document
    }
  }

  /// Reads `--tolerance`: a number strictly between 0 and 1.
  static func tolerance(_ text: String?) throws -> Double? {
    guard let text else { return nil }
    let value = try number(text, option: "tolerance")
    guard value > 0, value < 1 else {
      throw Failure.usage("--tolerance \(text): write a relative accuracy between 0 and 1, as in 1e-10.")
    }
    return value.doubleValue
  }
}
