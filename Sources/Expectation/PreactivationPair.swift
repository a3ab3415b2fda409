import Moments

/// The joint law of the preactivations of one neuron at two inputs.
///
///     (u, v) = (u₀, v₀) + G + Σⱼ Wⱼ (αⱼ, βⱼ) ,
///
/// with G Gaussian and centred and the Wⱼ independent of G and of each other.
///
/// For the first layer, `αⱼ = m_w s xⱼ` and `βⱼ = m_w s x′ⱼ` for the weights and `α = β = m_b` for the bias. Constant
/// laws go into the offset and Gaussian laws into G, whose covariance stays exact.
public struct PreactivationPair: Sendable {
  /// One independent, non-Gaussian summand `W · (u, v)`.
  public struct Summand: Sendable {
    public let law: any Law
    /// The coefficient α in u.
    public let u: ExactNumber
    /// The coefficient β in v.
    public let v: ExactNumber
  }

  /// The constant (u₀, v₀), means of Gaussian summands included.
  public private(set) var offsetU: ExactNumber = 0
  public private(set) var offsetV: ExactNumber = 0
  /// The covariance of the Gaussian part: Var u, Cov(u, v), Var v.
  public private(set) var gaussianUU: ExactNumber = 0
  public private(set) var gaussianUV: ExactNumber = 0
  public private(set) var gaussianVV: ExactNumber = 0
  /// The other summands; none is constant, none has both coefficients zero.
  public private(set) var summands: [Summand] = []

  /// The pair that is identically zero; add to it.
  public init() {}

  /// Adds the independent contribution `W · (u, v)`.
  public mutating func add(_ law: any Law, u: ExactNumber, v: ExactNumber) {
    if u.isZero && v.isZero { return }
    let parts = law.decomposition
    if let constant = parts.constantValue {
      offsetU += constant * u
      offsetV += constant * v
    } else if parts.atoms.isEmpty, parts.densities.count == 1, let gaussian = parts.densities[0].gaussian {
      offsetU += gaussian.mean * u
      offsetV += gaussian.mean * v
      addGaussian(uu: gaussian.variance * u * u, uv: gaussian.variance * u * v, vv: gaussian.variance * v * v)
    } else {
      summands.append(Summand(law: law, u: u, v: v))
    }
  }

  /// Adds a centred Gaussian contribution with the given covariance, which must be positive semidefinite.
  public mutating func addGaussian(uu: ExactNumber, uv: ExactNumber, vv: ExactNumber) {
    gaussianUU += uu
    gaussianUV += uv
    gaussianVV += vv
  }

  /// Adds the constant (u, v).
  public mutating func addOffset(u: ExactNumber, v: ExactNumber) {
    offsetU += u
    offsetV += v
  }

  /// The first layer's pair for two inputs.
  ///
  /// - Parameters:
  ///   - weights: The law of each weight.
  ///   - bias: The law of the bias; nil for none.
  ///   - weightScale: `m_w s`, multiplier times input scale.
  ///   - biasScale: `m_b`.
  ///   - x: The first input, d coordinates.
  ///   - y: The second input, d coordinates.
  public init(
    weights: any Law, bias: (any Law)?, weightScale: ExactNumber, biasScale: ExactNumber, x: [ExactNumber],
    y: [ExactNumber]
  ) {
    for (a, b) in zip(x, y) { add(weights, u: weightScale * a, v: weightScale * b) }
    if let bias { add(bias, u: biasScale, v: biasScale) }
  }

  // MARK: Queries

  public var hasGaussian: Bool { !(gaussianUU.isZero && gaussianVV.isZero) }

  /// The determinant of the Gaussian covariance, exact.
  public var gaussianDeterminant: ExactNumber { gaussianUU * gaussianVV - gaussianUV * gaussianUV }

  /// Whether u (v) takes one value only.
  public var isConstantU: Bool { gaussianUU.isZero && summands.allSatisfy { $0.u.isZero } }
  public var isConstantV: Bool { gaussianVV.isZero && summands.allSatisfy { $0.v.isZero } }

  /// The exact `(λ, μ)` with `v = λ u + μ` identically, if u is not constant and there are such numbers.
  public var affineRelation: (slope: ExactNumber, intercept: ExactNumber)? {
    var slope: ExactNumber?
    if !gaussianUU.isZero {
      guard gaussianDeterminant.isZero, let inverse = gaussianUU.reciprocal else { return nil }
      slope = gaussianUV * inverse
    } else if !gaussianVV.isZero {
      return nil
    }
    for summand in summands {
      if let slope {
        guard slope * summand.u == summand.v else { return nil }
      } else {
        guard let inverse = summand.u.reciprocal else { return nil }
        slope = summand.v * inverse
      }
    }
    guard let slope else { return nil }
    return (slope, offsetV - slope * offsetU)
  }

  /// The pair with the roles of the inputs exchanged.
  public var swapped: PreactivationPair {
    var result = self
    (result.offsetU, result.offsetV) = (offsetV, offsetU)
    (result.gaussianUU, result.gaussianVV) = (gaussianVV, gaussianUU)
    result.summands = summands.map { Summand(law: $0.law, u: $0.v, v: $0.u) }
    return result
  }

  /// The law of u alone: the pair with v identically zero.
  public var marginalU: PreactivationPair {
    var result = self
    result.offsetV = 0
    result.gaussianUV = 0
    result.gaussianVV = 0
    result.summands = summands.compactMap { $0.u.isZero ? nil : Summand(law: $0.law, u: $0.u, v: 0) }
    return result
  }

  /// The pair conditioned on its Gaussian part being absent.
  var withoutGaussian: PreactivationPair {
    var result = self
    result.gaussianUU = 0
    result.gaussianUV = 0
    result.gaussianVV = 0
    return result
  }

  /// Whether no summand is shared: then u and v are independent.
  var isIndependent: Bool {
    gaussianUV.isZero && summands.allSatisfy { $0.u.isZero || $0.v.isZero }
  }

  /// The closed interval that holds u; infinite ends for laws without bounded support.
  var supportOfU: (lower: Double, upper: Double) {
    var support = (lower: offsetU.doubleValue, upper: offsetU.doubleValue)
    if !gaussianUU.isZero { return (-.infinity, .infinity) }
    for summand in summands where !summand.u.isZero {
      guard summand.law.tail == .bounded else { return (-.infinity, .infinity) }
      let coefficient = summand.u.doubleValue
      let decomposition = summand.law.decomposition
      var ends = decomposition.atoms.map { $0.value.doubleValue * coefficient }
      for density in decomposition.densities {
        ends.append(density.point(density.lower) * coefficient)
        ends.append(density.point(density.upper) * coefficient)
      }
      support.lower += ends.min() ?? 0
      support.upper += ends.max() ?? 0
    }
    return support
  }

  /// Whether (u, v) and (−u, −v) have the same law.
  public var isSymmetric: Bool {
    offsetU.isZero && offsetV.isZero && summands.allSatisfy { $0.law.isSymmetric }
  }
}
