import FiniteWidthTheory
import LimitKernels
import LinearAlgebra
import Moments
import Networks

extension KernelTheory {
  /// What is known of networks of these widths: the finite-width theory where it covers the network, else the limits.
  ///
  /// - Throws: What the limits throw.
  public static func theories(
    _ kernels: KernelTable, points: [[ExactNumber]], choice: KernelChoice, widths: [Int], threads: Int
  ) throws -> [KernelTheory] {
    var theories = limits(kernels, choice: choice, widths: widths)
    let prediction: FiniteWidthPrediction
    do {
      prediction = try finiteWidthPrediction(
        of: kernels.network, at: points, options: KernelOptions(threads: threads))
    } catch let error as FiniteWidthTheoryError {
      for index in theories.indices { theories[index].warnings.append("Only the limit is compared: \(error)") }
      return theories
    } catch let error as NetworkError {
      for index in theories.indices { theories[index].warnings.append("Only the limit is compared: \(error)") }
      return theories
    }
    let warnings = prediction.warnings(width: widths.min() ?? 1).filter { $0.concerns(choice) }.map(\.description)
    for index in theories.indices {
      for (entry, predicted) in prediction.entries.enumerated() {
        let kernel =
          switch choice {
          case .ntk: predicted.ntk
          case .nngp: predicted.nngp
          case .groups: predicted.groups[index]
          }
        theories[index].entries[entry].take(kernel, widths: widths)
      }
      theories[index].warnings = warnings
    }
    if choice == .ntk, let covariance = EntryCovariances(prediction, widths: widths) {
      theories[0].covariances = covariance.matrices
      theories[0].covarianceErrors = covariance.errors
    }
    return theories
  }
}

extension PredictionWarning {
  /// Whether the warning is about this kernel.
  fileprivate func concerns(_ choice: KernelChoice) -> Bool {
    switch self {
    case .noRate(let kernel, _, _, _), .noLimit(let kernel, _, _, _): (kernel == "NTK") == (choice != .nngp)
    default: true
    }
  }
}

extension EntryTheory {
  /// Replaces what the limit says by a prediction, as far as it goes.
  fileprivate mutating func take(_ kernel: KernelPrediction, widths: [Int]) {
    let predicted = widths.map { kernel.mean(width: $0).estimate }
    // A mean without its 1/N term is that of the limit, which stays.
    if predicted.allSatisfy({ $0 != nil }) {
      means = predicted
      order =
        switch kernel.order {
        case .exact: .exact
        case .leading: .leading
        case .halfOrder: .halfOrder
        }
    } else {
      order = max(order, .limit)
    }
    variances = widths.map { kernel.variance(width: $0) }
    fourthCumulants = widths.map { kernel.fourthCumulant(width: $0) }
    let isConstant = !(kernel.constantVariance.estimate?.isExactlyZero ?? true)
    let exists = variances.allSatisfy { ($0?.estimate?.value ?? 0) > 0 }
    deviationExponent = exists ? exponent - (isConstant ? 0 : 0.5) : nil
  }
}

/// The covariances of all entries of the NTK at the widths of a study.
private struct EntryCovariances {
  var matrices: [Matrix?]
  var errors: [Double]

  /// Above this number of entries they are left out: each may need an expectation over four preactivations.
  private static let largestCount = 10

  /// - Returns: nil where there are too many entries, or one of the covariances is not known.
  ///
  /// They are computed at the first width. At the others correlations are the same, as far as all parts of the kernel
  /// follow one power of N, and otherwise to the order of what they differ by.
  init?(_ prediction: FiniteWidthPrediction, widths: [Int]) {
    let count = prediction.entries.count
    guard let first = widths.first, count <= Self.largestCount else { return nil }
    var correlation = Matrix.identity(count)
    var largest = 0.0
    let deviations = widths.map { width in
      prediction.entries.map { $0.ntk.variance(width: width).estimate?.value.squareRoot() ?? 0 }
    }
    for i in 0..<count {
      guard deviations[0][i] > 0 else { return nil }
      for j in (i + 1)..<max(count, i + 1) {
        guard let covariance = prediction.covariance(i, j, width: first).estimate, deviations[0][j] > 0 else {
          return nil
        }
        correlation[i, j] = covariance.value / (deviations[0][i] * deviations[0][j])
        correlation[j, i] = correlation[i, j]
        largest = max(largest, covariance.error / (deviations[0][i] * deviations[0][j]))
      }
    }
    matrices = deviations.map { deviations in
      var matrix = correlation
      for i in 0..<count {
        for j in 0..<count { matrix[i, j] *= deviations[i] * deviations[j] }
      }
      return matrix
    }
    errors = deviations.map { largest * ($0.map { $0 * $0 }.max() ?? 0) }
  }
}
