import Moments

/// How a function grows, which decides what expectations exist.
public enum Growth: Sendable, Equatable {
  /// `|f(z)| ≤ C (1 + |z|)^degree`; degree 0 for bounded functions.
  case power(Int)
  /// `|f(z)| ≤ C (1 + |z|)^k exp(rate |z|)` for some k, and no power bounds it; the rate is positive.
  case exponential(rate: ExactNumber)
  /// Falls faster than every power, or vanishes.
  case vanishing

  /// The growth of a product.
  public static func * (a: Growth, b: Growth) -> Growth {
    switch (a, b) {
    case (.power(let p), .power(let q)): return .power(p + q)
    case (.exponential(let p), .exponential(let q)): return .exponential(rate: p + q)
    case (.exponential, _): return a
    case (_, .exponential): return b
    case (.vanishing, _), (_, .vanishing): return .vanishing
    }
  }
}

/// Behaviour under reflection `z ↦ −z`.
public enum Parity: Sendable, Equatable {
  case even, odd, none

  public static func * (a: Parity, b: Parity) -> Parity {
    if a == .none || b == .none { return .none }
    return a == b ? .even : .odd
  }
}

/// A real function of one variable together with what integration must know of it.
///
/// An activation, its derivatives, and products of these (as the finite-width theory needs) are all such functions.
public struct ScalarFunction: Sendable {
  /// For messages, as in `relu'`.
  public var name: String
  /// The function.
  public var evaluate: @Sendable (Double) -> Double
  /// Points where it or a derivative jumps, ascending; between them it is analytic.
  public var kinks: [ExactNumber]
  /// Where its shape changes on a scale of its own, for example `[−4, −1, 1, 4]` for tanh: hints for adaptive
  /// rules that would otherwise step over a narrow feature under a wide law.
  public var transitions: [Double]
  /// How fast it grows at ±∞, at +∞ only where `leftGrowth` is set.
  public var growth: Growth
  /// Its exact form, if it is piecewise polynomial.
  public var pieces: PiecewisePolynomial?
  /// Its exact form, if it is a sum of exponentials `Σ c e^{λ z}`; empty for the zero function.
  public var waves: [Wave]?
  /// Its parity.
  public var parity: Parity
  /// The distance of the nearest complex singularity from the real axis; infinity for entire functions.
  ///
  /// Fourier coefficients fall like `exp(−strip · ω)`. It is 0 for functions with kinks. It bounds the rate only:
  /// gaussian and erf are entire, yet `|e^{−z²}|` is `e^{y²}` at height y, so that a method that moves its contour
  /// must weigh growth against distance.
  public var strip: Double
  /// How fast it grows at −∞, where that differs from `growth`: nil means the same.
  public var leftGrowth: Growth?
  /// Its value, if it is a constant that has no exact form.
  public var constantValue: Double?
  /// Its exact form, if it is one of those in ``GaussianForm``.
  public var gaussianForm: GaussianForm?

  public init(
    name: String, kinks: [ExactNumber] = [], transitions: [Double] = [], growth: Growth, leftGrowth: Growth? = nil,
    pieces: PiecewisePolynomial? = nil, waves: [Wave]? = nil, parity: Parity = .none, strip: Double = 0,
    evaluate: @escaping @Sendable (Double) -> Double
  ) {
    self.name = name
    self.evaluate = evaluate
    self.kinks = kinks
    self.transitions = transitions
    self.growth = growth
    self.leftGrowth = leftGrowth
    self.pieces = pieces
    self.waves = waves
    self.parity = parity
    self.strip = strip
  }

