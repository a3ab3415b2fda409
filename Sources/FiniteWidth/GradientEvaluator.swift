import Dispatch
import LinearAlgebra
import Networks

/// Evaluates a network and the gradients of its outputs for many values of its parameters, at fixed points.
///
/// Numbers of a layer stand neuron by neuron, the points of a neuron together, so that a layer is a product of its
/// weights with what enters it,
///
///     Z = m_w W H + m_b β 1ᵀ ,   H′ = φ(Z) ,   D = m_w (W′ᵀ D′) ∘ φ′(Z) ,   ∂/∂W = m_w D Hᵀ ,   ∂/∂β = m_b D 1 ,
///
/// with `D` the derivatives of `Σₐ cₐ f(xₐ)`. The neurons of a layer are taken in blocks that the sizes alone decide,
/// so that a result is the same, to the last bit, for every number of threads. One evaluation allocates nothing.
///
/// An evaluator holds scratch memory: it serves one evaluation at a time.
public final class GradientEvaluator {
  /// How the parameters stand in a vector.
  public let layout: ParameterLayout
  /// The number of points.
  public let pointCount: Int
  private let threads: Int
  private let layers: [LayerPlan]
  /// `[l]` enters layer `l`: fan-in × points.
  private let features: [Scratch]
  /// `[l]` is `φ′` of hidden layer `l`: neurons × points.
  private let slopes: [Scratch]
  /// `[l]` holds the derivatives with respect to the preactivations of layer `l`: neurons × points.
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
    /// The blocks of neurons, and of inputs for the way back.
    var outputBlocks: [Range<Int>]
    var inputBlocks: [Range<Int>]

