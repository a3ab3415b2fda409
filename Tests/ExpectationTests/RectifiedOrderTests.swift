import Activations
import Foundation
import Moments
import TestSupport
import Testing

@testable import Expectation

/// Arc-cosine kernels of order 2 to 20: `rectified_orders.json`.
@Suite struct RectifiedOrderTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let json: JSONValue
    var order: Int { Int(json["order"]?.number ?? -1) }
    func text(_ key: String) throws -> String { try #require(json[key]?.string) }
    var testDescription: String { "order \(order), 1 - rho = \(json["oneMinusRho"]?.string ?? "")" }
  }

  static let rows: [Row] = {
    guard let data = try? Data(contentsOf: referenceFolder.appendingPathComponent("rectified_orders.json")),
      let root = try? JSONSerialization.jsonObject(with: data)
    else { return [] }
    return (JSONValue(any: root)["cases"]?.array ?? []).map { Row(json: $0) }
  }()

  @Test func rowsAreThere() { #expect(Self.rows.count == 99) }

  @Test(arguments: rows) func matches(_ row: Row) throws {
    let power = try ActivationRegistry.activation(parsing: "rectified-power(\(row.order))").value
    let pair = try GaussianPair(
      varianceU: 1, varianceV: 1, oneMinusRho: try ExactNumber(parsing: try row.text("oneMinusRho")))
    let estimate = try GaussianDual.expectation(power, power, pair)
    let deviation = try absoluteError(estimate.value, try row.text("value"))
    #expect(estimate.method == .closedForm)
    #expect(deviation <= estimate.roundedError, "\(estimate), off by \(deviation)")
    // What the documentation of RectifiedDual states.
    #expect(deviation <= Double(8 + 4 * row.order) * 0x1p-53 * estimate.value)
  }
}
