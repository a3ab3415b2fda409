import FiniteWidth
import LimitKernels
import Moments
import Networks
import Tables

/// Sampled networks of finite width, for the tables that show them next to a limit.
enum Sampling {
  /// What stands next to the headline table: enough networks for two digits, drawn in milliseconds.
  private static let headline = (width: 512, networks: 100, seed: UInt64(1))

  /// The mean of the kernels of the project's example at a finite width, one for each entry.
  static func headline(
    _ network: Network, _ kernels: KernelTable, points: [[ExactNumber]], threads: Int
  ) throws -> KernelSample {
    let statistics = try WidthStudy.estimate(
      network: network, points: points, width: headline.width, samples: headline.networks, seed: headline.seed,
      threads: threads)
    let sampled = kernels.entries.indices.map { entry in
      SampledKernel(
        ntk: quantity(statistics.ntk[entry]), nngp: quantity(statistics.nngp[entry]),
        groups: statistics.groups.map { quantity($0[entry]) })
    }
    return KernelSample(
      width: headline.width, networks: headline.networks, seed: headline.seed, kernels: sampled)
  }

  private static func quantity(_ statistics: SampleStatistics) -> Quantity {
    .finite(Estimate(statistics.mean, error: statistics.standardError, method: .sampling))
  }
}
