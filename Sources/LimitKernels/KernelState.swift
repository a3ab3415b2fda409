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
///
/// A new kind of layer is one file with a type that conforms.
protocol KernelLayer: Sendable {
  func step(from features: PairKernel) throws -> LayerStep
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
