import Foundation
import LinearAlgebra
import Moments

/// Functions of the limiting NTK that describe gradient flow: `r(t) = e^(−Θt) r(0)` in the eigenbasis of Θ.
struct KernelFlow {
  let eigen: SymmetricEigen
  /// May be infinite.
  let time: Double

  /// - Throws: ``FiniteWidthTheoryError/singularKernel`` for an infinite time with a singular kernel.
  init(_ kernel: Matrix, time: Double) throws {
    eigen = try SymmetricEigen(kernel)
    self.time = time
    let largest = eigen.values.map(\.magnitude).max() ?? 0
    if time.isInfinite, eigen.values.contains(where: { $0 <= 1e-12 * largest }) {
      throw FiniteWidthTheoryError.singularKernel
    }
  }

  /// `∫₀ᵗ e^(−λs) ds = (1 − e^(−λt))/λ`.
  static func integral(_ lambda: Double, _ time: Double) -> Double {
    if time.isInfinite { return 1 / lambda }
    let x = lambda * time
    return x.magnitude < 1e-12 ? time : -expm1(-x) / lambda
  }

  /// `∫₀ᵗ e^(−λ_i s) (1 − e^(−λ_j s))/λ_j ds`.
  static func double(_ first: Double, _ second: Double, _ time: Double) -> Double {
    if time.isInfinite { return 1 / (first * (first + second)) }
    if (second * time).magnitude > 1e-5 {
      return (integral(first, time) - integral(first + second, time)) / second
    }
    // s − λ_j s²/2 under the first exponential, by Simpson's rule of the smooth remainder.
    let steps = 400
    var sum = 0.0
    for index in 0...steps {
      let s = time * Double(index) / Double(steps)
      let weight = index == 0 || index == steps ? 1.0 : index.isMultiple(of: 2) ? 2 : 4
      sum += weight * exp(-first * s) * integral(second, s)
    }
    return sum * time / Double(3 * steps)
  }

  /// `A_cd(t) = ∫₀ᵗ (e^(−Θs))_cd ds`.
  func response(_ c: Int, _ d: Int) -> Double {
    eigen.values.indices.reduce(0) { sum, k in
      sum + eigen.vectors[c, k] * Self.integral(eigen.values[k], time) * eigen.vectors[d, k]
    }
  }

  /// `Q_cd(t) = Σ_ij V_ci V_dj (VᵀMV)_ij J_ij(t)` of a matrix M.
  func quadratic(_ c: Int, _ d: Int, _ matrix: Matrix) -> Double {
    let rotated = rotate(matrix)
    var sum = 0.0
    for i in eigen.values.indices {
      for j in eigen.values.indices {
        sum +=
          eigen.vectors[c, i] * eigen.vectors[d, j] * rotated[i, j]
          * Self.double(eigen.values[i], eigen.values[j], time)
      }
    }
    return sum
  }

  /// `VᵀMV`.
  func rotate(_ matrix: Matrix) -> Matrix { eigen.vectors.transposed * (matrix * eigen.vectors) }

  /// `Vᵀy`.
  func rotate(_ vector: [Double]) -> [Double] { eigen.vectors.transposed * vector }
}
