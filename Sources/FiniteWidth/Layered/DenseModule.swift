import Activations
import LinearAlgebra
import Moments
import Networks

/// A dense layer with drawn parameters, `h′ = φ(m W h + m_b β)`.
///
/// With D the derivatives of the outputs with respect to z (points × neurons) and H the input, the weights contribute
/// `m² (D Dᵀ) ∘ (H Hᵀ)` and the biases `m_b² D Dᵀ`.
struct DenseModule: FiniteModule {
  private let path: LayerPath
  private let factors: LayerFactors
  /// `m W`, outputs × inputs.
  private let weights: Matrix
  /// `m_b β`.
  private let offsets: [Double]?
  private let activation: (any Activation)?

  init(_ layer: DenseLayer, in context: ModuleContext, from stream: inout RandomStream) {
    path = context.path
    activation = layer.activation
    let factors = LayerFactors(context.network, layer, layer: context.path.layer, width: context.width)
    var weights = Matrix(rows: context.outputs, columns: context.inputs)
    var offsets: [Double] = []
    let (scale, offsetScale) = (factors.weightFactor * factors.initialWeight, factors.biasFactor * factors.initialBias)
    for neuron in 0..<context.outputs {
      let start = neuron * context.inputs
      for index in start..<(start + context.inputs) {
        weights.elements[index] = scale * layer.weights.sample(from: &stream)
      }
      if let bias = layer.bias { offsets.append(offsetScale * bias.sample(from: &stream)) }
    }
    self.weights = weights
    self.offsets = layer.bias == nil ? nil : offsets
    self.factors = factors
  }

  func forward(_ input: Matrix) -> (output: Matrix, pullback: Pullback) {
    var sums = input * weights.transposed
    if let offsets {
      for index in sums.elements.indices { sums.elements[index] += offsets[index % sums.columns] }
    }
    func map(_ function: ScalarFunction) -> Matrix {
      Matrix(rows: sums.rows, columns: sums.columns, elements: sums.elements.map(function.evaluate))
    }
    let output = activation.map { map($0.value) } ?? sums
    let slopes = activation.map { map($0.derivative) }
    return (
      output,
      { derivatives, parts in
        let inner = slopes.map { derivatives.times($0) } ?? derivatives
        let gram = inner.packedGram
        let weightScale = factors.weightRate * factors.weightFactor * factors.weightFactor
        let biasScale = factors.biasRate * factors.biasFactor * factors.biasFactor
        parts[ParameterGroup(path, .weights)] = zip(gram, input.packedGram).map { weightScale * $0 * $1 }
        if offsets != nil { parts[ParameterGroup(path, .bias)] = gram.map { biasScale * $0 } }
        return inner * weights
      }
    )
  }

  /// `Σᵢ m² wᵢ² hᵢ(x) hᵢ(x′) + m_b² b²` of a readout, from the features before it.
  func conditionalNNGP(_ features: Matrix) -> [Double] {
    var weighted = features
    for index in weighted.elements.indices { weighted.elements[index] *= weights.elements[index % weighted.columns] }
    let offset = offsets?.first ?? 0
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
