import Networks

/// Two of a list of points, `first ≤ second`, counted from 0.
public struct PointPair: Sendable, Hashable {
  public var first: Int
  public var second: Int

  public init(_ first: Int, _ second: Int) {
    self.first = min(first, second)
    self.second = max(first, second)
  }

  /// All pairs of `count` points: (0,0), (0,1) and so on, then (1,1), (1,2) and so on.
  public static func all(count: Int) -> [PointPair] {
    (0..<count).flatMap { first in (first..<count).map { PointPair(first, $0) } }
  }

  /// The place of the pair in ``all(count:)``.
  public func index(count: Int) -> Int { first * count - first * (first - 1) / 2 + second - first }
}

/// Outputs and kernels of one network of finite width at `n` points.
///
/// Kernels are symmetric; they hold the entries `i ≤ j` in the order of ``PointPair/all(count:)``.
public struct EmpiricalKernels: Sendable, Equatable {
  /// `n`.
  public let pointCount: Int
  /// `f` at each point.
  public let outputs: [Double]
  /// The trained parameter groups.
  public let groups: [ParameterGroup]
  /// The part of the NTK that each of the groups contributes.
  public let groupNTK: [[Double]]
  /// The NNGP kernel of the network without the signs of its readout, `Σᵢ m² wᵢ² φᵢ(x) φᵢ(x′) + m_b² b²`.
  ///
  /// Its mean is `E f(x) f(x′)`, and it scatters less than `f(x) f(x′)` does.
  public let conditionalNNGP: [Double]

  /// The NTK: the sum over the groups.
  public var ntk: [Double] {
    groupNTK.reduce(into: [Double](repeating: 0, count: pointCount * (pointCount + 1) / 2)) { sum, part in
      for index in sum.indices { sum[index] += part[index] }
    }
  }

  /// `f(x) f(x′)`, whose mean is the NNGP kernel.
  public var outputProducts: [Double] {
    PointPair.all(count: pointCount).map { outputs[$0.first] * outputs[$0.second] }
  }

  /// The NTK at one pair of points.
  public func ntk(_ first: Int, _ second: Int) -> Double {
    let index = PointPair(first, second).index(count: pointCount)
    return groupNTK.reduce(0) { $0 + $1[index] }
  }
}
