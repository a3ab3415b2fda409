import Networks

/// Evaluates a network and the gradients of its outputs at fixed points, for many values of its parameters.
///
/// A pass holds scratch memory: it serves one evaluation at a time.
public protocol GradientPass {
  /// The outputs `f` at the points.
  ///
  /// - Parameters:
  ///   - parameters: A number for each parameter, in the order of ``ParameterLayout``.
  ///   - outputs: Room for a number for each point.
  func outputs(_ parameters: UnsafePointer<Double>, into outputs: UnsafeMutablePointer<Double>)

  /// The gradient of `Σₐ cₐ f(xₐ)` at the parameters of the last call of ``outputs(_:into:)``.
  ///
  /// Rates are not in it; places of parameters that are not trained are 0.
  ///
  /// - Parameters:
  ///   - coefficients: `c`, a number for each point.
  ///   - parameters: The same as in the call of ``outputs(_:into:)``.
  ///   - gradient: Room for a number for each parameter.
  func gradient(
    _ coefficients: UnsafePointer<Double>, _ parameters: UnsafePointer<Double>,
    into gradient: UnsafeMutablePointer<Double>)
}

/// What a layer does to what enters it, and where its parameters stand in the vector of all.
struct GradientLayerPlan {
  var inputs: Int
  var outputs: Int
  var weightOffset: Int
  /// nil without a bias.
  var biasOffset: Int?
  var weightFactor: Double
  var biasFactor: Double
  var trainsWeights: Bool
  var trainsBias: Bool
  /// nil for the readout.
  var activation: BlockActivation?

  static func plans(of network: FiniteNetwork) -> [GradientLayerPlan] {
    let blocks = network.parameterLayout.blocks
    return network.layers.enumerated().map { index, layer in
      let bias = blocks.first { $0.group == ParameterGroup(layer: index, kind: .bias) }
      let weights = blocks.first { $0.group == ParameterGroup(layer: index, kind: .weights) }
      return GradientLayerPlan(
        inputs: layer.inputs, outputs: layer.outputs, weightOffset: weights?.range.lowerBound ?? 0,
        biasOffset: bias?.range.lowerBound, weightFactor: network.factors[index].weightFactor,
        biasFactor: network.factors[index].biasFactor, trainsWeights: weights?.rate != 0,
        trainsBias: bias.map { $0.rate != 0 } ?? false,
        activation: network.activations[index].map(BlockActivation.init))
    }
  }
}

/// Memory of doubles that is freed with its owner.
final class Scratch {
  let pointer: UnsafeMutablePointer<Double>
  let count: Int

  init(count: Int) {
    self.count = count
    pointer = .allocate(capacity: max(1, count))
    pointer.initialize(repeating: 0, count: max(1, count))
  }

  deinit { pointer.deallocate() }
}
