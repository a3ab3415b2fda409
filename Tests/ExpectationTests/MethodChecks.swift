import Activations
import Moments
import Testing

@testable import Expectation

/// One expectation, spelled as the interface spells it.
struct Problem: Sendable, CustomTestStringConvertible {
  var weights: String
  var bias: String?
  var activation: String
  var x: [String]
  var y: [String]
  var derivative = false

  var testDescription: String {
    "\(activation)\(derivative ? "'" : "") \(weights) \(bias ?? "none") \(x) \(y)"
  }

  /// The question for one d, x and y.
  init(
    _ activation: String, _ weights: String, _ bias: String?, _ x: [String], _ y: [String], derivative: Bool = false
  ) {
    (self.activation, self.weights, self.bias, self.x, self.y) = (activation, weights, bias, x, y)
    self.derivative = derivative
  }

  var primed: Problem {
    var result = self
    result.derivative = true
    return result
  }

  func question() throws -> ExpectationQuestion {
    let activation = try ActivationRegistry.activation(parsing: self.activation)
    let function = derivative ? activation.derivative : activation.value
    let pair = PreactivationPair(
      weights: try LawRegistry.law(parsing: weights), bias: try bias.map { try LawRegistry.law(parsing: $0) },
      weightScale: 1, biasScale: 1, x: try x.map { try ExactNumber(parsing: $0) },
      y: try y.map { try ExactNumber(parsing: $0) })
    return ExpectationQuestion(function, function, pair)
  }

  func quantity() throws -> Quantity { try ExpectationChain.expectation(question()) }

  func estimate() throws -> Estimate {
    let quantity = try quantity()
    return try #require(quantity.estimate, "\(testDescription): \(quantity)")
  }

  /// The answer of one method to the reduced question, which must apply.
  func estimate(by method: any ExpectationMethod) throws -> Estimate {
    let answer = try method.evaluate(ExpectationChain.reduce(question()))
    return try #require(answer?.quantity.estimate, "\(method.name) does not answer \(testDescription)")
  }
}

/// Both bounds are bounds: the values differ by no more than their sum.
func expectAgreement(_ a: Estimate, _ b: Estimate, _ problem: Problem) {
  #expect(
    (a.value - b.value).magnitude <= a.roundedError + b.roundedError, "\(problem.testDescription): \(a) and \(b)")
}
