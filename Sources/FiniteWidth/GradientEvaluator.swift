import CSampling
import Dispatch
import LinearAlgebra
import Networks

/// Evaluates a network and the gradients of its outputs for many values of its parameters, at fixed points.
///
/// Numbers of a layer stand point by point, the neurons of a point together, so that a layer is a product of what enters
/// it with its weights,
///
///     Z = m_w H Wᵀ + m_b 1 βᵀ ,   H′ = φ(Z) ,   D = m_w (D′ W′) ∘ φ′(Z) ,   ∂/∂W = m_w Dᵀ H ,   ∂/∂β = m_b Dᵀ 1 ,
///
/// with `D` the derivatives of `Σₐ cₐ f(xₐ)`. Products of one column are loops over neurons. The neurons of a layer are
/// taken in blocks that the sizes alone decide, so that a result is the same, to the last bit, for every number of
/// threads. One evaluation allocates nothing.
///
/// An evaluator holds scratch memory: it serves one evaluation at a time.
public final class GradientEvaluator {
  /// How the parameters stand in a vector.
  public let layout: ParameterLayout
  /// The number of points.
  public let pointCount: Int
  private let threads: Int
  private let layers: [LayerPlan]
  /// `[l]` enters layer `l`: points × fan-in.
  private let features: [Scratch]
  /// `[l]` is `φ′` of hidden layer `l`: points × neurons.
  private let slopes: [Scratch]
  /// `[l]` holds the derivatives with respect to the preactivations of layer `l`: points × neurons.
  private let derivatives: [Scratch]

  /// Memory of doubles that is freed with its owner.
  private final class Scratch {
    let pointer: UnsafeMutablePointer<Double>
    let count: Int

    init(count: Int) {
      self.count = count
      pointer = .allocate(capacity: max(1, count))
      pointer.initialize(repeating: 0, count: max(1, count))
    }

    deinit { pointer.deallocate() }
  }

  private struct LayerPlan {
    var inputs: Int
    var outputs: Int
    var weightOffset: Int
    var biasOffset: Int?
    var weightFactor: Double
    var biasFactor: Double
    var trainsWeights: Bool
    var trainsBias: Bool
    /// nil for the readout.
    var activation: BlockActivation?
    /// Blocks of neurons, of inputs for the way back, and of points for the readout.
    var outputBlocks: [Range<Int>]
    var inputBlocks: [Range<Int>]
    var pointBlocks: [Range<Int>]
  }

  /// - Parameters:
  ///   - network: Its architecture and factors are used, its parameters are not.
  ///   - points: Where outputs and gradients are wanted.
  ///   - threads: How many threads may work; it does not change a result.
  /// - Throws: `NetworkError` if a layer is not a plain dense one.
  public init(_ network: FiniteNetwork, points: [[Double]], threads: Int = 1) throws(NetworkError) {
    let descriptions = try network.network.denseLayers(for: "training")
    precondition(
      points.allSatisfy { $0.count == network.network.inputDimension }, "a point has a coordinate for each input")
    let layout = network.parameterLayout
    let count = points.count
    var plans: [LayerPlan] = []
    for (index, layer) in network.layers.enumerated() {
      let blocks = layout.blocks.filter { $0.group.layer == index }
      let bias = blocks.first { $0.group.kind == .bias }
      let weights = blocks.first { $0.group.kind == .weights }
      let activation = descriptions[index].activation
      plans.append(
        LayerPlan(
          inputs: layer.inputs, outputs: layer.outputs, weightOffset: weights?.range.lowerBound ?? 0,
          biasOffset: bias?.range.lowerBound, weightFactor: network.factors[index].weightFactor,
          biasFactor: network.factors[index].biasFactor, trainsWeights: weights?.rate != 0,
          trainsBias: bias.map { $0.rate != 0 } ?? false, activation: activation.map(BlockActivation.init),
          outputBlocks: Self.blocks(of: layer.outputs, work: (layer.inputs + 16) * count),
          inputBlocks: Self.blocks(of: layer.inputs, work: (layer.outputs + 4) * count),
          pointBlocks: Self.blocks(of: count, work: layer.inputs)))
    }
    self.layout = layout
    self.threads = threads
    pointCount = count
    layers = plans
    features = plans.map { Scratch(count: $0.inputs * count) }
    slopes = plans.dropLast().map { Scratch(count: $0.outputs * count) }
    derivatives = plans.map { Scratch(count: $0.outputs * count) }
    for (place, coordinate) in points.joined().enumerated() { features[0].pointer[place] = coordinate }
  }

  /// Ranges that share `count` rows, each worth a few ten microseconds, at most 64 of them.
  private static func blocks(of count: Int, work: Int) -> [Range<Int>] {
    let number = max(1, min(count, 64, count * work / 65_536))
    return (0..<number).map { (count * $0 / number)..<(count * ($0 + 1) / number) }
  }

