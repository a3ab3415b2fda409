import Moments
import Networks

/// What is known of two inputs after some layers, in the units of the NTK parameterization.
struct KernelState: Sendable {
  /// `F = E[φ(u) φ(v)]` of the last hidden layer passed.
  var features: PairKernel
  /// The NTK of one neuron by trained parameter group: the product over the later layers is applied as they come.
  var groups: [(group: ParameterGroup, kernel: PairKernel)]
}

/// One step of the recursion: a layer maps the kernel state of two inputs to the next.
///
/// A new kind of layer is one file with a type that conforms.
protocol KernelLayer: Sendable {
  func apply(to state: KernelState) throws -> KernelState
}