  /// The function with the exact form `pieces`, from which everything else follows.
  ///
  /// - Parameters:
  ///   - name: The function, for messages.
  ///   - pieces: The exact form.
  ///   - evaluate: A better evaluator than the one that `pieces` has, as Hermite polynomials have one.
  public init(name: String, pieces: PiecewisePolynomial, evaluate: (@Sendable (Double) -> Double)? = nil) {
    var waves: [Wave]?
    if let polynomial = pieces.polynomial, polynomial.degree <= 0 {
      waves = polynomial.coefficients.map { Wave(real: $0) }
    }
    self.init(
      name: name, kinks: pieces.breakpoints, growth: .power(pieces.growthDegree), pieces: pieces, waves: waves,
      parity: pieces.parity, strip: pieces.breakpoints.isEmpty ? .infinity : 0,
      evaluate: evaluate ?? pieces.evaluator)
  }

  /// The pointwise product; where one factor is 0 and the other overflows it is 0.
  public static func * (f: ScalarFunction, g: ScalarFunction) -> ScalarFunction {
    let (first, second) = (f.evaluate, g.evaluate)
    var pieces: PiecewisePolynomial?
    if let p = f.pieces, let q = g.pieces { pieces = p * q }
    var waves: [Wave]?
    if let p = f.waves, let q = g.waves { waves = Wave.collected(p.flatMap { a in q.map { a * $0 } }) }
    var product = ScalarFunction(
      name: "\(f.name)·\(g.name)", kinks: Array(Set(f.kinks + g.kinks)).sorted(),
      transitions: Array(Set(f.transitions + g.transitions)).sorted(),
      growth: f.growth(towards: 1) * g.growth(towards: 1), pieces: pieces,
      waves: waves, parity: f.parity * g.parity, strip: min(f.strip, g.strip),
      evaluate: { z in
        let (a, b) = (first(z), second(z))
        return (a == 0 && b.isInfinite) || (b == 0 && a.isInfinite) ? 0 : a * b
      })
    let left = f.growth(towards: -1) * g.growth(towards: -1)
    if left != product.growth { product.leftGrowth = left }
    if let p = f.constantValue, let q = g.constantValue { product.constantValue = p * q }
    return product
  }

  /// The degree k of a positively homogeneous function, `f(t z) = t^k f(z)` for t > 0, recognized by its exact form.
  public var homogeneity: Int? {
    guard let pieces, pieces.breakpoints.allSatisfy(\.isZero) else { return nil }
    let degrees = Set(pieces.polynomials.filter { $0.degree >= 0 }.map(\.degree))
    guard degrees.count == 1, let degree = degrees.first else { return nil }
    let isMonomial = pieces.polynomials.allSatisfy { $0.coefficients.dropLast().allSatisfy(\.isZero) }
    return isMonomial ? degree : nil
  }

  /// How fast the function grows towards +∞ (`sign > 0`) or −∞.
  public func growth(towards sign: Int) -> Growth {
    if let pieces {
      let degree = (sign > 0 ? pieces.polynomials.last : pieces.polynomials.first)?.degree ?? -1
      return degree < 0 ? .vanishing : .power(degree)
    }
    return sign > 0 ? growth : leftGrowth ?? growth
  }
}

/// One term `(real + i·imaginary) e^{(growthRate + i·frequency) z}` of a sum of exponentials.
public struct Wave: Sendable, Equatable {
  /// The real part of the coefficient.
  public var real: ExactNumber
  /// The imaginary part of the coefficient.
  public var imaginary: ExactNumber
  /// The real part of λ.
  public var growthRate: ExactNumber
  /// The imaginary part of λ.
  public var frequency: ExactNumber

  public init(real: ExactNumber, imaginary: ExactNumber = 0, growthRate: ExactNumber = 0, frequency: ExactNumber = 0) {
    self.real = real
    self.imaginary = imaginary
    self.growthRate = growthRate
    self.frequency = frequency
  }

  public static func * (a: Wave, b: Wave) -> Wave {
    Wave(
      real: a.real * b.real - a.imaginary * b.imaginary, imaginary: a.real * b.imaginary + a.imaginary * b.real,
      growthRate: a.growthRate + b.growthRate, frequency: a.frequency + b.frequency)
  }

