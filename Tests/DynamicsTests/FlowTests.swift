import Dynamics
import FiniteWidth
import Foundation
import GSL
import Moments
import Networks
import TestSupport
import Testing

@Suite struct FlowTests {
  /// `f = w₂ w₁ x` from w₁ = w₂ = a: u = w₁ w₂ obeys `u̇ = −2 u (u − y)`, a logistic equation.
  @Test(arguments: ODEMethod.allCases) func logistic(solver: ODEMethod) throws {
    let (start, target) = (0.5, 1.25)
    let problem = try TrainingProblem(network: try twoParameters(start, start), inputs: [[1]], targets: [target])
    let history = try flow(problem, times: [0, 0.5, 1, 2.5], solver: solver, relative: 1e-11).run()
    #expect(history.outcome == .completed)
    for record in history.records {
      let u = start * start
      let growth = exp(2 * target * record.time)
      let expected = target * u * growth / (target + u * (growth - 1))
      // The tolerance of a step, times the number of steps that each method takes.
      #expect(abs(record.outputs[0] - expected) < (solver == .bdf ? 1e-6 : 1e-9), "\(record.time)")
      // Both weights stay equal, Θ = w₁² + w₂² = 2 u.
      #expect(abs(record.kernel[0] - 2 * expected) < (solver == .bdf ? 2e-6 : 2e-9))
      let moved = expected.squareRoot() - start
      #expect(abs(record.travelled - 2.0.squareRoot() * abs(moved)) < 1e-6)
      // Linearized: Θ₀ = 2 a² stays, and so the parameters move along (a, a).
      let linear = target + (u - target) * exp(-2 * u * record.time)
      #expect(abs(record.linearizedOutputs[0] - linear) < 1e-14)
      let linearMove = (linear - u) / (2 * start)
      #expect(abs(record.distance - 2.0.squareRoot() * abs(moved - linearMove)) < 1e-6)
    }
  }

  /// A deep network against SciPy: outputs, kernel, distances, the linearized model.
  @Test(arguments: ["standard", "ntk"]) func againstSciPy(parameterization: String) throws {
    let layer = "  - weights: pytorch-linear()\n    bias: pytorch-linear()\n"
    let description = try Network(
      yaml: "input-dimension: 2\nparameterization: \(parameterization)\nlayers:\n"
        + "\(layer)    activation: tanh\n\(layer)    activation: tanh\n\(layer)")
    let network = try FiniteNetwork(
      description, weightsFile: referenceFolder.appendingPathComponent("weights/mlp.npz").path)
    let data = try Data(contentsOf: referenceFolder.appendingPathComponent("training.json"))
    let json = JSONValue(any: try JSONSerialization.jsonObject(with: data))
    func numbers(_ value: JSONValue?) throws -> [Double] { try #require(value?.array).compactMap(\.number) }
    let points = try #require(json["points"]?.array).map { try numbers($0) }
    let problem = try TrainingProblem(
      network: network, inputs: Array(points.prefix(2)), targets: try numbers(json["targets"]), watching: [points[2]])
    let history = try flow(problem, times: [0, 0.5, 3]).run()
    let expected = try #require(json["networks"]?[parameterization]?["flow"]?.array)
    for (record, expected) in zip(history.records.dropFirst(), expected) {
      #expect(record.time == expected["time"]?.number)
      // Both integrators work to 1e-12 or better.
      for (output, value) in zip(record.outputs, try numbers(expected["outputs"])) {
        #expect(abs(output - value) < 1e-10)
      }
      for (i, row) in try #require(expected["kernel"]?.array).enumerated() {
        for (j, value) in try numbers(row).enumerated() {
          #expect(abs(record.kernelEntry(i, j, of: 3) - value) < 1e-10)
        }
      }
      for (output, value) in zip(record.linearizedOutputs, try numbers(expected["linearizedOutputs"])) {
        #expect(abs(output - value) < 1e-12)
      }
      #expect(abs(record.travelled - (try #require(expected["travelled"]?.number))) < 1e-10)
      #expect(abs(record.distance - (try #require(expected["distance"]?.number))) < 1e-10)
      #expect(abs(record.largestMove - (try #require(expected["largestMove"]?.number))) < 1e-10)
    }
  }

  private static let points = [[0.7, -1.1], [0.3, 0.9], [-1.4, 0.25]]

