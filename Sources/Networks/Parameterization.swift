import Moments

/// Where the powers of the width N stand: in fixed multipliers, in the initial standard deviations, or in the rates.
///
/// With `N` the width of every hidden layer, layer `l` computes
///
///     z = N^(−a) m_w W h + N^(−A) m_b β ,   W = N^(−b) w ,   β = N^(−B) b ,
///
/// `w` and `b` drawn from the layer's laws, and the NTK weighs the gradients with respect to `W` and `β` with
/// `N^(−c)` and `N^(−C)`. The input scale `s` multiplies the first layer's `m_w`, except under ``standard``, where it
/// multiplies the initial `W`.
///
/// **Source.** The abc-parameterizations of Yang and Hu, *Feature learning in infinite-width neural networks*, 2021.
public enum Parameterization: Sendable, Equatable {
  /// `a = 1/2` after the first layer, everything else 0: the limit is finite.
  case ntk
  /// `b = 1/2` after the first layer, as in PyTorch and Keras: the NTK grows like N.
  case standard
  /// As ``ntk``, but the readout has `a = 1`: the NTK vanishes like 1/N.
  case meanField
  /// The maximal update parameterization at rates of order 1: `a = −1/2, 0, …, 0, 1/2`, `b = 1/2`, and for the
  /// hidden biases `A = −1/2`, `B = 1/2`.
  case mup
  /// Exponents of the user's own: `a` and `b` of each layer, and one `c` for the rates of all parameters; biases
  /// have `A = B = 0`.
  case general(a: [ExactNumber], b: [ExactNumber], c: ExactNumber)

  /// The words that a network file may hold.
  public static let names = ["ntk", "standard", "mean-field", "mup"]

  /// The parameterization of one of the ``names``.
  public init?(name: String) {
    switch name {
    case "ntk": self = .ntk
    case "standard": self = .standard
    case "mean-field": self = .meanField
    case "mup": self = .mup
    default: return nil
    }
  }

  /// The word of the network file; nil for general exponents.
  public var name: String? {
    switch self {
    case .ntk: "ntk"
    case .standard: "standard"
    case .meanField: "mean-field"
    case .mup: "mup"
    case .general: nil
    }
  }

  /// Whether the input scale belongs to the first layer's initial weights rather than to its multiplier.
  public var placesInputScaleInInitialization: Bool { self == .standard }

  /// The exponents of one layer.
  ///
  /// - Parameters:
  ///   - index: The layer, from 0; `count − 1` is the readout.
  ///   - count: The number of layers with the readout.
  public func exponents(ofLayer index: Int, of count: Int) -> LayerExponents {
    let half = ExactNumber(1, 2)
    let isFirst = index == 0
    let isReadout = index == count - 1
    switch self {
    case .ntk: return LayerExponents(weightMultiplier: isFirst ? 0 : half)
    case .standard: return LayerExponents(weightDeviation: isFirst ? 0 : half)
    case .meanField: return LayerExponents(weightMultiplier: isReadout ? 1 : isFirst ? 0 : half)
    case .mup:
      return LayerExponents(
        weightMultiplier: isReadout ? half : isFirst ? -half : 0, weightDeviation: half,
        biasMultiplier: isReadout ? 0 : -half, biasDeviation: isReadout ? 0 : half)
    case .general(let a, let b, let c):
      return LayerExponents(
        weightMultiplier: index < a.count ? a[index] : 0, weightDeviation: index < b.count ? b[index] : 0,
        weightRate: c, biasRate: c)
    }
  }
}

/// The powers of the width in one layer; each factor is `N` to minus the exponent.
public struct LayerExponents: Sendable, Equatable {
  /// `a`: the multiplier of the weights is `N^(−a)`.
  public var weightMultiplier: ExactNumber
  /// `b`: the initial weights are `N^(−b)` times draws of the law.
  public var weightDeviation: ExactNumber
  /// `c`: the learning rate of the weights is `N^(−c)`.
  public var weightRate: ExactNumber
  /// `A`: the multiplier of the biases is `N^(−A)`.
  public var biasMultiplier: ExactNumber
  /// `B`: the initial biases are `N^(−B)` times draws of the law.
  public var biasDeviation: ExactNumber
  /// `C`: the learning rate of the biases is `N^(−C)`.
  public var biasRate: ExactNumber

  public init(
    weightMultiplier: ExactNumber = 0, weightDeviation: ExactNumber = 0, weightRate: ExactNumber = 0,
    biasMultiplier: ExactNumber = 0, biasDeviation: ExactNumber = 0, biasRate: ExactNumber = 0
  ) {
    self.weightMultiplier = weightMultiplier
    self.weightDeviation = weightDeviation
    self.weightRate = weightRate
    self.biasMultiplier = biasMultiplier
    self.biasDeviation = biasDeviation
    self.biasRate = biasRate
  }
}
