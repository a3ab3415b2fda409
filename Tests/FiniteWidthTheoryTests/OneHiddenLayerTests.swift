import FiniteWidthTheory
import LimitKernels
import Moments
import Networks
import TestSupport
import Testing

/// Families F and F2: mean and variance of the one-neuron NTK ξ, `E Θ_N = E ξ` and `Var Θ_N = Var(ξ)/N`.
@Suite struct NeuronVarianceReferenceTests {
  static let cases: [ReferenceCase] = ["F", "F2"].flatMap { (try? referenceFamily($0)) ?? [] }

  @Test func allCasesAreThere() { #expect(Self.cases.count == 20) }

  @Test(arguments: cases) func matches(_ reference: ReferenceCase) throws {
    let (network, x, y) = try referenceNetwork(reference)
    let prediction = try finiteWidthPrediction(of: network, at: [x, y])
    #expect(prediction.order == .exact)
    let kernel = prediction.entries[1].ntk
    #expect(kernel.meanCorrection == .zero)
    try expect(kernel.limit, reference, "mean_xi")
    try expect(kernel.limit, reference, "mean")
    try expect(kernel.scaledVariance, reference, "var_xi")
    try expect(kernel.scaledVariance, reference, "variance")
    // At width 10 the mean is the limit and the variance a tenth.
    #expect(kernel.mean(width: 10) == kernel.limit)
    let tenth = try #require(kernel.variance(width: 10).estimate)
    let whole = try #require(kernel.scaledVariance.estimate)
    #expect((10 * tenth.value - whole.value).magnitude <= 1e-14 * whole.value)
  }

  /// 1e-12 relative, rational where exact, and the stated bound must hold.
  private func expect(_ quantity: Quantity, _ reference: ReferenceCase, _ key: String) throws {
    guard let expected = reference.expected[key] else { return }
    let estimate = try #require(quantity.estimate)
    if let exact = reference.exact[key] { #expect(estimate.exact == (try ExactNumber(parsing: exact))) }
    let truth = try ExactNumber(parsing: expected).doubleValue
    // Values of 17 digits are right to about a unit of their last one.
    let slack = reference.digits(key) < 20 ? 2e-16 * truth.magnitude : 0
    let deviation = try absoluteError(estimate.value, expected)
    #expect(deviation <= estimate.roundedError + slack, "\(key): \(estimate), expected \(expected)")
    #expect(deviation <= 1e-12 * truth.magnitude, "\(key): \(estimate), expected \(expected)")
  }
}

/// The quadratic model, T1 of the derivation, computed there by exact rational arithmetic.
@Suite struct QuadraticModelTests {
  static func prediction(_ points: [ExactNumber]) throws -> FiniteWidthPrediction {
    try finiteWidthPrediction(of: try Network.headline, at: points.map { [$0] })
  }

  struct Row: Sendable {
    let x: String, y: String, mean: String, variance: String
  }
  static let rows = [
    Row(x: "1", y: "1", mean: "1073/720", variance: "1295843/226800"),
    Row(x: "1", y: "-1", mean: "113/720", variance: "11639/226800"),
    Row(x: "1", y: "1/2", mean: "47/72", variance: "166139/129600"),
    Row(x: "-1", y: "1/2", mean: "-1/72", variance: "20093/907200"),
    Row(x: "1/2", y: "1/2", mean: "31/90", variance: "20183/56700"),
  ]

  @Test(arguments: rows) func meanAndVarianceAreRational(_ row: Row) throws {
    let entries = try Self.prediction([ExactNumber(parsing: row.x), ExactNumber(parsing: row.y)]).entries
    #expect(entries[1].ntk.limit.estimate?.exact == (try ExactNumber(parsing: row.mean)))
    #expect(entries[1].ntk.scaledVariance.estimate?.exact == (try ExactNumber(parsing: row.variance)))
  }

  /// k₃ and k₄ of ξ to the digits given: 38.685803711916, 326.765943254991 at (1, 1); 0.004655007749 at (1, −1).
  @Test func higherCumulants() throws {
    let entries = try Self.prediction([1, -1, ExactNumber(1, 2)]).entries
    func value(_ quantity: Quantity?) throws -> Double { try #require(quantity?.estimate).value }
    #expect((try value(entries[0].ntk.thirdCumulant(width: 1)) - 38.685803711916).magnitude < 1e-12)
    #expect((try value(entries[0].ntk.fourthCumulant(width: 1)) - 326.765943254991).magnitude < 1e-12)
    #expect((try value(entries[1].ntk.fourthCumulant(width: 1)) - 0.004655007749).magnitude < 1e-12)
    #expect((try value(entries[5].ntk.fourthCumulant(width: 1)) - 1.475255473311).magnitude < 1e-12)
    // Excess kurtosis of ξ, and κ_r(Θ_N) = κ_r(ξ)/N^(r−1).
    let variance = try value(entries[0].ntk.scaledVariance)
    #expect(
      (try value(entries[0].ntk.fourthCumulant(width: 1)) / (variance * variance) - 10.0096320385).magnitude < 1e-10)
    let exact = try #require(entries[0].ntk.fourthCumulant(width: 1)?.estimate?.exact)
    #expect(entries[0].ntk.fourthCumulant(width: 8)?.estimate?.exact == exact / Rational(512))
    // The variance is the second cumulant by the same formula.
    #expect(entries[0].ntk.variance(width: 4).estimate?.exact == ExactNumber(1_295_843, 4 * 226_800))
  }

  @Test func covariancesOfEntries() throws {
    let prediction = try Self.prediction([1, -1])
    // Entries (1,1), (1,−1), (−1,−1).
    #expect(prediction.covariance(0, 2, width: 1).estimate?.exact == ExactNumber(23_887, 45_360))
    #expect(prediction.covariance(0, 1, width: 1).estimate?.exact == ExactNumber(7_601, 32_400))
    #expect(prediction.covariance(1, 0, width: 10).estimate?.exact == ExactNumber(7_601, 324_000))
    #expect(prediction.covariance(1, 1, width: 1) == prediction.entries[1].ntk.variance(width: 1))
  }

  /// Four distinct inputs: bilinearity ties the covariances of the square to those of two inputs.
  @Test func fourInputsAgreeWithRepeatedInputs() throws {
    // 1 and −1 written again: entries of the copies are those of the originals.
    let repeated = try Self.prediction([1, -1, 1, -1])
    let index = InputPairs(4)
    #expect(repeated.covariance(index[0, 0], index[2, 3], width: 1).estimate?.exact == ExactNumber(7_601, 32_400))
    // Four different points by the exact moments in four variables against the two-input chain.
    let distinct = try Self.prediction([1, -1, ExactNumber(1, 2), 2])
    let value = try #require(distinct.covariance(index[0, 1], index[2, 3], width: 1).estimate)
    #expect(value.method == .exact)
    // Brute force in rational arithmetic (Python fractions, Tests/Reference/generate/one_hidden_layer_covariance.py).
    #expect(value.exact == (try ExactNumber(parsing: "109771/453600")))
  }

  @Test func theFunctionItself() throws {
    let entries = try Self.prediction([1]).entries
    #expect(entries[0].nngp.limit.estimate?.exact == ExactNumber(91, 720))
    #expect(entries[0].nngp.scaledVariance.estimate?.exact == ExactNumber(14_537, 129_600))
    #expect(entries[0].output.scaledFourthCumulant.estimate?.exact == ExactNumber(6_931, 86_400))
    let kurtosis = try #require(entries[0].output.scaledExcessKurtosis?.estimate)
    #expect((kurtosis.value - 5.021857263616).magnitude < 1e-12)
  }

  @Test func groupsAddUp() throws {
    let entry = try Self.prediction([1, -1]).entries[1]
    #expect(entry.groups.count == 3)
    let sum = entry.groups.reduce(Quantity.zero) { $0 + $1.limit }
    #expect(sum == entry.ntk.limit)
  }
}

/// Pairs i ≤ j of n points in order.
struct InputPairs {
  let count: Int
  init(_ count: Int) { self.count = count }
  subscript(i: Int, j: Int) -> Int { i * count - i * (i - 1) / 2 + j - i }
}
