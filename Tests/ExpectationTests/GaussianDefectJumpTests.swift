import Activations
import Foundation
import Moments
import TestSupport
import Testing

@testable import Expectation

/// Functions with jumps at nearly parallel preactivations: `gaussian_defect_jumps.json`.
@Suite struct GaussianDefectJumpTests {
  /// A derivative as a function of its own.
  struct Derivative: Activation {
    let value: ScalarFunction
    let derivative: ScalarFunction
    var description: String { value.name }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let json: JSONValue
    func text(_ key: String) throws -> String { try #require(json[key]?.string) }
    func number(_ key: String) throws -> ExactNumber { try ExactNumber(parsing: try text(key)) }
    var testDescription: String { "\(json["activation"]?.string ?? "") \(json["oneMinusRho"]?.string ?? "")" }
  }

  static let rows: [Row] = {
    guard let data = try? Data(contentsOf: referenceFolder.appendingPathComponent("gaussian_defect_jumps.json")),
      let root = try? JSONSerialization.jsonObject(with: data)
    else { return [] }
    return (JSONValue(any: root)["cases"]?.array ?? []).map { Row(json: $0) }
  }()

  @Test func rowsAreThere() { #expect(Self.rows.count == 10) }

  @Test(arguments: rows) func matches(_ row: Row) throws {
    var activation = try ActivationRegistry.activation(parsing: try row.text("activation"))
    if row.json["derivative"]?.bool ?? false {
      activation = Derivative(
        value: activation.derivative, derivative: try #require(activation.secondDerivative))
    }
    let mean = try row.number("mean").doubleValue
    let pair = try GaussianPair(
      meanU: mean, meanV: mean, varianceU: try row.number("q1").doubleValue,
      varianceV: try row.number("q2").doubleValue,
      oneMinusRho: try row.number("oneMinusRho").doubleValue)
    let estimate = try GaussianDefectPlan(activation).halfSquaredDifference(pair)
    let deviation = try absoluteError(estimate.value, try row.text("value"))
    #expect(deviation <= estimate.roundedError, "\(estimate), off by \(deviation)")
    // Means, variances and 1 − ρ are rounded to doubles; 1e-12 is what the rules aim at.
    #expect(deviation <= 4e-12 * estimate.value)
  }

  @Test func jumpsAreFound() throws {
    func jumps(_ name: String) throws -> [Jump] {
      try ActivationRegistry.activation(parsing: name).derivative.jumps
    }
    #expect(try jumps("hard-tanh") == [Jump(place: -1, before: 0, after: 1), Jump(place: 1, before: 1, after: 0)])
    #expect(try jumps("elu(1/2)") == [Jump(place: 0, before: 0.5, after: 1)])
    #expect(try jumps("elu").isEmpty)
    #expect(try jumps("celu(3/10)").isEmpty)
    #expect(try jumps("tanh").isEmpty)
  }
}
