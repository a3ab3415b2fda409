import Foundation
import LimitKernels
import Moments
import Networks
import TestSupport
import Testing

/// One row of `deep_corners.json`.
struct DeepCorner: Sendable, CustomTestStringConvertible {
  let json: JSONValue

  func text(_ key: String) throws -> String { try #require(json[key]?.string) }
  func point(_ key: String) throws -> [ExactNumber] {
    try (json[key]?.array ?? []).compactMap(\.string).map { try ExactNumber(parsing: $0) }
  }
  var testDescription: String {
    "\(json["activation"]?.string ?? "") depth \(json["depth"]?.number ?? 0) "
      + "\(json["x"]?.array?.compactMap(\.string) ?? []) \(json["y"]?.array?.compactMap(\.string) ?? [])"
  }

  func network() throws -> Network {
    let hasBias = try text("bias-variance") != "0"
    let bias = hasBias ? "normal(0, sqrt(\(try text("bias-variance"))))" : "none"
    let weights = "normal(0, sqrt(\(try text("weight-variance"))))"
    let hidden = "  - {weights: \"\(weights)\", bias: \"\(bias)\", activation: \"\(try text("activation"))\"}\n"
    let yaml =
      "input-dimension: 2\nparameterization: ntk\nlayers:\n"
      + String(repeating: hidden, count: Int(try #require(json["depth"]?.number)))
      + "  - {weights: \"\(weights)\", bias: \"\(bias)\"}\n"
    return try Network(yaml: yaml)
  }

  static let all: [DeepCorner] = {
    guard let data = try? Data(contentsOf: referenceFolder.appendingPathComponent("deep_corners.json")),
      let root = try? JSONSerialization.jsonObject(with: data)
    else { return [] }
    return (JSONValue(any: root)["cases"]?.array ?? []).map { DeepCorner(json: $0) }
  }()
}

@Suite struct DeepCornerTests {
  @Test func rowsAreThere() { #expect(DeepCorner.all.count == 15) }

  @Test(arguments: DeepCorner.all) func matches(_ corner: DeepCorner) throws {
    let entry = try limitingKernels(of: try corner.network(), at: [corner.point("x"), corner.point("y")]).entries[1]
    for (quantity, key) in [(entry.nngp, "nngp"), (entry.ntk, "ntk")] {
      let estimate = try #require(quantity.estimate)
      let deviation = try absoluteError(estimate.value, try corner.text(key))
      #expect(deviation <= estimate.roundedError, "\(key): bound \(estimate.error), deviation \(deviation)")
      let truth = try ExactNumber(parsing: try corner.text(key)).doubleValue
      // A hundred layers add up a hundred roundings of a few ulps each.
      #expect(deviation <= 1e-12 * truth.magnitude, "\(key) = \(truth): \(estimate)")
    }
    for (quantity, key) in [
      (entry.oneMinusCorrelation.nngp, "gap_nngp"), (entry.oneMinusCorrelation.ntk, "gap_ntk"),
    ] {
      let expected = try corner.text(key)
      if expected == "none" {
        #expect(quantity == nil)
        continue
      }
      let estimate = try #require(quantity?.estimate)
      let deviation = try absoluteError(estimate.value, expected)
      #expect(deviation <= estimate.roundedError, "\(key) = \(expected): \(estimate)")
      let truth = try ExactNumber(parsing: expected).doubleValue
      #expect(deviation <= 1e-10 * truth.magnitude, "\(key) = \(expected): \(estimate)")
    }
  }
}
