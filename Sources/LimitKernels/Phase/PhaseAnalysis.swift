import Activations
import Expectation
import Foundation
import Moments

/// What happens to lengths and angles in a very deep network: the edge of chaos of an activation.
///
/// With `z` standard normal, the squared length of the preactivations follows the *length map*
///
///     V(q) = σ_w² E φ(√q z)² + σ_b² ,   q* = V(q*) ,
///
/// and at q* the correlation of two inputs follows the *correlation map*
///
///     R(c) = (σ_w² E φ(u) φ(v) + σ_b²) / q* ,  (u, v) of variances q* and correlation c,  R(1) = 1 ,
///
/// whose slope at 1 is `χ₁ = σ_w² E φ′(√q* z)²`, also the factor by which squared gradients grow from layer to layer.
/// χ₁ < 1 is the ordered phase, χ₁ > 1 the chaotic one, χ₁ = 1 the edge of chaos. Deviations from a fixed point decay
/// like `e^(−depth/ξ)` with `ξ = −1/ln |slope|`.
///
/// **How.** Fixed points are the changes of sign of `V(q) − q` on a grid of ratio √2 from 2⁻⁶⁰ to 2⁶⁰ (from σ_b² where
/// that is positive), refined by Brent's method; the bound of q* is the distance to the nearest points on both sides
/// where the sign is certain, given the bounds of the expectations. Two fixed points within one step of the grid are
/// not seen. For a φ that is homogeneous of degree 1 or 0 everything but the angles is exact. R is convex on [0, 1],
/// so that c* < 1 exists exactly where χ₁ > 1. The critical σ_w² needs no nested search: at q
///
///     (q − σ_b²) E φ′(√q z)² = E φ(√q z)² ,   σ_w² = 1 / E φ′(√q z)² .
///
/// **Accuracy.** The bounds of q*, c* and the critical q are proved where those of the expectations are; what is
/// evaluated at them carries twice its spread over their intervals, which is an estimate.
///
/// **Source.** Poole et al. 2016 [11], Schoenholz et al. 2017 [12].
public struct PhaseAnalysis: Sendable {
  /// Whether a deviation from a fixed point shrinks.
  public enum Stability: String, Sendable {
    case stable, unstable, marginal
  }

  /// A fixed point of the length map.
  public struct FixedPoint: Sendable {
    public let q: Quantity
    /// `V′(q*)`.
    public let slope: Quantity
    public let stability: Stability
  }

  /// What becomes of the length of an input with q = 1.
  public enum LengthVerdict: String, Sendable {
    /// It goes to ``PhaseAnalysis/fixedPoint``.
    case converges
    /// It stays: every length is a fixed point.
    case stays
    /// It grows without bound.
    case diverges
    /// It jumps around a fixed point that repels it.
    case oscillates
  }

  /// The phase; `unbounded` where lengths diverge.
  public enum Phase: String, Sendable {
    case ordered, critical, chaotic, unbounded
  }

  /// A weight variance at which χ₁ = 1.
  public struct CriticalPoint: Sendable {
    public let weightVariance: Quantity
    public let weightDeviation: Quantity
    /// The fixed point there; nil where every q is one.
    public let q: Quantity?
    /// Whether lengths stay there.
    public let stability: Stability
  }

  public let activation: String
  public let weightVariance: ExactNumber
  public let biasVariance: ExactNumber
  public internal(set) var lengths = LengthVerdict.diverges
  /// All fixed points of the length map that were found, ascending.
  public internal(set) var fixedPoints: [FixedPoint] = []
  /// The one that q = 1 goes to.
  public internal(set) var fixedPoint: FixedPoint?
  public internal(set) var chi: Quantity
  public internal(set) var phase = Phase.unbounded
  /// c*, the correlation that two different inputs end with.
  public internal(set) var correlation: Quantity
  /// `R′(c*)`.
  public internal(set) var correlationSlope: Quantity
  /// ξ_q.
  public internal(set) var lengthDepth: Quantity
  /// ξ_c.
  public internal(set) var correlationDepth: Quantity
  /// The edge of chaos at this σ_b².
  public internal(set) var critical: [CriticalPoint] = []
  /// What the numbers alone do not say.
  public internal(set) var notes: [String] = []

  /// - Throws: ``PhaseError`` for variances that are not allowed; what the expectations throw.
  public init(of activation: any Activation, weightVariance: ExactNumber, biasVariance: ExactNumber) throws {
    guard weightVariance.signum > 0 else { throw PhaseError.weightVariance(weightVariance) }
    guard biasVariance.signum >= 0 else { throw PhaseError.biasVariance(biasVariance) }
    self.activation = activation.description
    self.weightVariance = weightVariance
    self.biasVariance = biasVariance
    let nothing = Quantity.undefined(reason: "q has no fixed point that it goes to")
    (chi, correlation, correlationSlope) = (nothing, nothing, nothing)
    (lengthDepth, correlationDepth) = (nothing, nothing)
    if let homogeneous = HomogeneousPhase(activation.value) {
      try homogeneous.analyze(&self, try PhaseMaps(activation, weightVariance, biasVariance))
    } else {
      try analyze(try PhaseMaps(activation, weightVariance, biasVariance))
    }
    if lengths == .diverges {
      notes.append("Lengths diverge: from q = 1, the preactivations of deeper layers grow without bound.")
    }
  }

