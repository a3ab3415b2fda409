import Foundation
import Moments
import TestSupport
import Testing

/// Raw moments against independent values.
@Suite struct LawReferenceTests {
  @Test(arguments: try referenceFamily("A"))
  func familyA(_ reference: ReferenceCase) throws {
    let law = try LawRegistry.law(parsing: try lawText(reference.json["spec"]))
    for (key, expected) in reference.expected {
      let order = try #require(Int(key.dropFirst()))
      let moment = law.moment(order)
      if expected == "infinite" || expected == "undefined" {
        #expect(moment.status == expected)
        continue
      }
      let estimate = try #require(moment.estimate)
      if let exact = reference.exact[key], estimate.method == .exact || exact == "0" {
        #expect(estimate.exact == (try ExactNumber(parsing: exact)))
      } else {
        try expectAgreement(estimate, expected, tolerance: 1e-15 * Double(4 + order))
      }
      // Whatever is rational in the reference is exact here, but for the truncated normal and the logistic law.
      let rounded = ["truncated", "logistic"].contains { "\(law)".contains($0) }
      if reference.exact[key] != nil, !rounded { #expect(estimate.method == .exact) }
    }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let law: String
    let moments: [String: String]
    var testDescription: String { law }
  }

  static func rows() throws -> [Row] {
    let data = try Data(contentsOf: referenceFolder.appendingPathComponent("moments_order40.json"))
    let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    return try #require(root["cases"] as? [[String: Any]]).map { json in
      Row(
        law: try #require(json["law"] as? String), moments: try #require(json["moments"] as? [String: String]))
    }
  }

  @Test(arguments: try rows())
  func orderForty(_ row: Row) throws {
    let law = try LawRegistry.law(parsing: row.law)
    #expect(row.moments["40"] != nil)
    for (key, expected) in row.moments {
      let order = try #require(Int(key))
      let estimate = try #require(law.moment(order).estimate)
      // Odd moments of an interval around 0 are differences; measure them against the moment without signs.
      let scale = try #require(law.moment(order + order % 2).estimate).value
      let size = order.isMultiple(of: 2) ? scale : pow(scale, Double(order) / Double(order + 1))
      #expect(
        try absoluteError(estimate.value, expected) <= 1e-14 * size, "order \(order): \(estimate.value) \(expected)")
      #expect(try absoluteError(estimate.value, expected) <= estimate.roundedError, "order \(order)")
      // The bound is of use: no more than 1e-12 of the size.
      #expect(estimate.roundedError <= 1e-12 * size)
    }
  }

  /// Within the tolerance (relative) and within the estimate's own bound.
  private func expectAgreement(_ estimate: Estimate, _ expected: String, tolerance: Double) throws {
    #expect(try relativeError(estimate.value, expected) <= tolerance)
    #expect(try absoluteError(estimate.value, expected) <= estimate.roundedError)
  }

  @Test func everyLawHasARow() throws {
    let names = Set(try Self.rows().compactMap { $0.law.split(separator: "(").first.map(String.init) })
    #expect(Set(LawRegistry.names).subtracting(names).isEmpty)
  }

  @Test(arguments: LawRegistry.all.flatMap(\.examples))
  func orderTwoHundredIsQuick(_ text: String) throws {
    let law = try LawRegistry.law(parsing: text)
    let time = ContinuousClock().measure { _ = law.moment(200) }
    #expect(time < .seconds(10))
  }
}
