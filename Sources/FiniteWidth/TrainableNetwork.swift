import Networks

/// A network of finite width whose parameters can be moved.
public protocol TrainableNetwork: Sendable {
  /// The description.
  var network: Network { get }
  /// The numbers of neurons of the layers before the readout.
  var hiddenWidths: [Int] { get }
  /// How many neurons have an activation whose derivative jumps.
  var kinkedNeurons: Int { get }
  /// How the parameters stand in one vector.
  var parameterLayout: ParameterLayout { get }
  /// The parameters as one vector, in the order of ``parameterLayout``.
  var parameters: [Double] { get }

  /// The network with other parameters.
  ///
  /// - Parameter parameters: A number for each parameter, in the order of ``parameterLayout``.
  func with(parameters: [Double]) -> Self

  /// The outputs and kernels of this network.
  func kernels(at points: [[Double]]) -> EmpiricalKernels

  /// What evaluates gradients at these points.
  ///
  /// - Parameters:
  ///   - points: Where outputs and gradients are wanted.
  ///   - threads: How many threads may work; it does not change a result.
  func gradientPass(at points: [[Double]], threads: Int) -> any GradientPass
}

extension FiniteNetwork: TrainableNetwork {
  public var hiddenWidths: [Int] { layers.dropLast().map(\.outputs) }

  public var kinkedNeurons: Int {
    zip(layers, activations).reduce(0) { $0 + ($1.1.map { !$0.derivative.kinks.isEmpty } ?? false ? $1.0.outputs : 0) }
  }

  /// In tiles with one hidden layer and few inputs, layer by layer otherwise.
  public func gradientPass(at points: [[Double]], threads: Int) -> any GradientPass {
    let (plans, workers) = (GradientLayerPlan.plans(of: self), Workers(count: threads))
    return TiledGradientPass(plans, points: points, workers: workers)
      ?? LayeredGradientPass(plans, points: points, workers: workers)
  }
}

extension Network {
  /// Draws a network of this description whose hidden layers have one width.
  ///
  /// - Parameter index: The number of the network among those of this seed and width.
  /// - Throws: ``LayeredNetworkError`` if a layer is of a kind that cannot be sampled.
  public func drawn(width: Int, seed: UInt64, index: Int) throws(LayeredNetworkError) -> any TrainableNetwork {
    layers.allSatisfy { $0 is DenseLayer }
      ? FiniteNetwork(sampling: self, width: width, seed: seed, index: index)
      : try LayeredNetwork(sampling: self, width: width, seed: seed, index: index)
  }
}
