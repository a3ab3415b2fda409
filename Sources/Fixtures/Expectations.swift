import LimitKernels
import Moments

/// Which theory a mean and a standard deviation come from.
public enum FixtureTheory: String, Sendable {
  /// True at every width.
  case exact
  /// The terms up to 1/N; an allowance in the tolerance stands for the rest.
  case firstOrder = "first-order"
  /// The mean to N^(−1/2), for skewed weights; an allowance stands for the rest.
  case halfOrder = "half-order"
}

/// How the tolerance on an average follows from moments.
public enum ToleranceBasis: String, Sendable {
  /// The quantile of a Pearson curve of type III with at least the skewness and kurtosis of the average.
  case pearson
  /// Chebyshev's inequality, where third or fourth moments are infinite, or the curve lies beyond it.
  case chebyshev
}

/// The kernel of infinitely wide networks at one pair of points.
public struct LimitExpectation: Sendable, Equatable {
  public let kernel: FixtureKernel
  /// The points, as places in the fixture's list; `i ≤ j`.
  public let i: Int
  public let j: Int
  /// The limit, or the coefficient of the power of the width: `K ≈ coefficient · N^exponent`.
  public let coefficient: Estimate
  public let exponent: Rational
  /// The absolute tolerance on the coefficient: its error bound and the rounding of the software under test.
  public let tolerance: Double
}

/// The kernel of networks of one finite width at one pair of points.
public struct FiniteExpectation: Sendable, Equatable {
  public let kernel: FixtureKernel
  public let width: Int
  public let i: Int
  public let j: Int
  /// The expectation, all powers of the width put in.
  public let mean: Estimate
  /// The standard deviation of one network.
  public let standardDeviation: Estimate
  public let theory: FixtureTheory
  /// What terms that the theory leaves out may add to the mean.
  public let allowance: Double
  /// The absolute tolerance on the average over the networks, everything included.
  public let tolerance: Double
  /// The deviation of the expectation that a test finds with probability 0.9.
  public let detectable: Double
  public let basis: ToleranceBasis
  /// The skewness of the curve that stands for the average of the networks; infinite where moments are.
  public let skewness: Double
}
