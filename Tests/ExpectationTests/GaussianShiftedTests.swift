import Activations
import Moments
import TestSupport
import Testing

@testable import Expectation

/// The rows of `family_shifted.json`, with the scale `E|f(u) g(v)|` of each.
struct ShiftedRow: Sendable, CustomTestStringConvertible {
  let row: DualRow
  let scale: Double
  var testDescription: String { row.testDescription }

  static func all() throws -> [ShiftedRow] {
    try referenceFamily("shifted").flatMap { reference in
      let json = reference.json
      let rows = try DualRow.rows(
        reference.id, activationText(json["activation"]), json, value: reference.expected["value"],
        derivative: reference.expected["derivative"])
      return try rows.map { row in
        guard let scale = json["scale"]?[row.derivative ? "derivative" : "value"]?.string.flatMap(Double.init) else {
          throw ReferenceError.unreadable(reference.id)
        }
        return ShiftedRow(row: row, scale: scale)
      }
    }
  }
}

@Suite struct GaussianShiftedTests {
  /// 1e-12 of `E|f(u) g(v)|`, which is what cancellation leaves, and within the bound; the references are good to 17 digits.
  @Test(arguments: try ShiftedRow.all()) func shifted(_ shifted: ShiftedRow) throws {
    let row = shifted.row
    let function = try row.function()
    let estimate = try GaussianDual.expectation(function, function, row.pair)
    let error = try absoluteError(estimate.value, row.expected)
    #expect(
      error <= 1e-12 * shifted.scale,
      "\(row.testDescription): \(estimate) for \(row.expected), error \(error / shifted.scale)")
    #expect(
      error <= estimate.roundedError + 1e-17 * shifted.scale,
      "\(row.testDescription): \(estimate) for \(row.expected), error \(error)")
    #expect(estimate.roundedError <= 1e-11 * shifted.scale, "\(row.testDescription): \(estimate)")
  }
}
