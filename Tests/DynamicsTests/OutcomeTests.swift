import Dynamics
import FiniteWidth
import Foundation
import Moments
import Networks
import Testing

@Suite struct OutcomeTests {
  private func headline(width: Int = 20, inputs: [[Double]], targets: [Double]) throws -> TrainingProblem {
    try TrainingProblem(
      network: FiniteNetwork(sampling: try Network.headline, width: width, seed: 4, index: 0), inputs: inputs,
      targets: targets)
  }

  /// Data on a parabola: the loss of a converged run is zero to tolerance.
  @Test func fits() throws {
    let inputs = [[-1.0], [0], [0.5], [1]]
    let targets = inputs.map { 0.25 + 0.5 * $0[0] - 0.75 * $0[0] * $0[0] }
    let problem = try headline(width: 4, inputs: inputs, targets: targets)
    #expect(FitObstruction.find(network: try Network.headline, inputs: inputs, targets: targets) == nil)
    let history = try flow(problem, times: [0, 10, 3000], solver: .bdf, relative: 1e-8, absolute: 1e-10).run()
    #expect(history.outcome == .completed)
    #expect(history.verdict == .fitted)
    #expect(try #require(history.records.last).loss < 1e-12)
  }

  /// A cubic is out of reach of quadratic networks: the program says so, with the loss of the best parabola.
  ///
  /// The least squares residual of x³ on {−1, −½, ½, 1} from parabolas: by symmetry a multiple of x is fitted,
  /// c = Σx⁴/Σx² = (2 + 2/16)/(2 + 1/2) = 0.85, and ½ Σ (x³ − 0.85 x)² = 0.15² + (0.125 − 0.425)² = 0.1125.
  @Test func cannotFit() throws {
    let inputs = [[-1.0], [-0.5], [0.5], [1]]
    let targets = inputs.map { $0[0] * $0[0] * $0[0] }
    let obstruction = FitObstruction.find(network: try Network.headline, inputs: inputs, targets: targets)
    guard case .polynomial(2, let smallest)? = obstruction else {
      Issue.record("\(String(describing: obstruction))")
      return
    }
    #expect(abs(smallest - 0.1125) < 1e-14)
    let problem = try headline(width: 4, inputs: inputs, targets: targets)
    let history = try flow(problem, times: [0, 10, 500], solver: .bdf, relative: 1e-8, absolute: 1e-10).run()
    let last = try #require(history.records.last)
    #expect(abs(last.loss - 0.1125) < 1e-7)
    guard case .settled = history.verdict else {
      Issue.record("\(history.verdict)")
      return
    }
  }

  @Test func stillFalling() throws {
    let history = try flow(try headline(inputs: [[1], [-1]], targets: [0.5, 0.25]), times: [0, 0.5]).run()
    guard case .falling(let rate) = history.verdict else {
      Issue.record("\(history.verdict)")
      return
    }
    let last = try #require(history.records.last)
    #expect(abs(rate - last.descent / last.loss) < 1e-12)
  }

  /// Two inputs: quadratics in two variables have six coefficients, and seven points on a circle leave a residual.
  @Test func obstructionInTwoDimensions() throws {
    let description = try network("square", dimension: 2)
    let inputs = (0..<8).map { [cos(0.7 * Double($0)), sin(0.7 * Double($0))] }
    let fitted = inputs.map { 1 - $0[0] + 2 * $0[0] * $0[1] }
    #expect(FitObstruction.find(network: description, inputs: inputs, targets: fitted) == nil)
    let cubic = inputs.map { $0[0] * $0[0] * $0[0] }
    guard case .polynomial(2, let loss)? = FitObstruction.find(network: description, inputs: inputs, targets: cubic)
    else {
      Issue.record("no obstruction")
      return
    }
    #expect(loss > 0.01)
    // A kinked activation has none.
    #expect(FitObstruction.find(network: try network("relu"), inputs: inputs, targets: cubic) == nil)
  }