  // MARK: Any activation

  private mutating func analyze(_ maps: PhaseMaps) throws {
    try findFixedPoints(maps)
    try findCriticalPoints(maps)
    guard let fixedPoint, lengths == .converges, let q = fixedPoint.q.estimate else { return }
    lengthDepth = Self.depth(fixedPoint.slope)
    if let jump = maps.jump {
      chi = .infinite(positive: true, reason: Self.jumpReason(jump))
    } else {
      chi = .finite(try maps.overInterval(q) { try maps.slope($0) })
    }
    try findCorrelation(maps, q) { try maps.correlationSlope(q: $0, oneMinus: $1) }
  }

  static func jumpReason(_ jump: ExactNumber) -> String {
    "the activation jumps at \(jump), so that E phi(u) phi(v) has an infinite slope at correlation 1; the gradient "
      + "that is back-propagated counts the derivative there as 0"
  }

  private mutating func findFixedPoints(_ maps: PhaseMaps) throws {
    var points: [FixedPoint] = []
    if maps.vanishesAtZero, biasVariance.isZero {
      let slope = try maps.slope(0)
      points.append(FixedPoint(q: .zero, slope: .finite(slope), stability: Self.stability(slope)))
    }
    let signs = try maps.signs(first: 1) { try maps.growth($0) }
    for zero in try SignedRoots.zeros(signs, { try maps.growth($0) }) {
      let slope = try maps.overInterval(zero) { try maps.lengthSlope($0) }
      points.append(FixedPoint(q: .finite(zero), slope: .finite(slope), stability: Self.stability(slope)))
    }
    fixedPoints = points
    // Between fixed points the sign of V(q) − q says which way the length goes.
    var start = 1
    do { start = SignedRoots.sign(try maps.growth(1)) } catch GaussianError.notIntegrable {}
    func value(_ point: FixedPoint) -> Double { point.q.estimate?.value ?? .infinity }
    if start > 0 {
      fixedPoint = points.first { value($0) >= 1 }
    } else if start < 0 {
      fixedPoint = points.last { value($0) <= 1 }
    } else {
      fixedPoint = points.min { (value($0) - 1).magnitude < (value($1) - 1).magnitude }
    }
    guard let slope = fixedPoint?.slope.estimate?.value else { return }
    lengths = slope < -1 ? .oscillates : .converges
    if lengths == .oscillates {
      notes.append("The length map is steeper than -1 at its fixed point: lengths jump around it.")
    }
    if points.count > 1 {
      notes.append("There are several fixed points; q* is the one that an input with q = 1 goes to.")
    }
  }

  private mutating func findCriticalPoints(_ maps: PhaseMaps) throws {
    if let jump = maps.jump {
      notes.append("No weight variance is critical: the activation jumps at \(jump).")
      return
    }
    func add(_ q: Estimate, _ square: Estimate, _ slope: Estimate) {
      guard square.value > 0 else { return }
      let variance = reciprocal(square)
      critical.append(
        CriticalPoint(
          weightVariance: .finite(variance), weightDeviation: .finite(squareRoot(variance)), q: .finite(q),
          stability: Self.stability(variance * slope)))
    }
    if maps.vanishesAtZero, biasVariance.isZero {
      let square = try maps.squaredDerivative(0)
      add(.zero, square, square)
    }
    let signs = try maps.signs(first: -1) { try maps.criticality($0) }
    for zero in try SignedRoots.zeros(signs, { try maps.criticality($0) }) {
      add(
        zero, try maps.overInterval(zero) { try maps.squaredDerivative($0) },
        try maps.overInterval(zero) { try maps.squareSlope($0) })
    }
    if critical.isEmpty { notes.append("No weight variance is critical at this bias variance.") }
  }

