import Activations
import Expectation
import Moments
import TestSupport
import Testing

/// Families C, C2, D, D2: `E[φφ']` and `E[φ'φ']` of one hidden layer under the true law of its weights.
@Suite struct FirstLayerReferenceTests {
  static let cases: [ReferenceCase] = ["C", "C2", "D", "D2"].flatMap { (try? referenceFamily($0)) ?? [] }

  @Test func allFamiliesAreThere() {
    #expect(Self.cases.count == 56 + 26 + 24 + 16)
  }

  /// 1e-12 relative, or the digits that the reference states; exact values equal as rational numbers.
  @Test(arguments: cases) func matches(_ reference: ReferenceCase) throws {
    let problem = try FirstLayerProblem(reference)
    for (function, key) in [
      (problem.activation.value, problem.valueKey), (problem.activation.derivative, problem.derivativeKey),
    ] {
      // The families leave the derivative of step, zero everywhere, out.
      guard let expected = reference.expected[key] else {
        #expect(key != problem.valueKey)
        continue
      }
      let question = ExpectationQuestion(function, function, problem.pair)
      let quantity = try ExpectationChain.expectation(question)
      if expected == "infinite" || expected == "undefined" {
        #expect(quantity.status == expected)
        continue
      }
      let estimate = try #require(quantity.estimate, "\(question.name): \(quantity)")
      if let exact = reference.exact[key] {
        #expect(estimate.exact == (try ExactNumber(parsing: exact)), "\(question.name): \(estimate)")
      }
      // Reference values of 17 digits are right to about half a unit of the last one.
      let digits = Double(reference.digits(key))
      let deviation = try absoluteError(estimate.value, expected)
      let truth = try ExactNumber(parsing: expected).doubleValue
      let bound = estimate.roundedError + (digits < 20 ? 1e-16 * truth.magnitude : 0)
      #expect(deviation <= bound, "the stated bound \(bound) does not hold: \(deviation) for \(question.name)")
      let relative = truth == 0 ? deviation : deviation / truth.magnitude
      #expect(relative <= 1e-12, "\(question.name) = \(expected): \(estimate)")
      #expect(estimate.method != .sampling)
    }
  }
}

/// A one-hidden-layer problem of the reference files, in either of their spellings.
struct FirstLayerProblem {
  let activation: any Activation
  let pair: PreactivationPair
  let valueKey: String
  let derivativeKey: String

  init(_ reference: ReferenceCase) throws {
    let spec = try #require(reference.json["spec"])
    func numbers(_ key: String) throws -> [ExactNumber] {
      try (spec[key]?.array ?? []).compactMap(\.string).map { try ExactNumber(parsing: $0) }
    }
    let x = try numbers("x")
    activation = try ActivationRegistry.activation(parsing: try activationText(spec["activation"]))
    if let layer = spec["layers"]?.array?.first {
      let bias = try lawText(layer["B"])
      pair = PreactivationPair(
        weights: try LawRegistry.law(parsing: try lawText(layer["W"])),
        bias: bias == "none" ? nil : try LawRegistry.law(parsing: bias),
        weightScale: try ExactNumber(parsing: try #require(spec["s"]?.string)), biasScale: 1, x: x, y: try numbers("xp")
      )
      (valueKey, derivativeKey) = ("E_phi_phi", "E_dphi_dphi")
    } else {
      let bias = try lawText(spec["bias1"])
      pair = PreactivationPair(
        weights: try LawRegistry.law(parsing: try lawText(spec["weights1"])),
        bias: bias == "none" ? nil : try LawRegistry.law(parsing: bias),
        weightScale: try ExactNumber(parsing: try #require(spec["input_scale"]?.string)), biasScale: 1, x: x,
        y: try numbers("y"))
      (valueKey, derivativeKey) = ("dual", "dual_derivative")
    }
  }
}
