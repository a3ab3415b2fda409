import Moments
import Networks

/// Inputs whose preactivations are multiples of those of another input in every network: `x_b = c x_a` where every
/// activation passes the factor on.
///
/// Without biases (zero ones may be trained), `z^1(x_b) = c z^1(x_a)`, and a homogeneous activation, or an odd or even
/// one for c = −1, gives `z^l(x_b) = λ_l z^l(x_a)` in every layer. Then the parts of the NTK are multiples of each
/// other at every width, by `λ_{L+1}` for weights and `λ_{L+1}/λ_l` for the bias of layer l. So these pairs, whose
/// covariance is singular, need no derivative of any kernel.
struct ProportionalInputs: Sendable {
  /// For each point the first point that it is a multiple of, itself at the worst.
  let representative: [Int]
  /// λ₁, …, λ_{L+1} of each point.
  private let factors: [[ExactNumber]]

  init(_ points: [[ExactNumber]], layers: [DenseLayer]) {
    var representative: [Int] = []
    var factors: [[ExactNumber]] = []
    let unit = [ExactNumber](repeating: 1, count: layers.count)
    for (index, point) in points.enumerated() {
      var found: (Int, [ExactNumber])?
      for earlier in 0..<index where representative[earlier] == earlier {
        if points[earlier] == point {
          found = (earlier, unit)
        } else if let ratio = Self.ratio(point, points[earlier]), let chain = Self.chain(ratio, layers) {
          found = (earlier, chain)
        }
        if found != nil { break }
      }
      representative.append(found?.0 ?? index)
      factors.append(found?.1 ?? unit)
    }
    self.representative = representative
    self.factors = factors
  }

  /// The factor of the function itself.
  func function(_ point: Int) -> ExactNumber { factors[point][factors[point].count - 1] }

  /// The factor of `∂f/∂(parameters of a group)`.
  func gradient(_ group: ParameterGroup, _ point: Int) -> ExactNumber {
    let chain = factors[point]
    let last = chain.count - 1
    if group.kind == .weights { return chain[last] }
    return group.layer == last ? 1 : chain[last] * (chain[group.layer].reciprocal ?? 1)
  }

  /// c with `x = c y`; nil if there is none, or if it is 0.
  private static func ratio(_ x: [ExactNumber], _ y: [ExactNumber]) -> ExactNumber? {
    guard let position = y.firstIndex(where: { !$0.isZero }), let inverse = y[position].reciprocal else { return nil }
    let c = x[position] * inverse
    guard !c.isZero, c.reciprocal != nil, zip(x, y).allSatisfy({ $0 == c * $1 }) else { return nil }
    return c
  }

  /// λ₁ = c, λ₂, …, λ_{L+1}; nil where an activation does not pass the factor on.
  private static func chain(_ c: ExactNumber, _ layers: [DenseLayer]) -> [ExactNumber]? {
    var chain = [c]
    for layer in layers.dropLast() {
      if let bias = layer.bias, !bias.moment(2).isExactlyZero { return nil }
      guard let activation = layer.activation else { return nil }
      let lambda = chain[chain.count - 1]
      if lambda == 1 {
        chain.append(1)
        continue
      }
      var size = ExactNumber.one
      if lambda.magnitude != 1 {
        guard let degree = activation.value.homogeneity else { return nil }
        size = lambda.magnitude.power(degree)
      }
      if lambda.signum > 0 {
        chain.append(size)
      } else {
        switch activation.value.parity {
        case .even: chain.append(size)
        case .odd: chain.append(-size)
        case .none: return nil
        }
      }
    }
    return chain
  }
}