  /// Phase, c*, its slope and ξ_c from q* and χ₁.
  mutating func findCorrelation(
    _ maps: PhaseMaps, _ q: Estimate, slope: (Double, Double) throws -> Estimate
  ) throws {
    var isChaotic = false
    if let estimate = chi.estimate {
      switch Self.stability(estimate) {
      case .stable: phase = .ordered
      case .marginal: phase = .critical
      case .unstable: (phase, isChaotic) = (.chaotic, true)
      }
    } else {
      (phase, isChaotic) = (.chaotic, true)
    }
    guard q.value > 0 else {
      correlation = .undefined(reason: "at q* = 0 the preactivations vanish and have no correlation")
      correlationSlope = chi
      correlationDepth = Self.depth(chi)
      notes.append("q* = 0: signals die out; chi_1 is the factor of their squared distance in each layer.")
      return
    }
    guard isChaotic else {
      (correlation, correlationSlope) = (.exact(1), chi)
      correlationDepth = Self.depth(chi)
      return
    }
    var gap = Estimate.one
    if !(maps.parity == .odd && biasVariance.isZero) {
      func excess(_ delta: Double, at q: Double) throws -> Estimate {
        try maps.correlation(q: q, oneMinus: delta) - (Estimate.one - Estimate(delta, error: 0, method: .closedForm))
      }
      var signs: [SignedRoots.Sample] = []
      for power in stride(from: -48.0, through: 0, by: 2) {
        let delta = exp2(power)
        signs.append(SignedRoots.Sample(point: delta, sign: SignedRoots.sign(try excess(delta, at: q.value))))
      }
      guard let zero = try SignedRoots.zeros(signs, { try excess($0, at: q.value) }).first else {
        correlation = .undefined(reason: "c* is too near 1 to be told from it")
        correlationSlope = correlation
        correlationDepth = correlation
        return
      }
      // q* is not known exactly; R moves with it, and c* by 1/(1 − R′) times as much.
      let low = try excess(zero.value, at: q.value - q.roundedError)
      let high = try excess(zero.value, at: q.value + q.roundedError)
      let steepness = max(1 - (try slope(q.value, zero.value)).value, 1e-8)
      gap = Estimate(
        zero.value, error: zero.error + 2 * (high.value - low.value).magnitude / steepness, method: zero.method)
    }
    correlation = .finite(Estimate.one - gap)
    let atGap = try maps.overInterval(q) { try slope($0, gap.value) }
    let atQ = try maps.overInterval(gap) { try slope(q.value, min($0, 2)) }
    correlationSlope = .finite(
      Estimate(atGap.value, error: atGap.error + atQ.error, method: max(atGap.method, atQ.method)))
    if gap.isExactlyZero { correlationSlope = .finite(atGap) }
    correlationDepth = Self.depth(correlationSlope)
  }

  // MARK: Slopes

  static func stability(_ slope: Estimate) -> Stability {
    if let exact = slope.exact { return exact.magnitude < 1 ? .stable : exact.magnitude == 1 ? .marginal : .unstable }
    let size = slope.value.magnitude
    return size + slope.error < 1 ? .stable : size - slope.error > 1 ? .unstable : .marginal
  }

  /// `ξ = −1/ln |slope|`, the number of layers in which a deviation shrinks by a factor e.
  static func depth(_ slope: Quantity) -> Quantity {
    guard let estimate = slope.estimate else { return .undefined(reason: slope.reason ?? "") }
    switch stability(estimate) {
    case .unstable: return .undefined(reason: "the fixed point is unstable: deviations grow")
    case .marginal:
      return .infinite(positive: true, reason: "at a slope of 1 deviations do not decay exponentially")
    case .stable: break
    }
    if estimate.isExactlyZero { return .zero }
    func length(_ slope: Double) -> Double { slope <= 0 ? 0 : -1 / log(slope) }
    let size = estimate.value.magnitude
    let value = length(size)
    let above = length(min(size + estimate.roundedError, 1 - 0x1p-53))
    let below = length(max(size - estimate.roundedError, 0))
    return .finite(
      Estimate(
        value, error: max(above - value, value - below) + 4 * 0x1p-53 * value * (1 + value),
        method: max(estimate.method, .closedForm)))
  }
}

/// Why there is no phase to analyze.
public enum PhaseError: Error, Sendable, Equatable, CustomStringConvertible {
  case weightVariance(ExactNumber)
  case biasVariance(ExactNumber)

  public var description: String {
    switch self {
    case .weightVariance(let value): return "The weight variance \(value) is impossible: take a number above 0."
    case .biasVariance(let value): return "The bias variance \(value) is impossible: take 0 or a number above 0."
    }
  }
}

/// `1/x` for `x > 0`.
func reciprocal(_ x: Estimate) -> Estimate {
  if let exact = x.exact?.reciprocal { return Estimate(exact: exact) }
  let value = 1 / x.value
  let relative = x.roundedError / x.value
  return Estimate(
    value, error: value * (relative / max(1 - relative, 0.5) + 0x1p-52), method: max(x.method, .closedForm))
}

/// `√x` for `x ≥ 0`.
func squareRoot(_ x: Estimate) -> Estimate {
  if let exact = x.exact?.squareRoot { return Estimate(exact: exact) }
  let value = x.value.squareRoot()
  guard value > 0 else { return x }
  return Estimate(
    value, error: x.roundedError / value + value * 0x1p-52, method: max(x.method, .closedForm))
}
