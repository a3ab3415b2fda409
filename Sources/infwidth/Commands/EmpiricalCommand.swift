import ArgumentParser
import FiniteWidth
import LimitKernels
import Moments
import Networks
import Tables

/// The options that name one finite network.
struct FiniteNetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The parameters: JSON {"layers":[{"weights":[[1]],"bias":[0.5]},…]}, or the state of a PyTorch model as .npz or \
      .safetensors.
      """, valueName: "file"))
  var weights: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Draw the parameters of a network of this width.", valueName: "n"))
  var width: Int?

  @Option(
    name: .customLong("seed"), parsing: .unconditional,
    help: ArgumentHelp("The seed of the draw (default 1).", valueName: "s"))
  var givenSeed: UInt64?

  /// The seed of the draw.
  var seed: UInt64 { givenSeed ?? 1 }

  /// The widest network, and the most parameters.
  private static let (maximumWidth, maximumParameters) = (1_000_000, 100_000_000)

  func validate() throws {
    if weights != nil, width != nil { throw ValidationError("Give --weights or --width, not both.") }
    if weights != nil, givenSeed != nil {
      throw ValidationError("--seed belongs to networks that are drawn. Leave it out, or take --width for --weights.")
    }
    if let width, !(1...Self.maximumWidth).contains(width) {
      throw ValidationError("--width \(width): write a whole number from 1 to \(Self.maximumWidth).")
    }
  }

  /// The network of the file, or the one drawn.
  func read(_ network: Network) throws -> any TrainableNetwork {
    if let weights {
      _ = try network.denseLayers(for: "a weights file")
      return try FiniteNetwork(network, weightsFile: weights)
    }
    guard let width else {
      throw Failure.usage("no finite network is named. Give --weights FILE, or --width 100 to draw one.")
    }
    try Self.requireMemory(of: network, width: width)
    return try network.drawn(width: width, seed: seed, index: 0)
  }

  static func requireMemory(of network: Network, width: Int) throws {
    let count = LayeredNetwork.drawCount(of: network, width: width)
    guard count <= Double(maximumParameters) else {
      throw Failure.usage(
        "the width \(width) gives a network of \(Int(count)) parameters; at most \(maximumParameters) are trained.")
    }
  }
}

/// `infwidth empirical`.
struct EmpiricalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "empirical", abstract: "Outputs and NTK of one given finite network, beside its infinite width.",
    discussion: """
      The weights of the file are the W and b of the layers as they stand: the multipliers of the parameterization \
      apply to them, and are printed. PyTorch's layers have none: that is 'parameterization: standard'.

      Example: infwidth empirical --weights examples/one-neuron.json --at 1 --at -1
      """)

  @OptionGroup var source: NetworkOptions
  @OptionGroup var finite: FiniteNetworkOptions

  @Flag(inversion: .prefixedNo, help: "Whether to compute the limit of infinite width as well.")
  var limit = true

  @OptionGroup var common: CommonOptions

  func run() throws {
    let network = try source.readNetwork()
    let points = try source.readPoints(of: network)
    let finite = try finite.read(network)
    try common.emit("computing kernels") {
      guard limit else { return EmpiricalReport(finite, at: points).document }
      do {
        let options = KernelOptions(relativeTolerance: nil, threads: common.threadCount)
        let kernels = try limitingKernels(of: network, at: points, options: options)
        return try Self.checked(EmpiricalReport(finite, at: points, limit: kernels)).document
      } catch let error as KernelError {
        return try Self.checked(EmpiricalReport(finite, at: points, limitProblem: "\(error)")).document
      }
    }
  }

  private static func checked(_ report: EmpiricalReport) throws -> EmpiricalReport {
    guard report.kernels.ntk.allSatisfy(\.isFinite), report.kernels.outputs.allSatisfy(\.isFinite) else {
      throw Failure.accuracy("the network overflows: its outputs or its kernel are not finite. Take smaller inputs.")
    }
    return report
  }
}
