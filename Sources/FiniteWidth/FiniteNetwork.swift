import Activations
import LinearAlgebra
import Moments
import Networks

/// One network of dense layers of finite width: a description together with the values of all parameters.
public struct FiniteNetwork: Sendable {
  /// The parameters of one layer.
  public struct Layer: Sendable, Equatable {
    /// The fan-in.
    public let inputs: Int
    /// The number of neurons.
    public let outputs: Int
    /// The matrix `W`, outputs × inputs, row by row.
    ///
    /// Factors of the initial deviation are in it, multipliers are not.
    public internal(set) var weights: [Double]
    /// The biases `β`; nil where the layer has no bias.
    public internal(set) var bias: [Double]?

    /// - Parameters:
    ///   - inputs: The number of columns of the matrix.
    ///   - outputs: The number of its rows.
    ///   - weights: `outputs × inputs` numbers, row by row.
    ///   - bias: One number for each output, or nil.
    public init(inputs: Int, outputs: Int, weights: [Double], bias: [Double]?) {
      precondition(weights.count == inputs * outputs, "weights are a matrix of outputs × inputs")
      precondition(bias.map { $0.count == outputs } ?? true, "there is one bias for each output")
      self.inputs = inputs
      self.outputs = outputs
      self.weights = weights
      self.bias = bias
    }
  }

  /// The description; its laws are not used again.
  public let network: Network
  /// The layers in order, the readout last.
  public internal(set) var layers: [Layer]
  let factors: [LayerFactors]
  let activations: [(any Activation)?]

  /// A network with given parameters.
  ///
  /// The width that the parameterization speaks of is the fan-in of each layer after the first, and the number of
  /// neurons in the first.
  public init(_ network: Network, layers: [Layer]) {
    precondition(layers.count == network.layers.count, "a network has as many layers as its description")
    for (index, layer) in layers.enumerated() {
      precondition(
        layer.inputs == (index == 0 ? network.inputDimension : layers[index - 1].outputs),
        "the fan-in of a layer is the width of the layer before")
    }
    precondition(layers.last?.outputs == 1, "the readout has one neuron")
    self.network = network
    self.layers = layers
    let dense = network.plainLayers
    activations = dense.map(\.activation)
    factors = dense.enumerated().map { index, layer in
      LayerFactors(network, layer, layer: index, width: index == 0 ? layers[0].outputs : layers[index].inputs)
    }
  }

  /// Draws a network with hidden layers of one width.
  ///
  /// The network is a function of `(width, seed, index)`: no other network shares its random numbers.
  ///
  /// - Parameters:
  ///   - network: The laws of its parameters.
  ///   - width: The number of neurons of every hidden layer.
  ///   - seed: The seed of the random streams.
  ///   - index: The number of the network among those of this seed and width.
  public init(sampling network: Network, width: Int, seed: UInt64, index: Int) {
    self.init(sampling: network, widths: Array(repeating: width, count: network.depth), seed: seed, index: index)
  }

  /// Draws a network.
  ///
  /// The network is a function of `(widths, seed, index)`. Each layer has a stream for its weights, drawn row by row,
  /// and one for its biases.
  ///
  /// - Parameters:
  ///   - network: The laws of its parameters.
  ///   - widths: The widths of the hidden layers, in order.
  ///   - seed: The seed of the random streams.
  ///   - index: The number of the network among those of this seed and these widths.
  public init(sampling network: Network, widths: [Int], seed: UInt64, index: Int) {
    precondition(widths.count == network.depth, "there is one width for each hidden layer")
    let streams = NetworkStreams(widths: widths, seed: seed, index: index)
    let factors = LayerFactors.all(network, widths: widths)
    let fans = [network.inputDimension] + widths + [1]
    let dense = network.plainLayers
    layers = dense.enumerated().map { position, description in
      let factor = factors[position]
      func draw(_ law: any Law, _ count: Int, _ use: NetworkStreams.Use, _ scale: Double) -> [Double] {
        var stream = streams.stream(layer: position, use)
        let values = law.samples(count, from: &stream)
        return scale == 1 ? values : values.map { scale * $0 }
      }
      let (inputs, outputs) = (fans[position], fans[position + 1])
      return Layer(
        inputs: inputs, outputs: outputs,
        weights: draw(description.weights, inputs * outputs, .weights, factor.initialWeight),
        bias: description.bias.map { draw($0, outputs, .biases, factor.initialBias) })
    }
    self.network = network
    self.factors = factors
    activations = dense.map(\.activation)
  }

  /// The outputs `f` at the points.
  public func outputs(at points: [[Double]]) -> [Double] {
    var pass = pass
    return BLAS.withOneThread { pass.outputs(at: matrix(of: points)) }
  }

  /// The kernels of this network: one forward and one backward pass, and products of Gram matrices.
  public func kernels(at points: [[Double]]) -> EmpiricalKernels {
    var pass = pass
    return BLAS.withOneThread { pass.kernels(at: matrix(of: points), groups: network.trainedGroups) }
  }

  private func matrix(of points: [[Double]]) -> Matrix {
    precondition(points.allSatisfy { $0.count == network.inputDimension }, "a point has a coordinate for each input")
    return Matrix(rows: points.count, columns: network.inputDimension, elements: points.flatMap { $0 })
  }

  private var pass: DensePass {
    let parts = layers.indices.map { index -> DensePass.Layer in
      let (layer, factor) = (layers[index], factors[index])
      return DensePass.Layer(
        weights: HeldWeights(
          weights: layer.weights, fanIn: layer.inputs, fanOut: layer.outputs, factor: factor.weightFactor),
        offsets: layer.bias.map { $0.map { factor.biasFactor * $0 } }, factors: factor,
        activation: activations[index].map(BlockActivation.init))
    }
    let last = layers.count - 1
    return DensePass(layers: parts, readout: layers[last].weights.map { factors[last].weightFactor * $0 })
  }
}
