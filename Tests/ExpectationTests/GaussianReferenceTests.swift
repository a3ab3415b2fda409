import Activations
import Moments
import TestSupport
import Testing

@testable import Expectation

/// One value of a reference file: a dual with its parameters and the expected decimal string.
struct DualRow: Sendable, CustomTestStringConvertible {
  let id: String
  let activation: String
  let derivative: Bool
  let pair: GaussianPair
  let expected: String

  var testDescription: String { "\(id) \(activation)\(derivative ? "'" : "")" }

  /// The rows of family B, whose cases have a `spec`.
  static func familyB() throws -> [DualRow] {
    try referenceFamily("B").flatMap { row in
      let spec = row.json["spec"]
      return try rows(
        row.id, activationText(spec?["activation"]), spec, value: row.expected["E_phi_phi"],
        derivative: row.expected["E_dphi_dphi"] ?? row.expected["E_dphi_dphi_ae"])
    }
  }

  /// The rows of family B2.
  static func familyB2() throws -> [DualRow] {
    try referenceFamily("B2").flatMap { row in
      try rows(
        row.id, activationText(row.json["activation"]), row.json, value: row.expected["value"],
        derivative: row.expected["derivative"])
    }
  }

  /// - Throws: if a key is missing or the activation is unknown: a row is never skipped.
  static func rows(
    _ id: String, _ activation: String, _ json: JSONValue?, value: String?, derivative: String?
  ) throws -> [DualRow] {
    func number(_ key: String) throws -> ExactNumber? {
      try json?[key]?.string.map { try ExactNumber(parsing: $0) }
    }
    guard let q1 = try number("q1"), let q2 = try number("q2"), let value else {
      throw ReferenceError.unreadable(id)
    }
    let (m1, m2) = (try number("m1") ?? 0, try number("m2") ?? 0)
    let pair: GaussianPair
    if let c = try number("c") {
      pair = try GaussianPair(meanU: m1, meanV: m2, varianceU: q1, varianceV: q2, covariance: c)
    } else if let delta = try number("one_minus_rho") {
      pair = try GaussianPair(meanU: m1, meanV: m2, varianceU: q1, varianceV: q2, oneMinusRho: delta)
    } else {
      throw ReferenceError.unreadable(id)
    }
    var rows = [DualRow(id: id, activation: activation, derivative: false, pair: pair, expected: value)]
    if let derivative {
      rows.append(DualRow(id: id, activation: activation, derivative: true, pair: pair, expected: derivative))
    }
    return rows
  }

  func function() throws -> ScalarFunction {
    let activation = try ActivationRegistry.activation(parsing: self.activation)
    return derivative ? activation.derivative : activation.value
  }
}

@Suite struct GaussianReferenceTests {
  /// Every value to 1e-12 relative, and within its own bound.
  private func check(_ row: DualRow) throws {
    let function = try row.function()
    let estimate = try GaussianDual.expectation(function, function, row.pair)
    let relative = try relativeError(estimate.value, row.expected)
    let absolute = try absoluteError(estimate.value, row.expected)
    // The accuracy promised by default; an expected 0 makes it an absolute error.
    #expect(relative <= 1e-12, "\(row.testDescription): \(estimate) for \(row.expected), relative error \(relative)")
    #expect(
      absolute <= estimate.roundedError, "\(row.testDescription): \(estimate) for \(row.expected), error \(absolute)")
  }

  @Test(arguments: try DualRow.familyB()) func familyB(_ row: DualRow) throws { try check(row) }
  @Test(arguments: try DualRow.familyB2()) func familyB2(_ row: DualRow) throws { try check(row) }
}
