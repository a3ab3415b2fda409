import Moments

/// Why a prediction may not be what finite networks show.
public enum PredictionWarning: Sendable, Equatable, CustomStringConvertible {
  /// Depth over width is not small.
  case depthOverWidth(depth: Int, width: Int, ratio: Double)
  /// Two inputs are nearly parallel in front of a kinked activation.
  case nearlyParallel(x: String, y: String, layer: Int, squaredSine: Double)
  /// An unbounded polynomial in depth.
  case polynomial(layer: Int, activation: String)
  /// A variance is infinite.
  case noRate(kernel: String, x: String, y: String, reason: String)
  /// A kernel has no limit.
  case noLimit(kernel: String, x: String, y: String, reason: String)
  /// Skewed weights in a hidden layer after the first.
  case skewed(layer: Int, law: String)
  /// The 1/N correction of the mean is not available.
  case noCorrection(reason: String)

  /// Beyond this ratio of depth to width the warning is given.
  public static let largestDepthOverWidth = 0.05

  /// Pairs of inputs with a smaller `1 − ρ²` are reported whatever the width.
  public static let smallestSquaredSine = 0.01

  public var description: String {
    switch self {
    case .depthOverWidth(let depth, let width, let ratio):
      return "Depth over width is \(rounded(ratio)) (\(depth) hidden layers, width \(width)): the expansion in 1/N is "
        + "one in depth/width, and terms left out may not be small."
    case .nearlyParallel(let x, let y, let layer, let squaredSine):
      return "The inputs \(x) and \(y) are nearly parallel in layer \(layer), whose activation has a kink: the terms "
        + "left out are small only if N is much larger than 1/sin² = \(rounded(1 / squaredSine))."
    case .polynomial(let layer, let activation):
      return "Layer \(layer) is a polynomial (\(activation)) that grows faster than its argument: in depth the terms "
        + "left out may dominate until N is in the hundreds."
    case .noRate(let kernel, let x, let y, let reason):
      return
        "The variance of the \(kernel) at (\(x); \(y)) is infinite: \(reason). It converges, if at all, more slowly than "
        + "1/√N, and no rate of 1/√N is to be expected."
    case .noLimit(let kernel, let x, let y, let reason):
      return "The \(kernel) has no limit at (\(x); \(y)): \(reason). There is no rate to expect."
    case .skewed(let layer, let law):
      return "The weights of layer \(layer), \(law), are skewed: the mean is biased at order N^(-1/2), which is given; "
        + "the term of order 1/N is not available."
    case .noCorrection(let reason):
      return "The 1/N correction of the mean is not available: \(reason)."
    }
  }

  private func rounded(_ value: Double) -> String {
    guard value.isFinite, value > 0 else { return "\(value)" }
    if value >= 1e6 || value < 1e-3 {
      // Two digits and a power of ten.
      var exponent = 0
      var mantissa = value
      while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
      while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
      return "\((mantissa * 10).rounded() / 10)e\(exponent)"
    }
    let unit = value >= 100 ? 1.0 : value >= 1 ? 10 : 1000
    let text = "\((value * unit).rounded() / unit)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
