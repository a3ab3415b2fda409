import LimitKernels
import LinearAlgebra
import Moments
import Networks
import Synchronization

/// The tensors of the hierarchy at initialization, computed when asked for and then kept.
final class TrainingTensors: Sendable {
  /// y.
  let targets: [ExactNumber]
  /// The limiting NTK on all points.
  let kernel: Matrix
  private let secondMoments: [[Quantity]]
  private let hierarchy: TangentHierarchy
  private let state: Mutex<State>

  private struct Key: Hashable {
    var kind: Int
    var indices: [Int]
  }

  /// Means are kept by an object that only this state sees.
  private struct State: ~Copyable {
    var means: HierarchyMeans
    var known: [Key: Quantity] = [:]
  }

  init(
    _ network: Network, _ layers: [DenseLayer], hierarchy: TangentHierarchy, kernels: KernelTable,
    points: [[ExactNumber]], targets: [ExactNumber], kernel: Matrix
  ) throws {
    self.targets = targets
    self.kernel = kernel
    self.hierarchy = hierarchy
    var moments = [[Quantity]](repeating: [Quantity](repeating: .zero, count: targets.count), count: targets.count)
    for (entry, pair) in zip(kernels.entries, InputPair.all(points.count)) where pair.second < targets.count {
      moments[pair.first][pair.second] = entry.nngp
      moments[pair.second][pair.first] = entry.nngp
    }
    secondMoments = moments
    let means = try HierarchyMeans(layers[0], readout: layers[1], inputScale: network.inputScale, points: points)
    state = Mutex(State(means: means))
  }

  private func mean(_ kind: Int, _ indices: [Int], _ sum: () -> HierarchySum) throws -> Quantity {
    try state.withLock { state in
      let key = Key(kind: kind, indices: indices)
      if let value = state.known[key] { return value }
      let value = try state.means(sum())
      state.known[key] = value
      return value
    }
  }

  /// `c_abc;d = E[o_abc w φ_d]`.
  func drift(_ a: Int, _ b: Int, _ c: Int, _ d: Int) throws -> Quantity {
    try mean(0, [min(a, b), max(a, b), c, d]) { hierarchy.third(a, b, c) * hierarchy.output(d) }
  }

  /// `E[o_abc o_abd]`.
  func square(_ a: Int, _ b: Int, _ c: Int, _ d: Int) throws -> Quantity {
    try mean(1, [min(a, b), max(a, b), min(c, d), max(c, d)]) { hierarchy.third(a, b, c) * hierarchy.third(a, b, d) }
  }

  /// `P_abcd = E p_abcd`.
  func curvature(_ a: Int, _ b: Int, _ c: Int, _ d: Int) throws -> Quantity {
    try mean(2, [min(a, b), max(a, b), c, d]) { hierarchy.fourth(a, b, c, d) }
  }

  /// `K_cd + y_c y_d`.
  func target(_ c: Int, _ d: Int) -> Quantity { secondMoments[c][d] + .exact(targets[c] * targets[d]) }

  /// `K_cd` as a matrix of doubles.
  var covarianceMatrix: Matrix {
    Matrix(secondMoments.map { row in row.map { $0.estimate?.value ?? .nan } })
  }

  var targetMatrix: Matrix {
    Matrix(targets.indices.map { c in targets.indices.map { target(c, $0).estimate?.value ?? .nan } })
  }
}

/// A sum of quantities times doubles, with the rounding of the doubles.
struct FlowSum {
  private var sum = Quantity.zero

  mutating func add(_ quantity: Quantity, _ factor: Double) {
    sum = sum + Estimate(factor, error: 1e-13 * factor.magnitude, method: .closedForm) * quantity
  }

  var quantity: Quantity { sum }
}
