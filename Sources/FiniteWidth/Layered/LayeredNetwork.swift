import LinearAlgebra
import Moments
import Networks

/// One network of finite width whose layers may be of any kind: the witness for what is not plain dense layers.
///
/// Every kind of layer has a forward pass and its pullback, written from the definition of the layer; the kernels are
/// the Gram matrices of the gradients. No formula of the limit is used.
public struct LayeredNetwork: Sendable {
  /// The description.
  public let network: Network
  /// The number of neurons of every hidden layer.
  public let width: Int
  private var layers: [any FiniteModule]

  /// Draws a network.
  ///
  /// The network is a function of `(width, seed, index)`: its parameters are drawn from one stream, layer by layer and
  /// neuron by neuron.
  ///
  /// - Parameters:
  ///   - width: The number of neurons of every hidden layer.
  ///   - index: The number of the network among those of this seed and width.
  /// - Throws: ``LayeredNetworkError`` if a layer is of a kind that cannot be sampled.
  public init(
    sampling network: Network, width: Int, seed: UInt64, index: Int
  ) throws(LayeredNetworkError) {
    precondition(width >= 1, "a network has at least one neuron in a layer")
    var stream = RandomStream(seed: seed, stream: UInt64(width) << 36 | UInt64(index) << 1)
    var layers: [any FiniteModule] = []
    for (position, layer) in network.layers.enumerated() {
      let context = ModuleContext(
        network: network, path: LayerPath(layer: position), width: width,
        inputs: position == 0 ? network.inputDimension : width,
        outputs: position == network.layers.count - 1 ? 1 : width)
      layers.append(try context.module(layer, from: &stream))
    }
    self.network = network
    self.width = width
    self.layers = layers
  }

  /// The outputs `f` at the points.
  public func outputs(at points: [[Double]]) -> [Double] {
    var values = Matrix(rows: points.count, columns: network.inputDimension, elements: points.flatMap { $0 })
    for layer in layers { values = layer.forward(values).output }
    return values.elements
  }

  /// The kernels of this network: one forward pass, one pullback.
  public func kernels(at points: [[Double]]) -> EmpiricalKernels {
    BLAS.withOneThread { kernelsOnOneThread(at: points) }
  }

  private func kernelsOnOneThread(at points: [[Double]]) -> EmpiricalKernels {
    precondition(points.allSatisfy { $0.count == network.inputDimension }, "a point has a coordinate for each input")
    let count = points.count
    var values = Matrix(rows: count, columns: network.inputDimension, elements: points.flatMap { $0 })
    var pullbacks: [Pullback] = []
    var features = values
    for layer in layers {
      features = values
      let pass = layer.forward(values)
      values = pass.output
      pullbacks.append(pass.pullback)
    }
    let parts = KernelParts()
    var derivatives = Matrix(rows: count, columns: 1, repeating: 1)
    for pullback in pullbacks.reversed() { derivatives = pullback(derivatives, parts) }

    let groups = network.trainedGroups
    return EmpiricalKernels(
      pointCount: count, outputs: values.elements, groups: groups, groupNTK: groups.compactMap { parts[$0] },
      conditionalNNGP: (layers.last as? DenseModule)?.conditionalNNGP(features) ?? [])
  }

  /// The number of random numbers that one network takes, one for each parameter.
  public static func drawCount(of network: Network, width: Int) -> Double {
    network.layers.enumerated().reduce(0) { sum, item in
      let isLast = item.offset == network.layers.count - 1
      let (inputs, outputs) = (item.offset == 0 ? network.inputDimension : width, isLast ? 1 : width)
      return sum + ((item.element as? any FiniteLayer)?.drawCount(inputs: inputs, outputs: outputs) ?? 0)
    }
  }
}

extension LayeredNetwork: TrainableNetwork {
  public var hiddenWidths: [Int] { Array(repeating: width, count: network.layers.count - 1) }

  public var kinkedNeurons: Int { layers.reduce(0) { $0 + $1.kinkedNeurons } }