  private func problem(
    _ parameterization: String, depth: Int = 1, width: Int = 12, timeScale: Double = 1
  ) throws -> TrainingProblem {
    let description = try network("tanh", parameterization: parameterization, depth: depth)
    return try TrainingProblem(
      network: FiniteNetwork(sampling: description, width: width, seed: 5, index: 0),
      inputs: Array(Self.points.prefix(2)), targets: [0.5, -0.75], watching: [Self.points[2]], timeScale: timeScale)
  }

  /// The slope of the NTK equals the finite-difference slope of the flow to 1e-8, at training inputs and elsewhere.
  ///
  /// And `dL/dt = −‖∇L‖²`. The differences are over flows of their own, to t ± δ and t ± 2δ.
  @Test(arguments: [
    ("ntk", 1, 1.0), ("ntk", 2, 0.5), ("standard", 1, 1.0 / 12), ("mean-field", 1, 12.0), ("mup", 1, 1),
  ])
  func slopes(parameterization: String, depth: Int, timeScale: Double) throws {
    let problem = try problem(parameterization, depth: depth, timeScale: timeScale)
    let (time, delta) = (0.4, 2e-3)
    let times = [0, time - 2 * delta, time - delta, time, time + delta, time + 2 * delta]
    let records = try flow(problem, times: times).run().records
    func difference(_ value: (TrainingRecord) -> Double) -> Double {
      (8 * (value(records[4]) - value(records[2])) - (value(records[5]) - value(records[1]))) / (12 * delta)
    }
    for point in 0..<3 {
      let slope = difference { $0.outputs[point] }
      #expect(abs(slope - records[3].predictedSlopes[point]) < 1e-8)
      #expect(abs(records[3].measuredSlopes[point] - records[3].predictedSlopes[point]) < 1e-10)
    }
    #expect(abs(difference(\.loss) + records[3].descent) < 1e-8)
    #expect(records[3].descent > 0.01)
  }

  /// Slopes hold along a whole run, also where the activation has kinks.
  @Test(arguments: ["relu", "leaky-relu(1/5)"]) func slopesWithKinks(activation: String) throws {
    let problem = try TrainingProblem(
      network: FiniteNetwork(sampling: try network(activation), width: 12, seed: 5, index: 0),
      inputs: Array(Self.points.prefix(2)), targets: [0.5, -0.75], watching: [Self.points[2]])
    let history = try flow(problem, times: [0, 0.3, 0.7, 1.1], relative: 1e-9, absolute: 1e-11).run()
    #expect(history.outcome == .completed)
    for record in history.records {
      for (measured, predicted) in zip(record.measuredSlopes, record.predictedSlopes) {
        #expect(abs(measured - predicted) < 1e-8)
      }
    }
  }

