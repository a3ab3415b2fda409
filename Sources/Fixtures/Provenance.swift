import Moments
import Networks
import Tables

/// Where a fixture comes from: the program, the arguments that make it again, the network, the methods and bounds.
struct Provenance {
  let generator: String
  let command: String
  let networkFile: String
  /// How the numbers are known and what the tolerance holds.
  let method: [String]
  let warnings: [String]

  /// All of it as comment lines.
  func comment(_ mark: String) -> String {
    var lines = ["Made by \(generator); do not edit, but make it again:", "    \(command)", "network.yaml:"]
    lines += networkFile.split(separator: "\n", omittingEmptySubsequences: true).map { "    \($0)" }
    lines += method
    lines += warnings.map { "Warning: \($0)" }
    return lines.map { "\(mark) \($0)\n" }.joined()
  }
}

extension ExpectationFixture {
  /// More points than this are in a file of their own.
  private static let mostSpelledPoints = 8

  func provenance(_ generator: String, _ format: FixtureFormat? = nil) -> Provenance {
    Provenance(
      generator: generator, command: command(format), networkFile: network.yaml, method: methodLines, warnings: warnings
    )
  }

  /// The arguments that make the fixture from its network, which stands in network.yaml.
  func command(_ format: FixtureFormat?) -> String {
    var words = ["infwidth expect --network network.yaml"]
    if points.count <= Self.mostSpelledPoints {
      words += points.map { "--at \(KernelReport.spelled($0))" }
    } else {
      words.append("--points points.json")
    }
    words.append("--kernel \(request.kernels.count == 2 ? "both" : request.kernels.first?.rawValue ?? "ntk")")
    if request.precision == .single { words.append("--precision single") }
    if let finite = request.finite {
      words.append("--widths \(finite.widths.map(String.init).joined(separator: ","))")
      words.append("--samples \(finite.samples) --false-alarm \(NumberText.shortest(finite.falseAlarm))")
    }
    if let format { words.append("--format \(format.rawValue)") }
    return words.joined(separator: " ")
  }

  /// The weakest method and the largest relative error of some estimates.
  private static func known(_ estimates: [Estimate]) -> String {
    let method = estimates.map(\.method).max() ?? .exact
    let error = estimates.map { $0.value == 0 ? 0 : $0.roundedError / $0.value.magnitude }.max() ?? 0
    return "\(method.rawValue), relative \(method == .sampling ? "standard error" : "error bound") at most "
      + NumberText.error(error)
  }

  private var methodLines: [String] {
    let rounding = NumberText.shortest(request.precision.relativeTolerance)
    guard let finite = request.finite else {
      return [
        "Limits: \(Self.known(limits.map(\.coefficient))).",
        "Tolerance: the error bound and \(rounding) sqrt(K(x,x) K(y,y)) for rounding in \(request.precision) precision.",
      ]
    }
    let theories = Set(self.finite.map(\.theory))
    var lines = [
      "Means: \(Self.known(self.finite.map(\.mean))); standard deviations: "
        + "\(Self.known(self.finite.map(\.standardDeviation)))."
    ]
    if theories.contains(.exact) { lines.append("Theory exact: mean and standard deviation are true at every width.") }
    if theories.contains(.firstOrder) {
      lines.append(
        "Theory first-order: mean and variance to the order 1/N; the tolerance allows for terms of order 1/N^2.")
    }
    if theories.contains(.halfOrder) {
      lines.append("Theory half-order: mean to the order 1/sqrt(N); the tolerance allows for terms of order 1/N.")
    }
    lines.append(
      "Tolerance: on the average of \(finite.samples) independent networks; correct networks miss "
        + (comparisons == 1 ? "it" : "any of the \(comparisons) tolerances")
        + " with probability \(NumberText.shortest(finite.falseAlarm)) at most"
        + (comparisons == 1 ? "." : " (Bonferroni)."))
    return lines
  }

  /// What the tested kernel is, in words.
  func meaning(_ kernel: FixtureKernel) -> String {
    switch kernel {
    case .ntk: "NTK: the sum over all trained parameters of df(x) df(y)"
    case .nngp where request.finite != nil:
      "NNGP: the sum over the last hidden layer's neurons of (w phi(x)) (w phi(y)) with the readout's multiplier, plus the "
        + "square of its bias term; its mean is E f(x) f(y)"
    case .nngp: "NNGP: E f(x) f(y)"
    }
  }
}
