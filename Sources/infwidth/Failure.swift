import Activations
import ArgumentParser
import Dynamics
import Expectation
import FiniteWidth
import FiniteWidthTheory
import Fixtures
import Foundation
import Gram
import KernelFiles
import LimitKernels
import Moments
import Networks
import Plots
import Regression
import Tables

/// What the command itself finds wrong.
enum Failure: Error {
  /// Arguments that make no sense together.
  case usage(String)
  /// Data that cannot be read.
  case data(String)
  /// The output cannot be written.
  case output(String)
  /// The computation did not come to its end; what it has is printed.
  case accuracy(String)
  /// A computation was stopped with nothing to report.
  case stopped(String)
  /// A check did not hold; the report has been printed.
  case check

  /// The exit statuses of the command, as `sysexits.h` numbers them.
  enum Status: Int32 {
    case check = 1
    case usage = 64
    case data = 65
    case accuracy = 70
    case output = 74
  }

  /// The one place where an error becomes an exit status and a message.
  static func statusAndMessage(of error: any Error) -> (status: Status, message: String?) {
    switch error {
    case Failure.usage(let text): return (.usage, text)
    case Failure.data(let text): return (.data, text)
    case Failure.output(let text): return (.output, text)
    case Failure.accuracy(let text): return (.accuracy, text)
    case Failure.stopped(let text): return (.accuracy, text)
    case Failure.check: return (.check, nil)
    case let error as PointsError: return (error.isInFile ? .data : .usage, "\(error)")
    case let error as GaussianError: return (error.isAboutParameters ? .usage : .accuracy, "\(error)")
    case StudyFileError.unwritable: return (.output, "\(error)")
    case is StudyFileError: return (.data, "\(error)")
    case WidthStudyError.notFinite: return (.accuracy, "\(error)")
    case is WidthStudyError: return (.usage, "\(error)")
    case is WeightsError: return (.data, "\(error)")
    case let error as TrainingError: return (error.status, "\(error)")
    case PlotError.unknownFormat: return (.usage, "\(error)")
    case is PlotError: return (.output, "\(error)")
    case let error as FixtureError: return (error.isAboutRequest ? .usage : .accuracy, "\(error)")
    case is FiniteWidthTheoryError: return (.usage, "\(error)")
    case is KernelError, is PhaseError, ExpectationError.indefinite: return (.usage, "\(error)")
    case is NetworkError, is LawError, is ActivationError, is NumberError, is CallSyntax.SyntaxError:
      return (.usage, "\(error)")
    case KernelFileError.shard, KernelFileError.launcher, KernelFileError.memory: return (.usage, "\(error)")
    case KernelFileError.notFinite: return (.accuracy, "\(error)")
    case is KernelFileError: return (.output, "\(error)")
    case GramError.noLimit, GramError.overflow: return (.accuracy, "\(error)")
    case is GramError: return (.data, "\(error)")
    case let error as RegressionError: return (error.isAboutData ? .data : .accuracy, "\(error)")
    case TableError.noTable: return (.usage, "\(error)")
    case is TableError: return (.data, "\(error)")
    default: return (.accuracy, "\(error)")
    }
  }

  /// Prints one or two lines on standard error and leaves with the status of the interface; requests for help are
  /// answered on standard output with status 0.
  static func exit(with error: any Error, arguments: [String]) -> Never {
    let isOwn = Infwidth.exitCode(for: error) == .failure
    if !isOwn {
      let code = Infwidth.exitCode(for: error)
      if code == .success {
        print(Infwidth.fullMessage(for: error))
        Foundation.exit(0)
      }
      let named = arguments.first.flatMap { Infwidth.subcommandNames.contains($0) ? " \($0)" : nil } ?? ""
      write(Infwidth.message(for: error) + "\nSee 'infwidth\(named) --help'.")
      Foundation.exit(Status.usage.rawValue)
    }
    let (status, message) = statusAndMessage(of: error)
    if let message { write(message) }
    Foundation.exit(status.rawValue)
  }

  /// At most two lines, the first of them after the name of the command; what was typed or read may hold control
  /// characters, which a terminal would obey, and they are shown as U+FFFD.
  private static func write(_ message: String) {
    let message = String(
      message.map { character in
        let isControl = character.unicodeScalars.contains { $0.properties.generalCategory == .control }
        return isControl && !character.isNewline ? "\u{FFFD}" : character
      })
    let lines = message.split(whereSeparator: \.isNewline)
    let text = [String(lines.first ?? ""), lines.dropFirst().joined(separator: " ")].filter { !$0.isEmpty }
    FileHandle.standardError.write(Data(("infwidth: " + text.joined(separator: "\n") + "\n").utf8))
  }
}

extension PointsError {
  /// Whether a file, rather than an argument, is malformed.
  fileprivate var isInFile: Bool {
    if case .inFile = self { return true }
    return false
  }
}

extension TrainingError {
  fileprivate var status: Failure.Status {
    switch self {
    case .noData, .targetCount, .dimension, .nothingTrained, .tooManyForStiffSolver, .tooMuchRecorded: return .usage
    case .checkpoint: return .data
    case .unwritableCheckpoint: return .output
    case .notFinite, .linearAlgebra, .library: return .accuracy
    }
  }
}

extension RegressionError {
  /// Whether the training data are to blame, rather than rounding errors.
  fileprivate var isAboutData: Bool {
    switch self {
    case .targetCount, .targetNotFinite, .contradiction, .duplicate, .tooLarge: return true
    case .ridge, .time, .singular, .illConditioned: return false
    }
  }
}

extension GaussianError {
  /// Whether the parameters are impossible, rather than the value out of reach.
  fileprivate var isAboutParameters: Bool {
    switch self {
    case .indefinite, .negativeVariance, .impossibleCorrelation, .notFinite: return true
    case .notIntegrable, .library: return false
    }
  }
}