  /// The derivative of abs jumps from −1 to 1: a preactivation is pushed onto 0 from both sides, and slides along it.
  ///
  /// Gradient descent with much smaller steps comes to the same; a run that goes on from a stored state, to the same bits.
  @Test func slides() throws {
    let problem = try TrainingProblem(
      network: FiniteNetwork(sampling: try network("abs"), width: 5, seed: 5, index: 2),
      inputs: Array(Self.points.prefix(2)), targets: [0.5, -0.75])
    let run = try flow(problem, times: [0, 0.01, 1, 2], relative: 1e-8, absolute: 1e-10)
    var states: [TrainingState] = []
    let history = try run.run(onRecord: { states.append($0) })
    #expect(history.outcome == .completed)
    let since = try #require(history.slidingSince)
    #expect(since > 0.01 && since < 1)
    #expect(try run.run(from: states[2]).records == history.records)

    // Both are right to the first power of their step, which is 1e-4 and 5e-4 of the fastest time scale.
    let last = try #require(history.records.last)
    let steps = try TrainingRun(problem: problem, method: .gradientDescent(step: 1e-4), times: [0, 0.01, 2]).run()
    for (a, b) in zip(last.outputs, steps.records[2].outputs) { #expect(abs(a - b) < 1e-3) }
    #expect(abs(last.loss - steps.records[2].loss) < 1e-4)
  }

  /// The time scale is a factor on the time.
  @Test func timeScale() throws {
    let slow = try flow(try problem("ntk"), times: [0, 3]).run().records[1]
    let fast = try flow(try problem("ntk", timeScale: 6), times: [0, 0.5]).run().records[1]
    for (a, b) in zip(slow.outputs, fast.outputs) { #expect(abs(a - b) < 1e-10) }
    for (a, b) in zip(slow.predictedSlopes, fast.predictedSlopes) { #expect(abs(6 * a - b) < 1e-9) }
    #expect(abs(slow.linearizedLoss - fast.linearizedLoss) < 1e-14)
    #expect(abs(slow.distance - fast.distance) < 1e-10)
  }

  /// The same numbers to the last bit for one and two threads.
  @Test func threads() throws {
    let description = try network("erf", depth: 1)
    let inputs = (0..<40).map { [sin(Double($0)), cos(1.7 * Double($0))] }
    let problem = try TrainingProblem(
      network: FiniteNetwork(sampling: description, width: 200, seed: 3, index: 1), inputs: inputs,
      targets: inputs.map { $0[0] * $0[1] })
    let run = try flow(problem, times: [0, 0.02], relative: 1e-6)
    #expect(try run.run(threads: 1).records == run.run(threads: 2).records)
  }

  /// A run that goes on from any stored state ends with the same bits.
  @Test(arguments: ODEMethod.allCases) func resumes(solver: ODEMethod) throws {
    let run = try flow(try problem("ntk", width: 3), times: [0, 0.25, 0.5, 1, 2], solver: solver, relative: 1e-8)
    var states: [TrainingState] = []
    let whole = try run.run(onRecord: { states.append($0) })
    #expect(states.count == 5)
    for state in states {
      let again = try run.run(from: state)
      #expect(again.records == whole.records)
      #expect(again.finalNetwork.parameters == whole.finalNetwork.parameters)
    }
  }

  @Test func interrupted() throws {
    let run = try flow(try problem("ntk"), times: [0, 0.25, 0.5, 1, 2])
    var count = 0
    var state: TrainingState?
    let part = try run.run(
      shouldStop: {
        count += 1
        return count > 60
      }, onRecord: { state = $0 })
    #expect(part.outcome == .interrupted)
    #expect((1..<5).contains(part.records.count))
    let whole = try run.run()
    #expect(Array(whole.records.prefix(part.records.count)) == part.records)
    #expect(try run.run(from: state).records == whole.records)
  }

  /// At a saddle the NTK vanishes and the flow does not become slow: slopes are measured there all the same.
  ///
  /// One neuron of squares whose readout has the wrong sign goes to w₁ = 0; the rate there is 2 |w₂| |f − y|.
  @Test func slopesAtSaddle() throws {
    let description = try network("square", dimension: 1, readoutBias: false)
    let start = FiniteNetwork(
      description,
      layers: [
        .init(inputs: 1, outputs: 1, weights: [0.4], bias: [0]),
        .init(inputs: 1, outputs: 1, weights: [-1], bias: nil),
      ])
    let problem = try TrainingProblem(network: start, inputs: [[1], [-1]], targets: [0.5, 0.25])
    let history = try flow(problem, times: [0, 1, 3, 10, 30]).run()
    let last = try #require(history.records.last)
    #expect(last.kernelEntry(0, 0, of: 2) < 1e-6 && last.loss > 0.1)
    guard case .settled = history.verdict else {
      Issue.record("\(history.verdict)")
      return
    }
    for record in history.records {
      for (measured, predicted) in zip(record.measuredSlopes, record.predictedSlopes) {
        #expect(abs(measured - predicted) < 1e-10, "t = \(record.time)")
      }
    }
  }

  /// A stiff problem, parallel inputs and a long time: the choice falls on the implicit solver, which agrees with the
  /// explicit one.
  @Test func stiffSolverIsChosen() throws {
    let description = try network("square", dimension: 1, readoutBias: false)
    let network = FiniteNetwork(sampling: description, width: 2, seed: 1, index: 0)
    let problem = try TrainingProblem(network: network, inputs: [[1], [1.01]], targets: [0.5, 0.52])
    let rate = try flow(problem, times: [0, 1e-3]).run().fastestRate
    let end = 2e5 / rate
    let automatic = try flow(problem, times: [0, 1, end], relative: 1e-7, absolute: 1e-9).run()
    #expect(automatic.solver == .bdf)
    #expect(automatic.outcome == .completed)
    let explicit = try flow(problem, times: [0, 1, 100], solver: .rk8pd, relative: 1e-9, absolute: 1e-11).run()
    #expect(explicit.solver == .rk8pd)
    #expect(abs(explicit.records[1].outputs[0] - automatic.records[1].outputs[0]) < 1e-5)
    let last = try #require(automatic.records.last)
    #expect(last.loss < explicit.records[1].loss)
  }
}
