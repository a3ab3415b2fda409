import Foundation
import GSL
import LinearAlgebra
import Moments

/// The mean error of the linearized network, `N E[f_a(t) − f_a^lin(t)]`.
///
/// With `g_a(t) = Σ_b N E[ΔΘ_ab(t) r_b(t)]` in the eigenbasis of Θ,
///
///     e_i(t) = −∫₀ᵗ e^(−λ_i (t−s)) g_i(s) ds ,   e_*(t) = −∫₀ᵗ [Σ_b Θ_*b e_b(s) + g_*(s)] ds .
struct LinearizationError {
  private let flow: KernelFlow
  private let tensors: TrainingTensors
  private let count: Int
  private let targets: [Double]
  private let covariance: Matrix

  init(_ theory: TrainingTheory, tensors: TrainingTensors) throws {
    flow = try KernelFlow(theory.kernel, time: 0)
    self.tensors = tensors
    count = theory.trainingCount
    targets = flow.rotate(tensors.targets.map(\.doubleValue))
    covariance = flow.rotate(tensors.covarianceMatrix)
  }

  /// `c_a` and `P_a` with b, c, d in the eigenbasis, and a bound on their errors relative to the largest.
  private struct Rotated {
    var drift: [Double]
    var curvature: [Double]
    var relativeError: Double
  }

  private func rotated(_ a: Int) throws -> Rotated {
    func collect(_ tensor: (Int, Int, Int, Int) throws -> Quantity) throws -> (values: [Double], error: Double)? {
      var values: [Double] = []
      var (error, largest) = (0.0, 0.0)
      for b in 0..<count {
        for c in 0..<count {
          for d in 0..<count {
            guard let estimate = try tensor(a, b, c, d).estimate else { return nil }
            values.append(estimate.value)
            error = max(error, estimate.roundedError)
            largest = max(largest, estimate.value.magnitude)
          }
        }
      }
      return (rotate(values), largest > 0 ? error / largest : 0)
    }
    guard let drift = try collect(tensors.drift), let curvature = try collect(tensors.curvature) else {
      throw FiniteWidthTheoryError.noKernel(
        reason: "a moment of the readout's weights or of the first layer does not exist")
    }
    return Rotated(
      drift: drift.values, curvature: curvature.values, relativeError: max(drift.error, curvature.error))
  }

  /// Every index of a cube by Vᵀ.
  private func rotate(_ cube: [Double]) -> [Double] {
    var result = cube
    let n = count
    for axis in 0..<3 {
      let stride = axis == 0 ? n * n : axis == 1 ? n : 1
      var next = [Double](repeating: 0, count: result.count)
      for position in result.indices {
        let index = position / stride % n
        let base = position - index * stride
        for k in 0..<n { next[base + k * stride] += flow.eigen.vectors[index, k] * result[position] }
      }
      result = next
    }
    return result
  }

  /// `g_a(t)` and the sum of moduli.
  private func source(_ tensor: Rotated, _ time: Double) -> (value: Double, modulus: Double) {
    let n = count
    let decay = flow.eigen.values.map { exp(-$0 * time) }
    let response = flow.eigen.values.map { KernelFlow.integral($0, time) }
    var (value, modulus) = (0.0, 0.0)
    func add(_ term: Double) {
      value += term
      modulus += term.magnitude
    }
    for i in 0..<n {
      for j in 0..<n {
        // b in direction i, c and d in direction j; then b and e in direction i.
        add(decay[i] * response[j] * targets[i] * tensor.drift[(i * n + j) * n + j])
        add(decay[i] * response[j] * targets[j] * tensor.drift[(i * n + j) * n + i])
        for k in 0..<n {
          let weight = KernelFlow.double(flow.eigen.values[j], flow.eigen.values[k], time)
          let cubic =
            targets[j] * covariance[k, i] + targets[k] * covariance[j, i] + targets[i] * covariance[j, k]
            + targets[j] * targets[k] * targets[i]
          add(-tensor.curvature[(i * n + j) * n + k] * weight * decay[i] * cubic)
        }
      }
    }
    return (value, modulus)
  }

  func value(_ a: Int, time: Double) throws -> Quantity {
    if time == 0 { return .zero }
    let isTest = a >= count
    let training = try (0..<count).map(rotated)
    let test = isTest ? try rotated(a) : nil
    // e_a = Σ_i V_ai e_i; Σ_b Θ_*b V_bi for a test point.
    let factors = flow.eigen.values.indices.map { i -> Double in
      isTest
        ? (0..<count).reduce(0) { $0 + tensors.kernel[a, $1] * flow.eigen.vectors[$1, i] } : flow.eigen.vectors[a, i]
    }
    func integrand(_ s: Double) -> (value: Double, modulus: Double) {
      let plain = training.map { source($0, s) }
      var (value, modulus) = (0.0, 0.0)
      for i in flow.eigen.values.indices {
        var (g, size) = (0.0, 0.0)
        for b in 0..<count {
          g += flow.eigen.vectors[b, i] * plain[b].value
          size += flow.eigen.vectors[b, i].magnitude * plain[b].modulus
        }
        let lambda = flow.eigen.values[i]
        // A test point feels the integral of e: ∫ₛᵗ e^(−λ(u−s)) du, with the opposite sign.
        let kernel = isTest ? -KernelFlow.integral(lambda, time - s) : exp(-lambda * (time - s))
        value -= factors[i] * kernel * g
        modulus += (factors[i] * kernel).magnitude * size
      }
      if let test {
        let own = source(test, s)
        value -= own.value
        modulus += own.modulus
      }
      return (value, modulus)
    }
    // Gauss–Legendre on panels of a few relaxation times, against twice as many.
    let rate = (flow.eigen.values.max() ?? 0) * time
    let panels = min(max(2, Int((rate / 4).rounded(.up))), 400)
    let rule = try GaussLegendreRule(count: 12)
    func integral(_ panels: Int) -> (value: Double, modulus: Double) {
      var result = (value: 0.0, modulus: 0.0)
      let half = 0.5 * time / Double(panels)
      for panel in 0..<panels {
        for (node, weight) in zip(rule.nodes, rule.weights) {
          let (value, modulus) = integrand(half * (Double(2 * panel + 1) + node))
          result.value += half * weight * value
          result.modulus += half * weight * modulus
        }
      }
      return result
    }
    let (fine, coarse) = (integral(2 * panels), integral(panels))
    let relative = (training + (test.map { [$0] } ?? [])).map(\.relativeError).max() ?? 0
    let error = (fine.value - coarse.value).magnitude + (1e-13 + Double(count) * relative) * fine.modulus
    return .finite(Estimate(fine.value, error: error, method: .quadrature))
  }
}
