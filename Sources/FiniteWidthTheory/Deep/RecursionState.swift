import Moments

/// A tensor `t_abcd` over n inputs.
struct Tensor4: Sendable {
  let count: Int
  private(set) var elements: [Estimate]

  init(count: Int, _ element: (Int, Int, Int, Int) throws -> Estimate) rethrows {
    self.count = count
    elements = []
    elements.reserveCapacity(count * count * count * count)
    for a in 0..<count {
      for b in 0..<count {
        for c in 0..<count { for d in 0..<count { elements.append(try element(a, b, c, d)) } }
      }
    }
  }

  subscript(a: Int, b: Int, c: Int, d: Int) -> Estimate { elements[((a * count + b) * count + c) * count + d] }
}

/// A matrix of estimates over pairs of inputs.
typealias PairMatrix = [[Estimate]]

extension Array where Element == [Estimate] {
  static func product(_ a: PairMatrix, _ b: PairMatrix) -> PairMatrix {
    a.map { row in
      (b.first ?? []).indices.map { column in
        var sum = Estimate.zero
        for (k, factor) in row.enumerated() where !factor.isExactlyZero { sum = sum + factor * b[k][column] }
        return sum
      }
    }
  }

  var transposed: PairMatrix { (first ?? []).indices.map { column in map { $0[column] } } }

  static func + (a: PairMatrix, b: PairMatrix) -> PairMatrix {
    zip(a, b).map { first, second in zip(first, second).map { $0 + $1 } }
  }
}

/// What the recursion carries after a hidden layer, all of order 1/N in units of 1/N.
struct RecursionState {
  /// `F_p`, the limit of Φ.
  var F: [Estimate]
  /// The mean corrections of Φ.
  var meanPhi: [Quantity]
  /// The terms of order `N^(−1/2)` of the mean of Φ, for skewed weights.
  var halfPhi: [Quantity]
  /// `N Cov(Φ_p, Φ_q)`.
  var phiPhi: PairMatrix
  /// By channel.
  var channels: [ChannelState]
  /// `N Cov(Ψ^c_p, Ψ^{c′}_q)` of the pairs of channels carried.
  var psiPsi: [ChannelPair: PairMatrix]
  /// `S_ab;cd` of the pairs of channels carried.
  var S: [ChannelPair: Tensor4]
}

/// The part of the state that belongs to one weighting of the groups.
struct ChannelState {
  /// `θ_p`, the NTK of one neuron of the layer.
  var theta: [Estimate]
  /// `ψ_p = h_p θ_p`, the limit of Ψ.
  var psi: [Estimate]
  /// The mean corrections of Ψ.
  var meanPsi: [Quantity]
  /// The terms of order `N^(−1/2)`.
  var halfPsi: [Quantity]
  /// `N Cov(Φ_p, Ψ_q)`.
  var phiPsi: PairMatrix
  /// `R_ab;cd`.
  var R: Tensor4
}
