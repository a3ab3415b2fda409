import Activations
import Moments

/// A fully connected network with a scalar output: its architecture, its initializers and its parameterization.
///
/// Under the NTK parameterization, with `s` the input scale, `m_w`, `m_b` the multipliers of each layer and `N_l` the
/// hidden widths,
///
///     z¹ᵢ(x)   = m_w¹ s Σⱼ w¹ᵢⱼ xⱼ + m_b¹ b¹ᵢ
///     z^{l+1}ᵢ = m_w (1/√N_l) Σⱼ w^{l+1}ᵢⱼ φ_l(z^lⱼ) + m_b b^{l+1}ᵢ ,     f = z^{L+1}
///
/// Invariants, established by the initializer: at least one hidden layer; every hidden layer has an activation and the
/// readout none; weights after the first layer have mean zero where they have a mean; the input scale is not zero.
public struct Network: Sendable {
  /// A name for tables and messages.
  public var name: String?
  /// The number of coordinates of an input, `d`.
  public var inputDimension: Int
  /// The factor `s` of the first layer.
  public var inputScale: ExactNumber
  /// Where the powers of the width stand.
  public var parameterization: Parameterization
  /// The hidden layers in order, then the readout.
  public var layers: [DenseLayer]

  /// The largest input dimension of a network.
  public static let maximumInputDimension = 1_000_000
  /// The largest number of layers, the readout included.
  public static let maximumLayerCount = 10_000

  /// - Parameters:
  ///   - inputScale: nil for `1/√d`.
  ///   - layers: The hidden layers in order, then the readout.
  /// - Throws: ``NetworkError`` if an invariant of the type does not hold.
  public init(
    name: String? = nil, inputDimension: Int, inputScale: ExactNumber? = nil, parameterization: Parameterization = .ntk,
    layers: [DenseLayer]
  ) throws(NetworkError) {
    self.name = name
    self.inputDimension = inputDimension
    self.inputScale = inputScale ?? Self.defaultInputScale(dimension: max(1, inputDimension))
    self.parameterization = parameterization
    self.layers = layers
    try validate()
  }

  /// `1/√d`.
  static func defaultInputScale(dimension: Int) -> ExactNumber {
    ExactNumber(squareRootOf: Rational(1, .init(dimension)))
  }

  /// The layers before the readout.
  public var hiddenLayers: ArraySlice<DenseLayer> { layers.dropLast() }

  /// The layers, all of them plain dense ones, for code that covers no other kind.
  ///
  /// - Parameter purpose: What needs them, as in `the finite-width theory`, for the message.
  /// - Throws: ``NetworkError`` naming the first layer of another kind.
  public func denseLayers(for purpose: String) throws(NetworkError) -> [DenseLayer] { layers }

  /// The last layer, which has no activation.
  public var readout: DenseLayer { layers[layers.count - 1] }

  /// The number of hidden layers, `L`.
  public var depth: Int { layers.count - 1 }

  /// The exponents of the width in layer `index`, counted from 0.
  public func exponents(ofLayer index: Int) -> LayerExponents {
    parameterization.exponents(ofLayer: index, of: layers.count)
  }

  /// The parameter groups with their names, `layer 1 weights`, `layer 1 bias`, …, in order: all that exist, whether
  /// they are trained or not.
  public var parameterGroups: [ParameterGroup] {
    layers.indices.flatMap { index in
      let weights = ParameterGroup(layer: index, kind: .weights)
      return layers[index].bias == nil ? [weights] : [weights, ParameterGroup(layer: index, kind: .bias)]
    }
  }

  /// The parameter groups that are trained, in order.
  public var trainedGroups: [ParameterGroup] {
    parameterGroups.filter { group in
      let trainable = layers[group.layer].trainable
      return group.kind == .weights ? trainable.trainsWeights : trainable.trainsBias
    }
  }

  /// The project's example: one hidden layer of squares, everything uniform, one input.
  ///
  ///     weights: uniform(-1, 1)   bias: uniform(-1/2, 1/2)   activation: square
  ///     weights: uniform(-1, 1)   bias: none
  public static var headline: Network {
    get throws(NetworkError) {
      do {
        let weights = try UniformLaw(-1, 1)
        return try Network(
          name: "quadratic-uniform", inputDimension: 1,
          layers: [
            DenseLayer(
              weights: weights, bias: try UniformLaw(ExactNumber(-1, 2), ExactNumber(1, 2)),
              activation: try ActivationRegistry.activation(parsing: "square")),
            DenseLayer(weights: weights),
          ])
      } catch let error as NetworkError {
        throw error
      } catch {
        throw .impossible(
          key: "layers", place: .network, line: nil, problem: "\(error)", remedy: "This is the built-in network.")
      }
    }
  }
}

/// One group of parameters: the weights or the biases of one layer.
public struct ParameterGroup: Sendable, Hashable, CustomStringConvertible {
  /// Weights or biases.
  public enum Kind: String, Sendable {
    case weights, bias
  }
  /// The layer, counted from 0.
  public var layer: Int
  public var kind: Kind

  public init(layer: Int, kind: Kind) {
    self.layer = layer
    self.kind = kind
  }

  /// The name in tables, `layer 1 weights`: layers are counted from 1.
  public var description: String { "layer \(layer + 1) \(kind.rawValue)" }
}

/// A fully connected layer with its activation.
public struct DenseLayer: Sendable {
  /// The law of the weights.
  public var weights: any Law
  /// The law of the biases; nil where the layer has none.
  ///
  /// A bias that starts at zero and is trained has the law `constant(0)`.
  public var bias: (any Law)?
  /// The fixed factor of the weighted sum.
  public var weightMultiplier: ExactNumber
  /// The fixed factor of the bias.
  public var biasMultiplier: ExactNumber
  /// The parameters that are trained.
  public var trainable: TrainableParameters
  /// The activation; nil for the readout.
  public var activation: (any Activation)?

  public init(
    weights: any Law, bias: (any Law)? = nil, weightMultiplier: ExactNumber = 1, biasMultiplier: ExactNumber = 1,
    trainable: TrainableParameters = .all, activation: (any Activation)? = nil
  ) {
    self.weights = weights
    self.bias = bias
    self.weightMultiplier = weightMultiplier
    self.biasMultiplier = biasMultiplier
    self.trainable = trainable
    self.activation = activation
  }
}

/// The parameters of a layer that are trained, and so contribute to the NTK.
public enum TrainableParameters: String, Sendable, CaseIterable {
  case all, weights, bias, none

  public var trainsWeights: Bool { self == .all || self == .weights }
  public var trainsBias: Bool { self == .all || self == .bias }
}
