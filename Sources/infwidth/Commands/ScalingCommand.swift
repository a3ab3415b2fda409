import ArgumentParser
import LimitKernels
import Tables

/// `infwidth scaling`.
struct ScalingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling", abstract: "How the NTK and the function grow with the width N: coefficient times power.",
    discussion: """
      The parameterization of the network file says where the powers of N stand. Under it each parameter group's part \
      of the NTK is a coefficient times a power of N, and so is E f(x) f(y). The largest power decides the verdict: \
      finite, diverges or vanishes. A coefficient that is exactly zero has no power.

      Why 1/sqrt(N) and no other power: a readout that sums N terms of mean zero and multiplies by N^(-alpha) makes f \
      of order N^(1/2 - alpha), so only alpha = 1/2 gives a random function that neither dies nor explodes.

      Without --network: the built-in example, one hidden layer of squares.

      Example: infwidth scaling --network examples/quadratic-standard.yaml --at 1 --at -1
      """)

  @OptionGroup var source: NetworkOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let network = try source.readNetwork()
    let points = try source.readPoints(of: network)
    try common.emit("computing kernels") {
      ScalingReport(try limitingKernels(of: network, at: points, options: KernelOptions(threads: common.threadCount)))
        .document
    }
  }
}
