import Activations
import LinearAlgebra
import Networks

/// Averages over the neurons of one hidden layer of one network, at one or two inputs.
///
/// With `Θ_km` the NTK of neurons k and m of the layer, k at the first and m at the last input `a`, `b`,
///
///     Φ_cd = (1/N) Σ_k φ_k(c) φ_k(d) ,     Ψ = (1/N) Σ_k φ′_k(a) φ′_k(b) Θ_kk ,
///     R_cd = (1/N²) Σ_km φ_k(c) φ′_k(a) Θ_km φ′_m(b) φ_m(d) .
public struct LayerAverages: Sendable, Equatable {
  /// `Φ` at all pairs of the inputs, as in ``PointPair/all(count:)``.
  public let values: [Double]
  /// `Ψ` at the first and the last input.
  public let slopes: Double
  /// `R_cd`, inputs × inputs.
  public let correlations: Matrix
}

extension FiniteNetwork {
  /// The averages of each hidden layer, and the NTK at the first and the last of one or two points.
  ///
  /// From the definitions, with the `N × N` NTK of the neurons of each layer: `O(N³)`, for small networks.
  public func layerAverages(at points: [[Double]]) -> (layers: [LayerAverages], ntk: Double) {
    precondition((1...2).contains(points.count), "the averages are those of one or two points")
    return BLAS.withOneThread { averages(Matrix(points)) }
  }

  private func averages(_ points: Matrix) -> (layers: [LayerAverages], ntk: Double) {
    let trained = Set(network.trainedGroups)
    let last = points.rows - 1
    var inputs = points
    // φ′_k(a) Θ_km φ′_m(b) of the layer below.
    var below: Matrix?
    var result: [LayerAverages] = []
    for (index, layer) in layers.enumerated() {
      let factor = factors[index]
      let weights = factor.weightFactor * Matrix(rows: layer.outputs, columns: layer.inputs, elements: layer.weights)
      var own = 0.0
      if trained.contains(ParameterGroup(layer: index, kind: .weights)) {
        let product = zip(inputs.row(0), inputs.row(last)).reduce(0) { $0 + $1.0 * $1.1 }
        own += factor.weightRate * factor.weightFactor * factor.weightFactor * product
      }
      if trained.contains(ParameterGroup(layer: index, kind: .bias)) {
        own += factor.biasRate * factor.biasFactor * factor.biasFactor
      }
      var tangent =
        below.map { weights * $0 * weights.transposed } ?? Matrix(rows: layer.outputs, columns: layer.outputs)
      for neuron in 0..<layer.outputs { tangent[neuron, neuron] += own }
      guard let activation = activations[index] else { return (result, tangent[0, 0]) }

      var sums = inputs * weights.transposed
      if let bias = layer.bias {
        for point in 0..<sums.rows {
          for neuron in 0..<sums.columns { sums[point, neuron] += factor.biasFactor * bias[neuron] }
        }
      }
      func map(_ function: ScalarFunction) -> Matrix {
        Matrix(rows: sums.rows, columns: sums.columns, elements: sums.elements.map(function.evaluate))
      }
      let (phi, slope) = (map(activation.value), map(activation.derivative))
      for i in 0..<layer.outputs {
        for j in 0..<layer.outputs { tangent[i, j] *= slope[0, i] * slope[last, j] }
      }
      let count = Double(layer.outputs)
      result.append(
        LayerAverages(
          values: packedGram(phi).map { $0 / count }, slopes: tangent.diagonal.reduce(0, +) / count,
          correlations: (1 / (count * count)) * (phi * tangent * phi.transposed)))
      below = tangent
      inputs = phi
    }
    return (result, .nan)
  }
}
