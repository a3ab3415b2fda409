import Activations
import LinearAlgebra
import Moments
import Networks

/// A dense layer with parameters, `h′ = φ(m W h + m_b β)`.
///
/// With D the derivatives of the outputs with respect to z (points × neurons) and H the input, the weights contribute
/// `m² (D Dᵀ) ∘ (H Hᵀ)` and the biases `m_b² D Dᵀ`.
struct DenseModule: FiniteModule {
  private let path: LayerPath
  private let factors: LayerFactors
  /// `W`, outputs × inputs.
  var weights: Matrix
  /// `β`.
  var bias: [Double]?
  private let activation: (any Activation)?

  init(_ layer: DenseLayer, in context: ModuleContext, from stream: inout RandomStream) {
    path = context.path
    activation = layer.activation
    let factors = LayerFactors(context.network, layer, layer: context.path.layer, width: context.width)
    var weights = Matrix(rows: context.outputs, columns: context.inputs)
    var bias: [Double] = []
    for neuron in 0..<context.outputs {
      let row = layer.weights.samples(context.inputs, from: &stream)
      for (index, draw) in row.enumerated() { weights[neuron, index] = factors.initialWeight * draw }
      if let law = layer.bias { bias.append(factors.initialBias * law.sample(from: &stream)) }
    }
    self.weights = weights
    self.bias = layer.bias == nil ? nil : bias
    self.factors = factors
  }

  var parameters: [ModuleParameters] {
    [ModuleParameters(group: ParameterGroup(path, .weights), values: weights.elements, rate: factors.weightRate)]
      + (bias.map { [ModuleParameters(group: ParameterGroup(path, .bias), values: $0, rate: factors.biasRate)] } ?? [])
  }

  var kinkedNeurons: Int { activation.map { !$0.derivative.kinks.isEmpty } ?? false ? weights.rows : 0 }

  mutating func take(_ parameters: inout ArraySlice<Double>) {
    weights.elements = parameters.take(weights.elements.count)
    if let count = bias?.count { bias = parameters.take(count) }
  }

  func forward(_ input: Matrix) -> (output: Matrix, pullback: Pullback) {
    var sums = Matrix.product(input, weights, transposeB: true, factor: factors.weightFactor)
    if let bias {
      for index in sums.elements.indices { sums.elements[index] += factors.biasFactor * bias[index % sums.columns] }
    }
    func map(_ function: ScalarFunction) -> Matrix {
      Matrix(rows: sums.rows, columns: sums.columns, elements: sums.elements.map(function.evaluate))
    }
    let output = activation.map { map($0.value) } ?? sums
    let slopes = activation.map { map($0.derivative) }
    return (
      output,
      { derivatives, sink in
        let inner = slopes.map { derivatives.times($0) } ?? derivatives
        sink.add(
          ParameterGroup(path, .weights), derivatives: inner, inputs: input, factor: factors.weightFactor,
          rate: factors.weightRate)
        if bias != nil {
          sink.add(
            ParameterGroup(path, .bias), derivatives: inner, factor: factors.biasFactor, rate: factors.biasRate)
        }
        return Matrix.product(inner, weights, factor: factors.weightFactor)
      }
    )
  }

  /// `Σᵢ m² wᵢ² hᵢ(x) hᵢ(x′) + m_b² b²` of a readout, from the features before it.
  func conditionalNNGP(_ features: Matrix) -> [Double] {
    var weighted = features
    for index in weighted.elements.indices {
      weighted.elements[index] *= factors.weightFactor * weights.elements[index % weighted.columns]
    }
    let offset = factors.biasFactor * (bias?.first ?? 0)
    return weighted.packedGram.map { $0 + offset * offset }
  }
}

extension DenseLayer: FiniteLayer {
  func module(
    in context: ModuleContext, from stream: inout RandomStream
  ) throws(LayeredNetworkError) -> any FiniteModule {
    DenseModule(self, in: context, from: &stream)
  }

  func drawCount(inputs: Int, outputs: Int) -> Double { Double(outputs) * (Double(inputs) + (bias == nil ? 0 : 1)) }
}
