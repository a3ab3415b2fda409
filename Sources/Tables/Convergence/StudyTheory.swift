import LinearAlgebra
import Moments

/// How far the theory of a study goes.
public enum TheoryOrder: String, Sendable, Comparable, CaseIterable {
  /// True at every width.
  case exact
  /// Means to 1/N, variances to 1/N.
  case leading
  /// Means to 1/√N: skewed weights.
  case halfOrder = "half-order"
  /// Only the limit is known.
  case limit

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  public static func < (a: TheoryOrder, b: TheoryOrder) -> Bool { a.rank < b.rank }
}

/// What theory says of one entry of one kernel over the widths of a study.
public struct EntryTheory: Sendable {
  /// How far the theory of this entry goes.
  public var order: TheoryOrder
  /// The limit, or the coefficient of its power of N.
  public var coefficient: Quantity
  /// The power of N.
  public var exponent: Double
  /// The power law alone at each width: what the kernel's error is measured from.
  public var limits: [Double?]
  /// The mean at each width, with a bound on its numerical error.
  public var means: [Estimate?]
  /// The variance of one network's entry at each width.
  public var variances: [PredictedQuantity]
  /// Its fourth cumulant.
  public var fourthCumulants: [PredictedQuantity]
  /// The power of N that the deviation follows; nil where the variance is zero or does not exist.
  public var deviationExponent: Double?

  public init(
    order: TheoryOrder, coefficient: Quantity, exponent: Double = 0, limits: [Double?], means: [Estimate?],
    variances: [PredictedQuantity], fourthCumulants: [PredictedQuantity], deviationExponent: Double?
  ) {
    self.order = order
    self.coefficient = coefficient
    self.exponent = exponent
    self.limits = limits
    self.means = means
    self.variances = variances
    self.fourthCumulants = fourthCumulants
    self.deviationExponent = deviationExponent
  }
}

/// A quantity, or nil where theory does not know it.
public typealias PredictedQuantity = Quantity?

/// What theory says of one kernel at all pairs of a study's points.
public struct KernelTheory: Sendable {
  /// The parameter group; nil for the NTK and the NNGP kernel.
  public var parameter: String?
  /// The pairs i ≤ j in order.
  public var entries: [EntryTheory]
  /// The covariances of the entries at each width.
  public var covariances: [Matrix?]
  /// A bound on the error of each of them at the same width.
  public var covarianceErrors: [Double]
  public var warnings: [String]

  public init(
    parameter: String? = nil, entries: [EntryTheory], covariances: [Matrix?], covarianceErrors: [Double],
    warnings: [String] = []
  ) {
    self.parameter = parameter
    self.entries = entries
    self.covariances = covariances
    self.covarianceErrors = covarianceErrors
    self.warnings = warnings
  }

  /// How far the theory of the weakest entry goes.
  public var order: TheoryOrder { entries.map(\.order).max() ?? .limit }
}
