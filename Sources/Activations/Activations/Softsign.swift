import Moments

/// The softsign, `φ(z) = z/(1 + |z|)`, with `φ′(z) = 1/(1 + |z|)²`.
///
/// Its second derivative jumps at 0. It approaches ±1 like 1/z, slowly, hence transitions on many scales.
public struct Softsign: Activation {
  public init() {}

  static let entry = ActivationEntry(
    name: "softsign", signature: "softsign", summary: "z / (1 + |z|)", examples: ["softsign"]
  ) { _ in Softsign() }

  public var description: String { "softsign" }

  private static let transitions: [Double] = [-10_000, -300, -30, -5, -1, 1, 5, 30, 300, 10_000]

  public let value = ScalarFunction(
    name: "softsign", kinks: [0], transitions: Softsign.transitions, growth: .power(0), parity: .odd
  ) { $0 / (1 + $0.magnitude) }
  public let derivative = ScalarFunction(
    name: "softsign'", kinks: [0], transitions: Softsign.transitions, growth: .power(0), parity: .even
  ) { z in
    let reciprocal = 1 / (1 + z.magnitude)
    return reciprocal * reciprocal
  }

  /// `−2 sign(z)/(1 + |z|)³`, 0 at 0.
  public var secondDerivative: ScalarFunction? {
    ScalarFunction(name: "softsign''", kinks: [0], transitions: value.transitions, growth: .power(0), parity: .odd) {
      z in
      let size = 1 + z.magnitude
      return z == 0 ? 0 : (z < 0 ? 2 : -2) / (size * size * size)
    }
  }
}
