import Moments

/// The argument `w z` of `sin(w)`, `cos(w)` and `exp(w)`, in two terms: an error of its rounding would be one of
/// `|w z|/2` ulps of the result.
///
/// The two terms hold 106 bits: a few ulps of sin and cos for `|w z|` up to 10¹⁵. Far beyond, unless w is a power of
/// two, what is left of the phase is not w's any more, but the functions stay between −1 and 1.
struct ScaledArgument: Sendable {
  /// w, nonzero.
  let scale: ExactNumber
  private let factor: TwoTerm

  /// - Throws: ``ActivationError/impossible(activation:problem:remedy:)`` for zero, which makes the function a constant,
  ///   and for a scale out of the range of doubles.
  init(_ scale: ExactNumber, of activation: String, constant: Int) throws(ActivationError) {
    guard !scale.isZero else {
      throw .impossible(
        activation: "\(activation)(0)", problem: "a scale of 0 makes it a constant",
        remedy: "Write polynomial(\(constant)) if that is meant.")
    }
    try Parameters.requireRepresentable(scale, of: "\(activation)(\(scale))")
    self.scale = scale
    factor = TwoTerm(scale)
  }

  /// `name`, or `name(w)` where w is not 1.
  func description(_ name: String) -> String { scale == 1 ? name : "\(name)(\(scale))" }

  /// w rounded.
  var rounded: Double { factor.high }

  @inline(__always) func callAsFunction(_ z: Double) -> TwoTerm { factor * z }

  /// `sin(w z)`; 0 where `w z` overflows.
  func sine(_ z: Double) -> Double {
    let x = factor * z
    if x.low == 0 { return Libm.sin(x.high) }
    if !x.high.isFinite { return 0 }
    if x.low.magnitude < 0x1p-27 { return Libm.sin(x.high).addingProduct(x.low, Libm.cos(x.high)) }
    return Libm.sin(x.high) * Libm.cos(x.low) + Libm.cos(x.high) * Libm.sin(x.low)
  }

  /// `cos(w z)`; 1 where `w z` overflows.
  func cosine(_ z: Double) -> Double {
    let x = factor * z
    if x.low == 0 { return Libm.cos(x.high) }
    if !x.high.isFinite { return 1 }
    if x.low.magnitude < 0x1p-27 { return Libm.cos(x.high).addingProduct(-x.low, Libm.sin(x.high)) }
    return Libm.cos(x.high) * Libm.cos(x.low) - Libm.sin(x.high) * Libm.sin(x.low)
  }
}
