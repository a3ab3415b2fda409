import Activations
import Foundation
import LinearAlgebra
import Moments
import Networks

/// What the end of a training says about the data and the network.
public enum FitVerdict: Sendable, Equatable {
  /// The loss is zero to the precision of the training.
  case fitted
  /// The loss still falls at this rate, `−d log L / dt`.
  case falling(rate: Double)
  /// The gradient has vanished and the loss has not.
  ///
  /// - `share`: How much of the residual the kernel can see: `r·Θr / (λ_max r·r)`.
  case settled(share: Double)

  /// Below this share of the loss of the zero function, or of the initial loss, a loss is zero to working precision:
  /// the residuals are a millionth of the targets.
  public static let zero = 1e-12
  /// Below this share of the largest eigenvalue a residual is out of the kernel's reach.
  public static let unseen = 1e-6
  /// Below this share of its largest value the kernel has vanished.
  public static let vanished = 1e-4
}

extension TrainingHistory {
  /// The scale of the loss: that of the start, or of the zero function if it is larger.
  public var lossScale: Double {
    let zero = run.problem.loss([Double](repeating: 0, count: run.problem.targets.count))
    return max(zero, records.first?.loss ?? 0)
  }

  /// What the last record says.
  ///
  /// The residuals fall at the rate `ρ = −(dL/dt)/(2L) = s r·Θr / r·r`. A network has settled where it would need more
  /// than ten times the time trained so far to halve the loss, and either ρ is less than a millionth of the kernel's
  /// trace, or the kernel itself has vanished: its trace is less than a ten thousandth of what it was.
  public var verdict: FitVerdict {
    guard let last = records.last, last.loss > FitVerdict.zero * lossScale else { return .fitted }
    let rate = last.descent / last.loss
    let now = trace(last)
    let share = now == 0 ? 0 : rate / 2 / (run.problem.timeScale * now)
    let isOutOfReach = share < FitVerdict.unseen || now < FitVerdict.vanished * (records.map(trace).max() ?? 0)
    return isOutOfReach && rate * last.time < 0.07 ? .settled(share: share) : .falling(rate: rate)
  }

  /// The trace of `Θ` on the training inputs.
  private func trace(_ record: TrainingRecord) -> Double {
    let count = run.problem.points.count
    return run.problem.inputs.indices.reduce(0) { $0 + record.kernelEntry($1, $1, of: count) }
  }
}

extension TrainingRecord {
  /// `Θ_t` at two of `count` points.
  public func kernelEntry(_ first: Int, _ second: Int, of count: Int) -> Double {
    let (low, high) = (min(first, second), max(first, second))
    return kernel[low * count - low * (low - 1) / 2 + high - low]
  }
}

/// Why no network of a kind fits some data, whatever its width and its parameters.
public enum FitObstruction: Sendable, Equatable {
  /// Equal inputs have different targets.
  case repeatedInput(smallestLoss: Double)
  /// All functions of the network are polynomials of this degree, and none of them passes through the data.
  case polynomial(degree: Int, smallestLoss: Double)

  /// The loss that nothing gets below.
  public var smallestLoss: Double {
    switch self {
    case .repeatedInput(let loss), .polynomial(_, let loss): return loss
    }
  }

  /// Looks for an obstruction.
  ///
  /// A network of polynomial activations of degrees `k₁ … k_L` computes polynomials of degree `D = k₁ ⋯ k_L`. More
  /// data than such polynomials have coefficients, `(d + D)!/(d! D!)`, leave residuals: those of the least squares fit,
  /// the part of the targets in the null space of the matrix `(1 + x_a·x_b/|x|²)^D`, whose dimension is known.
  public static func find(network: Network, inputs: [[Double]], targets: [Double]) -> FitObstruction? {
    let scale = max(1e-300, targets.reduce(0) { $0 + 0.5 * $1 * $1 })
    let repeated = repeatedInputLoss(inputs, targets)
    if repeated > 1e-14 * scale { return .repeatedInput(smallestLoss: repeated) }
    guard let degree = polynomialDegree(of: network), inputs.count <= 500 else { return nil }
    guard let loss = polynomialLoss(degree: degree, inputs, targets), loss > 1e-12 * scale else { return nil }
    return .polynomial(degree: degree, smallestLoss: loss)
  }

  /// `½ Σ (y − ȳ)²` over groups of equal inputs.
  private static func repeatedInputLoss(_ inputs: [[Double]], _ targets: [Double]) -> Double {
    Dictionary(grouping: inputs.indices, by: { inputs[$0] }).values.reduce(0) { sum, group in
      guard group.count > 1 else { return sum }
      let mean = group.reduce(0) { $0 + targets[$1] } / Double(group.count)
      return sum + group.reduce(0) { $0 + 0.5 * (targets[$1] - mean) * (targets[$1] - mean) }
    }
  }

  /// The degree of the network's functions, if all activations are polynomials of a small product of degrees.
  private static func polynomialDegree(of network: Network) -> Int? {
    guard let layers = try? network.denseLayers(for: "the degree of a network") else { return nil }
    var degree = 1
    for layer in layers {
      guard let activation = layer.activation else { continue }
      guard let polynomial = activation.value.pieces?.polynomial else { return nil }
      degree *= max(0, polynomial.degree)
      guard degree <= 12 else { return nil }
    }
    return degree
  }

  private static func polynomialLoss(degree: Int, _ inputs: [[Double]], _ targets: [Double]) -> Double? {
    let (count, dimension) = (inputs.count, inputs[0].count)
    var coefficients = 1.0
    for index in stride(from: 1, through: degree, by: 1) {
      coefficients *= Double(dimension + index) / Double(index)
    }
    guard Double(count) > coefficients + 0.5 else { return nil }
    let square = inputs.map { $0.reduce(0) { $0 + $1 * $1 } }.max() ?? 0
    guard square.isFinite else { return nil }
    var matrix = Matrix(rows: count, columns: count)
    for i in 0..<count {
      for j in 0..<count {
        let product = zip(inputs[i], inputs[j]).reduce(0) { $0 + $1.0 * $1.1 }
        matrix[i, j] = pow(1 + (square == 0 ? 0 : product / square), Double(degree))
      }
    }
    guard let eigen = try? SymmetricEigen(matrix) else { return nil }
    let nullity = count - Int(coefficients.rounded())
    return (0..<nullity).reduce(0) { sum, index in
      let part = zip(eigen.vectors.row(index), targets).reduce(0) { $0 + $1.0 * $1.1 }
      return sum + 0.5 * part * part
    }
  }
}
