import FiniteWidth
import Foundation
import GSL
import LinearAlgebra

/// A training with its grid of times: a problem, a method, and what is recorded.
///
/// The run is a function of these alone, to the last bit: of neither the number of threads nor interruptions. At every
/// recorded time the integrator begins anew with the step size that it reached, so that a run that goes on from a
/// stored ``TrainingState`` ends with the same numbers as one that was not interrupted, as long as the grid is the
/// same.
public struct TrainingRun: Sendable {
  public let problem: TrainingProblem
  public let method: TrainingMethod
  /// The times to record, ascending from 0; under gradient descent multiples of the step.
  public let times: [Double]

  /// - Parameters:
  ///   - problem: The network, the data, and the points where it is watched.
  ///   - method: Gradient flow or gradient descent.
  ///   - times: Ascending from 0. Under gradient descent they are rounded to whole steps.
  /// - Throws: ``TrainingError/tooMuchRecorded(points:times:)``.
  public init(problem: TrainingProblem, method: TrainingMethod, times: [Double]) throws(TrainingError) {
    precondition(times.first == 0 && zip(times, times.dropFirst()).allSatisfy { $0 <= $1 }, "times ascend from 0")
    var grid = times
    if let step = method.step {
      precondition(step > 0, "a step is positive")
      grid = times.map { ($0 / step).rounded() * step }
    }
    self.times = grid.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    let numbers = Double(self.times.count) * Double(problem.points.count) * Double(problem.points.count)
    guard numbers <= Double(TrainingProblem.maximumRecordedNumbers) else {
      throw .tooMuchRecorded(points: problem.points.count, times: self.times.count)
    }
    self.problem = problem
    self.method = method
  }

  /// Trains.
  ///
  /// - Parameters:
  ///   - state: Where to go on; nil for the start.
  ///   - threads: How many threads may work; it does not change the result.
  ///   - shouldStop: Asked at every evaluation; true ends the run with what is recorded.
  ///   - onRecord: Called after each record with the state to store.
  /// - Throws: ``TrainingError`` if the training cannot begin. A run that diverges returns, with its outcome.
  public func run(
    from state: TrainingState? = nil, threads: Int = 1, shouldStop: () -> Bool = { false },
    onRecord: (TrainingState) throws -> Void = { _ in }
  ) throws -> TrainingHistory {
    // Products on one thread each: their rounding must not depend on the number of threads.
    BLAS.setThreads(1)
    let field = GradientField(problem, threads: threads)
    let observer = try TrainingObserver(problem, method: method, field: field, threads: threads)
    var state = state ?? TrainingState(parameters: problem.network.parameters)
    if state.records.isEmpty {
      guard let record = observer.record(at: 0, parameters: state.parameters) else {
        throw TrainingError.notFinite(time: 0)
      }
      state.records.append(record)
      try onRecord(state)
    }
    let outcome: TrainingOutcome
    switch method {
    case .gradientFlow(let options):
      outcome = try flow(options, &state, field, observer, shouldStop: shouldStop, onRecord: onRecord)
    case .gradientDescent(let step):
      outcome = try descend(step, &state, field, observer, shouldStop: shouldStop, onRecord: onRecord)
    }
    return TrainingHistory(
      run: self, records: state.records, outcome: outcome, fastestRate: observer.linearized.largestValue,
      finalNetwork: problem.network.with(parameters: state.parameters), solver: solver(observer),
      slidingSince: state.slidingSince)
  }

  private func solver(_ observer: TrainingObserver) -> ODEMethod? {
    guard case .gradientFlow(let options) = method else { return nil }
    return options.solver(
      rate: observer.linearized.largestValue, end: times.last ?? 0,
      parameters: problem.network.parameterLayout.count)
  }

  // MARK: Gradient flow