    /// Whether the products with what enters are large enough for BLAS; short ones are loops.
    func usesBLAS(points: Int) -> Bool { inputs >= 4 && points >= 4 || inputs >= 16 }
  }

  /// - Parameters:
  ///   - network: Its architecture and factors are used, its parameters are not.
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
          inputBlocks: Self.blocks(of: layer.inputs, work: (layer.outputs + 4) * count)))
    }
    self.layout = layout
    self.threads = threads
    pointCount = count
    layers = plans
    features = plans.map { Scratch(count: $0.inputs * count) }
    slopes = plans.dropLast().map { Scratch(count: $0.outputs * count) }
    derivatives = plans.map { Scratch(count: $0.outputs * count) }
    for point in 0..<count {
      for (input, coordinate) in points[point].enumerated() { features[0].pointer[input * count + point] = coordinate }
    }
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
    let last = layers.count - 1
    for (index, layer) in layers.enumerated() {
      let target = index == last ? derivatives[last].pointer : features[index + 1].pointer
      forEach(layer.outputBlocks) { block in
        preactivations(of: layer, from: features[index].pointer, parameters, block, into: target)
        guard let activation = layer.activation else { return }
        let (first, count) = (block.lowerBound * pointCount, block.count * pointCount)
        activation.derivative.evaluate(target + first, count: count, into: slopes[index].pointer + first)
        activation.value.evaluate(target + first, count: count, into: target + first)
      }
    }
    outputs.update(from: derivatives[last].pointer, count: pointCount)
  }

  private func preactivations(
    of layer: LayerPlan, from input: UnsafePointer<Double>, _ parameters: UnsafePointer<Double>, _ block: Range<Int>,
    into target: UnsafeMutablePointer<Double>
  ) {
    let count = pointCount
    for neuron in block {
      let offset = layer.biasOffset.map { layer.biasFactor * parameters[$0 + neuron] } ?? 0
      (target + neuron * count).update(repeating: offset, count: count)
    }
    let weights = parameters + layer.weightOffset
    if layer.usesBLAS(points: count), block.count >= 4 {
      BLAS.multiply(
        m: block.count, n: count, k: layer.inputs, alpha: layer.weightFactor,
        weights + block.lowerBound * layer.inputs, lda: layer.inputs, input, ldb: count, beta: 1,
        into: target + block.lowerBound * count, ldc: count)
      return
    }
    if count == 1 {
      for neuron in block {
        target[neuron] += layer.weightFactor * product(weights + neuron * layer.inputs, input, count: layer.inputs)
      }
      return
    }
    for neuron in block {
      let row = target + neuron * count
      for place in 0..<layer.inputs {
        let weight = layer.weightFactor * weights[neuron * layer.inputs + place]
        addScaled(input + place * count, by: weight, to: row, count: count)
      }
    }
  }

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
      forEach(layer.outputBlocks) { block in
        parameterGradient(of: layer, from: features[index].pointer, derivative, block, into: gradient)
      }
      guard index > 0 else { break }
      let (below, slope) = (derivatives[index - 1].pointer, slopes[index - 1].pointer)
      forEach(layer.inputBlocks) { block in
        passBack(through: layer, parameters, derivative, block, into: below)
        for place in (block.lowerBound * pointCount)..<(block.upperBound * pointCount) { below[place] *= slope[place] }
      }
    }
  }

  private func parameterGradient(
    of layer: LayerPlan, from input: UnsafePointer<Double>, _ derivative: UnsafePointer<Double>, _ block: Range<Int>,
    into gradient: UnsafeMutablePointer<Double>
  ) {
    let count = pointCount
    if let offset = layer.biasOffset {
      for neuron in block {
        gradient[offset + neuron] =
          layer.trainsBias ? layer.biasFactor * total(derivative + neuron * count, count: count) : 0
      }
    }
    let target = gradient + layer.weightOffset
    guard layer.trainsWeights else {
      (target + block.lowerBound * layer.inputs).update(repeating: 0, count: block.count * layer.inputs)
      return
    }
    if layer.usesBLAS(points: count), block.count >= 4 {
      BLAS.multiply(
        transposeB: true, m: block.count, n: layer.inputs, k: count, alpha: layer.weightFactor,
        derivative + block.lowerBound * count, lda: count, input, ldb: count,
        into: target + block.lowerBound * layer.inputs, ldc: layer.inputs)
      return
    }
    if count == 1 {
      for neuron in block {
        let (row, factor) = (target + neuron * layer.inputs, layer.weightFactor * derivative[neuron])
        for place in 0..<layer.inputs { row[place] = factor * input[place] }
      }
      return
    }
    for neuron in block {
      for place in 0..<layer.inputs {
        target[neuron * layer.inputs + place] =
          layer.weightFactor * product(derivative + neuron * count, input + place * count, count: count)
      }
    }
  }

  private func passBack(
    through layer: LayerPlan, _ parameters: UnsafePointer<Double>, _ derivative: UnsafePointer<Double>,
    _ block: Range<Int>, into below: UnsafeMutablePointer<Double>
  ) {
    let count = pointCount
    let weights = parameters + layer.weightOffset
    if layer.outputs >= 4, block.count >= 4 {
      BLAS.multiply(
        transposeA: true, m: block.count, n: count, k: layer.outputs, alpha: layer.weightFactor,
        weights + block.lowerBound, lda: layer.inputs, derivative, ldb: count,
        into: below + block.lowerBound * count, ldc: count)
      return
    }
    for place in block {
      let row = below + place * count
      row.update(repeating: 0, count: count)
      for neuron in 0..<layer.outputs {
        let weight = layer.weightFactor * weights[neuron * layer.inputs + place]
        addScaled(derivative + neuron * count, by: weight, to: row, count: count)
      }
    }
  }
}

// MARK: Short vectors

@inline(__always)
private func addScaled(
  _ source: UnsafePointer<Double>, by factor: Double, to target: UnsafeMutablePointer<Double>, count: Int
) {
  for index in 0..<count { target[index] += factor * source[index] }
}

/// `Σ aᵢ bᵢ` in a fixed order, with four partial sums.
@inline(__always)
private func product(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int) -> Double {
  var sums = SIMD4<Double>(repeating: 0)
  var index = 0
  while index &+ 4 <= count {
    sums +=
      SIMD4(a[index], a[index &+ 1], a[index &+ 2], a[index &+ 3])
      * SIMD4(b[index], b[index &+ 1], b[index &+ 2], b[index &+ 3])
    index &+= 4
  }
  var result = sums.sum()
  while index < count {
    result += a[index] * b[index]
    index &+= 1
  }
  return result
}

@inline(__always)
private func total(_ a: UnsafePointer<Double>, count: Int) -> Double {
  var sums = SIMD4<Double>(repeating: 0)
  var index = 0
  while index &+ 4 <= count {
    sums += SIMD4(a[index], a[index &+ 1], a[index &+ 2], a[index &+ 3])
    index &+= 4
  }
  var result = sums.sum()
  while index < count {
    result += a[index]
    index &+= 1
  }
  return result
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
