import FiniteWidth
import Networks

/// A finite network, the data it is trained on, and the points where it is watched.
///
/// The loss is `L = ½ Σ_d (f(x_d) − y_d)²`, and the parameters follow
///
///     dθ_p/dt = −s η_p ∂L/∂θ_p ,   hence   df(x)/dt = −s Σ_d Θ_t(x, x_d) (f(x_d) − y_d) ,
///
/// with `η_p = N^(−c)` the rates of the parameterization, which are part of the NTK, and one time scale `s`.
public struct TrainingProblem: Sendable {
  /// The network with its initial parameters.
  public let network: any TrainableNetwork
  /// The training inputs.
  public let inputs: [[Double]]
  /// One target for each input.
  public let targets: [Double]
  /// The training inputs, then the other points where the network is watched.
  public let points: [[Double]]
  /// `s`.
  public let timeScale: Double

  /// The most numbers that one run may record.
  static let maximumRecordedNumbers = 100_000_000

  /// - Throws: ``TrainingError`` for data that do not fit the network.
  public init(
    network: any TrainableNetwork, inputs: [[Double]], targets: [Double], watching others: [[Double]] = [],
    timeScale: Double = 1
  ) throws(TrainingError) {
    guard !inputs.isEmpty else { throw .noData }
    guard inputs.count == targets.count else { throw .targetCount(inputs: inputs.count, targets: targets.count) }
    let dimension = network.network.inputDimension
    for (index, point) in (inputs + others).enumerated() where point.count != dimension {
      throw .dimension(point: index, found: point.count, expected: dimension)
    }
    guard network.parameterLayout.trainedCount > 0 else { throw .nothingTrained }
    precondition(timeScale > 0 && timeScale.isFinite, "the time scale is positive")
    self.network = network
    self.inputs = inputs
    self.targets = targets
    points = inputs + others
    self.timeScale = timeScale
  }

  /// `½ Σ (f − y)²`.
  func loss(_ outputs: [Double]) -> Double {
    zip(outputs, targets).reduce(0) { $0 + 0.5 * ($1.0 - $1.1) * ($1.0 - $1.1) }
  }
}

/// Why a network cannot be trained, or a training could not go on.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  case noData
  case targetCount(inputs: Int, targets: Int)
  case dimension(point: Int, found: Int, expected: Int)
  case nothingTrained
  /// The initial network overflows.
  case notFinite(time: Double)
  /// An implicit method for too many parameters.
  case tooManyForStiffSolver(parameters: Int, limit: Int)
  case tooMuchRecorded(points: Int, times: Int)
  /// A checkpoint of another run, or no checkpoint.
  case checkpoint(path: String, problem: String)
  case unwritableCheckpoint(path: String, reason: String)
  case linearAlgebra(String)
  case library(String)

  public var description: String {
    switch self {
    case .noData: return "There are no training data. Give at least one pair of an input and a target."
    case .targetCount(let inputs, let targets):
      return "There are \(targets) targets for \(inputs) training inputs. Give one for each."
    case .dimension(let point, let found, let expected):
      return "Point \(point + 1) has \(found) coordinates, but the network's input-dimension is \(expected)."
    case .nothingTrained: return "No parameter of the network is trained: every layer says trainable: none."
    case .notFinite(let time):
      return time == 0
        ? "The initial network overflows: its outputs or its kernel are not finite. Take smaller inputs or weights."
        : "The network overflows at t = \(time)."
    case .tooManyForStiffSolver(let parameters, let limit):
      return "The stiff solver works with the Jacobian of all parameters, at most \(limit); the network has "
        + "\(parameters). Take --solver rk8pd, or a narrower network."
    case .tooMuchRecorded(let points, let times):
      return "\(points) points at \(times) times are too many kernel entries to record. "
        + "Take fewer points or fewer records."
    case .checkpoint(let path, let problem): return "\(path): \(problem)"
    case .unwritableCheckpoint(let path, let reason): return "'\(path)' cannot be written: \(reason)."
    case .linearAlgebra(let problem), .library(let problem): return problem
    }
  }
}
