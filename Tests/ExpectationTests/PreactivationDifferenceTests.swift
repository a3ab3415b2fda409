import Activations
import Foundation
import Moments
import TestSupport
import Testing

@testable import Expectation

/// What separates an activation at nearly equal preactivations under non-Gaussian laws: `preactivation_difference.json`.
@Suite struct PreactivationDifferenceTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let json: JSONValue
    func text(_ key: String) throws -> String { try #require(json[key]?.string) }
    func numbers(_ key: String) throws -> [ExactNumber] {
      try (json[key]?.array ?? []).compactMap(\.string).map { try ExactNumber(parsing: $0) }
    }
    var testDescription: String { "\(json["activation"]?.string ?? "") \(json["weights"]?.string ?? "")" }
  }

  static let rows: [Row] = {
    guard
      let data = try? Data(contentsOf: referenceFolder.appendingPathComponent("preactivation_difference.json")),
      let root = try? JSONSerialization.jsonObject(with: data)
    else { return [] }
    return (JSONValue(any: root)["cases"]?.array ?? []).map { Row(json: $0) }
  }()

  static func pair(_ weights: String, _ bias: String?, _ x: [ExactNumber], _ y: [ExactNumber]) throws
    -> PreactivationPair
  {
    PreactivationPair(
      weights: try LawRegistry.law(parsing: weights, context: .weights),
      bias: try bias.map { try LawRegistry.law(parsing: $0, context: .bias(fanIn: x.count)) }, weightScale: 1,
      biasScale: 1, x: x, y: y)
  }

  @Test func rowsAreThere() { #expect(Self.rows.count == 7) }

  @Test(arguments: rows) func matches(_ row: Row) throws {
    let activation = try ActivationRegistry.activation(parsing: try row.text("activation"))
    let bias = try row.text("bias")
    let pair = try Self.pair(
      try row.text("weights"), bias == "none" ? nil : bias, try row.numbers("x"), try row.numbers("y"))
    let difference = try #require(
      try PreactivationDifference(activation.value, derivative: activation.derivative, pair))
    for (estimate, key) in [(difference.halfSquared, "halfSquared"), (difference.ofSquares, "ofSquares")] {
      let deviation = try absoluteError(estimate.value, try row.text(key))
      #expect(deviation <= estimate.error, "\(key): \(estimate), off by \(deviation)")
    }
    // Twelve digits less a bound's margin, however small it is.
    #expect(difference.halfSquared.error <= 1e-10 * difference.halfSquared.value)
  }

  /// For inputs far apart the three kernels themselves give the two combinations.
  @Test(
    arguments: ["relu", "tanh", "gelu", "elu(1/2)", "hard-tanh", "abs", "step", "gaussian"],
    [("uniform(-1, 1)", "uniform(-1/2, 1/2)"), ("laplace(1)", nil), ("rademacher()", "triangular(1)")]
      as [(String, String?)])
  func agreesWithTheKernels(_ name: String, laws: (String, String?)) throws {
    let activation = try ActivationRegistry.activation(parsing: name)
    let pair = try Self.pair(laws.0, laws.1, [1], [ExactNumber(3, 2)])
    let difference = try #require(
      try PreactivationDifference(activation.value, derivative: activation.derivative, pair))
    let f = activation.value
    func kernel(_ pair: PreactivationPair) throws -> Estimate {
      try #require(try ExpectationChain.expectation(ExpectationQuestion(f, f, pair)).estimate)
    }
    let xx = try kernel(try Self.pair(laws.0, laws.1, [1], [1]))
    let yy = try kernel(try Self.pair(laws.0, laws.1, [ExactNumber(3, 2)], [ExactNumber(3, 2)]))
    let xy = try kernel(try Self.pair(laws.0, laws.1, [1], [ExactNumber(3, 2)]))
    let half = xx.value / 2 + yy.value / 2 - xy.value
    let slack = xx.roundedError + yy.roundedError + xy.roundedError + 4e-16
    #expect(abs(difference.halfSquared.value - half) <= difference.halfSquared.error + slack)
    #expect(abs(difference.ofSquares.value - (xx.value - yy.value)) <= difference.ofSquares.error + slack)
  }

  @Test func evenActivationsSeeOppositeInputsAsNear() throws {
    let activation = try ActivationRegistry.activation(parsing: "gaussian")
    let near = try ExactNumber(parsing: "1.00000001")
    let there = try Self.pair("uniform(-1, 1)", nil, [1], [near])
    let opposite = try Self.pair("uniform(-1, 1)", nil, [1], [-near])
    let a = try #require(try PreactivationDifference(activation.value, derivative: activation.derivative, there))
    let b = try #require(try PreactivationDifference(activation.value, derivative: activation.derivative, opposite))
    #expect(!a.isReflected && b.isReflected)
    #expect(a.halfSquared.value > 0 && a.halfSquared == b.halfSquared && a.ofSquares == b.ofSquares)
  }

  @Test func equalInputsDifferByNothing() throws {
    let activation = try ActivationRegistry.activation(parsing: "tanh")
    let pair = try Self.pair("uniform(-1, 1)", "laplace(1)", [1], [1])
    let same = try #require(try PreactivationDifference(activation.value, derivative: activation.derivative, pair))
    #expect(same.halfSquared.isExactlyZero && same.ofSquares.isExactlyZero)
  }

  @Test func manyVariablesAreLeftToTheKernels() throws {
    let activation = try ActivationRegistry.activation(parsing: "tanh")
    let pair = try Self.pair("uniform(-1, 1)", nil, [1, 2, 3, 4], [1, 2, 3, 5])
    #expect(try PreactivationDifference(activation.value, derivative: activation.derivative, pair) == nil)
  }
}
