import CSampling

/// Evaluates a network of one hidden layer and few inputs in tiles that stay in the processor's caches.
///
/// With `s_ja = φ′(z_ja)`, all derivatives are sums over the points of the features and of the slopes,
///
///     ∂/∂v_j = m_v Σₐ cₐ φ(z_ja) ,   ∂/∂β_j = m_β m_v v_j Σₐ cₐ s_ja ,   ∂/∂w_jk = m_w m_v v_j Σₐ cₐ x_ak s_ja ,
///
/// so that the features and slopes are written once and read once. Blocks of neurons follow from the sizes alone, and
/// what they add to an output is summed in their order.
final class TiledGradientPass: GradientPass {
  private let pointCount: Int
  private let hidden: GradientLayerPlan
  private let readout: GradientLayerPlan
  private let activation: BlockActivation
  private let workers: Workers
  private let blocks: [Block]
  /// Points whose features of one block are computed together.
  private let chunk: Int
  /// The points, and the points times the factor of the weights: points × inputs.
  private let points: Scratch
  private let scaled: Scratch
  /// The features and slopes: block after block, points × neurons of the block.
  private let features: Scratch
  private let slopes: Scratch
  /// For each block: what it adds to the outputs.
  private let shares: Scratch
  /// For each block: the weights, inputs × neurons, and the biases times their factor.
  private let weights: Scratch
  private let biases: Scratch
  /// For each block: the sums over the points, inputs + 1 × neurons.
  private let sums: Scratch
  /// `c` times 1 (for a trained bias) and times each coordinate (for trained weights): points × rows.
  private let coefficients: Scratch
  private let rows: Int

  private struct Block: Sendable {
    var index: Int
    var first: Int
    var count: Int
  }

  /// Neurons of a block: a multiple of the lanes of a vector, so many that the slopes of all points stay in the nearest
  /// cache while the sums over them are formed.
  private static func width(points: Int) -> Int { max(64, min(256, 4096 / points / 16 * 16)) }

  /// Above this number of inputs the products are left to BLAS.
  private static let mostInputs = 32

  /// nil if the network has another number of hidden layers than one, or many inputs.
  init?(_ plans: [GradientLayerPlan], points: [[Double]], workers: Workers) {
    guard plans.count == 2, plans[1].outputs == 1, let activation = plans[0].activation, plans[1].activation == nil,
      plans[0].inputs <= Self.mostInputs, !points.isEmpty
    else { return nil }
    (hidden, readout) = (plans[0], plans[1])
    self.activation = activation
    let (count, inputs, neurons) = (points.count, hidden.inputs, hidden.outputs)
    pointCount = count
    let size = Self.width(points: count)
    blocks = (0..<((neurons + size - 1) / size)).map {
      Block(index: $0, first: $0 * size, count: min(size, neurons - $0 * size))
    }
    // To wake a thread takes tens of microseconds, twice an evaluation.
    let work = neurons * count * (inputs + activation.cost)
    self.workers = work >= 2_500_000 ? workers : Workers(count: 1)
    chunk = max(1, 1024 / size)
    self.points = Scratch(count: count * inputs)
    scaled = Scratch(count: count * inputs)
    features = Scratch(count: count * neurons)
    slopes = Scratch(count: count * neurons)
    shares = Scratch(count: count * blocks.count)
    weights = Scratch(count: inputs * neurons)
    biases = Scratch(count: neurons)
    sums = Scratch(count: (inputs + 1) * neurons)
    rows = (hidden.trainsBias ? 1 : 0) + (hidden.trainsWeights ? inputs : 0)
    coefficients = Scratch(count: count * rows)
    for (place, coordinate) in points.joined().enumerated() {
      self.points.pointer[place] = coordinate
      scaled.pointer[place] = hidden.weightFactor * coordinate
    }
  }

