import FiniteWidth
import Foundation
import LinearAlgebra

/// The network linearized in its parameters at the start, trained in the same way, in closed form.
///
/// With `f_lin(x; θ) = f₀(x) + ∇f₀(x)·(θ − θ₀)` the kernel stays `Θ₀`. In the eigenbasis of `s Θ₀` on the training
/// inputs, with eigenvalues `λ`, the residuals `r` fall like `E(λ)` and
///
///     f_lin = y + E r₀                    on training inputs,
///     f_lin = f₀ − s Θ₀(x, ·) A r₀        elsewhere,
///     θ_lin = θ₀ − s η ∘ Jᵀ A r₀ ,        A = (1 − E) / λ ,
///
/// with `E = e^{−λ t}` under gradient flow, and `E = (1 − h λ)^k` after k steps h of gradient descent. `E` and `A` are
/// formed with `expm1`, so that small eigenvalues keep their accuracy.
struct LinearizedModel {
  private let eigen: SymmetricEigen
  /// The eigenvalues of `s Θ₀`; rounding below 0 is taken out.
  let values: [Double]
  /// `r₀` in the eigenbasis.
  private let residuals: [Double]
  private let targets: [Double]
  private let initialOutputs: [Double]
  /// `s Θ₀`, points × training inputs.
  private let kernel: Matrix
  /// The step of gradient descent; nil for gradient flow.
  private let step: Double?

  /// - Throws: ``TrainingError/linearAlgebra(_:)``.
  init(_ problem: TrainingProblem, kernels: EmpiricalKernels, step: Double?) throws(TrainingError) {
    let (count, trained) = (problem.points.count, problem.inputs.count)
    let packed = kernels.ntk
    var kernel = Matrix(rows: count, columns: trained)
    for i in 0..<count {
      for j in 0..<trained { kernel[i, j] = problem.timeScale * packed[PointPair(i, j).index(count: count)] }
    }
    let square = Matrix(rows: trained, columns: trained, elements: Array(kernel.elements.prefix(trained * trained)))
    do { eigen = try SymmetricEigen(square) } catch { throw .linearAlgebra("\(error)") }
    let rounding = Double(trained) * 0x1p-52 * (eigen.values.last ?? 0)
    values = eigen.values.map { $0.magnitude <= rounding ? 0 : $0 }
    residuals = eigen.vectors * zip(kernels.outputs, problem.targets).map { $0 - $1 }
    targets = problem.targets
    initialOutputs = kernels.outputs
    self.kernel = kernel
    self.step = step
  }

  /// The largest eigenvalue of `s Θ₀`.
  var largestValue: Double { values.last ?? 0 }

  /// `E(λ)`.
  private func decay(_ value: Double, _ time: Double) -> Double {
    guard let step else { return exp(-value * time) }
    let (count, factor) = ((time / step).rounded(), step * value)
    return factor < 1 ? exp(count * log1p(-factor)) : pow(1 - factor, count)
  }

  /// `1 − E(λ)`.
  private func progress(_ value: Double, _ time: Double) -> Double {
    guard let step else { return -expm1(-value * time) }
    let (count, factor) = ((time / step).rounded(), step * value)
    return factor < 1 ? -expm1(count * log1p(-factor)) : 1 - pow(1 - factor, count)
  }

  /// `A r₀` in the basis of the training inputs.
  func integratedResiduals(at time: Double) -> [Double] {
    let parts = zip(values, residuals).map { value, residual in
      value == 0 ? time * residual : progress(value, time) / value * residual
    }
    return eigen.vectors.transposed * parts
  }

  /// The outputs at all points.
  func outputs(at time: Double) -> [Double] {
    let remaining = eigen.vectors.transposed * zip(values, residuals).map { decay($0, time) * $1 }
    let trained = zip(targets, remaining).map { $0 + $1 }
    guard initialOutputs.count > targets.count else { return trained }
    let moved = kernel * integratedResiduals(at: time)
    return trained + zip(initialOutputs, moved).dropFirst(targets.count).map { $0 - $1 }
  }

  func loss(at time: Double) -> Double {
    zip(values, residuals).reduce(0) { sum, mode in
      let part = decay(mode.0, time) * mode.1
      return sum + 0.5 * part * part
    }
  }
}
