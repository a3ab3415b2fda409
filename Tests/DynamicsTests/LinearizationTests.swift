import Dynamics
import FiniteWidth
import Foundation
import Moments
import Networks
import Testing

/// A network that trains its readout only is linear in its parameters: it is its own linearization.
@Suite struct LinearizationTests {
  private func problem(count: Int = 2) throws -> TrainingProblem {
    let description = try Network(
      yaml: """
        input-dimension: 1
        parameterization: ntk
        layers:
          - {weights: "normal(0, 1)", bias: "normal(0, 1)", activation: tanh, trainable: none}
          - {weights: "normal(0, 1)", bias: "normal(0, 1)"}
        """)
    let inputs = [[0.5], [-1.0], [2.0], [-0.25]].prefix(count)
    return try TrainingProblem(
      network: FiniteNetwork(sampling: description, width: 6, seed: 2, index: 0), inputs: Array(inputs),
      targets: Array([1.0, -0.5, 0.25, 2].prefix(count)), watching: [[0.75], [-3]])
  }

  @Test func gradientFlow() throws {
    let run = try flow(try problem(), times: [0, 0.3, 1, 4])
    for record in try run.run().records {
      #expect(record.distance < 1e-10)
      #expect(record.kernelChange == 0)
      #expect(abs(record.loss - record.linearizedLoss) < 1e-10)
      #expect(record.linearizationError < 1e-10)
      #expect(record.travelled > 0 || record.time == 0)
    }
  }

  @Test func gradientDescent() throws {
    let run = try TrainingRun(problem: try problem(), method: .gradientDescent(step: 0.2), times: [0, 0.2, 1, 10])
    for record in try run.run().records {
      #expect(record.distance < 1e-13)
      #expect(abs(record.loss - record.linearizedLoss) < 1e-13)
      #expect(record.linearizationError < 1e-13)
      // Linear outputs: the next step's change is the kernel's prediction, without a second order.
      for (measured, predicted) in zip(record.measuredSlopes, record.predictedSlopes) {
        #expect(abs(measured - predicted) < 1e-12)
      }
    }
  }

  /// Steps beyond 2/λ: the linearized model grows as the network does, with alternating signs.
  @Test func gradientDescentBeyondStability() throws {
    let problem = try problem(count: 1)
    let rate = problem.network.kernels(at: problem.inputs).ntk[0]
    let run = try TrainingRun(problem: problem, method: .gradientDescent(step: 2.5 / rate), times: [0, 5 * 2.5 / rate])
    let record = try run.run().records[1]
    #expect(abs(record.loss / record.linearizedLoss - 1) < 1e-12)
    #expect(abs(record.loss / (try run.run().records[0].loss) - pow(1.5, 10)) < 1e-9 * pow(1.5, 10))
  }

  /// More data than features, and repeated inputs: eigenvalues that are zero do no harm.
  @Test func singularKernel() throws {
    let base = try problem(count: 2)
    let problem = try TrainingProblem(
      network: base.network, inputs: base.inputs + base.inputs, targets: [1, -0.5, 0.5, 0.25], watching: [[0.75]])
    let history = try flow(problem, times: [0, 1, 200]).run()
    let last = try #require(history.records.last)
    // Each input settles at the mean of its targets: ½ · 2 · (0.25² + 0.375²).
    #expect(abs(last.loss - 0.203125) < 1e-9)
    #expect(abs(last.linearizedLoss - 0.203125) < 1e-9)
    #expect(last.distance < 1e-8)
    #expect(history.verdict == .settled(share: history.verdict.share))
    #expect(
      FitObstruction.find(network: problem.network.network, inputs: problem.inputs, targets: problem.targets)
        == .repeatedInput(smallestLoss: 0.203125))
  }
}

extension FitVerdict {
  fileprivate var share: Double { if case .settled(let share) = self { share } else { .nan } }
}
