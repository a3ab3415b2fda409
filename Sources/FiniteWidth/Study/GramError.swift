import LinearAlgebra

/// The limits of the kernels at one width, for the norms of the errors; entries as in ``PointPair/all(count:)``.
///
/// They are numbers given from outside: what samples knows no formula of the limit.
public struct GramReference: Sendable, Equatable {
  public var ntk: [Double]?
  public var nngp: [Double]?

  public init(ntk: [Double]? = nil, nngp: [Double]? = nil) {
    self.ntk = ntk
    self.nngp = nngp
  }

  /// Whether the two are the same limits, computed perhaps on two machines.
  func agrees(with other: GramReference) -> Bool {
    func same(_ a: [Double]?, _ b: [Double]?) -> Bool {
      guard let a, let b else { return a == nil && b == nil }
      let scale = (a + b).map(\.magnitude).max() ?? 0
      return a.count == b.count && zip(a, b).allSatisfy { ($0 - $1).magnitude <= 1e-8 * scale }
    }
    return same(ntk, other.ntk) && same(nngp, other.nngp)
  }
}

/// Norms of `Δ = K_N − K`.
enum GramError {
  /// `‖Δ‖_F²` over all ordered pairs and the operator norm `‖Δ‖`, the largest magnitude of an eigenvalue.
  static func norms(of kernel: [Double], limit: [Double], points: Int) -> (
    squaredFrobenius: Double, operatorNorm: Double
  ) {
    norms(zip(kernel, limit).map { $0 - $1 }, points: points)
  }

  /// - Parameter difference: The entries i ≤ j of Δ.
  static func norms(_ difference: [Double], points: Int) -> (squaredFrobenius: Double, operatorNorm: Double) {
    switch points {
    case 1: return (difference[0] * difference[0], difference[0].magnitude)
    case 2:
      let (a, b, c) = (difference[0], difference[1], difference[2])
      let half = (a + c) / 2
      let radius = (((a - c) / 2) * ((a - c) / 2) + b * b).squareRoot()
      return (a * a + 2 * b * b + c * c, half.magnitude + radius)
    default:
      var matrix = Matrix(rows: points, columns: points)
      var squared = 0.0
      for (index, pair) in PointPair.all(count: points).enumerated() {
        let value = difference[index]
        matrix[pair.first, pair.second] = value
        matrix[pair.second, pair.first] = value
        squared += pair.first == pair.second ? value * value : 2 * value * value
      }
      // A matrix of finite numbers has eigenvalues; the Frobenius norm bounds them all.
      let values = (try? SymmetricEigen(matrix))?.values ?? [squared.squareRoot()]
      return (squared, max(values.first?.magnitude ?? 0, values.last?.magnitude ?? 0))
    }
  }
}
