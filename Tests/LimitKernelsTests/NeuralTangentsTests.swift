import LimitKernels
import Moments
import Networks
import TestSupport
import Testing

/// What neural-tangents itself computes, `Tests/Reference/neural_tangents.json`.
@Suite struct NeuralTangentsTests {
  static let cases: [ReferenceCase] = {
    guard let family = try? referenceCases(file: "neural_tangents") else { return [] }
    return family
  }()

  @Test func allCasesAreThere() { #expect(Self.cases.count == 36) }

  @Test(arguments: cases) func matches(_ reference: ReferenceCase) throws {
    func text(_ key: String) throws -> String { try #require(reference.json[key]?.string) }
    func layer(_ deviation: String, _ bias: String) -> String {
      "{weights: normal(), weight-multiplier: \(deviation), "
        + (bias == "0" ? "bias: none" : "bias: normal(), bias-multiplier: \(bias)")
    }
    let depth = try #require(reference.json["depth"]?.number.flatMap { Int(exactly: $0) })
    let hidden = layer(try text("W_std"), try text("b_std")) + ", activation: \"\(try text("activation"))\"}"
    let readout = layer(try text("readout_W_std"), try text("readout_b_std")) + "}"
    let lines = Array(repeating: hidden, count: depth) + [readout]
    let network = try Network(
      yaml: "input-dimension: 2\nparameterization: ntk\nlayers:\n" + lines.map { "  - \($0)\n" }.joined())
    func point(_ key: String) throws -> [ExactNumber] {
      try #require(reference.json[key]?.array).map { try ExactNumber(parsing: "\(try #require($0.number))") }
    }
    let entry = try limitingKernels(of: network, at: [try point("x"), try point("y")]).entries[1]
    for (quantity, key) in [(entry.nngp, "nngp"), (entry.ntk, "ntk")] {
      let estimate = try #require(quantity.estimate)
      let expected = try #require(reference.expected[key])
      // neural-tangents rounds like any double computation: some 1e-14 of numbers of order 1, which is not ours to bound.
      #expect(try absoluteError(estimate.value, expected) < 1e-13 + estimate.error, "\(key)")
    }
  }
}
