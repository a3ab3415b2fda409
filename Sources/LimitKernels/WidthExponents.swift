import Moments
import Networks

/// The powers of the width N that a parameterization gives the function and each parameter group.
///
/// With `ν₁ = 0`, `ν_l = 1` after the first layer and `p_l = ν_l/2 − a_l − b_l`, hidden layers are stable if
/// `p_1 = … = p_L = 0`; then `f ~ N^{p_{L+1}}`, and the group `w^l` has the exponent
/// `ν_l − 2 a_l − c_l + 2 p_{L+1} [l ≤ L]`, the group `b^l` has `−2 A_l − C_l + 2 p_{L+1} [l ≤ L]`.
///
/// **Source.** Yang and Hu 2021, the abc-parameterizations, with separate exponents for biases.
struct WidthExponents: Sendable {
  /// The exponent of the weighted sum's part of the NNGP kernel, `2 p_{L+1}`.
  let function: Rational
  /// The exponent of the readout bias's part, `−2 (A + B)`.
  let readoutBias: Rational
  /// Whether each hidden layer's bias is still there in the limit.
  let biasSurvives: [Bool]
  private let weights: [Rational]
  private let biases: [Rational]

  init(_ network: Network) throws {
    let count = network.layers.count
    func rational(_ number: ExactNumber) -> Rational {
      number.rational ?? number.rationalApproximation(relativeBits: 60)
    }
    var weights: [Rational] = []
    var biases: [Rational] = []
    var survives: [Bool] = []
    var last = Rational.zero
    var lastBias = Rational.zero
    for index in 0..<count {
      let exponents = network.exponents(ofLayer: index)
      let nu: Rational = index == 0 ? 0 : 1
      let a = rational(exponents.weightMultiplier)
      let p = nu / 2 - a - rational(exponents.weightDeviation)
      let biasScale = -(rational(exponents.biasMultiplier) + rational(exponents.biasDeviation))
      let isReadout = index == count - 1
      if !isReadout, !p.isZero { throw KernelError.unstable(layer: index + 1, exponent: p) }
      if !isReadout, network.layers[index].bias != nil, biasScale.signum > 0 {
        throw KernelError.unstable(layer: index + 1, exponent: biasScale)
      }
      survives.append(biasScale.isZero)
      if isReadout { (last, lastBias) = (p, biasScale) }
      weights.append(nu - 2 * a - rational(exponents.weightRate))
      biases.append(-2 * rational(exponents.biasMultiplier) - rational(exponents.biasRate))
    }
    let shift = 2 * last
    self.weights = weights.enumerated().map { $0.offset == count - 1 ? $0.element : $0.element + shift }
    self.biases = biases.enumerated().map { $0.offset == count - 1 ? $0.element : $0.element + shift }
    biasSurvives = survives
    function = shift
    readoutBias = 2 * lastBias
  }

  func group(_ group: ParameterGroup) -> Rational {
    group.kind == .weights ? weights[group.layer] : biases[group.layer]
  }
}
