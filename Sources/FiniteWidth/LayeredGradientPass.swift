import CSampling
import LinearAlgebra

/// Evaluates layer by layer.
///
/// Numbers of a layer stand point by point, the neurons of a point together, so that a layer is a product of what enters
/// it with its weights,
///
///     Z = m_w H Wᵀ + m_b 1 βᵀ ,   H′ = φ(Z) ,   D = m_w (D′ W′) ∘ φ′(Z) ,   ∂/∂W = m_w Dᵀ H ,   ∂/∂β = m_b Dᵀ 1 ,
///
/// with `D` the derivatives of `Σₐ cₐ f(xₐ)`. Products of one column are loops over neurons. The neurons of a layer are
/// taken in blocks that the sizes alone decide.
final class LayeredGradientPass: GradientPass {
  private let pointCount: Int
  private let workers: Workers
  private let layers: [Layer]
  /// `[l]` enters layer `l`: points × fan-in.
  private let features: [Scratch]
  /// `[l]` is `φ′` of hidden layer `l`: points × neurons.
  private let slopes: [Scratch]
  /// `[l]` holds the derivatives with respect to the preactivations of layer `l`: points × neurons.
  private let derivatives: [Scratch]

  private struct Layer {
    var plan: GradientLayerPlan
    /// Blocks of neurons, of inputs for the way back, and of points for the readout.
    var outputBlocks: [Range<Int>]
    var inputBlocks: [Range<Int>]
    var pointBlocks: [Range<Int>]
  }

  init(_ plans: [GradientLayerPlan], points: [[Double]], workers: Workers) {
    let count = points.count
    pointCount = count
    self.workers = workers
    layers = plans.map { plan in
      Layer(
        plan: plan, outputBlocks: Self.blocks(of: plan.outputs, work: (plan.inputs + 16) * count),
        inputBlocks: Self.blocks(of: plan.inputs, work: (plan.outputs + 4) * count),
        pointBlocks: Self.blocks(of: count, work: plan.inputs))
    }
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

  func outputs(_ parameters: UnsafePointer<Double>, into outputs: UnsafeMutablePointer<Double>) {
    for (index, layer) in layers.enumerated() {
      let plan = layer.plan
      guard let activation = plan.activation else {
        readout(of: layer, from: features[index].pointer, parameters, into: outputs)
        return
      }
      let (target, slope) = (features[index + 1].pointer, slopes[index].pointer)
      workers.forEach(layer.outputBlocks) { block in
        preactivations(of: plan, from: features[index].pointer, parameters, block, into: target)
        forEachRow(of: block, width: plan.outputs) { first, count in
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
    of layer: Layer, from input: UnsafePointer<Double>, _ parameters: UnsafePointer<Double>,
    into outputs: UnsafeMutablePointer<Double>
  ) {
    let plan = layer.plan
    let offset = plan.biasOffset.map { plan.biasFactor * parameters[$0] } ?? 0
    workers.forEach(layer.pointBlocks) { block in
      for point in block {
        let sum = sampling_dot(plan.inputs, input + point * plan.inputs, parameters + plan.weightOffset)
        outputs[point] = offset + plan.weightFactor * sum
      }
    }
  }

  private func preactivations(
    of layer: GradientLayerPlan, from input: UnsafePointer<Double>, _ parameters: UnsafePointer<Double>,
    _ block: Range<Int>,
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

  func gradient(
    _ coefficients: UnsafePointer<Double>, _ parameters: UnsafePointer<Double>,
    into gradient: UnsafeMutablePointer<Double>
  ) {
    derivatives[layers.count - 1].pointer.update(from: coefficients, count: pointCount)
    for index in layers.indices.reversed() {
      let (layer, plan) = (layers[index], layers[index].plan)
      let derivative = derivatives[index].pointer
      if plan.activation == nil {
        readoutGradient(of: layer, from: features[index].pointer, derivative, into: gradient)
      } else {
        workers.forEach(layer.outputBlocks) { block in
          parameterGradient(of: plan, from: features[index].pointer, derivative, block, into: gradient)
        }
      }
      guard index > 0 else { break }
      let (below, slope) = (derivatives[index - 1].pointer, slopes[index - 1].pointer)
      workers.forEach(layer.inputBlocks) { block in
        passBack(through: plan, parameters, derivative, block, into: below)
        forEachRow(of: block, width: plan.inputs) { first, count in
          sampling_multiply(count, below + first, slope + first, below + first)
        }
      }
    }
  }

  private func readoutGradient(
    of layer: Layer, from input: UnsafePointer<Double>, _ coefficients: UnsafePointer<Double>,
    into gradient: UnsafeMutablePointer<Double>
  ) {
    let plan = layer.plan
    if let offset = plan.biasOffset {
      gradient[offset] = plan.trainsBias ? plan.biasFactor * sampling_sum(pointCount, coefficients) : 0
    }
    workers.forEach(layer.inputBlocks) { block in
      let target = gradient + plan.weightOffset + block.lowerBound
      target.update(repeating: 0, count: block.count)
      guard plan.trainsWeights else { return }
      for point in 0..<pointCount {
        sampling_add_scaled(
          block.count, plan.weightFactor * coefficients[point], input + point * plan.inputs + block.lowerBound, target
        )
      }
    }
  }

  private func parameterGradient(
    of layer: GradientLayerPlan, from input: UnsafePointer<Double>, _ derivative: UnsafePointer<Double>,
    _ block: Range<Int>,
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
    through layer: GradientLayerPlan, _ parameters: UnsafePointer<Double>, _ derivative: UnsafePointer<Double>,
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
