import Moments
import Networks

/// What a layer makes of two inputs, in the units of the NTK parameterization.
struct LayerStep: Sendable {
  /// The features after the layer.
  var features: Features
  /// What the NTK of everything before the layer is multiplied by, entry by entry: `m_w² E[w²] h` for a dense layer.
  ///
  /// Every layer of a network whose neurons are exchangeable acts on the NTK so.
  var transmission: PairKernel
  /// The layer's own trained groups, after its activation.
  var groups: [(group: ParameterGroup, kernel: PairKernel)]

  /// The step into features that have no kernel, for the same reason everywhere.
  init(undefined reason: String, groups: [ParameterGroup]) {
    let kernel = PairKernel(constant: .undefined(reason: reason))
    features = Features(kernel: kernel)
    transmission = kernel
    self.groups = groups.map { ($0, kernel) }
  }

  init(features: Features, transmission: PairKernel, groups: [(group: ParameterGroup, kernel: PairKernel)]) {
    self.features = features
    self.transmission = transmission
    self.groups = groups
  }
}

/// One step of the recursion: a layer maps the features of two inputs to the next.
protocol KernelLayer: Sendable {
  /// Whether the features after the layer are jointly Gaussian with mean zero in each neuron.
  var givesGaussian: Bool { get }

  func step(from features: Features) throws -> LayerStep
}

/// A layer of a network that has a step of the recursion.
///
/// A new kind of layer is one file in which the layer of `Networks` conforms.
protocol LimitLayer: NetworkLayer {
  /// Whether the step reads the means of the features, which the layers before then have to find.
  var readsMeans: Bool { get }

  /// The layer's step in the place that `context` describes.
  func kernelLayer(in context: LayerContext) throws -> any KernelLayer
}

/// What a layer knows about its place in the recursion.
struct LayerContext: Sendable {
  var path: LayerPath
  /// Whether anything is trained here or before, so that the NTK needs the layer's derivative.
  var needsSlopes: Bool
  /// Whether a layer after this one reads the means of the features.
  var needsMeans = false
  /// Whether the layer's bias is still there in the limit.
  var biasSurvives = true
  /// Whether the features before the layer are jointly Gaussian with mean zero in each neuron.
  var isGaussian = false
}

extension LayerContext {
  /// The steps of a list of layers, the first of which stands here.
  func kernelLayers(
    _ layers: ArraySlice<any NetworkLayer>, path: (Int) -> LayerPath, biasSurvives: (Int) -> Bool
  ) throws -> [any KernelLayer] {
    // Means are needed up to the last layer that reads them.
    let lastReader = layers.lastIndex { ($0 as? any LimitLayer)?.readsMeans ?? false } ?? layers.startIndex
    var context = self
    return try layers.indices.map { index in
      context.path = path(index)
      guard let layer = layers[index] as? any LimitLayer else {
        throw KernelError.noStep(layer: context.path, title: type(of: layers[index]).title)
      }
      context.needsSlopes = context.needsSlopes || layer.parameters(at: context.path).contains(where: \.isTrained)
      context.needsMeans = needsMeans || index < lastReader
      context.biasSurvives = biasSurvives(index)
      let result = try layer.kernelLayer(in: context)
      context.isGaussian = result.givesGaussian
      return result
    }
  }
}

/// The features of two inputs after some layers, and what is needed to form the NTK.
struct KernelState: Sendable {
  private(set) var features: Features
  private var steps: [LayerStep]

  init(first: LayerStep) {
    features = first.features
    steps = [first]
  }

  /// The start of a branch.
  init(features: Features) {
    self.features = features
    steps = []
  }

  mutating func append(_ step: LayerStep) {
    features = step.features
    steps.append(step)
  }

  /// The NTK of one neuron after the last layer by parameter group, in order, and what the NTK of everything before
  /// the first layer is multiplied by.
  ///
  /// Each group is multiplied by the transmissions of all later layers; their products are formed once, from the end,
  /// so that the cost is linear in the depth.
  ///
  /// - Parameter last: What stands after the last layer.
  func tangent(
    times last: PairKernel
  ) -> (groups: [(group: ParameterGroup, kernel: PairKernel)], transmission: PairKernel) {
    var result: [(group: ParameterGroup, kernel: PairKernel)] = []
    var transmission = last
    for step in steps.reversed() {
      result.append(contentsOf: step.groups.reversed().map { ($0.group, transmission * $0.kernel) })
      transmission = transmission * step.transmission
    }
    return (result.reversed(), transmission)
  }
}
