import Activations
import Expectation
import LimitKernels
import Moments

/// The arc-cosine kernels between unit vectors.
///
///     k_n(θ) = 2 E[u₊ⁿ v₊ⁿ] = J_n(θ)/π ,   (u, v) ~ N(0, [[1, ρ], [ρ, 1]]) ,   ρ = cos θ ,
///
/// of some orders n, at correlations and, for nearly parallel vectors, at values of 1 − ρ. Between other vectors the
/// kernel is `(‖x‖ ‖y‖)ⁿ k_n`.
///
/// **Source.** Cho and Saul 2009 [3], equation 1.
public struct ArcCosineContent: TableContent {
  public static let kind = "arc-cosine"
  public static let keys = ["orders", "correlations", "one-minus-rho"]

  let orders: [Int]
  let correlations: [ExactNumber]
  let gaps: [ExactNumber]

  public init(_ reader: DefinitionReader) throws(TableError) {
    orders = try reader.integers("orders", in: 0...20)
    correlations = try reader.numbers("correlations")
    gaps = try reader.numbers("one-minus-rho")
  }

  public func values(of file: String, in folder: String, coverage: Coverage, options: KernelOptions) throws -> Table {
    var table = Table(columns: [
      Column("order", kind: .number), Column("rho"), Column("1 - rho"), Column("kernel", kind: .quantity),
    ])
    for order in orders {
      let power = try ActivationRegistry.activation(parsing: "rectified-power(\(order))").value
      let pairs =
        try correlations.map { try GaussianPair(varianceU: 1, varianceV: 1, covariance: $0) }
        + gaps.map { try GaussianPair(varianceU: 1, varianceV: 1, oneMinusRho: $0) }
      for (pair, rho) in zip(pairs, correlations + gaps.map { 1 - $0 }) {
        let dual = try GaussianDual.expectation(power, power, pair)
        table.append([
          .integer(order), .text(rho.description), .text((1 - rho).description), .quantity(.finite(2 * dual)),
        ])
      }
    }
    return table.withRoundedBounds
  }
}
