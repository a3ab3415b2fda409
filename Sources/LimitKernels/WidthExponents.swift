import Moments
import Networks

/// The powers of the width N that a parameterization gives the function and each parameter group.
///
/// With `ν₁ = 0`, `ν_l = 1` after the first layer and `p_l = ν_l/2 − a_l − b_l`, the preactivations of layer l scale
/// like `N^{e_l}`,
///
///     e_1 = p_1 ,   e_l = p_l + k_{l−1} e_{l−1} ,   f ~ N^{e_{L+1}} ,
///
/// where `k_l` is the degree of the activation of layer l, positively homogeneous where `e_l ≠ 0`: then
/// `φ(N^e z) = N^{k e} φ(z)` for every z, and the power of N leaves the layer as a factor. A layer with `e_l = 0`, as
/// all hidden ones are under the usual parameterizations, needs no degree. The groups have the exponents
///
///     w^l :  ν_l − 2 a_l − c_l + 2 k_{l−1} e_{l−1} [l ≥ 2] + S_l ,   b^l :  −2 A_l − C_l + S_l ,
///     S_l = Σ_{m>l} (2 p_m + 2 (k_{m−1} − 1) e_{m−1}) ,
///
/// and the coefficients of the NTK parameterization. A bias scales like `N^{−A_l−B_l}`: below `e_l` it is gone in the
/// limit, at `e_l` it stays, above `e_l` the layer has no limit.
///
/// A residual block or a normalization has the exponents of a hidden dense layer at its place: its weights and those
/// of its branch those of w, its gains those of its biases. It needs `e = 0`, which every named parameterization gives
/// in the hidden layers.
///
/// **Source.** Yang and Hu 2021, the abc-parameterizations, with separate exponents for biases.
package struct WidthExponents: Sendable {
  /// The exponent of the weighted sum's part of the NNGP kernel, `2 e_{L+1}`.
  package let function: Rational
  /// The exponent of the readout bias's part, `−2 (A + B)`.
  package let readoutBias: Rational
  /// Whether each hidden layer's bias is still there in the limit.
  package let biasSurvives: [Bool]
  private let groups: [ParameterGroup: Rational]

  /// - Throws: ``KernelError/unstable(layer:exponent:)`` where a power of N meets an activation that is not
  ///   homogeneous, or a bias outgrows its layer.
  package init(_ network: Network) throws {
    let count = network.layers.count
    func rational(_ number: ExactNumber) -> Rational {
      number.rational ?? number.rationalApproximation(relativeBits: 60)
    }
    // The exponents of the groups without S, by layer.
    var groups: [[(group: ParameterGroup, exponent: Rational)]] = []
    var survives: [Bool] = []
    // What each layer multiplies the squared gradients of the earlier ones by.
    var passes: [Rational] = []
    var readoutBias = Rational.zero
    // e and k e of the layer before.
    var (scale, features, degree) = (Rational.zero, Rational.zero, Rational(1))
    for (index, layer) in network.layers.enumerated() {
      let exponents = network.exponents(ofLayer: index)
      let path = LayerPath(layer: index)
      let nu: Rational = index == 0 ? 0 : 1
      let a = rational(exponents.weightMultiplier)
      let p = nu / 2 - a - rational(exponents.weightDeviation)
      let biasScale = -(rational(exponents.biasMultiplier) + rational(exponents.biasDeviation))
      let weights = nu - 2 * a - rational(exponents.weightRate) + 2 * features
      let biases = -2 * rational(exponents.biasMultiplier) - rational(exponents.biasRate)
      groups.append(layer.parameters(at: path).map { ($0.group, $0.group.kind == .weights ? weights : biases) })
      guard let layer = layer as? DenseLayer else {
        // Where hidden features are of order 1, so is what any layer makes of them.
        guard features.isZero, p.isZero else { throw KernelError.unstable(layer: index + 1, exponent: p + features) }
        passes.append(0)
        survives.append(biasScale.isZero)
        (scale, degree) = (0, 1)
        continue
      }
      passes.append(2 * p + 2 * (degree - 1) * scale)
      scale = p + features
      if index == count - 1 {
        readoutBias = 2 * biasScale
        break
      }
      let hasBias = layer.bias.map { !($0.moment(2).estimate?.isExactlyZero ?? false) } ?? false
      if hasBias, biasScale > scale { throw KernelError.unstable(layer: index + 1, exponent: biasScale) }
      survives.append(biasScale == scale)
      guard !scale.isZero else {
        (features, degree) = (0, 1)
        continue
      }
      guard let order = layer.activation?.value.homogeneity else {
        throw KernelError.unstable(layer: index + 1, exponent: scale)
      }
      degree = Rational(order)
      features = degree * scale
    }
    var sum = Rational.zero
    var all: [ParameterGroup: Rational] = [:]
    for index in (0..<count).reversed() {
      for (group, exponent) in groups[index] { all[group] = exponent + sum }
      sum = sum + passes[index]
    }
    self.groups = all
    biasSurvives = survives
    function = 2 * scale
    self.readoutBias = readoutBias
  }

  package func group(_ group: ParameterGroup) -> Rational { groups[group] ?? 0 }
}
