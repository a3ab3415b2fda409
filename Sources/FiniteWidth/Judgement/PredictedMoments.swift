/// One number that theory predicts, does not know, or knows to be infinite.
public enum PredictedNumber: Sendable, Equatable {
  case unknown
  case value(Double)
  /// The moment does not exist, with the reason.
  case infinite(reason: String)

  public var value: Double? { if case .value(let value) = self { value } else { nil } }
}

/// What theory says of one entry of a kernel at one width, in plain numbers.
///
/// The study knows no formula of the theory: it compares samples with these numbers. Terms of the expansion in 1/N that
/// the theory leaves out enter by their size. Each of them is `size · t` with one unknown number `t` of order 1 for all
/// widths, and the study treats `t` as a standard normal number: a discrepancy that such terms explain is no failure,
/// and several widths determine `t` from the data.
public struct PredictedMoments: Sendable, Equatable {
  /// The expectation at this width; nil where there is none or it is not known.
  public var mean: Double?
  /// A bound on the numerical error of ``mean``.
  public var meanError: Double
  /// The sizes at this width of the unknown terms of the mean; the same place in the list is the same term at every
  /// width.
  public var meanTerms: [Double]
  /// The variance of one network's entry.
  public var variance: PredictedNumber
  /// The size of the unknown term of the variance at this width, relative to it.
  public var varianceTerm: Double
  /// The fourth cumulant of one network's entry.
  public var fourthCumulant: PredictedNumber
  /// What a relative change of the limit does at this width: `√(Θ(x,x) Θ(y,y))` times the power of N.
  public var scale: Double
  /// The limit as it stands at this width: the coefficient times its power of N.
  ///
  /// Its distance from ``mean`` is the bias.
  public var limit: Double?

  public init(
    mean: Double? = nil, meanError: Double = 0, meanTerms: [Double] = [], variance: PredictedNumber = .unknown,
    varianceTerm: Double = 0, fourthCumulant: PredictedNumber = .unknown, scale: Double = 1, limit: Double? = nil
  ) {
    self.mean = mean
    self.meanError = meanError
    self.meanTerms = meanTerms
    self.variance = variance
    self.varianceTerm = varianceTerm
    self.fourthCumulant = fourthCumulant
    self.scale = scale
    self.limit = limit
  }
}
