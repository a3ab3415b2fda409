import Numerics

/// How fast a law's tails fall, which decides what expectations exist.
public enum Tail: Sendable, Equatable {
  /// Bounded support.
  case bounded
  /// Lighter than every exponential.
  case gaussian
  /// `P(|W| > x)` falls like `exp(−rate · x)`.
  case exponential(rate: ExactNumber)
  /// `P(|W| > x)` falls like `x^(−index)`: moments of order `k < index` exist.
  case power(index: ExactNumber)
}

/// The law of an initializer: a probability distribution on the real line.
///
/// Laws (checked by the contract suite over `LawRegistry.all`):
/// - `moment(0) = 1`, `moment(4) ≥ moment(2)²`, and odd moments of a law with `isSymmetric` vanish;
/// - the masses of `decomposition` sum to 1 exactly, and integrating against it reproduces the moments;
/// - `characteristicFunction(0) = 1`, its modulus is at most 1, its derivatives at 0 are the moments;
/// - samples agree with the moments, and depend on the stream alone, whether drawn one by one or many at a time.
public protocol Law: Sendable, CustomStringConvertible {
  /// The raw moment `E[W^order]`, `order ≥ 0`: exact wherever the law allows it.
  func moment(_ order: Int) -> Quantity

  /// Atoms and densities, whose masses sum to 1.
  var decomposition: LawDecomposition { get }

  /// The central moment `E[(W − E W)^order]`, `order ≥ 0`. The default expands it in raw moments.
  func centralMoment(_ order: Int) -> Quantity

  /// The cumulants `κ₀ = 0, κ₁ = E W, κ₂ = Var W, …, κ_order`. The default derives them from the raw moments; a law
  /// whose moments are rounded does better with a formula of its own.
  func cumulants(upTo order: Int) -> [Quantity]

  /// How fast the tails fall.
  var tail: Tail { get }

  /// Whether `W` and `−W` have the same law.
  var isSymmetric: Bool { get }

  /// `E[exp(i t W)]`, to a few units in the last place.
  func characteristicFunction(_ t: Double) -> Complex<Double>

  /// `E[exp(t W)]`, to a few units in the last place; infinity where it does not exist.
  func exponentialMoment(_ t: Double) -> Double

  /// One draw.
  func sample(from stream: inout RandomStream) -> Double

  /// Fills `buffer` with the draws that calls of ``sample(from:)`` would give, to the bit. The default calls it; a law
  /// that networks are often drawn from does better with the bulk methods of ``RandomStream``.
  func sample(into buffer: UnsafeMutableBufferPointer<Double>, from stream: inout RandomStream)
}

extension Law {
  public func sample(into buffer: UnsafeMutableBufferPointer<Double>, from stream: inout RandomStream) {
    for index in buffer.indices { buffer[index] = sample(from: &stream) }
  }

  /// The next `count` draws.
  public func samples(_ count: Int, from stream: inout RandomStream) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      let slice = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      slice.initialize(repeating: 0)
      sample(into: slice, from: &stream)
      initialized = count
    }
  }
}

/// A law taken apart into point masses and densities.
public struct LawDecomposition: Sendable {
  /// The point masses; distinct values in ascending order, positive probabilities.
  public var atoms: [Atom]
  /// The absolutely continuous parts.
  public var densities: [Density]

  /// Sorts the atoms, adds up those of equal value and drops parts of mass zero.
  public init(atoms: [Atom] = [], densities: [Density] = []) {
    var merged: [Atom] = []
    for atom in atoms.sorted(by: { $0.value < $1.value }) where !atom.probability.isZero {
      if let last = merged.last, last.value == atom.value {
        merged[merged.count - 1].probability += atom.probability
      } else {
        merged.append(atom)
      }
    }
    self.atoms = merged
    self.densities = densities.filter { !$0.mass.isZero }
  }

  /// Whether the law is a finite sum of point masses.
  public var isDiscrete: Bool { densities.isEmpty }

  /// The value of a point mass of probability 1.
  public var constantValue: ExactNumber? {
    densities.isEmpty && atoms.count == 1 ? atoms[0].value : nil
  }
}

