import Foundation
import LimitKernels
import Moments
import Networks
import TestSupport
import Testing

/// One row of `layers.json`.
struct LayerCase: Sendable, CustomTestStringConvertible {
  let json: JSONValue
  let yaml: String

  var testDescription: String { json["title"]?.string ?? "" }

  func text(_ key: String) throws -> String { try #require(json[key]?.string) }

  func point(_ key: String) throws -> [ExactNumber] {
    try (json[key]?.array ?? []).compactMap(\.string).map { try ExactNumber(parsing: $0) }
  }

  var groups: [String: String] { (json["groups"]?.object ?? [:]).compactMapValues(\.string) }

  static let all: [LayerCase] = {
    guard let data = try? Data(contentsOf: referenceFolder.appendingPathComponent("layers.json")),
      let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any], let cases = root["cases"] as? [Any]
    else { return [] }
    return cases.compactMap { item in
      guard var network = (item as? [String: Any])?["network"] as? [String: Any],
        let layers = network["layers"] as? [[String: Any]]
      else { return nil }
      network["layers"] = layers.flatMap { layer in
        (layer["repeat"] as? Int).map { Array(repeating: layer["layer"] as Any, count: $0) } ?? [layer]
      }
      guard let text = try? JSONSerialization.data(withJSONObject: network) else { return nil }
      return LayerCase(json: JSONValue(any: item), yaml: String(decoding: text, as: UTF8.self))
    }
  }()
}

/// Residual blocks and layer normalization against integration at 60 digits, `generate/layers.py`.
@Suite struct LayerReferenceTests {
  @Test func rowsAreThere() { #expect(LayerCase.all.count == 27) }

  @Test(arguments: LayerCase.all) func matches(_ row: LayerCase) throws {
    let network = try Network(yaml: row.yaml)
    let table = try limitingKernels(of: network, at: [row.point("x"), row.point("y")])
    let (first, entry) = (table.entries[0], table.entries[1])
    // A thousand layers add up a thousand roundings of a few ulps each.
    let tolerance = network.depth > 500 ? 2e-11 : 2e-12
    for (quantity, key) in [
      (entry.nngp, "nngp"), (entry.ntk, "ntk"), (first.nngp, "nngp_xx"), (first.ntk, "ntk_xx"),
    ] {
      try check(quantity, try row.text(key), key, relative: tolerance)
    }
    let groups = row.groups
    #expect(groups.isEmpty || Set(groups.keys) == Set(entry.groups.map(\.parameter)))
    for group in entry.groups where !groups.isEmpty {
      try check(group.ntk, try #require(groups[group.parameter]), group.parameter, relative: tolerance)
    }
    for (quantity, key) in [
      (entry.oneMinusCorrelation.nngp, "gap_nngp"), (entry.oneMinusCorrelation.ntk, "gap_ntk"),
    ] {
      let expected = try row.text(key)
      if expected == "none" {
        #expect(quantity == nil)
        continue
      }
      try check(try #require(quantity), expected, key, relative: 1e-10)
    }
  }

  private func check(_ quantity: Quantity, _ expected: String, _ key: String, relative: Double) throws {
    let estimate = try #require(quantity.estimate)
    let deviation = try absoluteError(estimate.value, expected)
    let truth = try ExactNumber(parsing: expected).doubleValue.magnitude
    // The reference has 30 digits, and 1 − correlation of parallel inputs is 0 to 50 of them.
    let precision = 1e-29 * truth + 1e-50
    #expect(
      deviation <= estimate.roundedError + precision, "\(key) = \(expected): bound \(estimate), deviation \(deviation)")
    if truth < 1e-45 {
      // What vanishes has an absolute error: that of numbers of order 1.
      #expect(max(deviation, estimate.roundedError) <= 1e-15, "\(key) = \(expected): \(estimate)")
      return
    }
    #expect(deviation <= relative * truth + precision, "\(key) = \(expected): \(estimate), deviation \(deviation)")
    // A bound that says nothing would pass.
    #expect(estimate.roundedError <= max(1e-9, 100 * relative) * truth + precision, "\(key): \(estimate)")
  }
}
