import Activations
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
  private let activations: [(any Activation)?]

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

  /// Draws a network.
  ///
  /// The network is a function of `(width, seed, index)`: no other network shares its random numbers. Neurons are
  /// drawn in order, each with its incoming weights first and its bias last.
  ///
  /// - Parameters:
  ///   - width: The number of neurons of every hidden layer.
  ///   - index: The number of the network among those of this seed and width.
  public init(sampling network: Network, width: Int, seed: UInt64, index: Int) {
    self.init(
      sampling: network, width: width, seed: seed, index: index, factors: LayerFactors.all(network, width: width))
  }

  /// Draws a network whose factors are known.
  init(sampling network: Network, width: Int, seed: UInt64, index: Int, factors: [LayerFactors]) {
    var streams = NetworkStreams(width: width, seed: seed, index: index)
    let dense = network.plainLayers
    let last = dense.count - 1
    var layers: [Layer] = []
    for (position, description) in dense.enumerated() {
      let inputs = position == 0 ? network.inputDimension : width
      let outputs = position == last ? 1 : width
      let factor = factors[position]
      var weights: [Double] = []
      weights.reserveCapacity(inputs * outputs)
      var bias: [Double] = []
      for _ in 0..<outputs {
        for _ in 0..<inputs {
          let draw =
            position == last
            ? description.weights.sample(from: &streams.readout) : description.weights.sample(from: &streams.hidden)
          weights.append(factor.initialWeight * draw)
        }
        if let law = description.bias {
          let draw = position == last ? law.sample(from: &streams.readout) : law.sample(from: &streams.hidden)
          bias.append(factor.initialBias * draw)
        }
      }
      layers.append(
        Layer(inputs: inputs, outputs: outputs, weights: weights, bias: description.bias == nil ? nil : bias))
    }
    self.network = network
    self.layers = layers
    self.factors = factors
    activations = dense.map(\.activation)
  }

  /// The outputs `f` at the points.
  public func outputs(at points: [[Double]]) -> [Double] {
    forward(points).outputs
  }

  /// What a forward pass leaves behind.
  struct ForwardPass {
    /// `inputs[l]` is the input of layer `l`: points × fan-in, point by point.
    var inputs: [[Double]]
    /// `slopes[l] = φ′(z)` of hidden layer `l`: points × neurons.
    var slopes: [[Double]]
    var outputs: [Double]
  }

  func forward(_ points: [[Double]]) -> ForwardPass {
    let count = points.count
    var pass = ForwardPass(inputs: [points.flatMap { $0 }], slopes: [], outputs: [])
    for (index, layer) in layers.enumerated() {
      let factor = factors[index]
      var preactivations = [Double](repeating: 0, count: count * layer.outputs)
      pass.inputs[index].withUnsafeBufferPointer { inputs in
        layer.weights.withUnsafeBufferPointer { weights in
          for neuron in 0..<layer.outputs {
            let row = UnsafeBufferPointer(rebasing: weights[(neuron * layer.inputs)..<((neuron + 1) * layer.inputs)])
            let offset = layer.bias.map { factor.biasFactor * $0[neuron] } ?? 0
            for point in 0..<count {
              let input = UnsafeBufferPointer(rebasing: inputs[(point * layer.inputs)..<((point + 1) * layer.inputs)])
              preactivations[point * layer.outputs + neuron] = factor.weightFactor * dotProduct(row, input) + offset
            }
          }
        }
      }
      if let activation = activations[index] {
        pass.slopes.append(preactivations.map(activation.derivative.evaluate))
        pass.inputs.append(preactivations.map(activation.value.evaluate))
      } else {
        pass.outputs = preactivations
      }
    }
    return pass
  }

  /// The kernels of this network: one forward and one backward pass, and products of Gram matrices.
  ///
  /// With `D_l` the derivatives of the outputs with respect to the preactivations of layer `l` (points × neurons) and
  /// `H` the layer's input, the weights contribute `m² (D D^T) ∘ (H H^T)` and the biases `m² D D^T`.
  public func kernels(at points: [[Double]]) -> EmpiricalKernels {
    precondition(points.allSatisfy { $0.count == network.inputDimension }, "a point has a coordinate for each input")
    let count = points.count
    let pass = forward(points)
    var contributions: [ParameterGroup: [Double]] = [:]
    var derivatives = [Double](repeating: 1, count: count)
    for index in layers.indices.reversed() {
      let (layer, factor) = (layers[index], factors[index])
      let outer = gramMatrix(derivatives, rows: count)
      let inner = gramMatrix(pass.inputs[index], rows: count)
      let weightScale = factor.weightRate * factor.weightFactor * factor.weightFactor
      let biasScale = factor.biasRate * factor.biasFactor * factor.biasFactor
      contributions[ParameterGroup(layer: index, kind: .weights)] = zip(outer, inner).map { weightScale * $0 * $1 }
      contributions[ParameterGroup(layer: index, kind: .bias)] = outer.map { biasScale * $0 }
      guard index > 0 else { break }
      // Through the weights, then through the activation of the layer below.
      let slopes = pass.slopes[index - 1]
      var below = [Double](repeating: 0, count: count * layer.inputs)
      below.withUnsafeMutableBufferPointer { below in
        layer.weights.withUnsafeBufferPointer { weights in
          for neuron in 0..<layer.outputs {
            for point in 0..<count {
              let derivative = factor.weightFactor * derivatives[point * layer.outputs + neuron]
              let (row, start) = (neuron * layer.inputs, point * layer.inputs)
              for input in 0..<layer.inputs { below[start + input] += derivative * weights[row + input] }
            }
          }
        }
      }
      derivatives = zip(below, slopes).map { $0 * $1 }
    }
    let readout = layers[layers.count - 1]
    let features = pass.inputs[layers.count - 1]
    let readoutFactor = factors[layers.count - 1]
    let weighted = (0..<count).flatMap { point in
      (0..<readout.inputs).map {
        readoutFactor.weightFactor * readout.weights[$0] * features[point * readout.inputs + $0]
      }
    }
    let bias = readout.bias.map { readoutFactor.biasFactor * $0[0] } ?? 0
    let groups = network.trainedGroups
    return EmpiricalKernels(
      pointCount: count, outputs: pass.outputs, groups: groups, groupNTK: groups.compactMap { contributions[$0] },
      conditionalNNGP: gramMatrix(weighted, rows: count).map { $0 + bias * bias })
  }
}

