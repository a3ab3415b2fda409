import Activations
import Moments
import Networks

/// Draws networks of one width and evaluates their kernels at fixed points.
///
/// It knows laws and activations and the definition of the network, and no formula of the limit: a witness.
/// A network with one hidden layer is drawn neuron by neuron in memory `O(n²)`, with the same result, up to rounding,
/// as the network drawn as a whole; a deeper one holds its `N × N` matrices.
public struct NetworkSampler: Sendable {
  public let network: Network
  public let width: Int
  public let seed: UInt64
  /// The points, rounded to doubles.
  public let points: [[Double]]
  private let factors: [LayerFactors]
  private let groups: [ParameterGroup]

  public init(_ network: Network, width: Int, seed: UInt64, points: [[ExactNumber]]) {
    precondition(width >= 1, "a network has at least one neuron in a layer")
    precondition(points.allSatisfy { $0.count == network.inputDimension }, "a point has a coordinate for each input")
    self.network = network
    self.width = width
    self.seed = seed
    self.points = points.map { $0.map(\.doubleValue) }
    factors = network.isDense ? LayerFactors.all(network, width: width) : []
    groups = network.trainedGroups
  }

  /// The kernels of the network with this number.
  public func kernels(index: Int) -> EmpiricalKernels {
    guard network.isDense else { return layered(index: index) }
    if network.depth == 1, let activation = network.firstLayer.activation {
      return streamed(index: index, value: activation.value.evaluate, derivative: activation.derivative.evaluate)
    }
    return FiniteNetwork(sampling: network, width: width, seed: seed, index: index, factors: factors)
      .kernels(at: points)
  }

  /// A network with layers of other kinds.
  private func layered(index: Int) -> EmpiricalKernels {
    do {
      return try LayeredNetwork(sampling: network, width: width, seed: seed, index: index).kernels(at: points)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// One hidden layer: sums over neurons that are forgotten at once.
  private func streamed(
    index: Int, value: (Double) -> Double, derivative: (Double) -> Double
  ) -> EmpiricalKernels {
    let (hidden, readout) = (network.firstLayer, network.readout)
    let (hiddenFactors, readoutFactors) = (factors[0], factors[1])
    var streams = NetworkStreams(width: width, seed: seed, index: index)
    let (weightLaw, biasLaw, readoutLaw) = (hidden.weights, hidden.bias, readout.weights)
    let count = points.count
    let dimension = network.inputDimension
    let pairs = PointPair.all(count: count)
    let coordinates = points.flatMap { $0 }
    let initial = hiddenFactors.initialWeight
    var weights = [Double](repeating: 0, count: dimension)
    var features = [Double](repeating: 0, count: count)
    var slopes = [Double](repeating: 0, count: count)
    var outputs = [Double](repeating: 0, count: count)
    var featureSums = [Double](repeating: 0, count: pairs.count)
    var slopeSums = [Double](repeating: 0, count: pairs.count)
    var weightedSums = [Double](repeating: 0, count: pairs.count)
    for _ in 0..<width {
      for input in 0..<dimension { weights[input] = initial * weightLaw.sample(from: &streams.hidden) }
      let bias = biasLaw.map { hiddenFactors.biasFactor * hiddenFactors.initialBias * $0.sample(from: &streams.hidden) }
      let weight =
        readoutFactors.weightFactor * readoutFactors.initialWeight * readoutLaw.sample(from: &streams.readout)
      for point in 0..<count {
        var sum = 0.0
        let start = point * dimension
        for input in 0..<dimension { sum += weights[input] * coordinates[start + input] }
        let preactivation = hiddenFactors.weightFactor * sum + (bias ?? 0)
        features[point] = value(preactivation)
        slopes[point] = weight * derivative(preactivation)
        outputs[point] += weight * features[point]
      }
      let square = weight * weight
      var pair = 0
      for first in 0..<count {
        for second in first..<count {
          let product = features[first] * features[second]
          featureSums[pair] += product
          weightedSums[pair] += square * product
          slopeSums[pair] += slopes[first] * slopes[second]
          pair += 1
        }
      }
    }
    let readoutBias =
      readout.bias.map { readoutFactors.biasFactor * readoutFactors.initialBias * $0.sample(from: &streams.readout) }
      ?? 0
    let contributions = groups.map { group -> [Double] in
      switch (group.layer, group.kind) {
      case (0, .weights), (_, .gain):
        let scale = hiddenFactors.weightRate * hiddenFactors.weightFactor * hiddenFactors.weightFactor
        return pairs.enumerated().map { number, pair in
          var product = 0.0
          for input in 0..<dimension { product += points[pair.first][input] * points[pair.second][input] }
          return scale * product * slopeSums[number]
        }
      case (0, .bias):
        let scale = hiddenFactors.biasRate * hiddenFactors.biasFactor * hiddenFactors.biasFactor
        return slopeSums.map { scale * $0 }
      case (_, .weights):
        let scale = readoutFactors.weightRate * readoutFactors.weightFactor * readoutFactors.weightFactor
        return featureSums.map { scale * $0 }
      case (_, .bias):
        return pairs.map { _ in readoutFactors.biasRate * readoutFactors.biasFactor * readoutFactors.biasFactor }
      }
    }
    return EmpiricalKernels(
      pointCount: count, outputs: outputs.map { $0 + readoutBias }, groups: groups, groupNTK: contributions,
      conditionalNNGP: weightedSums.map { $0 + readoutBias * readoutBias })
  }
}