  public var parameterLayout: ParameterLayout {
    let trained = Set(network.trainedGroups)
    var offset = 0
    return ParameterLayout(
      blocks: layers.flatMap(\.parameters).map { part in
        defer { offset += part.values.count }
        return ParameterLayout.Block(
          group: part.group, range: offset..<(offset + part.values.count),
          rate: trained.contains(part.group) ? part.rate : 0)
      })
  }

  public var parameters: [Double] { layers.flatMap(\.parameters).flatMap(\.values) }

  public func with(parameters: [Double]) -> LayeredNetwork {
    var result = self
    var rest = parameters[...]
    for index in layers.indices { result.layers[index].take(&rest) }
    precondition(rest.isEmpty, "there is a number for each parameter")
    return result
  }

  /// On one thread.
  public func gradientPass(at points: [[Double]], threads: Int) -> any GradientPass {
    ModularGradientPass(
      layers, layout: parameterLayout,
      points: Matrix(rows: points.count, columns: network.inputDimension, elements: points.flatMap { $0 }))
  }
}

/// Takes the derivatives of the outputs f with respect to a layer's output (points × neurons) to those with respect to
/// its input, and brings the gradients of the layer's parameters to a sink.
typealias Pullback = (_ derivatives: Matrix, _ sink: any GradientSink) -> Matrix

/// A layer with parameters.
protocol FiniteModule: Sendable {
  /// Its parameters in order, as they stand before any multiplier.
  var parameters: [ModuleParameters] { get }
  /// How many neurons have an activation whose derivative jumps.
  var kinkedNeurons: Int { get }

  /// Takes its parameters from the front of a list, in the order of ``parameters``.
  mutating func take(_ parameters: inout ArraySlice<Double>)

  /// Takes features (points × neurons) to features.
  func forward(_ input: Matrix) -> (output: Matrix, pullback: Pullback)
}

/// The values of one group of parameters.
struct ModuleParameters {
  var group: ParameterGroup
  var values: [Double]
  var rate: Double
}

extension ArraySlice {
  /// Removes the first `count` elements and returns them.
  mutating func take(_ count: Int) -> [Element] {
    defer { removeFirst(count) }
    return Array(prefix(count))
  }
}

/// A layer of a network that can be drawn at finite width.
///
/// A new kind of layer is one file in which the layer of `Networks` conforms.
protocol FiniteLayer: NetworkLayer {
  /// Draws the layer's parameters.
  func module(in context: ModuleContext, from stream: inout RandomStream) throws(LayeredNetworkError)
    -> any FiniteModule

  /// The number of random numbers that this takes.
  func drawCount(inputs: Int, outputs: Int) -> Double
}

/// What a layer is drawn for.
struct ModuleContext {
  let network: Network
  var path: LayerPath
  /// The width N of the hidden layers.
  let width: Int
  /// The number of features that come in.
  var inputs: Int
  /// The number of features that go out.
  let outputs: Int

  /// Draws a layer that stands here.
  func module(
    _ layer: any NetworkLayer, from stream: inout RandomStream
  ) throws(LayeredNetworkError) -> any FiniteModule {
    guard let layer = layer as? any FiniteLayer else {
      throw .noModule(layer: path, title: type(of: layer).title)
    }
    return try layer.module(in: self, from: &stream)
  }
}

/// Why a network cannot be sampled.
public enum LayeredNetworkError: Error, Sendable, Equatable, CustomStringConvertible {
  case noModule(layer: LayerPath, title: String)

  public var description: String {
    switch self {
    case .noModule(let layer, let title): return "\(layer) is \(title), which cannot be sampled at finite width."
    }
  }
}

extension Matrix {
  /// The products of all pairs of rows, `i ≤ j`, packed as in ``EmpiricalKernels``.
  var packedGram: [Double] {
    let full = gram
    return PointPair.all(count: rows).map { full[$0.first, $0.second] }
  }

  /// The entrywise product.
  func times(_ other: Matrix) -> Matrix {
    Matrix(rows: rows, columns: columns, elements: zip(elements, other.elements).map { $0 * $1 })
  }
}
