import LimitKernels
import Moments
import Networks

/// One hidden layer: exact at every width, for every law and activation.
///
/// The NTK and the conditional NNGP kernel are averages over N independent neurons,
///
///     Θ_N(a,b) = m_b² + (1/N) Σ_i ξ_ab,i ,   ξ_ab = ew₂ φ_a φ_b + w² φ′_a φ′_b κ_ab ,   κ_ab = ew₁ x_a·x_b + eb₁ ,
///
/// so that `E Θ_N` is the limit and every cumulant is that of ξ: `κ_r(Θ_N) = κ_r(ξ)/N^(r−1)`. Each trained group keeps
/// its own power of N.
struct OneHiddenLayer: Sendable {
  let neuron: FirstLayerNeuron
  let moments: WeightMoments
  let readout: DenseLayer
  let groups: [TrainedGroup]
  let exponents: WidthExponents
  let points: [[ExactNumber]]
  /// `N₁/N`.
  let relativeWidth: Rational

  /// The kernels of an entry in front of one group's power of N: `ξ^g = α φφ + w² β φ′φ′ + γ`.
  struct Coefficients {
    var value: ExactNumber = 0
    var slope: ExactNumber = 0
  }

  func coefficients(_ group: TrainedGroup, _ entry: InputPair) -> Coefficients {
    switch (group.group.layer, group.group.kind) {
    case (0, .weights):
      Coefficients(slope: group.weight * innerProduct(points[entry.first], points[entry.second]))
    case (0, .bias): Coefficients(slope: group.weight)
    case (_, .weights): Coefficients(value: group.weight)
    // A readout bias is constant, and dense layers have no gain.
    case (_, .bias), (_, .gain): Coefficients()
    }
  }

  // MARK: Second moments

  /// Covariances over one neuron between the kinds of terms of two entries p and q.
  struct Blocks {
    /// `Cov(φφ_p, φφ_q)`, `Cov(φφ_p, w²φ′φ′_q)`, `Cov(w²φ′φ′_p, φφ_q)`, `Cov(w²φ′φ′_p, w²φ′φ′_q)`.
    var valueValue = Quantity.zero
    var valueSlope = Quantity.zero
    var slopeValue = Quantity.zero
    var slopeSlope = Quantity.zero

    func covariance(_ a: Coefficients, _ b: Coefficients) -> Quantity {
      (a.value * b.value) * valueValue + (a.value * b.slope) * valueSlope + (a.slope * b.value) * slopeValue
        + (a.slope * b.slope) * slopeSlope
    }
  }

  /// - Parameter needs: Which of values and slopes occur at p and at q.
  func blocks(
    _ p: InputPair, _ q: InputPair, _ needs: (first: Coefficients, second: Coefficients)
  ) throws -> Blocks {
    let (valueP, valueQ) = (NeuronMonomial.values(p.first, p.second), NeuronMonomial.values(q.first, q.second))
    let (slopeP, slopeQ) = (NeuronMonomial.slopes(p.first, p.second), NeuronMonomial.slopes(q.first, q.second))
    let (hasValueP, hasValueQ) = (!needs.first.value.isZero, !needs.second.value.isZero)
    let (hasSlopeP, hasSlopeQ) = (!needs.first.slope.isZero, !needs.second.slope.isZero)
    let second = moments.second
    var result = Blocks()
    let F = (p: hasValueP ? try neuron.mean(valueP) : .zero, q: hasValueQ ? try neuron.mean(valueQ) : .zero)
    let h = (p: hasSlopeP ? try neuron.mean(slopeP) : .zero, q: hasSlopeQ ? try neuron.mean(slopeQ) : .zero)
    if hasValueP, hasValueQ { result.valueValue = try neuron.mean(valueP * valueQ) - F.p * F.q }
    if hasValueP, hasSlopeQ { result.valueSlope = second * (try neuron.mean(valueP * slopeQ) - F.p * h.q) }
    if hasSlopeP, hasValueQ { result.slopeValue = second * (try neuron.mean(slopeP * valueQ) - h.p * F.q) }
    if hasSlopeP, hasSlopeQ {
      result.slopeSlope = moments(4) * (try neuron.mean(slopeP * slopeQ)) - (second * h.p) * (second * h.q)
    }
    return result
  }

  /// What occurs at an entry in any group.
  private func needs(_ entry: InputPair) -> Coefficients {
    groups.reduce(into: Coefficients()) { result, group in
      let part = coefficients(group, entry)
      if !part.value.isZero { result.value = 1 }
      if !part.slope.isZero { result.slope = 1 }
    }
  }

  /// `N Cov` of the groups' parts of the NTK between two entries.
  func groupCovariances(_ p: InputPair, _ q: InputPair) throws -> [[Quantity]] {
    let blocks = try blocks(p, q, (needs(p), needs(q)))
    return groups.map { first in
      groups.map { second in
        relativePower(first.exponent + second.exponent - 1)
          * blocks.covariance(coefficients(first, p), coefficients(second, q))
      }
    }
  }

  /// `N^e` in the width of the layer, `(r N)^e = r^e N^e`.
  func relativePower(_ exponent: Rational) -> Estimate { rationalPower(relativeWidth, exponent) }

  /// `Cov(Θ_N(p), Θ_N(q))` at one width.
  func covariance(_ p: InputPair, _ q: InputPair, width: Int) throws -> Quantity {
    let matrix = try groupCovariances(p, q)
    var sum = Quantity.zero
    for (i, first) in groups.enumerated() {
      for (j, second) in groups.enumerated() {
        sum = sum + widthPower(width, first.exponent + second.exponent - 1) * matrix[i][j]
      }
    }
    return sum
  }