  private func flow(
    _ options: FlowOptions, _ state: inout TrainingState, _ field: GradientField, _ observer: TrainingObserver,
    shouldStop: () -> Bool, onRecord: (TrainingState) throws -> Void
  ) throws -> TrainingOutcome {
    let count = field.layout.count
    let rate = observer.linearized.largestValue
    let solver = options.solver(rate: rate, end: times.last ?? 0, parameters: count)
    if solver.needsJacobian, count > FlowOptions.maximumStiffParameters {
      throw TrainingError.tooManyForStiffSolver(parameters: count, limit: FlowOptions.maximumStiffParameters)
    }
    return try withoutActuallyEscaping(shouldStop) { shouldStop in
      let integrator: ODEIntegrator
      do {
        integrator = try ODEIntegrator(
          dimension: count, method: solver, absolute: options.absoluteTolerance,
          relative: options.relativeTolerance,
          jacobian: { point, matrix in
            if shouldStop() { return .cancelled }
            return field.jacobian(at: point, into: matrix) ? .done : .notFinite
          },
          derivative: { point, velocity in
            if shouldStop() { return .cancelled }
            return field.velocity(at: point, into: velocity).isFinite ? .done : .notFinite
          })
      } catch { throw TrainingError.library("\(error)") }
      if state.step == 0 { state.step = rate > 0 ? 0.01 / rate : 1e-3 }
      for index in state.records.count..<max(times.count, state.records.count) {
        let (start, end) = (times[index - 1], times[index])
        var (parameters, step) = (state.parameters, state.step)
        var slidingSince = state.slidingSince
        if slidingSince == nil {
          do throws(ODEError) {
            try integrator.advance(
              &parameters, from: start, to: end, step: &step, maximumSteps: maximumSteps(state, until: end))
          } catch {
            switch error {
            case .cancelled: return .interrupted
            case .stepVanished(let time), .tooManySteps(let time):
              guard hasKinks else { return .diverged(stall(at: time)) }
              slidingSince = time
            case .library(let error): throw TrainingError.library("\(error)")
            }
          }
        }
        if let since = slidingSince {
          guard
            let finished = slide(
              &parameters, from: max(start, since), to: end, state, field, shouldStop: shouldStop)
          else { return .diverged(stall(at: max(start, since))) }
          guard finished else { return .interrupted }
        }
        guard let record = observer.record(at: end, parameters: parameters) else {
          return .diverged("the network overflows before t = \(Self.shown(end)).")
        }
        if let previous = state.records.last, Self.rises(from: previous.loss, to: record.loss) {
          return .diverged(
            "the loss rose from \(Self.shown(previous.loss)) to \(Self.shown(record.loss)) before t = "
              + "\(Self.shown(end)), which gradient flow never does: the integration is too coarse. "
              + "Take a smaller --tolerance.")
        }
        state.parameters = parameters
        state.step = step
        state.slidingSince = slidingSince
        state.records.append(record)
        try onRecord(state)
      }
      return .completed
    }
  }

  /// Goes on by steps of Euler's method, each ``TrainingHistory/slidingStep`` of the fastest time scale.
  ///
  /// Where the flow pushes a preactivation onto a kink from both sides, it has no solution in the ordinary sense: the
  /// solution of Filippov stays on the kink, with a slope between those of the two sides. Small steps that cross the kink to
  /// and fro converge to it in the first power of their size (Filippov 1988, section 8), and the step control of methods
  /// of high order comes to nothing.
  ///
  /// - Returns: Whether it came to the end; false if it was asked to stop, nil if that would take too many steps.
  private func slide(
    _ parameters: inout [Double], from start: Double, to end: Double, _ state: TrainingState, _ field: GradientField,
    shouldStop: () -> Bool
  ) -> Bool? {
    let largest = TrainingHistory.slidingStep / max(rateBound(state), 1 / (end - start))
    let count = ((end - start) / largest).rounded(.up)
    guard count < 1e9 else { return nil }
    let step = (end - start) / max(1, count)
    for _ in 0..<Int(count) {
      if shouldStop() { return false }
      // A network that overflows is found when it is recorded.
      guard field.step(&parameters, step).isFinite else { return true }
    }
    return true
  }

  /// The trace of `s Θ` on the training inputs at the last record, not less than its largest eigenvalue.
  private func rateBound(_ state: TrainingState) -> Double {
    guard let last = state.records.last else { return 0 }
    let trace = problem.inputs.indices.reduce(0) { $0 + last.kernelEntry($1, $1, of: problem.points.count) }
    return problem.timeScale * trace
  }

  /// The most steps up to the next record: ten times what a smooth solution takes, for an explicit method the fastest
  /// rate times the time, and 10 for every preactivation that may cross a kink.
  private func maximumSteps(_ state: TrainingState, until end: Double) -> Int {
    guard let last = state.records.last else { return 0 }
    let number =
      2000 + 10 * Double(problem.network.kinkedNeurons * problem.inputs.count) + 20 * rateBound(state)
      * (end - last.time)
    return number < 1e15 ? Int(number) : 0
  }