  @Test func descentDiverges() throws {
    let problem = try headline(inputs: [[1], [-1]], targets: [0.5, 0.25])
    let short = try TrainingRun(problem: problem, method: .gradientDescent(step: 0.1), times: [0, 0.1])
    let rate = try short.run().fastestRate
    let run = try TrainingRun(
      problem: problem, method: .gradientDescent(step: 40 / rate), times: (0...20).map { 40 / rate * Double($0) })
    let history = try run.run()
    guard case .diverged(let reason) = history.outcome else {
      Issue.record("\(history.outcome)")
      return
    }
    #expect((1..<21).contains(history.records.count))
    #expect(reason.hasPrefix("gradient descent diverges at step "))
    #expect(reason.contains("times the kernel's largest eigenvalue is 40 at the start; below 2"))
    #expect(reason.contains("Take --step \(String(format: "%.3g", 1 / rate)) or less."))
  }

  @Test func overflows() throws {
    let description = try network("exp", dimension: 1)
    let problem = try TrainingProblem(
      network: FiniteNetwork(sampling: description, width: 5, seed: 1, index: 0), inputs: [[5000]], targets: [0])
    #expect(throws: TrainingError.notFinite(time: 0)) { try flow(problem, times: [0, 1]).run() }
  }

  @Test func impossibleProblems() throws {
    let network = FiniteNetwork(sampling: try Network.headline, width: 2, seed: 1, index: 0)
    #expect(throws: TrainingError.noData) { try TrainingProblem(network: network, inputs: [], targets: []) }
    #expect(throws: TrainingError.targetCount(inputs: 1, targets: 2)) {
      try TrainingProblem(network: network, inputs: [[1]], targets: [1, 2])
    }
    #expect(throws: TrainingError.dimension(point: 1, found: 2, expected: 1)) {
      try TrainingProblem(network: network, inputs: [[1]], targets: [1], watching: [[1, 2]])
    }
    let wide = FiniteNetwork(sampling: try Network.headline, width: 1000, seed: 1, index: 0)
    let problem = try TrainingProblem(network: wide, inputs: [[1]], targets: [1])
    #expect(throws: TrainingError.tooManyForStiffSolver(parameters: 3000, limit: 1000)) {
      try flow(problem, times: [0, 1], solver: .bdf).run()
    }
  }

  @Test func grids() {
    #expect(RecordingGrid.linear(count: 5).times(until: 2) == [0, 0.5, 1, 1.5, 2])
    let times = RecordingGrid.logarithmic(first: 0.01, count: 6).times(until: 100)
    #expect(times.count == 6 && times[0] == 0 && times[5] == 100)
    #expect(zip(times.dropFirst(), [0.01, 0.1, 1, 10, 100]).allSatisfy { abs($0 / $1 - 1) < 1e-12 })
  }
}

@Suite struct CheckpointTests {
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("infwidth-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func run(target: Double = 0.5) throws -> TrainingRun {
    let network = FiniteNetwork(sampling: try Network.headline, width: 5, seed: 1, index: 0)
    return try flow(try TrainingProblem(network: network, inputs: [[1]], targets: [target]), times: [0, 1, 2])
  }

  @Test func roundTrip() throws {
    try withFolder { folder in
      let run = try run()
      let checkpoint = Checkpoint(path: folder.appendingPathComponent("state").path, for: run)
      #expect(try checkpoint.load() == nil)
      _ = try run.run(
        onRecord: { state in
          try checkpoint.save(state)
          #expect(try checkpoint.load() == state)
        })
    }
  }

  @Test func refusesOthers() throws {
    try withFolder { folder in
      let path = folder.appendingPathComponent("state").path
      try Checkpoint(path: path, for: try run()).save(TrainingState(parameters: [1]))
      let error = #expect(throws: TrainingError.self) { try Checkpoint(path: path, for: try run(target: 0.25)).load() }
      #expect(try #require(error).description.contains("this is the checkpoint of another run"))
      try Data("x1,y\n".utf8).write(to: URL(fileURLWithPath: path))
      let foreign = #expect(throws: TrainingError.self) { try Checkpoint(path: path, for: try run()).load() }
      #expect(try #require(foreign).description.contains("this is not a checkpoint of such a run of infwidth train"))
      #expect(throws: TrainingError.self) {
        try Checkpoint(path: folder.appendingPathComponent("no/state").path, for: try run())
          .save(TrainingState(parameters: [1]))
      }
    }
  }
}
