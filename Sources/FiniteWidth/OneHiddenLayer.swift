import CSampling
import LinearAlgebra
import Moments
import Networks

/// Networks with one hidden layer as sums over neurons, which are drawn in blocks and forgotten.
///
/// The sums are those of the network drawn as a whole, up to rounding, and take no memory that grows with the width.
struct OneHiddenLayer: Sendable {
  private let hidden: DenseLayer
  private let readout: DenseLayer
  private let hiddenFactors: LayerFactors
  private let readoutFactors: LayerFactors
  private let activation: BlockActivation
  private let groups: [ParameterGroup]
  private let width: Int
  private let seed: UInt64
  private let points: Matrix
  /// `x · x′` for each pair.
  private let inputGram: [Double]

  /// The neurons of a block: its numbers stay in the processor's nearest caches.
  private static let blockNeurons = 1024

  /// nil if the network has another number of hidden layers.
  init?(
    _ layers: [DenseLayer], groups: [ParameterGroup], factors: [LayerFactors], width: Int, seed: UInt64, points: Matrix
  ) {
    guard layers.count == 2, let activation = layers[0].activation else { return nil }
    (hidden, readout) = (layers[0], layers[1])
    (hiddenFactors, readoutFactors) = (factors[0], factors[1])
    self.activation = BlockActivation(activation)
    self.groups = groups
    self.width = width
    self.seed = seed
    self.points = points
    inputGram = packedGram(points)
  }

  /// The kernels of the network with this number.
  func kernels(index: Int) -> EmpiricalKernels {
    var sums = Sums(points: points.rows)
    let streams = NetworkStreams(widths: [width], seed: seed, index: index)
    addNeurons(from: streams, to: &sums)
    var biasStream = streams.stream(layer: 1, .biases)
    let bias =
      readout.bias.map { readoutFactors.biasFactor * readoutFactors.initialBias * $0.sample(from: &biasStream) } ?? 0
    let contributions = groups.map { group -> [Double] in
      switch (group.layer, group.kind) {
      case (0, .weights), (_, .gain):
        let scale = hiddenFactors.weightRate * hiddenFactors.weightFactor * hiddenFactors.weightFactor
        return zip(inputGram, sums.slopes).map { scale * $0 * $1 }
      case (0, .bias):
        let scale = hiddenFactors.biasRate * hiddenFactors.biasFactor * hiddenFactors.biasFactor
        return sums.slopes.map { scale * $0 }
      case (_, .weights):
        let scale = readoutFactors.weightRate * readoutFactors.weightFactor * readoutFactors.weightFactor
        return sums.features.map { scale * $0 }
      case (_, .bias):
        return inputGram.map { _ in readoutFactors.biasRate * readoutFactors.biasFactor * readoutFactors.biasFactor }
      }
    }
    return EmpiricalKernels(
      pointCount: points.rows, outputs: sums.outputs.map { $0 + bias }, groups: groups, groupNTK: contributions,
      conditionalNNGP: sums.weighted.map { $0 + bias * bias })
  }

  /// Sums over neurons: `Σ w φ` for each point, and `Σ φφ`, `Σ w²φφ` and `Σ w²φ′φ′` for each pair.
  private struct Sums {
    var outputs: [Double]
    var features: [Double]
    var weighted: [Double]
    var slopes: [Double]

    init(points: Int) {
      outputs = [Double](repeating: 0, count: points)
      features = [Double](repeating: 0, count: points * (points + 1) / 2)
      (weighted, slopes) = (features, features)
    }
  }

  private func addNeurons(from streams: NetworkStreams, to sums: inout Sums) {
    let (count, dimension, block) = (points.rows, points.columns, min(Self.blockNeurons, width))
    var (weightStream, biasStream) = (streams.stream(layer: 0, .weights), streams.stream(layer: 0, .biases))
    var readoutStream = streams.stream(layer: 1, .weights)
    // Weights, biases and readout weights of a block, then three points × neurons blocks.
    withUnsafeTemporaryAllocation(of: Double.self, capacity: block * (dimension + 2 + 3 * count)) { storage in
      guard let weights = storage.baseAddress, count > 0 else { return }
      let biases = weights + block * dimension
      let factors = biases + block
      let preactivations = factors + block
      let features = preactivations + block * count
      let slopes = features + block * count
      for first in stride(from: 0, to: width, by: block) {
        let neurons = min(block, width - first)
        hidden.weights.sample(
          into: UnsafeMutableBufferPointer(start: weights, count: neurons * dimension), from: &weightStream)
        hidden.bias?.sample(into: UnsafeMutableBufferPointer(start: biases, count: neurons), from: &biasStream)
        readout.weights.sample(into: UnsafeMutableBufferPointer(start: factors, count: neurons), from: &readoutStream)
        sampling_affine(neurons, 0, readoutFactors.weightFactor * readoutFactors.initialWeight, factors, factors)
        preactivate(weights, biases, neurons: neurons, stride: block, into: preactivations)
        for point in 0..<count {
          let (z, phi, slope) = (preactivations + point * block, features + point * block, slopes + point * block)
          // NaN times 0 is NaN: an undefined preactivation that the activation hides shows in the slopes' sums.
          let undefined = sampling_has_nan(neurons, z) != 0
          activation.value.evaluate(z, count: neurons, into: phi)
          activation.derivative.evaluate(z, count: neurons, into: slope)
          sampling_multiply(neurons, slope, factors, slope)
          sampling_multiply(neurons, phi, factors, z)
          sums.outputs[point] += undefined ? .nan : sampling_sum(neurons, z)
        }
        sampling_add_gram(count, neurons, features, block, &sums.features)
        sampling_add_gram(count, neurons, preactivations, block, &sums.weighted)
        sampling_add_gram(count, neurons, slopes, block, &sums.slopes)
      }
    }
  }

  /// `z = m s W x + m_b b`, points × neurons, for the weights of a block of neurons.
  private func preactivate(
    _ weights: UnsafeMutablePointer<Double>, _ biases: UnsafeMutablePointer<Double>, neurons: Int, stride block: Int,
    into preactivations: UnsafeMutablePointer<Double>
  ) {
    let (count, dimension) = (points.rows, points.columns)
    let factor = hiddenFactors.weightFactor * hiddenFactors.initialWeight
    points.elements.withUnsafeBufferPointer { coordinates in
      guard let x = coordinates.baseAddress else { return }
      if dimension == 1 {
        for point in 0..<count {
          sampling_affine(neurons, 0, factor * x[point], weights, preactivations + point * block)
        }
      } else {
        BLAS.multiply(
          transposeB: true, m: count, n: neurons, k: dimension, alpha: factor, x, lda: dimension, weights,
          ldb: dimension, into: preactivations, ldc: block)
      }
    }
    guard hidden.bias != nil else { return }
    let biasFactor = hiddenFactors.biasFactor * hiddenFactors.initialBias
    for point in 0..<count { sampling_add_scaled(neurons, biasFactor, biases, preactivations + point * block) }
  }
}
