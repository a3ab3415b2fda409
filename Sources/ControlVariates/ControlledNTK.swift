import FiniteWidth
import FiniteWidthTheory
import Moments
import Networks

/// Measures the mean of one entry of the NTK of deep networks with noise of order `1/N`.
///
/// Networks are sampled by `FiniteWidth`, from the definitions; the theory's conditional means, exact at every width, are
/// subtracted as control variates (`ConditionalMeans`). The effect of the width on the mean is of order `1/N` too, so
/// that the number of networks that shows it does not grow with the width, where the plain mean needs a number
/// proportional to N.
///
/// Of a network, `N × N` matrices are formed for every hidden layer: for widths up to some hundreds.
public struct ControlledNTK: Sendable {
  public let network: Network
  public let width: Int
  public let seed: UInt64
  private let points: [[Double]]
  private let means: ConditionalMeans

  /// - Parameters:
  ///   - network: Hidden layers after the first have Gaussian weights.
  ///   - width: The number of neurons of every hidden layer.
  ///   - x: The first point of the entry.
  ///   - y: The second.
  ///   - seed: The networks are those that a plain `NetworkSampler` of this seed draws.
  /// - Throws: `ControlVariateError`, `SamplingError`, and what the expectations of the limit throw.
  public init(_ network: Network, width: Int, seed: UInt64, x: [ExactNumber], y: [ExactNumber]) throws {
    let points = x == y ? [x] : [x, y]
    _ = try NetworkSampler(
      network, widths: Array(repeating: width, count: network.depth), seed: seed, points: points, method: .plain)
    self.network = network
    self.width = width
    self.seed = seed
    self.points = points.map { $0.map(\.doubleValue) }
    means = try ConditionalMeans(network, at: points)
  }

  /// The NTK of the network with this number, and the estimate of its mean.
  public func sample(index: Int) throws -> (ntk: Double, controlled: Double) {
    let finite = FiniteNetwork(sampling: network, width: width, seed: seed, index: index)
    let averages = finite.layerAverages(at: points)
    let layers = averages.layers.map {
      ConditionalMeans.Averages(values: $0.values, slopes: $0.slopes, correlations: $0.correlations)
    }
    return (averages.ntk, try means.controlled(layers))
  }
}