/// The two random streams of one network.
///
/// Streams are numbered by width, by network, and by a last bit that separates the readout from the hidden layers, so
/// that a network with one hidden layer can be drawn neuron by neuron.
struct NetworkStreams {
  var hidden: RandomStream
  var readout: RandomStream

  static let maximumWidth = 1 << 28
  static let maximumIndex = 1 << 35

  init(width: Int, seed: UInt64, index: Int) {
    precondition((0...Self.maximumWidth).contains(width), "widths are below 2^28")
    precondition((0..<Self.maximumIndex).contains(index), "networks are numbered below 2^35")
    let number = UInt64(width) << 36 | UInt64(index) << 1
    hidden = RandomStream(seed: seed, stream: number)
    readout = RandomStream(seed: seed, stream: number | 1)
  }
}

/// `Σ aᵢ bᵢ`, in eight interleaved partial sums: the order is fixed, and the compiler can use vectors.
func dotProduct(_ a: UnsafeBufferPointer<Double>, _ b: UnsafeBufferPointer<Double>) -> Double {
  var sums = SIMD8<Double>(repeating: 0)
  let count = a.count
  var index = 0
  while index + 8 <= count {
    var left = SIMD8<Double>()
    var right = SIMD8<Double>()
    for lane in 0..<8 {
      left[lane] = a[index + lane]
      right[lane] = b[index + lane]
    }
    sums += left * right
    index += 8
  }
  var total = sums.sum()
  while index < count {
    total += a[index] * b[index]
    index += 1
  }
  return total
}

/// The products of all pairs of rows, `i ≤ j`, packed as in ``EmpiricalKernels``.
func gramMatrix(_ matrix: [Double], rows: Int) -> [Double] {
  guard rows > 0 else { return [] }
  let columns = matrix.count / rows
  return matrix.withUnsafeBufferPointer { matrix in
    let slices = (0..<rows).map { UnsafeBufferPointer(rebasing: matrix[($0 * columns)..<(($0 + 1) * columns)]) }
    return PointPair.all(count: rows).map { dotProduct(slices[$0.first], slices[$0.second]) }
  }
}
