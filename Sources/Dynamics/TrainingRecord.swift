import Foundation

/// What is recorded of a training at one time.
public struct TrainingRecord: Sendable, Equatable, Codable {
  /// `t`.
  public var time: Double
  /// `½ Σ (f − y)²` over the training data.
  public var loss: Double
  /// `−dL/dt = s Σ η_p (∂L/∂θ_p)²`.
  public var descent: Double
  /// `f` at the points.
  public var outputs: [Double]
  /// `Θ_t`, the entries `i ≤ j` in the order of `PointPair.all(count:)`.
  public var kernel: [Double]
  /// `−s Σ_d Θ_t(x, x_d) (f(x_d) − y_d)` at the points.
  public var predictedSlopes: [Double]
  /// `df/dt` at the points, measured as a difference of outputs at neighbouring times.
  public var measuredSlopes: [Double]
  /// The loss of the linearized model.
  public var linearizedLoss: Double
  /// The outputs of the linearized model.
  public var linearizedOutputs: [Double]
  /// `‖θ − θ_lin‖`.
  public var distance: Double
  /// `‖θ − θ₀‖`.
  public var travelled: Double
  /// `‖Θ_t − Θ₀‖ / ‖Θ₀‖` in the Frobenius norm over all points.
  public var kernelChange: Double
  /// `max |θ_p − θ_p(0)|` over single parameters.
  public var largestMove: Double
  /// The trained parameters where there are two of them, for the weight plane; nil otherwise.
  public var plane: [Double]?
  /// Those of the linearized model.
  public var linearizedPlane: [Double]?

  /// `‖θ − θ_lin‖ / ‖θ − θ₀‖`; 0 at the start, where it vanishes like t.
  public var relativeDistance: Double { travelled == 0 ? 0 : distance / travelled }

  /// The root mean square of `f − f_lin` over the points.
  public var linearizationError: Double {
    let sum = zip(outputs, linearizedOutputs).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return (sum / Double(outputs.count)).squareRoot()
  }

  var isFinite: Bool {
    loss.isFinite && outputs.allSatisfy(\.isFinite) && kernel.allSatisfy(\.isFinite) && travelled.isFinite
  }
}

/// The times at which a training is recorded.
public enum RecordingGrid: Sendable, Equatable {
  /// Equal distances.
  case linear(count: Int)
  /// 0, then equal ratios from `first` on.
  case logarithmic(first: Double, count: Int)

  /// The times, from 0 to `end`, ascending.
  public func times(until end: Double) -> [Double] {
    switch self {
    case .linear(let count):
      let intervals = max(1, count - 1)
      return (0...intervals).map { $0 == intervals ? end : end * Double($0) / Double(intervals) }
    case .logarithmic(let first, let count):
      guard first < end, count > 2 else { return [0, end] }
      let intervals = count - 2
      return [0]
        + (0...intervals).map { $0 == intervals ? end : first * pow(end / first, Double($0) / Double(intervals)) }
    }
  }
}