  /// The same sum with terms of equal rate added up and vanishing ones left out.
  static func collected(_ waves: [Wave]) -> [Wave] {
    var result: [Wave] = []
    for wave in waves {
      let same = result.firstIndex { $0.growthRate == wave.growthRate && $0.frequency == wave.frequency }
      if let same {
        result[same].real += wave.real
        result[same].imaginary += wave.imaginary
      } else {
        result.append(wave)
      }
    }
    return result.filter { !($0.real.isZero && $0.imaginary.isZero) }
  }
}

/// An activation function φ with its derivative.
///
/// Laws (checked by the contract suite over `ActivationRegistry.all`): `derivative` is the derivative of `value`
/// away from kinks; at a kink it is the one PyTorch uses; the exact forms, where there are any, agree with the
/// closures; the stated parity, growth and kinks hold.
public protocol Activation: Sendable, CustomStringConvertible {
  /// φ.
  var value: ScalarFunction { get }
  /// φ′; at a kink the value that PyTorch uses.
  var derivative: ScalarFunction { get }
  /// φ″ away from kinks; nil where it is not known.
  ///
  /// The default knows it for piecewise polynomials.
  var secondDerivative: ScalarFunction? { get }
  /// The gain g that keeps the length of long signals: weights of variance `g²/fan-in` go with φ.
  ///
  /// With a₊ and a₋ the slopes of φ at ±∞,
  ///
  ///     g² = 2 / (a₊² + a₋²) ,
  ///
  /// so that `g² E[φ(z)²] ≈ E[z²]` for wide z: √2 for relu and its smooth relatives, `√(2/(1 + α²))` for leaky relu. It is
  /// 1 for functions that do not grow linearly, and for selu, whose constants are made for it. The default knows it for
  /// piecewise polynomials.
  ///
  /// **Source.** He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015, equations (10) and (15).
  var gain: ExactNumber { get }
}

extension Activation {
  public var secondDerivative: ScalarFunction? {
    derivative.pieces.map { ScalarFunction(name: derivative.name + "'", pieces: $0.derivative()) }
  }

  public var gain: ExactNumber {
    guard let ends = value.pieces.map({ [$0.polynomials[0], $0.polynomials[$0.breakpoints.count]] }),
      ends.allSatisfy({ $0.degree <= 1 })
    else { return .one }
    let slopes = ends.map { $0.degree == 1 ? $0.coefficients[1] : 0 }
    let square = slopes.reduce(ExactNumber(0)) { $0 + $1 * $1 }
    return (2 * (square.reciprocal ?? .zero)).squareRoot.flatMap { $0.isZero ? nil : $0 } ?? .one
  }
}

/// An activation made of a user's own closures.
///
///     let swish2 = CustomActivation(
///       name: "swish2", value: { $0 / (1 + exp(-2 * $0)) }, derivative: { … }, growth: .power(1))
public struct CustomActivation: Activation {
  public let value: ScalarFunction
  public let derivative: ScalarFunction
  public var description: String { value.name }

  /// - Parameters:
  ///   - name: For tables and messages.
  ///   - kinks: Every point where φ or one of its derivatives jumps.
  ///   - transitions: Where φ changes its shape on a scale of its own.
  ///   - growth: How fast φ grows; φ′ is taken to grow no faster.
  ///   - value: φ.
  ///   - derivative: φ′.
  public init(
    name: String, kinks: [ExactNumber] = [], transitions: [Double] = [-8, -2, 0, 2, 8], growth: Growth,
    value: @escaping @Sendable (Double) -> Double, derivative: @escaping @Sendable (Double) -> Double
  ) {
    let kinks = Array(Set(kinks)).sorted()
    let transitions = transitions.sorted()
    self.value = ScalarFunction(name: name, kinks: kinks, transitions: transitions, growth: growth, evaluate: value)
    self.derivative = ScalarFunction(
      name: name + "'", kinks: kinks, transitions: transitions, growth: growth, evaluate: derivative)
  }
}
