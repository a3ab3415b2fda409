import LinearAlgebra
import Moments
import Networks

/// A layer normalization with gains and biases, over the neurons it has.
///
///     ĥ = (h − μ)/s ,  s = √(σ² + ε) ,  h′ᵢ = γᵢ ĥᵢ + βᵢ
///
/// With D the derivatives with respect to h′ and `E = γ D`, those with respect to h are
///
///     (1/s) (Eⱼ − (1/N) Σᵢ Eᵢ − ĥⱼ (1/N) Σᵢ Eᵢ ĥᵢ) ,
///
/// the changes of μ and s included. An input whose features are all equal gives NaN where ε = 0.
struct NormalizationModule: FiniteModule {
  private let path: LayerPath
  private let epsilon: Double
  private let factors: LayerFactors
  /// `γ` and `β` before the factor of the parameterization.
  var gains: [Double]?
  var bias: [Double]?

  init(_ layer: LayerNormalization, in context: ModuleContext, from stream: inout RandomStream) {
    path = context.path
    epsilon = layer.epsilon.doubleValue
    // Gains and biases stand for one neuron each: the powers of N are those of a hidden layer's biases.
    let plain = DenseLayer(weights: ConstantLaw(0))
    factors = LayerFactors(context.network, plain, layer: context.path.layer, width: context.width)
    var gains: [Double] = []
    var bias: [Double] = []
    for _ in 0..<context.outputs {
      if let law = layer.gain { gains.append(factors.initialBias * law.sample(from: &stream)) }
      if let law = layer.bias { bias.append(factors.initialBias * law.sample(from: &stream)) }
    }
    self.gains = layer.gain == nil ? nil : gains
    self.bias = layer.bias == nil ? nil : bias
  }

  var parameters: [ModuleParameters] {
    [(ParameterGroup.Kind.gain, gains), (.bias, bias)].compactMap { kind, values in
      values.map { ModuleParameters(group: ParameterGroup(path, kind), values: $0, rate: factors.biasRate) }
    }
  }

  var kinkedNeurons: Int { 0 }

  mutating func take(_ parameters: inout ArraySlice<Double>) {
    if let count = gains?.count { gains = parameters.take(count) }
    if let count = bias?.count { bias = parameters.take(count) }
  }

  func forward(_ input: Matrix) -> (output: Matrix, pullback: Pullback) {
    let count = Double(input.columns)
    var normalized = input
    var inverses: [Double] = []
    for point in 0..<input.rows {
      let range = (point * input.columns)..<((point + 1) * input.columns)
      let mean = input.elements[range].reduce(0, +) / count
      let variance = input.elements[range].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      let inverse = 1 / (variance + epsilon).squareRoot()
      for index in range { normalized.elements[index] = (input.elements[index] - mean) * inverse }
      inverses.append(inverse)
    }
    return (
      affine(normalized),
      { [normalized] derivatives, sink in
        func add(_ kind: ParameterGroup.Kind, _ derivatives: Matrix) {
          sink.add(
            ParameterGroup(path, kind), derivatives: derivatives, factor: factors.biasFactor, rate: factors.biasRate)
        }
        if gains != nil { add(.gain, derivatives.times(normalized)) }
        if bias != nil { add(.bias, derivatives) }
        return below(derivatives, normalized, inverses)
      }
    )
  }

  private func affine(_ normalized: Matrix) -> Matrix {
    var output = normalized
    for index in output.elements.indices {
      let neuron = index % output.columns
      output.elements[index] =
        (gains.map { factors.biasFactor * $0[neuron] } ?? 1) * output.elements[index]
        + (bias.map { factors.biasFactor * $0[neuron] } ?? 0)
    }
    return output
  }

  private func below(_ derivatives: Matrix, _ normalized: Matrix, _ inverses: [Double]) -> Matrix {
    var result = derivatives
    if let gains {
      for index in result.elements.indices {
        result.elements[index] *= factors.biasFactor * gains[index % result.columns]
      }
    }
    let count = Double(result.columns)
    for point in 0..<result.rows {
      let range = (point * result.columns)..<((point + 1) * result.columns)
      let mean = result.elements[range].reduce(0, +) / count
      let slope = zip(result.elements[range], normalized.elements[range]).reduce(0) { $0 + $1.0 * $1.1 } / count
      for index in range {
        result.elements[index] = inverses[point] * (result.elements[index] - mean - normalized.elements[index] * slope)
      }
    }
    return result
  }
}

extension LayerNormalization: FiniteLayer {
  func module(
    in context: ModuleContext, from stream: inout RandomStream
  ) throws(LayeredNetworkError) -> any FiniteModule {
    NormalizationModule(self, in: context, from: &stream)
  }

  func drawCount(inputs: Int, outputs: Int) -> Double {
    Double(outputs) * ((gain == nil ? 0 : 1) + (bias == nil ? 0 : 1))
  }
}
