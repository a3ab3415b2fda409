import Dispatch
import FiniteWidth
import Foundation
import Tables

/// A study under way on this machine: its state, the file it is saved in, and who may stop it.
struct StudyRun {
  private(set) var state: StudyState
  /// Why the state could not be saved; the report is printed all the same.
  private(set) var problem: StudyFileError?
  private let checkpoint: String?
  private let seconds: Double?

  /// The time between two savings.
  private static let savingInterval = 20.0

  /// - Throws: `StudyFileError` if the file cannot be used.
  init(_ study: WidthStudy, checkpoint: String?, seconds: Double?) throws {
    self.checkpoint = checkpoint
    self.seconds = seconds
    state = try checkpoint.map { try StudyState.resuming(study, from: $0) } ?? StudyState(study)
  }

  /// Draws what is missing, saves the state, and says how it ended.
  ///
  /// - Throws: `WidthStudyError`; ``Failure/stopped(_:)`` if it was stopped with nothing to report.
  mutating func finish(threads: Int, status: ProgressStatus) throws -> ConvergenceReport.Ending {
    let interruption = Interruption(seconds: seconds)
    defer { interruption.end() }
    let saver = checkpoint.map { StudySaver(path: $0, interval: Self.savingInterval) }
    var control = StudyControl(threads: threads)
    control.shouldStop = { interruption.reason != nil }
    control.progress = { progress in
      status.text =
        "\(progress.done) of \(progress.total) networks, about \(ProgressStatus.duration(progress.secondsLeft)) left"
    }
    if let saver { control.save = { saver.save($0) } }
    try state.advance(control)
    problem = saver?.problem
    if let checkpoint, problem == nil {
      do { try StudyFile.write(state, to: checkpoint) } catch { problem = error }
    }
    if state.isComplete { return .complete }
    guard state.counts.contains(where: { $0 >= 2 }) else {
      throw Failure.stopped("The study was stopped before there were two networks of any width. Give it more time.")
    }
    return .stopped(reason: interruption.reason ?? "the checkpoint could not be written")
  }
}

/// Saves states now and then.
private final class StudySaver: @unchecked Sendable {
  // Called by one thread at a time, between pieces of work.
  private let path: String
  private let interval: Double
  private var last = DispatchTime.now()
  private(set) var problem: StudyFileError?

  init(path: String, interval: Double) {
    self.path = path
    self.interval = interval
  }

  /// - Returns: False if the state cannot be saved.
  func save(_ state: StudyState) -> Bool {
    guard DispatchTime.now() >= last + interval else { return true }
    last = DispatchTime.now()
    do throws(StudyFileError) { try StudyFile.write(state, to: path) } catch {
      problem = error
      return false
    }
    return true
  }
}
