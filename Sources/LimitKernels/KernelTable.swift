import Moments
import Networks

/// The NTK's part that belongs to one parameter group.
public struct ParameterGroupKernel: Sendable {
  /// The group's name, as in `layer 1 weights`.
  public let parameter: String
  /// The part in the limit of infinite width.
  public let ntk: Quantity
  /// The part as a power of the width.
  public let law: PowerLaw
}

/// A quantity that behaves like `coefficient · N^exponent` for large width N.
public struct PowerLaw: Sendable {
  public let exponent: Rational
  public let coefficient: Quantity

  public init(exponent: Rational, coefficient: Quantity) {
    self.exponent = exponent
    self.coefficient = coefficient
  }

  /// The leading law of a sum: the largest exponent among the terms that are not exactly zero.
  public static func leading(_ laws: [PowerLaw]) -> PowerLaw {
    let relevant = laws.filter { !($0.coefficient.estimate?.isExactlyZero ?? false) }
    guard let top = relevant.map(\.exponent).max() else { return PowerLaw(exponent: 0, coefficient: .zero) }
    let terms = relevant.filter { $0.exponent == top }
    return PowerLaw(exponent: top, coefficient: terms.reduce(.zero) { $0 + $1.coefficient })
  }

  /// What becomes of the quantity as N → ∞.
  public var verdict: Verdict {
    guard let estimate = coefficient.estimate else { return coefficient.status == "infinite" ? .diverges : .undefined }
    if estimate.isExactlyZero { return .zero }
    return exponent.isZero ? .finite : exponent.signum > 0 ? .diverges : .vanishes
  }

  /// The limit N → ∞: the coefficient, zero, or infinite with the reason.
  ///
  /// A coefficient of exactly 0 stays 0.
  public var limit: Quantity {
    if coefficient.estimate?.isExactlyZero ?? false { return .zero }
    switch exponent.signum {
    case 0: return coefficient
    case -1: return .zero
    default:
      guard let value = coefficient.estimate?.value else { return coefficient }
      return .infinite(
        positive: value > 0,
        reason: "it grows like N^\(exponent) under this parameterization; 'infwidth scaling' has the coefficient")
    }
  }
}

/// What becomes of a quantity as the width grows.
public enum Verdict: String, Sendable {
  /// It has a limit that is not zero.
  case finite
  /// It grows without bound.
  case diverges
  /// It goes to zero.
  case vanishes
  /// Its coefficient is exactly zero, and no power of N describes it.
  case zero
  /// Its coefficient does not exist.
  case undefined
}

/// `1 − K(x, y)/√(K(x, x) K(y, y))` of both kernels; nil where a kernel is not finite or vanishes at x or y.
public struct CorrelationGap: Sendable {
  public let nngp: Quantity?
  public let ntk: Quantity?

  public init(nngp: Quantity?, ntk: Quantity?) {
    self.nngp = nngp
    self.ntk = ntk
  }
}

/// The limiting kernels at one pair of inputs.
public struct KernelEntry: Sendable {
  public let x: [ExactNumber]
  public let y: [ExactNumber]
  /// `K(x, y) = lim E f(x) f(y)`.
  public let nngp: Quantity
  /// `Θ(x, y)`, the sum over the trained groups.
  public let ntk: Quantity
  /// The trained parameter groups, in order.
  public let groups: [ParameterGroupKernel]
  /// The second moment of the function as a power of the width.
  public let nngpLaw: PowerLaw
  public let oneMinusCorrelation: CorrelationGap

  /// The NTK as a power of the width: the sum of the groups that attain the largest exponent.
  public var ntkLaw: PowerLaw { PowerLaw.leading(groups.map(\.law)) }
}

/// The limiting kernels of a network at all pairs i ≤ j of some points.
public struct KernelTable: Sendable {
  public let network: Network
  public let entries: [KernelEntry]
}

/// What the caller asks of the assembler.
public struct KernelOptions: Sendable {
  /// A relative accuracy that every entry must reach; nil accepts what the methods give, with their bounds.
  public var relativeTolerance: Double?
  /// The number of threads; it never changes a result.
  public var threads: Int

  public init(relativeTolerance: Double? = nil, threads: Int = 1) {
    self.relativeTolerance = relativeTolerance
    self.threads = threads
  }
}

/// Why a network has no table.
public enum KernelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A point has the wrong number of coordinates.
  case pointDimension(index: Int, found: Int, expected: Int)
  /// No points were given.
  case noPoints
  /// The widths do not cancel in a hidden layer.
  case unstable(layer: Int, exponent: Rational)
  /// A layer of a kind that has no step of the recursion.
  case noStep(layer: LayerPath, title: String)
  /// A normalization meets an input whose features are all equal.
  case constantFeatures(layer: LayerPath, point: String?)

  public var description: String {
    switch self {
    case .pointDimension(let index, let found, let expected):
      return "Point \(index + 1) has \(found) coordinate\(found == 1 ? "" : "s"), but the network's input-dimension is "
        + "\(expected). Give \(expected) coordinate\(expected == 1 ? "" : "s") a point."
    case .noStep(let layer, let title):
      return "\(layer) is \(title), which has no step in the recursion of the limiting kernels. Leave it out."
    case .constantFeatures(let layer, let point):
      let place = point.map { " at the point \($0)" } ?? ""
      return "The normalization of \(layer) divides by zero\(place): all neurons have the same feature there. "
        + "Give the layer an epsilon, as in 1e-5, or take the point out."
    case .noPoints: return "No points were given. Give at least one with --at or --points."
    case .unstable(let layer, let exponent):
      return "There is no limit: the preactivations of layer \(layer) scale like N^\(exponent) under this "
        + "parameterization, and only a homogeneous activation (relu, square) above every bias passes a power of N on. "
        + "Choose exponents a, b whose sum is 0 in the first layer and 1/2 in the other hidden layers."
    }
  }
}
