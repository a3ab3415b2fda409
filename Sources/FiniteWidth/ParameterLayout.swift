import Networks

/// The parameters of a finite network as one vector: layer by layer, its weights row by row, then its biases.
///
/// Parameters that are not trained stand in it too; their rate is 0.
public struct ParameterLayout: Sendable, Equatable {
  /// The weights or the biases of one layer.
  public struct Block: Sendable, Equatable {
    public let group: ParameterGroup
    /// The places in the vector.
    public let range: Range<Int>
    /// The learning rate `N^(−c)`; 0 for parameters that are not trained.
    public let rate: Double
  }

  /// The blocks in order; they follow one another without gaps.
  public let blocks: [Block]

  /// The number of parameters, trained or not.
  public var count: Int { blocks.last?.range.upperBound ?? 0 }

  /// The number of trained parameters.
  public var trainedCount: Int { blocks.reduce(0) { $0 + ($1.rate == 0 ? 0 : $1.range.count) } }

  /// The places of the trained parameters, in order.
  public var trainedIndices: [Int] { blocks.filter { $0.rate != 0 }.flatMap { Array($0.range) } }
}

extension FiniteNetwork {
  /// How the parameters stand in one vector.
  public var parameterLayout: ParameterLayout {
    let trained = Set(network.trainedGroups)
    var blocks: [ParameterLayout.Block] = []
    var offset = 0
    func append(_ group: ParameterGroup, count: Int, rate: Double) {
      blocks.append(.init(group: group, range: offset..<(offset + count), rate: trained.contains(group) ? rate : 0))
      offset += count
    }
    for (index, layer) in layers.enumerated() {
      let weights = ParameterGroup(layer: index, kind: .weights)
      append(weights, count: layer.weights.count, rate: factors[index].weightRate)
      if let bias = layer.bias {
        append(ParameterGroup(layer: index, kind: .bias), count: bias.count, rate: factors[index].biasRate)
      }
    }
    return ParameterLayout(blocks: blocks)
  }

  /// What multiplies the weights and the biases of each layer as they stand: `m_w N^(−a)`, with the input scale in the
  /// first layer, and `m_b N^(−A)`; nil for a layer without bias.
  public var multipliers: [(weights: Double, bias: Double?)] {
    zip(factors, layers).map { ($0.weightFactor, $1.bias == nil ? nil : $0.biasFactor) }
  }

  /// The parameters as one vector, in the order of ``parameterLayout``.
  public var parameters: [Double] { layers.flatMap { $0.weights + ($0.bias ?? []) } }

  /// The network with other parameters.
  ///
  /// - Parameter parameters: A number for each parameter, in the order of ``parameterLayout``.
  public func with(parameters: [Double]) -> FiniteNetwork {
    var result = self
    var offset = 0
    func take(_ count: Int) -> [Double] {
      defer { offset += count }
      return Array(parameters[offset..<(offset + count)])
    }
    for (index, layer) in layers.enumerated() {
      result.layers[index].weights = take(layer.weights.count)
      if let bias = layer.bias { result.layers[index].bias = take(bias.count) }
    }
    precondition(offset == parameters.count, "there is a number for each parameter")
    return result
  }
}
