import Activations
import Foundation
import Moments
import TestSupport
import Testing

@testable import Expectation

/// Wide and narrow laws, far tails, arguments that rounding moves: `family_first_layer_corners.json`.
@Suite struct FirstLayerCornerTests {
  struct Corner: Sendable, CustomTestStringConvertible {
    let problem: Problem
    let expected: String
    var testDescription: String { problem.testDescription }
  }

  static func corners() throws -> [Corner] {
    try referenceFamily("first_layer_corners").map { row in
      func text(_ key: String) throws -> String { try #require(row.json[key]?.string) }
      func numbers(_ key: String) -> [String] { (row.json[key]?.array ?? []).compactMap(\.string) }
      let bias = try text("bias")
      return Corner(
        problem: Problem(
          try text("activation"), try text("weights"), bias == "none" ? nil : bias, numbers("x"), numbers("y")),
        expected: try #require(row.expected["value"]))
    }
  }

  @Test func allAreThere() throws { #expect(try Self.corners().count == 17) }

  @Test(arguments: try corners()) func boundHolds(_ corner: Corner) throws {
    let estimate = try corner.problem.estimate()
    let deviation = try absoluteError(estimate.value, corner.expected)
    // The reference has 25 digits, or an error of the order of the smallest double.
    #expect(
      deviation <= estimate.roundedError + 1e-23 * estimate.value.magnitude + Double.leastNonzeroMagnitude,
      "\(estimate) for \(corner.expected)")
    // sin of 10⁶/3 knows ten digits, a Laplace moment 10⁻⁶ from its pole nine; everything else twelve.
    let isConditioned = corner.problem.activation == "sin" || corner.problem.weights.hasPrefix("laplace(9")
    #expect(estimate.error <= (isConditioned ? 1e-9 : 1e-12) * estimate.value.magnitude, "\(estimate)")
  }
}
