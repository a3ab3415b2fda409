import Activations
import Dynamics
import Expectation
import FiniteWidth
import FiniteWidthTheory
import Fixtures
import Gram
import KernelFiles
import LimitKernels
import Moments
import Networks
import Plots
import Regression
import Tables

/// What the command and the C interface themselves find wrong, and what every error means to their callers.
package enum Failure: Error {
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
  package enum Status: Int32 {
    case check = 1
    case usage = 64
    case data = 65
    case accuracy = 70
    case output = 74
  }

  /// The one place where an error becomes an exit status and a message.
  package static func statusAndMessage(of error: any Error) -> (status: Status, message: String?) {
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

  /// At most two lines; what was typed or read may hold control characters, which a terminal would obey, and they are
  /// shown as U+FFFD.
  package static func presentable(_ message: String) -> String {
    let message = String(
      message.map { character in
        let isControl = character.unicodeScalars.contains { $0.properties.generalCategory == .control }
        return isControl && !character.isNewline ? "\u{FFFD}" : character
      })
    let lines = message.split(whereSeparator: \.isNewline)
    let text = [String(lines.first ?? ""), lines.dropFirst().joined(separator: " ")].filter { !$0.isEmpty }
    return text.joined(separator: "\n")
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
