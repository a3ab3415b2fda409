import Moments

/// The features of two inputs: second moments over the neurons, and means where a later layer reads them.
struct Features: Sendable {
  /// `F = E[h(x) h(y)]`.
  var kernel: PairKernel
  /// `E h(x)` and `E h(y)`; nil where no later layer reads them, or where they do not exist.
  var means: PairMeans?

  init(kernel: PairKernel, means: PairMeans? = nil) {
    self.kernel = kernel
    self.means = means
  }

  /// The covariance over the neurons, `C = F − μ μᵀ`.
  ///
  /// Its angular defect is what the defect of F leaves: with `F = C + μ μᵀ`,
  ///
  ///     A_C = A_F − (√C_xx |μ_y| − √C_yy |μ_x|)²/(√(F_xx F_yy) + √(C_xx C_yy) + |μ_x μ_y|)
  ///
  /// for means of one sign, where the difference in brackets is formed from the differences of the lengths and means.
  var covariance: PairKernel {
    guard let means, !means.isExactlyZero else { return kernel }
    let square = PairKernel(means)
    func minus(_ a: Quantity, _ b: Quantity) -> Quantity { a + Estimate(exact: -1) * b }
    var difference: Estimate?
    if let whole = kernel.knownDifference, let part = square.knownDifference { difference = whole - part }
    var result = PairKernel(
      xx: minus(kernel.xx, square.xx), xy: minus(kernel.xy, square.xy), yy: minus(kernel.yy, square.yy),
      difference: difference)
    if result.angular == nil, let whole = kernel.knownAngular, let part = square.knownAngular,
      let twist = PairKernel.twist(result, square, sum: kernel)
    {
      result.angular = whole - part - twist
    }
    return result
  }
}

/// The means of a feature at two inputs.
struct PairMeans: Sendable {
  var x: Estimate
  var y: Estimate
  /// `E h(x) − E h(y)`; nil where it is not known any better than from the two.
  private let difference: Estimate?

  init(x: Estimate, y: Estimate, difference: Estimate? = nil) {
    self.x = x
    self.y = y
    self.difference = difference
  }

  init(constant: Estimate) { self.init(x: constant, y: constant, difference: .zero) }

  static let zero = PairMeans(constant: .zero)

  var isExactlyZero: Bool { x.isExactlyZero && y.isExactlyZero }

  /// `E h(x) − E h(y)`.
  var gap: Estimate { difference ?? (x - y) }

  static func + (a: PairMeans, b: PairMeans) -> PairMeans {
    PairMeans(x: a.x + b.x, y: a.y + b.y, difference: a.gap + b.gap)
  }

  static func * (factor: ExactNumber, means: PairMeans) -> PairMeans {
    PairMeans(x: factor * means.x, y: factor * means.y, difference: factor * means.gap)
  }
}

extension PairKernel {
  /// `μ μᵀ`.
  init(_ means: PairMeans) {
    let cross = means.x * means.y
    // Means of opposite signs are opposite directions.
    let angular = cross.value < 0 ? Estimate(exact: -2) * cross : .zero
    self.init(
      xx: .finite(means.x * means.x), xy: .finite(cross), yy: .finite(means.y * means.y), angular: angular,
      difference: (means.x + means.y) * means.gap)
  }
}