  /// Whether the derivative of an activation jumps.
  private var hasKinks: Bool { problem.network.kinkedNeurons > 0 }

  private func stall(at time: Double) -> String {
    let text = "the integration comes no further than t = \(Self.shown(time)). "
    return text
      + (hasKinks
        ? "A preactivation has probably reached a kink that the flow pushes it onto from both sides, and sliding along it "
          + "takes too many steps: gradient descent (--step) goes on there."
        : "The solution changes faster than steps can follow: take --solver bdf, or a larger --tolerance.")
  }

  /// Whether a loss rose by more than the rounding of a converged run explains.
  private static func rises(from before: Double, to after: Double) -> Bool {
    after > before * (1 + 1e-3) + 1e-12
  }

  // MARK: Gradient descent

  private func descend(
    _ step: Double, _ state: inout TrainingState, _ field: GradientField, _ observer: TrainingObserver,
    shouldStop: () -> Bool, onRecord: (TrainingState) throws -> Void
  ) throws -> TrainingOutcome {
    // Steps that are a little too large make the loss rise for a while and then fall; beyond this it has exploded.
    let limit =
      1e12 * (state.records[0].loss + problem.loss([Double](repeating: 0, count: problem.targets.count)) + 1e-3)
    for index in state.records.count..<max(times.count, state.records.count) {
      var parameters = state.parameters
      let first = Int((times[index - 1] / step).rounded())
      let last = Int((times[index] / step).rounded())
      for number in first..<last {
        if shouldStop() { return .interrupted }
        let loss = field.step(&parameters, step)
        guard loss.isFinite, loss <= limit else { return .diverged(explosion(step, number, loss, observer)) }
      }
      guard let record = observer.record(at: times[index], parameters: parameters), record.loss <= limit else {
        return .diverged(explosion(step, last, .infinity, observer))
      }
      state.parameters = parameters
      state.records.append(record)
      try onRecord(state)
    }
    return .completed
  }

  private func explosion(_ step: Double, _ number: Int, _ loss: Double, _ observer: TrainingObserver) -> String {
    let rate = observer.linearized.largestValue
    var text = "gradient descent diverges at step \(number)"
    if loss.isFinite { text += ", where the loss is \(Self.shown(loss))" }
    text += ". The step \(Self.shown(step)) times the kernel's largest eigenvalue is \(Self.shown(step * rate)) at the "
    return text + "start; below 2 the linearized model converges. Take --step \(Self.shown(1 / rate)) or less."
  }

  static func shown(_ value: Double) -> String { String(format: "%.3g", value) }
}

/// Where a run stands: all that is needed to go on.
public struct TrainingState: Sendable, Equatable, Codable {
  /// The parameters at the last recorded time.
  public var parameters: [Double]
  /// The step size that the integrator would try next; 0 before the start.
  public var step = 0.0
  /// Since when preactivations slide along kinks; nil before.
  public var slidingSince: Double?
  /// What has been recorded.
  public var records: [TrainingRecord] = []

  /// The state before the start.
  public init(parameters: [Double]) { self.parameters = parameters }
}

/// How a run ended.
public enum TrainingOutcome: Sendable, Equatable {
  case completed
  /// Asked to stop.
  case interrupted
  /// It cannot go on, and why.
  case diverged(String)
}

/// What a run has recorded.
public struct TrainingHistory: Sendable {
  public let run: TrainingRun
  /// One for each time that was reached.
  public let records: [TrainingRecord]
  public let outcome: TrainingOutcome
  /// The largest eigenvalue of `s Θ₀` on the training inputs.
  public let fastestRate: Double
  /// The network at the last recorded time.
  public let finalNetwork: any TrainableNetwork
  /// The solver of gradient flow; nil under gradient descent.
  public let solver: ODEMethod?
  /// Since when preactivations slide along kinks; nil if they do not.
  ///
  /// The flow is followed by Euler's method there, and its numbers are right to about ``slidingStep`` relatively.
  public let slidingSince: Double?

  /// The step of Euler's method along kinks, in units of the fastest time scale, 1 over the trace of `s Θ`.
  public static let slidingStep = 1e-4
}
