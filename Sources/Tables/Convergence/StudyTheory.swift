import LinearAlgebra
import Moments

/// How far the theory of a study goes.
public enum TheoryOrder: String, Sendable {
  /// True at every width.
  case exact
  /// Means to 1/N, variances to 1/N.
  case leading
  /// Means to 1/√N: skewed weights.
  case halfOrder = "half-order"
  /// Only the limit is known.
  case limit
}

/// What theory says of one entry of one kernel over the widths of a study.
public struct EntryTheory: Sendable {
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

  public init(
    coefficient: Quantity, exponent: Double = 0, limits: [Double?], means: [Estimate?],
    variances: [PredictedQuantity], fourthCumulants: [PredictedQuantity]
  ) {
    self.coefficient = coefficient
    self.exponent = exponent
    self.limits = limits
    self.means = means
    self.variances = variances
    self.fourthCumulants = fourthCumulants
  }
}

/// A quantity, or nil where theory does not know it.
public typealias PredictedQuantity = Quantity?

/// What theory says of one kernel at all pairs of a study's points.
public struct KernelTheory: Sendable {
  /// The parameter group; nil for the NTK and the NNGP kernel.
  public var parameter: String?
  public var order: TheoryOrder
  /// The pairs i ≤ j in order.
  public var entries: [EntryTheory]
  /// The covariances of the entries at each width.
  public var covariances: [Matrix?]
  public var warnings: [String]

  public init(
    parameter: String? = nil, order: TheoryOrder, entries: [EntryTheory], covariances: [Matrix?],
    warnings: [String] = []
  ) {
    self.parameter = parameter
    self.order = order
    self.entries = entries
    self.covariances = covariances
    self.warnings = warnings
  }
}
