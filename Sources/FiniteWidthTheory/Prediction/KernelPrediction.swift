import Moments

/// A kernel of networks of width N: its mean and its fluctuations.
///
/// The kernel is a sum of terms with powers of N of their own (the parameter groups; under the NTK parameterization
/// all powers are 0),
///
///     E = Σ_t N^(e_t) (ℓ_t + h_t/√N + c_t/N) ,   Var = Σ_tu N^(e_t + e_u − 1) V_tu + Σ_t N^(2 e_t) v_t ,
///
/// where h is nonzero for skewed weights only, and v for the square of a random readout bias in the NNGP kernel only.
public struct KernelPrediction: Sendable {
  /// One power of N.
  struct Term: Sendable {
    var exponent: Rational
    var limit: Quantity
    var halfOrder: Quantity = .zero
    var correction: Quantity = .zero
    /// A variance that does not fall with N.
    var level: Quantity = .zero
  }

  /// How far the prediction reaches.
  public let order: PredictionOrder
  /// The leading power e of N.
  public let exponent: Rational
  /// ℓ, the coefficient of the leading power: `E = N^e (ℓ + c/N + …)`.
  public let limit: Quantity
  /// c in `E = N^e (ℓ + c/N + …)`.
  ///
  /// With one hidden layer it is exactly zero where all terms have one power of N. A term of a power lower by one than
  /// the leading one counts here: under the standard parameterization, the first layer's weights and the biases.
  public let meanCorrection: Quantity
  /// h in `E = N^e (ℓ + h/√N + …)`: zero unless the weights of a hidden layer are skewed.
  public let halfOrderCorrection: Quantity
  /// v in `Var = N^(2e) (v/N + …)`, the variance that the neurons cause.
  public let scaledVariance: Quantity
  /// A part of the variance that does not fall with N, in units of `N^(2e)`: that of a random readout bias.
  public let constantVariance: Quantity

  let terms: [Term]
  /// N times the covariances of the terms.
  let covariances: [[Quantity]]
  /// Mean and variance for every N, where they are known so.
  private let exactMoments: (@Sendable (_ width: Int) -> (mean: Quantity, variance: Quantity))?
  /// The cumulant of order 3 or 4 at a width, where it is known.
  private let cumulants: (@Sendable (_ order: Int, _ width: Int) throws -> Quantity)?

  init(
    order: PredictionOrder, terms: [Term], covariances: [[Quantity]],
    exactMoments: (@Sendable (Int) -> (mean: Quantity, variance: Quantity))? = nil,
    cumulants: (@Sendable (Int, Int) throws -> Quantity)? = nil
  ) {
    self.order = order
    self.terms = terms
    self.covariances = covariances
    self.exactMoments = exactMoments
    self.cumulants = cumulants
    func vanishes(_ term: Term) -> Bool { term.limit.isExactlyZero && term.correction.isExactlyZero }
    let leading = terms.filter { !vanishes($0) }.map(\.exponent).max() ?? 0
    exponent = leading
    func sum(_ power: Rational, _ part: (Term) -> Quantity) -> Quantity {
      terms.filter { $0.exponent == power }.reduce(.zero) { $0 + part($1) }
    }
    limit = sum(leading) { $0.limit }
    let half = Rational(1, 2)
    halfOrderCorrection = sum(leading) { $0.halfOrder } + sum(leading - half) { $0.limit }
    meanCorrection =
      sum(leading) { $0.correction } + sum(leading - half) { $0.halfOrder } + sum(leading - 1) { $0.limit }
    var variance = Quantity.zero
    for (t, first) in terms.enumerated() where first.exponent == leading {
      for (u, second) in terms.enumerated() where second.exponent == leading { variance = variance + covariances[t][u] }
    }
    scaledVariance = variance
    constantVariance = sum(leading) { $0.level }
  }

  /// The mean at width N, all powers of N put in.
  public func mean(width: Int) -> Quantity {
    if let exactMoments { return exactMoments(width).mean }
    let half = Rational(-1, 2)
    return terms.reduce(.zero) { sum, term in
      // A correction that is not known is left out; the order says so.
      let correction = order == .halfOrder ? .zero : term.correction
      return sum + widthPower(width, term.exponent) * term.limit
        + widthPower(width, term.exponent + half) * term.halfOrder
        + widthPower(width, term.exponent - 1) * correction
    }
  }

  /// The variance at width N, all powers of N put in.
  public func variance(width: Int) -> Quantity {
    if let exactMoments { return exactMoments(width).variance }
    var sum = Quantity.zero
    for (t, first) in terms.enumerated() {
      for (u, second) in terms.enumerated() {
        sum = sum + widthPower(width, first.exponent + second.exponent - 1) * covariances[t][u]
      }
      sum = sum + widthPower(width, 2 * first.exponent) * first.level
    }
    return sum
  }

  /// The square root of the variance at width N.
  public func standardDeviation(width: Int) -> Quantity { variance(width: width).squareRoot }

  /// The third cumulant at width N; nil where it is not known, as in deep networks.
  public func thirdCumulant(width: Int) -> Quantity? { cumulant(3, width) }

  /// The fourth cumulant at width N; nil where it is not known, as in deep networks.
  ///
  /// Computed when asked for.
  /// The variance of the sample variance s² of M independent networks is `κ₄/M + 2 Var²/(M − 1)`, exactly.
  public func fourthCumulant(width: Int) -> Quantity? { cumulant(4, width) }

  private func cumulant(_ order: Int, _ width: Int) -> Quantity? {
    guard let cumulants else { return nil }
    do { return try cumulants(order, width) } catch { return .undefined(reason: "\(error)") }
  }
}