  func outputs(_ parameters: UnsafePointer<Double>, into outputs: UnsafeMutablePointer<Double>) {
    workers.forEach(blocks) { block in fill(block, parameters) }
    let offset = readout.biasOffset.map { readout.biasFactor * parameters[$0] } ?? 0
    for point in 0..<pointCount {
      var sum = 0.0
      for index in blocks.indices { sum += shares.pointer[index * pointCount + point] }
      outputs[point] = offset + readout.weightFactor * sum
    }
  }

  /// The features and slopes of a block, and its shares of the outputs.
  private func fill(_ block: Block, _ parameters: UnsafePointer<Double>) {
    let (inputs, neurons) = (hidden.inputs, block.count)
    var weights = parameters + hidden.weightOffset + block.first * inputs
    if inputs > 1 {
      let transposed = self.weights.pointer + block.first * inputs
      tile_transpose(neurons, inputs, weights, transposed)
      weights = UnsafePointer(transposed)
    }
    var bias: UnsafePointer<Double>?
    if let offset = hidden.biasOffset {
      let scaled = biases.pointer + block.first
      sampling_affine(neurons, 0, hidden.biasFactor, parameters + offset + block.first, scaled)
      bias = UnsafePointer(scaled)
    }
    let base = block.first * pointCount
    for start in stride(from: 0, to: pointCount, by: chunk) {
      let count = min(chunk, pointCount - start)
      let target = features.pointer + base + start * neurons
      let slope = slopes.pointer + base + start * neurons
      tile_preactivations(count, neurons, inputs, scaled.pointer + start * inputs, weights, bias, target)
      activation.derivative.evaluate(target, count: count * neurons, into: slope)
      activation.value.evaluate(target, count: count * neurons, into: target)
      tile_outputs(
        count, neurons, target, parameters + readout.weightOffset + block.first,
        shares.pointer + block.index * pointCount + start)
    }
  }

  func gradient(
    _ coefficients: UnsafePointer<Double>, _ parameters: UnsafePointer<Double>,
    into gradient: UnsafeMutablePointer<Double>
  ) {
    if let offset = readout.biasOffset {
      gradient[offset] = readout.trainsBias ? readout.biasFactor * sampling_sum(pointCount, coefficients) : 0
    }
    let inputs = hidden.inputs
    var place = 0
    for point in 0..<pointCount {
      let c = coefficients[point]
      if hidden.trainsBias {
        self.coefficients.pointer[place] = c
        place += 1
      }
      guard hidden.trainsWeights else { continue }
      for k in 0..<inputs { self.coefficients.pointer[place + k] = c * points.pointer[point * inputs + k] }
      place += inputs
    }
    workers.forEach(blocks) { block in parameterGradient(of: block, coefficients, parameters, into: gradient) }
  }

  private func parameterGradient(
    of block: Block, _ coefficients: UnsafePointer<Double>, _ parameters: UnsafePointer<Double>,
    into gradient: UnsafeMutablePointer<Double>
  ) {
    let (inputs, neurons) = (hidden.inputs, block.count)
    let base = block.first * pointCount
    let target = gradient + readout.weightOffset + block.first
    if readout.trainsWeights {
      tile_columns(pointCount, neurons, 1, coefficients, features.pointer + base, target)
      sampling_affine(neurons, 0, readout.weightFactor, target, target)
    } else {
      target.update(repeating: 0, count: neurons)
    }
    var sums = self.sums.pointer + block.first * (inputs + 1)
    tile_columns(pointCount, neurons, rows, self.coefficients.pointer, slopes.pointer + base, sums)
    let weights = parameters + readout.weightOffset + block.first
    if let offset = hidden.biasOffset {
      let target = gradient + offset + block.first
      if hidden.trainsBias {
        tile_scatter(neurons, 1, hidden.biasFactor * readout.weightFactor, weights, sums, target)
        sums += neurons
      } else {
        target.update(repeating: 0, count: neurons)
      }
    }
    let first = gradient + hidden.weightOffset + block.first * inputs
    if hidden.trainsWeights {
      tile_scatter(neurons, inputs, hidden.weightFactor * readout.weightFactor, weights, sums, first)
    } else {
      first.update(repeating: 0, count: neurons * inputs)
    }
  }
}