  // MARK: Entries

  func prediction(_ entry: KernelEntry, _ pair: InputPair) throws -> EntryPrediction {
    let matrix = try groupCovariances(pair, pair)
    let terms = zip(groups, entry.groups).map { group, kernel in
      KernelPrediction.Term(
        exponent: group.exponent, limit: relativePower(group.exponent) * kernel.law.coefficient)
    }
    let table = MomentTable(layer: self, pair: pair)
    let selections = terms.indices.map { [$0] }
    func kernel(_ selected: [Int]) -> KernelPrediction {
      KernelPrediction(
        order: .exact, terms: selected.map { terms[$0] },
        covariances: selected.map { i in selected.map { matrix[i][$0] } },
        cumulants: { order, width in try table.cumulant(order, width: width, groups: selected) })
    }
    let nngp = try nngpPrediction(pair)
    return EntryPrediction(
      x: entry.x, y: entry.y, ntk: kernel(Array(terms.indices)), nngp: nngp.kernel,
      groups: selections.map(kernel), output: nngp.output)
  }

  /// The conditional NNGP kernel, and the fourth cumulant of the function.
  private func nngpPrediction(_ pair: InputPair) throws -> (kernel: KernelPrediction, output: OutputPrediction) {
    let (a, b) = (pair.first, pair.second)
    let F = try neuron.mean(.values(a, b))
    let T = try neuron.mean(.values(a, a, b, b))
    let second = moments.second
    let limit = second * F
    let exponent = exponents.function
    let variance = relativePower(2 * exponent - 1) * (moments(4) * T - limit * limit)
    var terms = [KernelPrediction.Term(exponent: exponent, limit: relativePower(exponent) * limit)]
    var covariances = [[variance]]
    if let term = readoutBiasTerm(readout, exponents, relativePower: relativePower) {
      terms.append(term)
      covariances = [[variance, .zero], [.zero, .zero]]
    }
    // κ(f_a, f_a, f_b, f_b) = (1/N) [m4 T − s2² (F_aa F_bb + 2 F_ab²)]
    let diagonal = a == b ? F * F : (try neuron.mean(.values(a, a))) * (try neuron.mean(.values(b, b)))
    let fourth =
      relativePower(2 * exponent - 1) * (moments(4) * T - (second * second) * (diagonal + ExactNumber(2) * (F * F)))
    var kurtosis: Quantity?
    if a == b, terms.count == 1, let power = terms[0].limit.estimate, !power.isExactlyZero {
      kurtosis = fourth.estimate.map { .finite($0 / (power * power)) } ?? fourth
    }
    return (
      KernelPrediction(
        order: .exact, terms: terms, covariances: covariances,
        cumulants: { order, width in try conditionalCumulant(order, pair, width: width) }),
      OutputPrediction(scaledFourthCumulant: fourth, scaledExcessKurtosis: kurtosis)
    )
  }
}

extension OneHiddenLayer {
  /// The cumulant of order 3 or 4 of the conditional NNGP kernel.
  ///
  /// It is an average over neurons of `w² φ_a φ_b` plus the square of the readout's bias:
  ///
  ///     κ_r = N₁^(r e) κ_r(w² φ_a φ_b)/N₁^(r−1) + N₁^(r e_b) κ_r(m_b² b²) .
  private func conditionalCumulant(_ order: Int, _ pair: InputPair, width: Int) throws -> Quantity {
    func power(_ exponent: Rational) -> Estimate { relativePower(exponent) * widthPower(width, exponent) }
    var neuronMoments = [Quantity.finite(.one)]
    for r in 1...order {
      let monomial = NeuronMonomial.values(pair.first, pair.second).power(r)
      neuronMoments.append(moments(2 * r) * (try neuron.mean(monomial)))
    }
    let rank = Rational(order)
    let neurons = power(rank * exponents.function - (rank - 1)) * MomentTable.cumulant(neuronMoments)
    guard let bias = readout.bias, !bias.moment(2).isExactlyZero else { return neurons }
    let biasMoments = (0...order).map { readout.biasMultiplier.power(2 * $0) * bias.moment(2 * $0) }
    return neurons + power(rank * exponents.readoutBias) * MomentTable.cumulant(biasMoments)
  }
}

/// The square of a readout bias in the conditional NNGP kernel: mean `m_b² E b²`, and its variance; nil for none.
func readoutBiasTerm(
  _ readout: DenseLayer, _ exponents: WidthExponents, relativePower: (Rational) -> Estimate
) -> KernelPrediction.Term? {
  guard let bias = readout.bias, !bias.moment(2).isExactlyZero else { return nil }
  let square = readout.biasMultiplier * readout.biasMultiplier
  let mean = square * bias.moment(2)
  return KernelPrediction.Term(
    exponent: exponents.readoutBias, limit: relativePower(exponents.readoutBias) * mean,
    level: relativePower(2 * exponents.readoutBias) * ((square * square) * bias.moment(4) - mean * mean))
}

/// Two points of a list, `first ≤ second`.
struct InputPair: Hashable, Sendable {
  let first: Int
  let second: Int

  init(_ first: Int, _ second: Int) {
    self.first = min(first, second)
    self.second = max(first, second)
  }

  /// (0,0), (0,1), …, (1,1), ….
  static func all(_ count: Int) -> [InputPair] {
    (0..<count).flatMap { i in (i..<count).map { InputPair(i, $0) } }
  }
}
