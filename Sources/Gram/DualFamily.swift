import Activations
import Moments

/// How the dual activations of a layer are computed for many pairs.
enum DualFamily: Sendable {
  /// `φ(z) = m z + k |z|`; the squares of m and k, and `φ′(0)`.
  case bilinear(linear: Double, even: Double, slopeAtZero: Double)
  /// `φ(z) = m + k sign z`; the squares of m and k.
  case jump(mean: Double, jump: Double)
  /// `erf(a z)`.
  case erf(Double)
  /// `z Φ(z)`.
  case gelu
  /// `c e^{−b z²}`.
  case gaussian(height: Double, rate: Double)
  /// `c sin(ω z)` or `c cos(ω z)`.
  case wave(odd: Bool, amplitude: Double, frequency: Double)
  /// `c e^{λ z}`.
  case exponential(amplitude: Double, rate: Double)
  /// Positively homogeneous of a degree above 1: a function of the angle, tabulated once.
  case angular(degree: Int)
  /// Polynomials and functions analytic in a strip: a Mehler series while it is short, conditional means at larger variances.
  case series
  /// Everything else.
  case pairwise

  init(_ activation: any Activation, _ bias: BiasShift) {
    let value = activation.value
    let isSmooth = value.kinks.isEmpty && (value.strip > 0 || value.pieces?.polynomial != nil)
    self = bias.law == nil ? Self.centred(value, activation.derivative, isSmooth) : isSmooth ? .series : .pairwise
  }

  private static func centred(_ f: ScalarFunction, _ derivative: ScalarFunction, _ isSmooth: Bool) -> DualFamily {
    if let pieces = f.pieces {
      if let family = lines(pieces, derivative) { return family }
      if let degree = f.homogeneity, degree > 1, !isSmooth { return .angular(degree: degree) }
    }
    switch f.gaussianForm {
    case .errorFunction(let scale): return .erf(scale)
    case .gelu: return .gelu
    case .gaussian(let coefficients, let rate):
      if coefficients.count == 1 { return .gaussian(height: coefficients[0], rate: rate) }
    default: break
    }
    if let waves = f.waves, let family = single(waves) { return family }
    return isSmooth ? .series : .pairwise
  }

  /// Lines through the origin, or constants, on both sides of 0.
  private static func lines(_ pieces: PiecewisePolynomial, _ derivative: ScalarFunction) -> DualFamily? {
    guard pieces.degree <= 1 else { return nil }
    func coefficient(_ polynomial: Polynomial, _ index: Int) -> Double {
      index < polynomial.coefficients.count ? polynomial.coefficients[index].doubleValue : 0
    }
    let (left, right): (Polynomial, Polynomial)
    if let polynomial = pieces.polynomial {
      (left, right) = (polynomial, polynomial)
    } else if pieces.breakpoints.count == 1, pieces.breakpoints[0].isZero {
      (left, right) = (pieces.polynomials[0], pieces.polynomials[1])
    } else {
      return nil
    }
    let levels = (coefficient(left, 0), coefficient(right, 0))
    let slopes = (coefficient(left, 1), coefficient(right, 1))
    func squares(_ pair: (Double, Double)) -> (Double, Double) {
      let (half, other) = (0.5 * (pair.1 + pair.0), 0.5 * (pair.1 - pair.0))
      return (half * half, other * other)
    }
    if levels == (0, 0), slopes != (0, 0) {
      let (linear, even) = squares(slopes)
      return .bilinear(linear: linear, even: even, slopeAtZero: derivative.evaluate(0))
    }
    if slopes == (0, 0), levels != (0, 0), pieces(0).isZero {
      let (mean, jump) = squares(levels)
      return .jump(mean: mean, jump: jump)
    }
    return nil
  }

  /// One exponential, or one frequency with one phase.
  private static func single(_ waves: [Wave]) -> DualFamily? {
    if waves.count == 1, waves[0].frequency.isZero, waves[0].imaginary.isZero, !waves[0].growthRate.isZero {
      return .exponential(amplitude: waves[0].real.doubleValue, rate: waves[0].growthRate.doubleValue)
    }
    guard waves.count == 2, waves.allSatisfy({ $0.growthRate.isZero }), let first = waves.first, let last = waves.last,
      first.frequency == -last.frequency, !first.frequency.isZero
    else { return nil }
    let frequency = first.frequency.magnitude.doubleValue
    // (r + is) e^{iωz} + (r − is) e^{−iωz} = 2r cos ωz − 2s sin ωz.
    let (real, imaginary) = (2 * first.real.doubleValue, 2 * first.imaginary.doubleValue)
    if imaginary == 0 { return .wave(odd: false, amplitude: real, frequency: frequency) }
    if real == 0 { return .wave(odd: true, amplitude: imaginary, frequency: frequency) }
    return nil
  }
}
