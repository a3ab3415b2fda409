import Activations
import Foundation
import Moments
import TestSupport
import Testing

/// Values and derivatives against mpmath, at 171 doubles from 5e-324 to 1e308.
@Suite struct AccuracyTests {
  /// One activation of `activations.json`.
  struct Block: Sendable, CustomTestStringConvertible {
    let activation: String
    let rows: [[String]]
    var testDescription: String { activation }
  }

  static let blocks: [Block] = {
    let url = referenceFolder.appendingPathComponent("activations.json")
    guard let data = try? Data(contentsOf: url),
      let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let cases = object["cases"] as? [[String: Any]]
    else { return [] }
    return cases.compactMap { item in
      guard let name = item["activation"] as? String, let rows = item["rows"] as? [[String]] else { return nil }
      return Block(activation: name, rows: rows)
    }
  }()

  @Test func referenceIsComplete() {
    let covered = Set(Self.blocks.map { $0.activation.prefix { $0 != "(" } }.map(String.init))
    #expect(covered == Set(ActivationRegistry.names))
    for block in Self.blocks { #expect(block.rows.count == 171) }
  }

  @Test(arguments: blocks) func valuesAndDerivatives(_ block: Block) throws {
    let activation = try ActivationRegistry.activation(parsing: block.activation)
    var worst = (value: 0.0, atValue: "", derivative: 0.0, atDerivative: "")
    for row in block.rows {
      let z = try #require(Double(row[0]))
      // An argument w z beyond 10¹⁵ has lost its phase, unless w is 1.
      if z.magnitude > 1e15, ["sin(1/3)", "cos(sqrt(2))"].contains(block.activation) { continue }
      let valueError = ulps(activation.value.evaluate(z), from: row[1])
      let derivativeError = ulps(activation.derivative.evaluate(z), from: row[2])
      if valueError > worst.value { (worst.value, worst.atValue) = (valueError, row[0]) }
      if derivativeError > worst.derivative { (worst.derivative, worst.atDerivative) = (derivativeError, row[0]) }
    }
    // Measured: at most 3 ulps, by gelu′, gelu-tanh′, silu′ and softsign′ (glibc 2.36, x86-64). Another libm may be an
    // ulp or two worse: glibc itself states up to 5 for erfc, 2 for tanh.
    let bound = 5.5
    #expect(worst.value <= bound, "value off by \(worst.value) ulps at \(worst.atValue)")
    #expect(worst.derivative <= bound, "derivative off by \(worst.derivative) ulps at \(worst.atDerivative)")
  }

  /// Large Hermite polynomials: the recurrence against the exact coefficients, relative to the envelope
  /// `√n! e^{z²/4}` in the oscillating region and to the value outside.
  @Test(arguments: [21, 33, 64]) func hermiteOfLargeDegree(_ degree: Int) throws {
    let hermite = try Hermite(degree: degree)
    let polynomial = try #require(hermite.value.pieces?.polynomial)
    let slope = try #require(hermite.derivative.pieces?.polynomial)
    var envelope = 1.0
    for k in 1...degree { envelope *= Double(k).squareRoot() }
    for z in scatteredPoints(count: 8, exponents: -1...2.5).map({ ($0 * 256).rounded() / 256 }) {
      let point = try #require(ExactNumber(exactly: z))
      for (function, form, factor) in [
        (hermite.value, polynomial, 1.0), (hermite.derivative, slope, Double(degree).squareRoot()),
      ] {
        let truth = form(point)
        let computed = try #require(ExactNumber(exactly: function.evaluate(z)))
        let scale = max(truth.doubleValue.magnitude, z.magnitude < 20 ? factor * envelope * exp(z * z / 4) : 0)
        // Two roundings a step of the recurrence, none amplified beyond the envelope.
        #expect((computed - truth).magnitude.doubleValue <= 2 * Double(degree) * scale.ulp, "\(function.name) at \(z)")
      }
    }
  }

  /// No finite argument gives NaN, and only functions that grow give infinities.
  @Test(arguments: allExamples) func finiteArguments(_ text: String) throws {
    let activation = try ActivationRegistry.activation(parsing: text)
    let extremes: [Double] = [
      0, .leastNonzeroMagnitude, 1e-308, 1e-5, 1, 25, 26.5, 40.5, 64.5, 650, 710, 746, 901, 1601, 1e5, 1e77, 1e154,
      1e200,
    ]
    for z in (extremes + [.greatestFiniteMagnitude]).flatMap({ [$0, -$0] }) {
      for function in [activation.value, activation.derivative, activation.value * activation.derivative] {
        let result = function.evaluate(z)
        #expect(!result.isNaN, "\(function.name) at \(z)")
        if [.power(0), .vanishing].contains(function.growth(towards: z < 0 ? -1 : 1)) {
          #expect(result.isFinite, "\(function.name) at \(z)")
        }
      }
    }
  }
}
