import Moments
import Networks

extension Network {
  /// The largest exponent among the trained parameter groups' parts of the NTK: `Θ ~ N^e`.
  ///
  /// Gradient flow moves the function by an amount of order 1 in a time of order `N^(−e)`, the natural time of the
  /// parameterization: 1 under ntk and mup, `1/N` under standard, `N` under mean-field. Coefficients that vanish at
  /// single points are not looked at.
  ///
  /// - Throws: ``KernelError/unstable(layer:exponent:)`` where no power of N describes a layer.
  public func ntkExponent() throws -> Rational {
    let exponents = try WidthExponents(self)
    return trainedGroups.map { exponents.group($0) }.max() ?? 0
  }
}
