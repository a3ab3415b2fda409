import Moments

/// What moves the means of Φ and Ψ of a layer at order 1/N besides the means of the layer before: the curvature of the
/// map under the fluctuations of Φ, the correlations of the NTK between neurons, and the cumulants of the weights.
struct MeanSources {
  /// `½ s2² Σ_qu ⟨D_q D_u φφ⟩_p C(Φ_q, Φ_u)`.
  let valueCurvature: [Estimate]
  /// The same with φ′, to be multiplied by θ.
  let slopeCurvature: [Estimate]
  /// `k4/(24 N) Σ T_cdef ⟨∂_cdef φφ⟩_p`.
  let valueCumulant: [Quantity]
  /// `m3/(6 √N) Σ ⟨φ_c φ_d φ_e⟩ ⟨∂_cde φφ⟩_p`.
  let valueSkewness: [Quantity]

  private let moments: LayerMoments
  private let s4: Estimate
  private let slopeFourth: [Quantity]
  private let slopeSecond: [Quantity]
  private let slopeThird: [Quantity]
  private let slopeFirst: [Quantity]

  /// - Parameters:
  ///   - m: The moments of the layer.
  ///   - before: Those of the layer before, of relative inverse width `previousWidth`.
  init(
    _ m: LayerMoments, before: LayerMoments, s2: Estimate, constants: LayerConstants, previousWidth: ExactNumber,
    phiPhi: PairMatrix
  ) throws {
    moments = m
    s4 = s2 * s2
    let factor = Estimate.half * s4
    func curvature(_ kind: GaussianNeuron.Kind) throws -> [Estimate] {
      try m.pairs.map { p in
        let near = m.near(p)
        var sum = Estimate.zero
        for q in near {
          for u in near { sum = sum + (try m.D(kind, p, m.pairs[q], m.pairs[u])) * phiPhi[q][u] }
        }
        return factor * sum
      }
    }
    valueCurvature = try curvature(.value)
    slopeCurvature = try curvature(.slope)

    let none = [Quantity](repeating: .zero, count: m.pairs.count)
    // Cumulants of the weights.
    if constants.fourthCumulant.isExactlyZero {
      (valueCumulant, slopeFourth, slopeSecond) = (none, none, none)
    } else {
      let scaled = previousWidth * constants.fourthCumulant
      func fourth(_ kind: GaussianNeuron.Kind) throws -> [Quantity] {
        let twentyFourth = Estimate(exact: ExactNumber(1, 24)) * scaled
        return try m.pairs.map { p in
          try Self.sum(order: 4, p) { try before.T($0[0], $0[1], $0[2], $0[3]) * m.derivative(kind, p, directions: $0) }
            * twentyFourth
        }
      }
      valueCumulant = try fourth(.value)
      slopeFourth = try fourth(.slope)
      let half = Estimate.half * scaled
      slopeSecond = try m.pairs.map { p in
        try Self.sum(order: 2, p) {
          try before.U(p.first, p.second, $0[0], $0[1]) * m.derivative(.slope, p, directions: $0)
        } * half
      }
    }
    if constants.third.isExactlyZero {
      (valueSkewness, slopeThird, slopeFirst) = (none, none, none)
    } else {
      let scaled = rationalPower(previousWidth.rational ?? .one, Rational(1, 2)) * constants.third
      func third(_ kind: GaussianNeuron.Kind) throws -> [Quantity] {
        let sixth = Estimate(exact: ExactNumber(1, 6)) * scaled
        return try m.pairs.map { p in
          try Self.sum(order: 3, p) {
            try before.mean(.values($0[0], $0[1], $0[2])) * m.derivative(kind, p, directions: $0)
          } * sixth
        }
      }
      valueSkewness = try third(.value)
      slopeThird = try third(.slope)
      slopeFirst = try m.pairs.map { p in
        try Self.sum(order: 1, p) {
          try before.mean(.slopes(p.first, p.second) * .values($0[0])) * m.derivative(.slope, p, directions: $0)
        } * scaled
      }
    }
  }

  /// The sum over all ordered tuples of the pair's inputs: derivatives in other directions vanish.
  private static func sum(
    order: Int, _ p: InputPair, _ term: ([Int]) throws -> Estimate
  ) rethrows -> Quantity {
    let inputs = p.first == p.second ? [p.first] : [p.first, p.second]
    var sum = Estimate.zero
    // i copies of the first input, in binomial(order, i) orders.
    for copies in 0...order {
      if inputs.count == 1, copies > 0 { break }
      let tuple = (0..<order).map { $0 < copies ? inputs[inputs.count - 1] : inputs[0] }
      let weight = inputs.count == 1 ? 1 : ExactNumber(Rational(binomial(order, copies)))
      sum = sum + weight * (try term(tuple))
    }
    return .finite(sum)
  }

  /// `s2² Σ_cd ⟨∂_c ∂_d φ′φ′⟩_p R_ab;cd`.
  func correlation(_ index: Int, _ R: Tensor4) throws -> Estimate {
    let p = moments.pairs[index]
    let inputs = p.first == p.second ? [p.first] : [p.first, p.second]
    var sum = Estimate.zero
    for c in inputs {
      for d in inputs {
        sum = sum + (try moments.derivative(.slope, p, directions: [c, d])) * R[p.first, p.second, c, d]
      }
    }
    return s4 * sum
  }

  /// `k4/(2N) θ^l Σ U_ab;cd ⟨∂_cd φ′φ′⟩ + k4/(24 N) θ^{l+1} Σ T_cdef ⟨∂_cdef φ′φ′⟩`.
  func slopeCumulant(_ p: Int, _ theta: [Estimate], _ before: [Estimate]) -> Quantity {
    before[p] * slopeSecond[p] + theta[p] * slopeFourth[p]
  }

  /// `m3/√N θ^l Σ_c ⟨φ′_a φ′_b φ_c⟩ ⟨∂_c φ′φ′⟩ + m3/(6√N) θ^{l+1} Σ ⟨φ_c φ_d φ_e⟩ ⟨∂_cde φ′φ′⟩`.
  func slopeSkewness(_ p: Int, _ theta: [Estimate], _ before: [Estimate]) -> Quantity {
    before[p] * slopeFirst[p] + theta[p] * slopeThird[p]
  }
}