/// A point mass.
public struct Atom: Sendable, Equatable {
  public var value: ExactNumber
  public var probability: ExactNumber

  public init(value: ExactNumber, probability: ExactNumber) {
    self.value = value
    self.probability = probability
  }
}

/// An absolutely continuous part of a law.
///
/// It is given through a chart `t ↦ x(t)` that removes singularities of the density: the part's contribution to
/// `E[g(W)]` is `mass · ∫ g(point(t)) weight(t) dt` over `[lower, upper]`, where `weight` is analytic between the
/// `nodes` and integrates to 1.
public struct Density: Sendable {
  /// The probability of this part.
  public var mass: ExactNumber
  /// The parameter interval, finite.
  ///
  /// A density on an infinite interval is cut where the mass left out is below
  /// `1e-290`. With a power tail of index `ν`, what is left out of `E|W|^k` is about `1e-300` to the power `1 − k/ν`.
  public var lower: Double
  public var upper: Double
  /// Interior parameters where the weight is not analytic, or where an adaptive rule should look.
  public var nodes: [Double]
  /// The chart, increasing.
  public var point: @Sendable (Double) -> Double
  /// Its inverse, for locating kinks; arguments outside the support give a parameter outside `[lower, upper]`.
  public var parameter: @Sendable (Double) -> Double
  /// Density times Jacobian, normalized to integrate to 1.
  public var weight: @Sendable (Double) -> Double
  /// The part as `offset + Σ Unif(−wᵢ/2, wᵢ/2)`, if it is one: the piecewise-polynomial densities.
  public var box: BoxSum?
  /// Whether the part is Gaussian, and with what mean and variance.
  public var gaussian: GaussianParameters?

  public init(
    mass: ExactNumber, lower: Double, upper: Double, nodes: [Double] = [],
    point: @escaping @Sendable (Double) -> Double = { $0 }, parameter: @escaping @Sendable (Double) -> Double = { $0 },
    weight: @escaping @Sendable (Double) -> Double, box: BoxSum? = nil, gaussian: GaussianParameters? = nil
  ) {
    self.mass = mass
    self.lower = lower
    self.upper = upper
    self.nodes = nodes
    self.point = point
    self.parameter = parameter
    self.weight = weight
    self.box = box
    self.gaussian = gaussian
  }

  /// The law of `factor · W` restricted to this part, `factor ≠ 0`.
  public func scaled(by factor: ExactNumber) -> Density {
    let scale = factor.doubleValue
    let (point, parameter, weight) = (self.point, self.parameter, self.weight)
    let negative = scale < 0
    var result = self
    // Reverse the parameter of a reflected part, so that the chart stays increasing.
    let orientation: Double = negative ? -1 : 1
    result.point = { (t: Double) -> Double in scale * point(orientation * t) }
    result.parameter = { (x: Double) -> Double in orientation * parameter(x / scale) }
    if negative {
      result.weight = { (t: Double) -> Double in weight(-t) }
      (result.lower, result.upper) = (-upper, -lower)
      result.nodes = nodes.map { -$0 }.reversed()
    }
    result.box = box.map { box in
      BoxSum(offset: factor * box.offset, widths: box.widths.map { factor.magnitude * $0 })
    }
    result.gaussian = gaussian.map { gaussian in
      GaussianParameters(mean: factor * gaussian.mean, variance: factor * factor * gaussian.variance)
    }
    return result
  }
}

/// A sum of a constant and independent uniform variables, `offset + Σ Unif(−wᵢ/2, wᵢ/2)`.
public struct BoxSum: Sendable, Equatable {
  public var offset: ExactNumber
  /// The widths `wᵢ > 0`: one for a uniform law, two equal ones for a triangular law.
  public var widths: [ExactNumber]

  public init(offset: ExactNumber, widths: [ExactNumber]) {
    self.offset = offset
    self.widths = widths
  }
}

/// Mean and variance of a Gaussian part.
public struct GaussianParameters: Sendable, Equatable {
  public var mean: ExactNumber
  public var variance: ExactNumber

  public init(mean: ExactNumber, variance: ExactNumber) {
    self.mean = mean
    self.variance = variance
  }
}
