import Activations
import Moments

/// A network with a scalar output: its architecture, its initializers and its parameterization.
///
/// A plain network is a list of dense layers. Under the NTK parameterization, with `s` the input scale, `m_w`, `m_b` the multipliers of each layer and `N_l` the
/// hidden widths,
///
///     z¹ᵢ(x)   = m_w¹ s Σⱼ w¹ᵢⱼ xⱼ + m_b¹ b¹ᵢ
///     z^{l+1}ᵢ = m_w (1/√N_l) Σⱼ w^{l+1}ᵢⱼ φ_l(z^lⱼ) + m_b b^{l+1}ᵢ ,     f = z^{L+1}
///
/// Between the first layer and the readout other kinds of ``NetworkLayer`` may stand.
///
/// Invariants, established by the initializer: at least one hidden layer; the first layer and the readout are dense;
/// every hidden dense layer has an activation and the readout none; weights after the first layer have mean zero where
/// they have a mean; the input scale is not zero.
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
  public var layers: [any NetworkLayer]

  /// The largest input dimension of a network.
  public static let maximumInputDimension = 1_000_000
  /// The largest number of layers, the readout included.
  public static let maximumLayerCount = 100_000

  /// - Parameters:
  ///   - name: What tables call it.
  ///   - inputDimension: d.
  ///   - inputScale: nil for `1/√d`.
  ///   - parameterization: Where the powers of the width stand.
  ///   - layers: The hidden layers in order, then the readout.
  /// - Throws: ``NetworkError`` if an invariant of the type does not hold.
  public init(
    name: String? = nil, inputDimension: Int, inputScale: ExactNumber? = nil, parameterization: Parameterization = .ntk,
    layers: [any NetworkLayer]
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
  public var hiddenLayers: ArraySlice<any NetworkLayer> { layers.dropLast() }

  /// The layers, all of them plain dense ones, for code that covers no other kind.
  ///
  /// - Parameter purpose: What needs them, as in `the finite-width theory`, for the message.
  /// - Throws: ``NetworkError`` naming the first layer of another kind.
  public func denseLayers(for purpose: String) throws(NetworkError) -> [DenseLayer] {
    var result: [DenseLayer] = []
    result.reserveCapacity(layers.count)
    for (index, layer) in layers.enumerated() {
      guard let dense = layer as? DenseLayer else {
        throw .denseOnly(place: .layer(index + 1), found: type(of: layer).title, purpose: purpose)
      }
      result.append(dense)
    }
    return result
  }

  /// Whether all layers are plain dense ones.
  public var isDense: Bool { layers.allSatisfy { $0 is DenseLayer } }

  /// The first layer, which is dense and takes the input.
  public var firstLayer: DenseLayer { dense(0) }

  /// The last layer, which is dense and has no activation.
  public var readout: DenseLayer { dense(layers.count - 1) }

  private func dense(_ index: Int) -> DenseLayer {
    guard let layer = layers[index] as? DenseLayer else {
      preconditionFailure("a network begins and ends with a dense layer: call validate() after changing layers")
    }
    return layer
  }

  /// The number of hidden layers, `L`.
  public var depth: Int { layers.count - 1 }

  /// The exponents of the width in layer `index`, counted from 0.
  public func exponents(ofLayer index: Int) -> LayerExponents {
    parameterization.exponents(ofLayer: index, of: layers.count)
  }

  /// The parameter groups with their names, `layer 1 weights`, `layer 1 bias`, …, in order: all that exist, whether
  /// they are trained or not.
  public var parameterGroups: [ParameterGroup] { parameters.map(\.group) }

  /// The parameter groups that are trained, in order.
  public var trainedGroups: [ParameterGroup] { parameters.filter(\.isTrained).map(\.group) }

  private var parameters: [LayerParameter] {
    layers.enumerated().flatMap { $0.element.parameters(at: LayerPath(layer: $0.offset)) }
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
