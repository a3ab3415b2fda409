import GSL
import Numerics

/// Student's t with `ν` degrees of freedom, times a scale.
///
/// Even moments `E[W^k] = s^k ν^{k/2} Π_{j=1}^{k/2} (2j − 1)/(ν − 2j)` for `k < ν`, exact; odd ones vanish. For `k ≥ ν`
/// the moment is infinite (even `k`) or undefined (odd `k`).
public struct StudentTLaw: Law {
  /// The degrees of freedom `ν`, positive and rational.
  public let degreesOfFreedom: Rational
  /// The scale `s > 0`; the variance is `s² ν/(ν − 2)`.
  public let scale: ExactNumber

  /// - Throws: ``LawError/impossible(law:problem:remedy:)`` unless `ν` is rational and both parameters are positive.
  public init(degreesOfFreedom: ExactNumber, scale: ExactNumber) throws(LawError) {
    let written = "student-t(\(degreesOfFreedom), \(scale))"
    try LawError.requirePositive(
      degreesOfFreedom, "number of degrees of freedom", law: written, signature: "student-t(nu, scale)")
    try LawError.requirePositive(scale, "scale", law: written, signature: "student-t(nu, scale)")
    guard let rational = degreesOfFreedom.rational else {
      throw .impossible(
        law: written, problem: "the number of degrees of freedom is irrational",
        remedy: "Write nu as a decimal or a fraction.")
    }
    self.degreesOfFreedom = rational
    self.scale = scale
    index = rational.doubleValue
    unit = scale.doubleValue
  }

  private let index: Double
  private let unit: Double

  static let entry = LawEntry(
    name: "student-t", signature: "student-t(nu, scale) with nu > 0 and scale > 0",
    summary: "Student's t: moments of order k exist for k < nu",
    examples: ["student-t(5, 1)", "student-t(7/2, 2)", "student-t(41, 1/3)"]
  ) { call, _ throws(LawError) in
    let values = try call.numbers(2...2, "student-t(nu, scale)")
    return try StudentTLaw(degreesOfFreedom: values[0], scale: values[1])
  }

  public var description: String { "student-t(\(degreesOfFreedom), \(scale))" }

  public var tail: Tail { .power(index: ExactNumber(degreesOfFreedom)) }

  public var isSymmetric: Bool { true }

  public func moment(_ order: Int) -> Quantity {
    let even = order.isMultiple(of: 2)
    guard Rational(order) < degreesOfFreedom else {
      let reason = "\(self) has moments of order k < \(degreesOfFreedom) only"
      return even ? .infinite(positive: true, reason: reason) : .undefined(reason: reason)
    }
    guard even else { return .zero }
    var product = Rational.one
    if order > 0 {
      for half in 1...(order / 2) {
        product *= Rational(2 * half - 1) * degreesOfFreedom / (degreesOfFreedom - Rational(2 * half))
      }
    }
    return .exact(product * scale.power(order))
  }

  /// The chart is `x = s√ν sinh(π/2 · sinh t)`, under which the weight falls double-exponentially.
  public var decomposition: LawDecomposition {
    let (index, unit) = (self.index, self.unit * self.index.squareRoot())
    // With u = (π/2) sinh t the density is r cosh(u)^{−ν} du/√π, where r = Γ((ν+1)/2)/Γ(ν/2).
    let height = Self.gammaRatio(index / 2) / Double.pi.squareRoot() * (Double.pi / 2)
    // cosh(u)^{−ν} = 1e-300 at the end, and known factors at the nodes.
    let end = Self.chartParameter(Self.inverseLogCosh(691 / index))
    let marks = [0.5, 4, 20, 100].map { Self.chartParameter(Self.inverseLogCosh($0 / index)) }
    return LawDecomposition(densities: [
      Density(
        mass: 1, lower: -end, upper: end, nodes: marks.reversed().map { -$0 } + [0] + marks,
        point: { t in
          let x = unit * Double.sinh(Self.chart(t))
          return x.magnitude < .greatestFiniteMagnitude
            ? x : Double(signOf: t, magnitudeOf: .greatestFiniteMagnitude)
        },
        parameter: { Self.chartParameter(Double.asinh($0 / unit)) },
        weight: { t in height * Double.cosh(t) * Double.exp(-index * Self.logCosh(Self.chart(t))) })
    ])
  }

  private static func chart(_ t: Double) -> Double { Double.pi / 2 * Double.sinh(t) }

  private static func chartParameter(_ u: Double) -> Double { Double.asinh(u * 2 / Double.pi) }

