import Activations
import ArgumentParser
import LimitKernels
import Moments
import Tables

/// `infwidth phase`.
struct PhaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "phase", abstract: "What depth does to lengths and angles: the edge of chaos of an activation.",
    discussion: """
      With the length map q' = sigma_w^2 E phi(sqrt(q) z)^2 + sigma_b^2: its fixed point q*, chi_1 = sigma_w^2 \
      E phi'(sqrt(q*) z)^2 (below 1 ordered, above 1 chaotic), the fixed point of the correlation, the depths \
      xi = -1/ln(slope) over which deviations decay, and the sigma_w that is critical for this sigma_b.

      Example: infwidth phase tanh --weight-variance 1.76 --bias-variance 0.05

      Example: infwidth phase relu --sigma-w 'sqrt(2)'
      """)

  @Argument(help: "An activation, as in tanh or 'leaky-relu(1/10)'; 'infwidth activations' lists them.")
  var activation: String

  @Option(parsing: .unconditional, help: ArgumentHelp("sigma_w^2 (default: 1).", valueName: "v"))
  var weightVariance: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("sigma_b^2 (default: 0).", valueName: "v"))
  var biasVariance: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("sigma_w, instead of its square.", valueName: "s"))
  var sigmaW: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("sigma_b, instead of its square.", valueName: "s"))
  var sigmaB: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard weightVariance == nil || sigmaW == nil else {
      throw ValidationError("Give either --weight-variance or --sigma-w.")
    }
    guard biasVariance == nil || sigmaB == nil else {
      throw ValidationError("Give either --bias-variance or --sigma-b.")
    }
  }

  /// A variance, given as such or by its root.
  private func variance(
    _ variance: String?, _ name: String, or root: String?, _ rootName: String, default value: ExactNumber
  ) throws -> ExactNumber {
    if let variance { return try number(variance, option: name) }
    guard let root else { return value }
    let deviation = try number(root, option: rootName)
    guard deviation.signum >= 0 else {
      throw Failure.usage("--\(rootName) \(root): a standard deviation is 0 or a number above 0.")
    }
    return deviation * deviation
  }

  func run() throws {
    let function = try ActivationRegistry.activation(parsing: activation)
    let weights = try variance(weightVariance, "weight-variance", or: sigmaW, "sigma-w", default: 1)
    let bias = try variance(biasVariance, "bias-variance", or: sigmaB, "sigma-b", default: 0)
    for (name, value) in [("weight", weights), ("bias", bias)] where !value.isZero {
      guard value.doubleValue.magnitude > 1e-100, value.doubleValue.magnitude < 1e100 else {
        throw Failure.usage("the \(name) variance \(value.doubleValue) is out of range: take one from 1e-100 to 1e100.")
      }
    }
    try common.emit("analyzing the phase") {
      PhaseReport(try PhaseAnalysis(of: function, weightVariance: weights, biasVariance: bias)).document
    }
  }
}
