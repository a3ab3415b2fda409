import Activations
import FiniteWidthTheory
import Foundation
import Moments
import Networks
import TestSupport
import Testing

/// T15: the quadratic model on (1, 1), (−1, 1/2) with the test point 1/2.
///
/// Rows 1, −1, 1/2; columns 1, −1. Numbers of the derivation, and of `generate/training_one_hidden_layer.py` (the error at t = 8): an ODE
/// solver in place of the eigenbasis.
@Suite struct QuadraticTrainingTests {
  static let theory = Result {
    try TrainingTheory(
      of: try Network.headline, inputs: [[1], [-1]], targets: [1, ExactNumber(1, 2)], testPoints: [[ExactNumber(1, 2)]])
  }

  static func compare(
    _ expected: [[Double]], within unit: Double = 6e-10, _ value: (Int, Int) throws -> Quantity
  ) throws {
    for (a, row) in expected.enumerated() {
      for (b, number) in row.enumerated() { try expect(try value(a, b), number, within: unit, "(\(a), \(b))") }
    }
  }

  @Test func limitKernel() throws {
    let kernel = try Self.theory.get().kernel
    #expect((kernel[0, 0] - 1073.0 / 720).magnitude < 1e-15 && (kernel[0, 1] - 113.0 / 720).magnitude < 1e-15)
  }

  @Test func velocity() throws {
    let theory = try Self.theory.get()
    try Self.compare(
      [[-10.396984127, -0.662698413], [-0.662698413, -10.396984127], [-4.677222222, 0.189920635]], theory.meanVelocity)
    try Self.compare(
      [[32.779546313, 2.159596948], [2.159596948, 21.628554523], [15.634749834, 1.235217123]], theory.velocityDeviation)
    // Everything is rational until the square root.
    #expect(try theory.meanVelocity(0, 0).estimate?.method == .exact)
  }

  @Test func changeOfTheKernel() throws {
    let theory = try Self.theory.get()
    try Self.compare(
      [[30.071375337, 1.684021680], [1.684021680, 6.480828516], [14.304387471, -0.718949609]]
    ) { try theory.kernelChange($0, $1, time: .infinity) }
    try Self.compare(
      [[17.624417873, 1.035290282], [1.035290282, 3.628543021], [8.353134712, -0.433730338]]
    ) { try theory.kernelChange($0, $1, time: 1) }
    try expect(try theory.kernelChange(0, 0, time: 0), 0, within: 1e-15)
    // A long time is infinite.
    let late = try #require(try theory.kernelChange(0, 0, time: 60).estimate).value
    #expect((late - 30.071375337).magnitude < 1e-9)
  }

  @Test func errorOfTheLinearization() throws {
    let theory = try Self.theory.get()
    for (a, expected) in [1.4707105, 0.0367803, 0.6813265].enumerated() {
      try expect(try theory.linearizationError(a, time: 1), expected, within: 6e-8)
    }
    for (a, expected) in [-21.290992063, -11.888055556, -9.156686508].enumerated() {
      try expect(try theory.linearizationCurvature(a), expected, within: 6e-10)
    }
    try expect(try theory.linearizationError(2, time: 8), 0.1160233274, within: 1e-9)
    // Half the curvature times t² at short times.
    let short = try #require(try theory.linearizationError(0, time: 1e-4).estimate).value
    #expect((short / (0.5e-8 * -21.290992063) - 1).magnitude < 1e-3)
  }
}

/// T15b: tanh, w₁ ~ N(0, 1), b₁ ~ N(0, 1/4), w₂ ~ N(0, 1), all trained, on (1, 1), (−1, −1/2) with the test point 0.3.
///
/// Numbers of `generate/training_one_hidden_layer.py`; those of the derivation agree to 6 to 8 digits, what its quadrature had.
@Suite struct TanhTrainingTests {
  @Test func matches() throws {
    let network = try network(
      "tanh", weights: ["normal()", "normal()"], biases: ["normal(0, 1/2)", nil], dimension: 1)
    let theory = try TrainingTheory(
      of: network, inputs: [[1], [-1]], targets: [1, ExactNumber(-1, 2)], testPoints: [[ExactNumber(3, 10)]])
    try QuadraticTrainingTests.compare(
      [
        [0.941456367304, 0.128774810090], [0.128774810090, 0.941456367304], [0.297567688739, 0.328338736181],
      ], within: 2e-12, theory.meanVelocity)
    try QuadraticTrainingTests.compare(
      [
        [8.946948108097, 1.093291694999], [1.093291694999, 6.363232266844], [3.926204951123, 1.200619687493],
      ], within: 2e-12, theory.velocityDeviation)
    try QuadraticTrainingTests.compare(
      [
        [-1.5989245778, -0.1214384237], [-0.1214384237, 0.1526032123], [-0.6394904874, -0.0828725387],
      ], within: 1e-10
    ) { try theory.kernelChange($0, $1, time: 1.5) }
    for (a, expected) in [-0.1668646174, -0.0325027271, -0.0217938776].enumerated() {
      try expect(try theory.linearizationError(a, time: 1.5), expected, within: 1e-10)
    }
  }
}

@Suite struct TrainingTheoryErrorTests {
  private func message(_ network: Network, targets: [ExactNumber] = [1], inputs: [[ExactNumber]] = [[1]]) -> String {
    do {
      _ = try TrainingTheory(of: network, inputs: inputs, targets: targets)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func sayWhatIsNotCovered() throws {
    let laws = ["uniform(-1, 1)", "uniform(-1, 1)"]
    #expect(
      message(try network("relu", weights: laws, dimension: 1)).hasPrefix(
        "The theory of training needs the second derivative of a smooth activation, and relu has kinks"))
    #expect(
      message(try network("tanh", weights: laws + ["normal()"], dimension: 1)).hasPrefix(
        "The theory of training covers one hidden layer, and this network has 2."))
    #expect(
      message(try network("tanh", weights: laws, dimension: 1, parameterization: .meanField)).hasSuffix(
        "Take the parameterization ntk."))
    #expect(
      message(try network("square", weights: laws, dimension: 1), targets: [1, 2])
        == "There are 2 targets for 1 training inputs. Give one for each.")
    #expect(
      message(try network("square", weights: ["uniform(-1, 1)", "discrete(-1:2/3, 2:1/3)"], dimension: 1)).contains(
        "are not symmetric, and the kernel moves at order N^(-1/2)"))
    let repeated = try TrainingTheory(
      of: try network("square", weights: laws, dimension: 1), inputs: [[1], [1]], targets: [1, 1])
    #expect(throws: FiniteWidthTheoryError.singularKernel) { try repeated.kernelChange(0, 0, time: .infinity) }
  }
}