  /// The `u > 0` with `ln cosh u = depth`, by `sinh² u = e^{2·depth} − 1`.
  private static func inverseLogCosh(_ depth: Double) -> Double {
    depth > 300 ? depth + 0.693147180559945309 : Double.asinh(Double.expMinusOne(2 * depth).squareRoot())
  }

  /// `ln cosh u`, to full relative accuracy near 0 and without overflow.
  private static func logCosh(_ u: Double) -> Double {
    let size = u.magnitude
    if size > 1 { return size + Double.log(onePlus: Double.exp(-2 * size)) - 0.693147180559945309417232 }
    let half = Double.sinh(0.5 * size)
    return Double.log(onePlus: 2 * half * half)
  }

  /// `Γ(x + 1/2)/Γ(x)`, to a few units in the last place: the ratio moves by the factor `(x + 1/2)/x` a step, and
  /// from 30 on its asymptotic series is exact to rounding.
  static func gammaRatio(_ x: Double) -> Double {
    var argument = x
    var factor = 1.0
    while argument < 30 {
      factor *= argument / (argument + 0.5)
      argument += 1
    }
    let r = 1 / argument
    let series =
      1 + r
      * (-1.0 / 8 + r
        * (1.0 / 128 + r
          * (5.0 / 1024 + r
            * (-21.0 / 32768 + r
              * (-399.0 / 262144
                + r * (869.0 / 4_194_304 + r * 39325.0 / 33_554_432))))))
    return factor * argument.squareRoot() * series
  }

  /// The Matérn function `2 (z/2)^n K_n(z) / Γ(n)` with `n = ν/2`, `z = √ν s|t|`.
  ///
  /// Student's t is a Gaussian with a random precision, so that, with `q = z²/4n`,
  ///
  ///     E[exp(i t W)] = √(n/2π)/Γ*(n) ∫ exp(−n (e^w − 1 − w) − q e^{−w}) dw   over ℝ,
  ///
  /// where `Γ*` is the gamma function without its Stirling factor. The integrand is positive and falls
  /// double-exponentially, so the trapezoidal rule gives full relative accuracy at every `ν`, where `ln K_n − ln Γ`
  /// would cancel for large `n`.
  public func characteristicFunction(_ t: Double) -> Complex<Double> {
    let order = index / 2
    let argument = (t * unit).magnitude * 0.5
    // q = z²/4n = s²t²/2, and q/n.
    let q = 2 * argument * argument
    if q == 0 { return 1 }
    if q > 1e12 * max(1, order) || q.isInfinite { return 0 }
    let ratio = 4 * q / order
    // The saddle e^w = (1 + √(1 + 4q/n))/2.
    let saddle = Double.log(onePlus: 0.5 * ratio / (1 + (1 + ratio).squareRoot()))
    let curvature = order * Double.exp(saddle) + q * Double.exp(-saddle)
    let step = min(0.125, 0.5 / curvature.squareRoot())
    func term(_ w: Double) -> Double { Double.exp(-order * Self.exponentialExcess(w) - q * Double.exp(-w)) }
    let peak = term(saddle)
    if peak == 0 { return 0 }
    var sum = peak
    for direction in [step, -step] {
      var w = saddle + direction
      while true {
        let value = term(w)
        sum += value
        if value < 1e-18 * peak { break }
        w += direction
      }
    }
    let stirling = (try? SpecialFunctions.gammaStar(order)) ?? .nan
    return Complex(min(1, sum * step * (order / (2 * .pi)).squareRoot() / stirling))
  }

  /// `e^w − 1 − w`, to full relative accuracy.
  private static func exponentialExcess(_ w: Double) -> Double {
    if w.magnitude > 0.6 { return Double.expMinusOne(w) - w }
    var sum = 1.0
    for k in stride(from: 18.0, through: 3, by: -1) { sum = 1 + sum * w / k }
    return 0.5 * w * w * sum
  }

  public func exponentialMoment(_ t: Double) -> Double { t == 0 ? 1 : .infinity }

  /// Bailey's polar method, exact for every `ν > 0`.
  ///
  /// **Source.** Bailey 1994, *Polar generation of random variates with the t-distribution*.
  public func sample(from stream: inout RandomStream) -> Double {
    while true {
      let u = 2 * stream.uniform() - 1
      let v = 2 * stream.uniform() - 1
      let square = u * u + v * v
      if square > 1 { continue }
      // ν (W^{−2/ν} − 1)/W; it overflows only for very small ν.
      let growth = index * Double.expMinusOne(-2 / index * Double.log(square)) / square
      let value = unit * u * growth.squareRoot()
      return value.isFinite ? value : Double(signOf: u, magnitudeOf: .greatestFiniteMagnitude)
    }
  }
}
