import LinearAlgebra
import Networks

/// What a backward pass brings the gradients of a layer's parameters to.
///
/// A layer says what the gradients of the outputs are made of; a sink makes kernels or sums of them.
protocol GradientSink: AnyObject {
  /// The gradient of the output at point a is the matrix `m dₐ hₐᵀ`, neurons × inputs.
  ///
  /// - Parameters:
  ///   - derivatives: `d`, points × neurons.
  ///   - inputs: `h`, points × inputs.
  ///   - factor: `m`.
  ///   - rate: The learning rate of the group.
  func add(_ group: ParameterGroup, derivatives: Matrix, inputs: Matrix, factor: Double, rate: Double)

  /// The gradient of the output at point a is the vector `m dₐ`.
  func add(_ group: ParameterGroup, derivatives: Matrix, factor: Double, rate: Double)
}

/// The part of each group in the NTK, `η Σ_p ∂_p f(x) ∂_p f(x′)`, packed as in ``EmpiricalKernels``.
final class KernelParts: GradientSink {
  private var parts: [ParameterGroup: [Double]] = [:]

  subscript(group: ParameterGroup) -> [Double]? { parts[group] }

  func add(_ group: ParameterGroup, derivatives: Matrix, inputs: Matrix, factor: Double, rate: Double) {
    let scale = rate * factor * factor
    parts[group] = zip(derivatives.packedGram, inputs.packedGram).map { scale * $0 * $1 }
  }

  func add(_ group: ParameterGroup, derivatives: Matrix, factor: Double, rate: Double) {
    let scale = rate * factor * factor
    parts[group] = derivatives.packedGram.map { scale * $0 }
  }
}

/// The gradient of each group, summed over the points; rates are not in it.
final class GradientParts: GradientSink {
  private var parts: [ParameterGroup: [Double]] = [:]

  subscript(group: ParameterGroup) -> [Double]? { parts[group] }

  func add(_ group: ParameterGroup, derivatives: Matrix, inputs: Matrix, factor: Double, rate: Double) {
    parts[group] = Matrix.product(derivatives, inputs, transposeA: true, factor: factor).elements
  }

  func add(_ group: ParameterGroup, derivatives: Matrix, factor: Double, rate: Double) {
    var sums = [Double](repeating: 0, count: derivatives.columns)
    for point in 0..<derivatives.rows {
      for (neuron, value) in derivatives.row(point).enumerated() { sums[neuron] += factor * value }
    }
    parts[group] = sums
  }
}
