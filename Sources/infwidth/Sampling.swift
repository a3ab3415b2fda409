import LimitKernels
import Moments
import Networks
import Tables

enum Sampling {
  static func headline(_ network: Network, _ kernels: KernelTable, threads: Int) throws -> KernelSample? { nil }
  static func convergence(
    _ network: Network, _ kernels: KernelTable, points: [[ExactNumber]], widths: [Int], samples: Int, seed: UInt64,
    threads: Int
  ) throws -> ConvergenceReport {
    ConvergenceReport(networkName: network.name, depth: network.depth, seed: seed, pairs: [])
  }
}
