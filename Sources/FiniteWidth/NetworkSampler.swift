import Activations
import LinearAlgebra
import Moments
import Networks

/// Draws networks of given widths and evaluates their kernels at fixed points.
///
/// It knows laws and activations and the definition of the network, and no formula of the limit: a witness.
/// How the layers are drawn is decided in ``DrawingPlan``. A network with one hidden layer is drawn in blocks of neurons
/// in memory `O(n²)`; drawn plainly, its kernels are up to rounding those of the ``FiniteNetwork`` with the same widths,
/// seed and index, and so are those of a deeper network.
///
/// The kernels of a network are a function of the sampler and the network's number, to the last bit: matrix products run on
/// one thread of OpenBLAS each, and several networks may be drawn at a time.
public struct NetworkSampler: Sendable {
  public let network: Network
  /// The widths of the hidden layers.
  public let widths: [Int]
  public let seed: UInt64
  /// The points, rounded to doubles.
  public let points: [[Double]]
  /// How the layers are drawn.
  public let plan: DrawingPlan
  private let layers: [DenseLayer]
  private let factors: [LayerFactors]
  private let groups: [ParameterGroup]
  private let activations: [BlockActivation?]
  private let oneHiddenLayer: OneHiddenLayer?
  private let coordinates: Matrix
  private let pool: MatrixPool

  /// The width of the first hidden layer.
  public var width: Int { widths[0] }

  /// A sampler of networks whose hidden layers have one width.
  ///
  /// The width and the points must be possible: see ``init(_:widths:seed:points:method:)`` for a sampler that says why
  /// they are not.
  public init(_ network: Network, width: Int, seed: UInt64, points: [[ExactNumber]]) {
    do {
      self = try NetworkSampler(
        network, widths: Array(repeating: width, count: network.depth), seed: seed, points: points)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// - Parameters:
  ///   - network: The laws of its parameters.
  ///   - widths: The widths of the hidden layers, in order.
  ///   - seed: Samplers of one seed draw the same networks.
  ///   - points: The points; the kernels are those of all pairs of them.
  ///   - method: How the weights are drawn.
  /// - Throws: ``SamplingError`` if a width is impossible or too large, with the memory that it needs, or if a point does
  ///   not fit the network.
  public init(
    _ network: Network, widths: [Int], seed: UInt64, points: [[ExactNumber]], method: SamplingMethod = .automatic
  ) throws(SamplingError) {
    for (index, point) in points.enumerated() where point.count != network.inputDimension {
      throw .dimension(point: index, found: point.count, expected: network.inputDimension)
    }
    plan = try DrawingPlan(network, widths: widths, points: points.count, method: method)
    layers = network.isDense ? network.plainLayers : []
    self.network = network
    self.widths = widths
    self.seed = seed
    self.points = points.map { $0.map(\.doubleValue) }
    factors = network.isDense ? LayerFactors.all(network, widths: widths) : []
    groups = network.trainedGroups
    pool = MatrixPool()
    activations = layers.map { $0.activation.map(BlockActivation.init) }
    coordinates = Matrix(
      rows: points.count, columns: network.inputDimension, elements: self.points.flatMap { $0 })
    oneHiddenLayer =
      plan.ways[0] == .conditioned
      ? nil
      : OneHiddenLayer(
        layers, groups: groups, factors: factors, width: widths[0], seed: seed, points: coordinates)
  }

  /// The kernels of the network with this number.
  public func kernels(index: Int) -> EmpiricalKernels {
    BLAS.withOneThread {
      if let oneHiddenLayer { return oneHiddenLayer.kernels(index: index) }
      if layers.isEmpty { return layered(index: index) }
      var pass = pass(index: index)
      return pass.kernels(at: coordinates, groups: groups)
    }
  }

  /// A network with layers of other kinds.
  private func layered(index: Int) -> EmpiricalKernels {
    do {
      return try LayeredNetwork(sampling: network, width: width, seed: seed, index: index).kernels(at: points)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  private func pass(index: Int) -> DensePass {
    let streams = NetworkStreams(widths: widths, seed: seed, index: index)
    let fans = [network.inputDimension] + widths + [1]
    let parts = layers.indices.map { position -> DensePass.Layer in
      let (layer, factor) = (layers[position], factors[position])
      let fanOut = fans[position + 1]
      let scale = factor.weightFactor * factor.initialWeight
      let weights: any LayerWeights
      if plan.ways[position] == .conditioned, let deviation = DrawingPlan.gaussianDeviation(layer.weights) {
        weights = ConditionedWeights(
          fanIn: fans[position], fanOut: fanOut, factor: scale * deviation,
          seen: streams.stream(layer: position, .seen), unseen: streams.stream(layer: position, .unseen),
          wantsBackward: position > 0)
      } else {
        weights = DrawnWeights(
          law: layer.weights, stream: streams.stream(layer: position, .weights), fanIn: fans[position], fanOut: fanOut,
          factor: scale, keeps: plan.ways[position] == .kept && position > 0, pool: pool)
      }
      let offsets = layer.bias.map {
        draw($0, fanOut, from: streams.stream(layer: position, .biases), factor.biasFactor * factor.initialBias)
      }
      return DensePass.Layer(weights: weights, offsets: offsets, factors: factor, activation: activations[position])
    }
    let last = layers.count - 1
    return DensePass(
      layers: parts,
      readout: draw(
        layers[last].weights, fans[last], from: streams.stream(layer: last, .weights),
        factors[last].weightFactor * factors[last].initialWeight))
  }

  private func draw(_ law: any Law, _ count: Int, from stream: RandomStream, _ factor: Double) -> [Double] {
    var stream = stream
    return law.samples(count, from: &stream).map { factor * $0 }
  }
}
