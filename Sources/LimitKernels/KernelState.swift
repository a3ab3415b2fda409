import Moments
import Networks

/// What a layer makes of two inputs, in the units of the NTK parameterization.
struct LayerStep: Sendable {
  /// `F = E[φ(u) φ(v)]` after the layer.
  var features: PairKernel
  /// What the NTK of everything before the layer is multiplied by, entry by entry: `m_w² E[w²] h` for a dense layer.
  ///
  /// Every layer of a network whose neurons are exchangeable acts on the NTK so.
  var transmission: PairKernel
  /// The layer's own trained groups, after its activation.
  var groups: [(group: ParameterGroup, kernel: PairKernel)]
}

/// One step of the recursion: a layer maps the features of two inputs to the next.
protocol KernelLayer: Sendable {
  func step(from features: PairKernel) throws -> LayerStep
}

/// A layer of a network that has a step of the recursion.
///
/// A new kind of layer is one file in which the layer of `Networks` conforms.
protocol LimitLayer: NetworkLayer {
  /// The layer's step in the place that `context` describes.
  func kernelLayer(in context: LayerContext) throws -> any KernelLayer
}

/// What a layer knows about its place in the recursion.
struct LayerContext: Sendable {
  let path: LayerPath
  /// Whether anything is trained here or before, so that the NTK needs the layer's derivative.
  let needsSlopes: Bool
  /// Whether the layer's bias is still there in the limit.
  let biasSurvives: Bool
}

extension Network {
  /// The steps of the layers between the first and the readout.
  func kernelLayers(_ exponents: WidthExponents) throws -> [any KernelLayer] {
    var isTrained = layers[0].parameters(at: LayerPath(layer: 0)).contains(where: \.isTrained)
    return try layers.indices.dropFirst().dropLast().map { index in
      let path = LayerPath(layer: index)
      guard let layer = layers[index] as? any LimitLayer else {
        throw KernelError.noStep(layer: index + 1, title: type(of: layers[index]).title)
      }
      isTrained = isTrained || layer.parameters(at: path).contains(where: \.isTrained)
      return try layer.kernelLayer(
        in: LayerContext(path: path, needsSlopes: isTrained, biasSurvives: exponents.biasSurvives[index]))
    }
  }
}

/// The features of two inputs after some layers, and what is needed to form the NTK.
struct KernelState: Sendable {
  private(set) var features: PairKernel
  private var steps: [LayerStep]

  init(first: LayerStep) {
    features = first.features
    steps = [first]
  }

  mutating func append(_ step: LayerStep) {
    features = step.features
    steps.append(step)
  }

  /// The NTK of one neuron after the last layer by parameter group, in order.
  ///
  /// Each group is multiplied by the transmissions of all later layers; their products are formed once, from the end,
  /// so that the cost is linear in the depth.
  func groups(readoutTransmission: Quantity) -> [(group: ParameterGroup, kernel: PairKernel)] {
    var result: [(group: ParameterGroup, kernel: PairKernel)] = []
    var transmission = PairKernel(constant: readoutTransmission)
    for step in steps.reversed() {
      result.append(contentsOf: step.groups.reversed().map { ($0.group, transmission * $0.kernel) })
      transmission = transmission * step.transmission
    }
    return result.reversed()
  }
}
