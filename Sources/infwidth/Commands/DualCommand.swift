import Activations
import ArgumentParser
import Expectation
import Moments
import Tables

/// `infwidth dual`.
struct DualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dual", abstract: "E[phi(u) phi(v)] and E[phi'(u) phi'(v)] for Gaussian (u, v).",
    discussion: """
      For nearly parallel inputs give 1 - rho instead of the covariance: --one-minus-rho 1e-12 loses no digit.

      Example: infwidth dual relu --q1 1 --q2 1 --c -1/2
      """)

  @Argument(help: "An activation, as in relu or 'leaky-relu(1/10)'; 'infwidth activations' lists them.")
  var activation: String

  @Option(name: .customLong("q1"), parsing: .unconditional, help: ArgumentHelp("The variance of u.", valueName: "q"))
  var q1: String = "1"

  @Option(name: .customLong("q2"), parsing: .unconditional, help: ArgumentHelp("The variance of v.", valueName: "q"))
  var q2: String = "1"

  @Option(name: .customLong("c"), parsing: .unconditional, help: ArgumentHelp("The covariance.", valueName: "c"))
  var covariance: String?

  @Option(
    name: .customLong("one-minus-rho"), parsing: .unconditional,
    help: ArgumentHelp("One minus the correlation, instead of --c.", valueName: "d"))
  var oneMinusRho: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (covariance == nil) != (oneMinusRho == nil) else {
      throw ValidationError("Give either the covariance, --c, or --one-minus-rho.")
    }
  }

  func run() throws {
    let function = try ActivationRegistry.activation(parsing: activation)
    let (first, second) = (try number(q1, option: "q1"), try number(q2, option: "q2"))
    let dependence: DualReport.Dependence
    let pair: GaussianPair
    if let oneMinusRho {
      let gap = try number(oneMinusRho, option: "one-minus-rho")
      dependence = .oneMinusRho(gap)
      pair = try GaussianPair(varianceU: first, varianceV: second, oneMinusRho: gap)
    } else {
      let covariance = try number(covariance ?? "0", option: "c")
      dependence = .covariance(covariance)
      pair = try GaussianPair(varianceU: first, varianceV: second, covariance: covariance)
    }
    try common.emit("computing the dual") {
      DualReport(
        activation: "\(function)", q1: first, q2: second, dependence: dependence,
        value: .finite(try GaussianDual.expectation(function.value, function.value, pair)),
        derivative: .finite(try GaussianDual.expectation(function.derivative, function.derivative, pair))
      ).document
    }
  }
}
