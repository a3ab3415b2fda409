import Moments

/// An unevaluated sum `high + low` of two doubles, about 106 bits, for arguments of exponentials.
///
/// `exp(x)` turns an absolute error of x into a relative one, so an argument of 700 that is rounded to a double
/// costs a hundred ulps of the result. The second term pays that back: `exp(high + low) = exp(high)(1 + low)`.
struct TwoTerm: Sendable {
  var high: Double
  var low: Double

  init(_ high: Double, _ low: Double = 0) {
    self.high = high
    self.low = low
  }

  /// The value rounded to 106 bits.
  init(_ exact: ExactNumber) {
    high = exact.doubleValue
    low = ExactNumber(exactly: high).map { (exact - $0).doubleValue } ?? 0
  }

  /// `z²`, exactly unless it under- or overflows.
  @inline(__always) static func square(_ z: Double) -> TwoTerm {
    let square = z * z
    return TwoTerm(square, (-square).addingProduct(z, z))
  }

  /// `−z²/2`.
  @inline(__always) static func minusHalfSquare(_ z: Double) -> TwoTerm {
    let square = TwoTerm.square(z)
    return TwoTerm(-0.5 * square.high, -0.5 * square.low)
  }

  @inline(__always) static func * (a: TwoTerm, z: Double) -> TwoTerm {
    let product = a.high * z
    return TwoTerm(product, (-product).addingProduct(a.high, z).addingProduct(a.low, z))
  }

  @inline(__always) static func * (a: TwoTerm, b: TwoTerm) -> TwoTerm {
    let product = a.high * b.high
    return TwoTerm(
      product, (-product).addingProduct(a.high, b.high).addingProduct(a.high, b.low).addingProduct(a.low, b.high))
  }

  @inline(__always) static func + (a: TwoTerm, b: TwoTerm) -> TwoTerm {
    let sum = a.high + b.high
    let part = sum - a.high
    return TwoTerm(sum, ((a.high - (sum - part)) + (b.high - part)) + (a.low + b.low))
  }

  /// `z / divisor`.
  @inline(__always) static func quotient(_ z: Double, _ divisor: TwoTerm) -> TwoTerm {
    let quotient = z / divisor.high
    let remainder = z.addingProduct(-quotient, divisor.high).addingProduct(-quotient, divisor.low)
    return TwoTerm(quotient, remainder / divisor.high)
  }
}

private let expOfMinus128 = Libm.exp(-128)

/// `factor · e^x`, to about 2 ulps, and to the last subnormal where the result underflows.
///
/// Below −640 the factor is multiplied before the result becomes subnormal: x + 128 is exact there, since the two
/// share a binade.
@inline(__always)
func exponential(_ x: TwoTerm, times factor: Double = 1) -> Double {
  if x.high > -640 {
    let power = Libm.exp(x.high)
    return power.isFinite ? factor * power.addingProduct(power, x.low) : factor * power
  }
  // e^−900 times the largest double is still far below the smallest one.
  if x.high < -1600 { return factor.sign == .minus ? -0.0 : 0 }
  let power = Libm.exp(x.high + 128)
  return (factor * power.addingProduct(power, x.low)) * expOfMinus128
}
