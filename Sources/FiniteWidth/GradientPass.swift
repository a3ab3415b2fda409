import Networks

/// A way to evaluate a network and its gradients at fixed points; see ``GradientEvaluator`` for the meaning of both
/// functions.
protocol GradientPass {
  func outputs(_ parameters: UnsafePointer<Double>, into outputs: UnsafeMutablePointer<Double>)

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

  /// - Throws: `NetworkError` if a layer is not a plain dense one.
  static func plans(of network: FiniteNetwork) throws(NetworkError) -> [GradientLayerPlan] {
    let descriptions = try network.network.denseLayers(for: "training")
    let blocks = network.parameterLayout.blocks
    return network.layers.enumerated().map { index, layer in
      let bias = blocks.first { $0.group == ParameterGroup(layer: index, kind: .bias) }
      let weights = blocks.first { $0.group == ParameterGroup(layer: index, kind: .weights) }
      return GradientLayerPlan(
        inputs: layer.inputs, outputs: layer.outputs, weightOffset: weights?.range.lowerBound ?? 0,
        biasOffset: bias?.range.lowerBound, weightFactor: network.factors[index].weightFactor,
        biasFactor: network.factors[index].biasFactor, trainsWeights: weights?.rate != 0,
        trainsBias: bias.map { $0.rate != 0 } ?? false,
        activation: descriptions[index].activation.map(BlockActivation.init))
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