  private func forEach(_ blocks: [Range<Int>], _ body: (Range<Int>) -> Void) {
    let workers = min(threads, blocks.count)
    guard workers > 1 else {
      for block in blocks { body(block) }
      return
    }
    withoutActuallyEscaping(body) { body in
      // Blocks write to places of their own, and each worker takes every workers-th of them.
      nonisolated(unsafe) let work = body
      DispatchQueue.concurrentPerform(iterations: workers) { worker in
        var index = worker
        while index < blocks.count {
          work(blocks[index])
          index += workers
        }
      }
    }
  }

  /// The outputs `f` at the points.
  ///
  /// - Parameters:
  ///   - parameters: `layout.count` numbers.
  ///   - outputs: Room for a number for each point.
  public func outputs(_ parameters: UnsafePointer<Double>, into outputs: UnsafeMutablePointer<Double>) {
    for (index, layer) in layers.enumerated() {
      guard let activation = layer.activation else {
        readout(of: layer, from: features[index].pointer, parameters, into: outputs)
        return
      }
      let (target, slope) = (features[index + 1].pointer, slopes[index].pointer)
      forEach(layer.outputBlocks) { block in
        preactivations(of: layer, from: features[index].pointer, parameters, block, into: target)
        forEachRow(of: block, width: layer.outputs) { first, count in
          activation.derivative.evaluate(target + first, count: count, into: slope + first)
          activation.value.evaluate(target + first, count: count, into: target + first)
        }
      }
    }
  }

  /// Calls `body` with the place and the length of each contiguous piece of a block of columns.
  private func forEachRow(of block: Range<Int>, width: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
    guard block.count < width else { return body(0, pointCount * width) }
    for point in 0..<pointCount { body(point * width + block.lowerBound, block.count) }
  }

  private func readout(
    of layer: LayerPlan, from input: UnsafePointer<Double>, _ parameters: UnsafePointer<Double>,
    into outputs: UnsafeMutablePointer<Double>
  ) {
    let offset = layer.biasOffset.map { layer.biasFactor * parameters[$0] } ?? 0
    forEach(layer.pointBlocks) { block in
      for point in block {
        let sum = sampling_dot(layer.inputs, input + point * layer.inputs, parameters + layer.weightOffset)
        outputs[point] = offset + layer.weightFactor * sum
      }
    }
  }

  private func preactivations(
    of layer: LayerPlan, from input: UnsafePointer<Double>, _ parameters: UnsafePointer<Double>, _ block: Range<Int>,
    into target: UnsafeMutablePointer<Double>
  ) {
    let (count, inputs, first) = (block.count, layer.inputs, block.lowerBound)
    let weights = parameters + layer.weightOffset + first * inputs
    for point in 0..<pointCount {
      let row = target + point * layer.outputs + first
      if let offset = layer.biasOffset {
        sampling_affine(count, 0, layer.biasFactor, parameters + offset + first, row)
      } else {
        row.update(repeating: 0, count: count)
      }
      guard inputs < Self.shortest else { continue }
      for place in 0..<inputs {
        let factor = layer.weightFactor * input[point * inputs + place]
        if inputs == 1 {
          sampling_add_scaled(count, factor, weights, row)
        } else {
          for neuron in 0..<count { row[neuron] += factor * weights[neuron * inputs + place] }
        }
      }
    }
    guard inputs >= Self.shortest else { return }
    BLAS.multiply(
      transposeB: true, m: pointCount, n: count, k: inputs, alpha: layer.weightFactor, input, lda: inputs, weights,
      ldb: inputs, beta: 1, into: target + first, ldc: layer.outputs)
  }

  /// Products over fewer terms than this are loops, longer ones are left to BLAS.
  private static let shortest = 4

  /// The gradient of `Σₐ cₐ f(xₐ)` at the parameters of the last call of ``outputs(_:into:)``.
  ///
  /// Rates are not in it; places of parameters that are not trained are 0.
  ///
  /// - Parameters:
  ///   - coefficients: `c`, a number for each point.
  ///   - parameters: The same as in the call of ``outputs(_:into:)``.
  ///   - gradient: Room for `layout.count` numbers.
  public func gradient(
    _ coefficients: UnsafePointer<Double>, _ parameters: UnsafePointer<Double>,
    into gradient: UnsafeMutablePointer<Double>
  ) {
    derivatives[layers.count - 1].pointer.update(from: coefficients, count: pointCount)
    for index in layers.indices.reversed() {
      let layer = layers[index]
      let derivative = derivatives[index].pointer
      if layer.activation == nil {
        readoutGradient(of: layer, from: features[index].pointer, derivative, into: gradient)
      } else {
        forEach(layer.outputBlocks) { block in
          parameterGradient(of: layer, from: features[index].pointer, derivative, block, into: gradient)
        }
      }
      guard index > 0 else { break }
      let (below, slope) = (derivatives[index - 1].pointer, slopes[index - 1].pointer)
      forEach(layer.inputBlocks) { block in
        passBack(through: layer, parameters, derivative, block, into: below)
        forEachRow(of: block, width: layer.inputs) { first, count in
          sampling_multiply(count, below + first, slope + first, below + first)
        }
      }
    }
  }

