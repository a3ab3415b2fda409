import LimitKernels
import Moments
import Networks

/// How far a prediction reaches in powers of the width.
public enum PredictionOrder: String, Sendable, Comparable {
  /// True at every width.
  case exact
  /// The terms up to 1/N; what is left out is one order smaller.
  case leading
  /// The mean up to N^(−1/2) only: a hidden layer's weights are skewed. The variance is of leading order.
  case halfOrder = "half-order"

  private var rank: Int { self == .exact ? 0 : self == .leading ? 1 : 2 }
  public static func < (a: PredictionOrder, b: PredictionOrder) -> Bool { a.rank < b.rank }
}

/// What networks of finite width do: mean and fluctuations of the NTK and of the NNGP kernel at pairs of points.
///
///     E Θ_N = N^e (limit + c/N + …) ,   Var Θ_N = N^(2e) (v/N + …) ,
///
/// exact with one hidden layer, up to terms of one order less otherwise. `N` is the width that the parameterization
/// speaks of; hidden layer l has width `r_l N` with the relative widths of the request, all 1 unless given.
public struct FiniteWidthPrediction: Sendable {
  /// The weakest order among the entries.
  public let order: PredictionOrder
  /// One for each pair i ≤ j of the points, in the order (0,0), (0,1), …, (1,1), ….
  public let entries: [EntryPrediction]
  /// What stands in the way of trusting the expansion, whatever the width.
  public let warnings: [PredictionWarning]
  /// The number of hidden layers.
  public let depth: Int
  /// `r_l` of each hidden layer.
  public let relativeWidths: [Rational]
  /// Pairs of inputs in front of kinks, of which a width shows whether they are too nearly parallel.
  private let parallel: [PredictionWarning]
  private let covariances: @Sendable (_ i: Int, _ j: Int, _ width: Int) throws -> Quantity

  init(
    entries: [EntryPrediction], warnings: [PredictionWarning], parallel: [PredictionWarning] = [],
    relativeWidths: [Rational],
    covariances: @escaping @Sendable (Int, Int, Int) throws -> Quantity
  ) {
    order = entries.map(\.order).max() ?? .exact
    self.entries = entries
    self.warnings = warnings
    self.parallel = parallel
    self.relativeWidths = relativeWidths
    depth = relativeWidths.count
    self.covariances = covariances
  }

  /// The covariance of `Θ_N` between two entries at one width, computed when asked for.
  ///
  /// Two entries of three or four distinct points need expectations over as many preactivations. They are exact for
  /// polynomials of exact laws; otherwise randomized quasi-Monte Carlo stands in, and the method says so.
  public func covariance(_ i: Int, _ j: Int, width: Int) -> Quantity {
    precondition(entries.indices.contains(i) && entries.indices.contains(j), "there is no such entry")
    if i == j { return entries[i].ntk.variance(width: width) }
    do { return try covariances(i, j, width) } catch { return .undefined(reason: "\(error)") }
  }

  /// The warnings, with those that depend on the width: the expansion parameters are depth over width, and
  /// `1/(N (1 − ρ²))` for two inputs in front of a kink.
  public func warnings(width: Int) -> [PredictionWarning] {
    guard order != .exact else { return warnings }
    let narrowest = relativeWidths.map(\.doubleValue).min() ?? 1
    let ratio = Double(depth) / (narrowest * Double(width))
    var result = warnings
    for warning in parallel where !result.contains(warning) {
      if case .nearlyParallel(_, _, _, let squaredSine) = warning, Double(width) * squaredSine < 20 {
        result.append(warning)
      }
    }
    if ratio > PredictionWarning.largestDepthOverWidth {
      result.append(.depthOverWidth(depth: depth, width: width, ratio: ratio))
    }
    return result
  }
}

/// The predictions for one pair of points.
public struct EntryPrediction: Sendable {
  public let x: [ExactNumber]
  public let y: [ExactNumber]
  /// `Θ_N(x, y)`.
  public let ntk: KernelPrediction
  /// The conditional NNGP kernel `Σᵢ m_w² wᵢ² φᵢ(x) φᵢ(y) + m_b² b²` over the last hidden layer, w and b the readout's.
  ///
  /// Its mean is `E f(x) f(y)`. The square of a random readout bias has a variance that no width removes.
  public let nngp: KernelPrediction
  /// The NTK's part of each trained group, in the order of `Network.trainedGroups`.
  public let groups: [KernelPrediction]
  /// The function itself.
  public let output: OutputPrediction

  /// The weakest order among the kernels.
  public var order: PredictionOrder { max(ntk.order, nngp.order) }
}

/// The fourth cumulant of the function, `κ(f(x), f(x), f(y), f(y))`: how far it is from a Gaussian process.
///
/// It is of order 1/N, but for the cumulant of the readout's bias.
public struct OutputPrediction: Sendable {
  /// N times the joint fourth cumulant without the bias, in units of the leading power of N.
  public let scaledFourthCumulant: Quantity
  /// N times the excess kurtosis `κ₄(f(x))/(E f(x)²)²`; nil where x ≠ y, or where the readout has a random bias.
  public let scaledExcessKurtosis: Quantity?
}
