import Moments

/// PyTorch's hard swish, `φ(z) = z relu6(z + 3)/6`, with `φ′(−3) = 0` and `φ′(3) = 1`.
///
/// At the kinks PyTorch's backward pass gave the values of the middle piece, −1/2 and 3/2, until its issue 147801
/// was fixed in 2025; since then it gives those of the outer pieces, and so do we. It matters only for a law with
/// an atom at ±3.
public struct HardSwish: Activation {
  public init() {}

  static let entry = ActivationEntry(
    name: "hard-swish", signature: "hard-swish", summary: "z relu6(z + 3) / 6", examples: ["hard-swish"]
  ) { _ in HardSwish() }

  public var description: String { "hard-swish" }

  private static let pieces = PiecewisePolynomial(
    breakpoints: [-3, 3],
    polynomials: [.zero, Polynomial([0, ExactNumber(1, 2), ExactNumber(1, 6)]), Polynomial([0, 1])])

  public let value = ScalarFunction(name: "hard-swish", pieces: HardSwish.pieces)
  public let derivative = ScalarFunction(
    name: "hard-swish'", pieces: HardSwish.pieces.derivative(breakpointValues: [0, 1]))
}
