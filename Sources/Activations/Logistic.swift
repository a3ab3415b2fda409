/// The logistic function and its derivative, without cancellation and without overflow.
enum Logistic {
  /// `σ(z) = 1/(1 + e^{−z})`.
  @inline(__always) static func value(_ z: Double) -> Double {
    let small = Libm.exp(-z.magnitude)
    return (z >= 0 ? 1 : small) / (1 + small)
  }

  /// `σ′(z) = σ(z) σ(−z)`.
  @inline(__always) static func derivative(_ z: Double) -> Double {
    let small = Libm.exp(-z.magnitude)
    return small / ((1 + small) * (1 + small))
  }
}
