import Moments
import Networks

/// What is known of a pair of inputs after some layers, in the units of the NTK parameterization.
struct KernelState: Sendable {
  /// `F = E[φ(u) φ(v)]` of the last layer passed.
  var featureKernel: Quantity
  /// `h = E[φ′(u) φ′(v)]`.
  var derivativeKernel: Quantity
  /// The NTK of one neuron of the last layer, before its activation, by parameter group.
  var groups: [(group: ParameterGroup, kernel: Quantity)]
}
