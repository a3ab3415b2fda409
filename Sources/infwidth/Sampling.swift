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

  /// A study of the NTK at several widths against the limit.
  static func convergence(
    _ study: WidthStudy, _ kernels: KernelTable, threads: Int
  ) throws -> ConvergenceReport {
    let result = try study.run(threads: threads)
    let hasOneHiddenLayer = study.network.depth == 1
    let pairs = kernels.entries.enumerated().map { index, entry in
      let measurements = result.widths.map { width -> ConvergenceReport.Measurement in
        let statistics = width.ntk[index]
        return ConvergenceReport.Measurement(
          width: width.width, samples: statistics.count, mean: statistics.mean,
          standardError: statistics.standardError, standardDeviation: statistics.standardDeviation,
          relativeErrorOfDeviation: statistics.standardErrorOfVariance / (2 * statistics.variance),
          predictedMean: hasOneHiddenLayer ? entry.ntk.estimate?.value : nil)
      }
      return ConvergenceReport.Pair(x: entry.x, y: entry.y, limit: entry.ntk, measurements: measurements)
    }
    return ConvergenceReport(
      networkName: study.network.name, depth: study.network.depth, seed: study.seed, pairs: pairs)
  }
}
