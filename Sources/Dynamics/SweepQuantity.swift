import FiniteWidth
import Networks

/// What a width sweep follows.
public enum SweepQuantity: String, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
  /// The largest `‖Θ_t − Θ₀‖/‖Θ₀‖` over the recorded times.
  case kernelChange
  /// The largest root mean square of `f − f_lin` over the points, over the recorded times.
  case linearizationError
  /// `‖θ − θ_lin‖` at the end.
  case distance
  /// `‖θ − θ_lin‖ / ‖θ − θ₀‖` at the end.
  case relativeDistance
  /// `‖θ − θ₀‖` at the end.
  case travelled
  /// The root mean square of the moves of single trained parameters at the end.
  case typicalMove
  /// The largest move of a single parameter at the end.
  case largestMove

  /// The words of tables and pictures.
  public var title: String {
    switch self {
    case .kernelChange: "relative change of the NTK"
    case .linearizationError: "error of the linearized model"
    case .distance: "distance from the linearized parameters"
    case .relativeDistance: "the same over the way travelled"
    case .travelled: "way travelled by all parameters"
    case .typicalMove: "way of a single weight, rms"
    case .largestMove: "way of a single weight, largest"
    }
  }

  /// The exponent of N that theory gives, with the parameterization's own time scale and training to a fixed time; nil
  /// where it is not worked out: other parameterizations, several hidden layers except under ntk, and networks that do
  /// not train all their parameters.
  ///
  /// The largest of N moves is the typical one times the largest of N numbers: a factor that grows by a power of log N
  /// where the law of the moves has tails, and up to a bound where it has none.
  ///
  /// **Source.** The kernel under ntk: Huang and Yau 2020 [16]. The rest by counting powers of N in the flow of one neuron,
  /// as `docs/training.md` does.
  public func expectedExponent(for network: Network) -> Double? {
    guard let layers = try? network.denseLayers(for: "the exponents of training"),
      layers.allSatisfy({ $0.trainable == .all })
    else { return nil }
    let isDeep = network.depth > 1
    switch network.parameterization {
    case .ntk:
      switch self {
      case .kernelChange, .linearizationError: return -1
      case .distance, .relativeDistance, .largestMove: return -0.5
      // Most of the parameters of a deep network stand in N × N matrices.
      case .typicalMove: return isDeep ? -1 : -0.5
      case .travelled: return 0
      }
    case .standard where !isDeep:
      switch self {
      case .kernelChange, .linearizationError: return -2
      case .distance: return -1.5
      case .relativeDistance, .typicalMove, .largestMove: return -1
      case .travelled: return -0.5
      }
    case .meanField where !isDeep:
      switch self {
      case .kernelChange, .linearizationError, .relativeDistance, .typicalMove, .largestMove: return 0
      case .distance, .travelled: return 0.5
      }
    default: return nil
    }
  }
}
