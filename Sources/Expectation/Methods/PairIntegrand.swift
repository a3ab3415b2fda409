import Activations
import Moments

/// Two arguments with their difference, which is summed up by itself so that close arguments do not lose it.
struct Arguments: Sendable {
  var u: Double
  var v: Double
  /// `u − v`.
  var gap: Double

  private init(u: Double, v: Double, gap: Double) {
    self.u = u
    self.v = v
    self.gap = gap
  }

  /// The difference of exact numbers is rounded once.
  init(u: ExactNumber, v: ExactNumber) {
    self.init(u: u.doubleValue, v: v.doubleValue, gap: (u - v).doubleValue)
  }

  @inline(__always)
  func adding(_ coefficients: Arguments, times w: Double) -> Arguments {
    Arguments(u: u + coefficients.u * w, v: v + coefficients.v * w, gap: gap + coefficients.gap * w)
  }

  var magnitude: Arguments { Arguments(u: u.magnitude, v: v.magnitude, gap: gap.magnitude) }

  /// The arguments moved by multiples of `sizes`.
  fileprivate func moved(_ sizes: Arguments, u first: Double, v second: Double) -> Arguments {
    Arguments(
      u: u + first * sizes.u, v: v + second * sizes.v, gap: gap + (first * sizes.u - second * sizes.v))
  }
}

/// A function F(u, v) of two preactivations, with what an integration over them must know.
struct PairIntegrand: Sendable {
  /// Its kinks, transitions and growth in u are those of f, in v those of g.
  let f: ScalarFunction
  let g: ScalarFunction
  let evaluate: @Sendable (Arguments) -> Double
  /// Whether F depends on u and v through their difference and either of them, so that both move together.
  private let isDifference: Bool

  /// `f(u) g(v)`.
  static func product(_ f: ScalarFunction, _ g: ScalarFunction) -> PairIntegrand {
    let (first, second) = (f.evaluate, g.evaluate)
    return PairIntegrand(f: f, g: g, evaluate: { first($0.u) * second($0.v) }, isDifference: false)
  }

  /// `½ (φ(u) − φ(v))²`.
  static func halfSquaredDifference(_ function: ScalarFunction, derivative: ScalarFunction) -> PairIntegrand {
    let difference = FunctionDifference(function, derivative: derivative)
    return PairIntegrand(
      f: function, g: function,
      evaluate: { arguments in
        let gap = difference(arguments)
        return 0.5 * gap * gap
      }, isDifference: true)
  }

  /// `φ(u)² − φ(v)²`.
  static func differenceOfSquares(_ function: ScalarFunction, derivative: ScalarFunction) -> PairIntegrand {
    let difference = FunctionDifference(function, derivative: derivative)
    let value = function.evaluate
    return PairIntegrand(
      f: function, g: function,
      evaluate: { difference($0) * (value($0.u) + value($0.v)) }, isDifference: true)
  }

  /// How much F changes when its arguments do by `step` times their sizes: they are sums that are rounded.
  func change(_ arguments: Arguments, sizes: Arguments, step: Double) -> Double {
    let value = evaluate(arguments)
    if isDifference {
      // The difference has its own sum, so that rounding moves both arguments together.
      return (evaluate(arguments.together(sizes, step)) - value).magnitude
    }
    return (evaluate(arguments.moved(sizes, u: step, v: 0)) - value).magnitude
      + (evaluate(arguments.moved(sizes, u: 0, v: step)) - value).magnitude
  }
}

extension Arguments {
  /// Both moved alike.
  fileprivate func together(_ sizes: Arguments, _ step: Double) -> Arguments {
    let shift = step * max(sizes.u, sizes.v)
    return Arguments(u: u + shift, v: v + shift, gap: gap)
  }
}

/// `φ(u) − φ(v)`, to relative accuracy for close arguments: there it is the integral of φ′ between them by a Gauss rule.
struct FunctionDifference: Sendable {
  private let value: @Sendable (Double) -> Double
  private let slope: @Sendable (Double) -> Double
  private let kinks: [Double]
  /// Where the rule of three nodes, whose error is that of the seventh power of the gap, takes over.
  private static let close = 1e-3
  private static let node = 0.774_596_669_241_483_377_04

  init(_ function: ScalarFunction, derivative: ScalarFunction) {
    value = function.evaluate
    slope = derivative.evaluate
    kinks = function.kinks.map(\.doubleValue)
  }

  func callAsFunction(_ arguments: Arguments) -> Double {
    let (u, v, gap) = (arguments.u, arguments.v, arguments.gap)
    if gap == 0 { return 0 }
    if gap.magnitude > Self.close || kinks.contains(where: { (u - $0) * (v - $0) <= 0 }) { return value(u) - value(v) }
    let (center, half) = (u - 0.5 * gap, 0.5 * gap)
    return gap * (5 * (slope(center - Self.node * half) + slope(center + Self.node * half)) + 8 * slope(center)) / 18
  }
}