  private func readoutGradient(
    of layer: LayerPlan, from input: UnsafePointer<Double>, _ coefficients: UnsafePointer<Double>,
    into gradient: UnsafeMutablePointer<Double>
  ) {
    if let offset = layer.biasOffset {
      gradient[offset] = layer.trainsBias ? layer.biasFactor * sampling_sum(pointCount, coefficients) : 0
    }
    forEach(layer.inputBlocks) { block in
      let target = gradient + layer.weightOffset + block.lowerBound
      target.update(repeating: 0, count: block.count)
      guard layer.trainsWeights else { return }
      for point in 0..<pointCount {
        sampling_add_scaled(
          block.count, layer.weightFactor * coefficients[point], input + point * layer.inputs + block.lowerBound, target
        )
      }
    }
  }

  private func parameterGradient(
    of layer: LayerPlan, from input: UnsafePointer<Double>, _ derivative: UnsafePointer<Double>, _ block: Range<Int>,
    into gradient: UnsafeMutablePointer<Double>
  ) {
    let (count, inputs, first) = (block.count, layer.inputs, block.lowerBound)
    if let offset = layer.biasOffset {
      let target = gradient + offset + first
      target.update(repeating: 0, count: count)
      if layer.trainsBias {
        for point in 0..<pointCount {
          sampling_add_scaled(count, layer.biasFactor, derivative + point * layer.outputs + first, target)
        }
      }
    }
    let target = gradient + layer.weightOffset + first * inputs
    guard layer.trainsWeights, inputs < Self.shortest else {
      if layer.trainsWeights {
        BLAS.multiply(
          transposeA: true, m: count, n: inputs, k: pointCount, alpha: layer.weightFactor, derivative + first,
          lda: layer.outputs, input, ldb: inputs, into: target, ldc: inputs)
      } else {
        target.update(repeating: 0, count: count * inputs)
      }
      return
    }
    target.update(repeating: 0, count: count * inputs)
    for point in 0..<pointCount {
      let row = derivative + point * layer.outputs + first
      for place in 0..<inputs {
        let factor = layer.weightFactor * input[point * inputs + place]
        if inputs == 1 {
          sampling_add_scaled(count, factor, row, target)
        } else {
          for neuron in 0..<count { target[neuron * inputs + place] += factor * row[neuron] }
        }
      }
    }
  }

  private func passBack(
    through layer: LayerPlan, _ parameters: UnsafePointer<Double>, _ derivative: UnsafePointer<Double>,
    _ block: Range<Int>, into below: UnsafeMutablePointer<Double>
  ) {
    let (count, inputs, first) = (block.count, layer.inputs, block.lowerBound)
    let weights = parameters + layer.weightOffset + first
    guard layer.outputs < Self.shortest else {
      BLAS.multiply(
        m: pointCount, n: count, k: layer.outputs, alpha: layer.weightFactor, derivative, lda: layer.outputs, weights,
        ldb: inputs, into: below + first, ldc: inputs)
      return
    }
    for point in 0..<pointCount {
      let row = below + point * inputs + first
      for neuron in 0..<layer.outputs {
        let factor = layer.weightFactor * derivative[point * layer.outputs + neuron]
        if neuron == 0 {
          sampling_affine(count, 0, factor, weights, row)
        } else {
          sampling_add_scaled(count, factor, weights + neuron * inputs, row)
        }
      }
    }
  }
}

// MARK: Arrays

extension GradientEvaluator {
  /// The outputs `f` at the points.
  public func outputs(_ parameters: [Double]) -> [Double] {
    precondition(parameters.count == layout.count, "there is a number for each parameter")
    var result = [Double](repeating: 0, count: pointCount)
    parameters.withUnsafeBufferPointer { parameters in
      result.withUnsafeMutableBufferPointer { result in
        guard let source = parameters.baseAddress, let target = result.baseAddress else { return }
        outputs(source, into: target)
      }
    }
    return result
  }

  /// The gradient of `Σₐ cₐ f(xₐ)`.
  public func gradient(coefficients: [Double], at parameters: [Double]) -> [Double] {
    precondition(coefficients.count == pointCount, "there is a coefficient for each point")
    _ = outputs(parameters)
    var result = [Double](repeating: 0, count: layout.count)
    parameters.withUnsafeBufferPointer { parameters in
      coefficients.withUnsafeBufferPointer { coefficients in
        result.withUnsafeMutableBufferPointer { result in
          guard let source = parameters.baseAddress, let target = result.baseAddress,
            let weights = coefficients.baseAddress
          else { return }
          gradient(weights, source, into: target)
        }
      }
    }
    return result
  }
}
