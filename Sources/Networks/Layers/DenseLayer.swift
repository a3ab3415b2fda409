import Activations
import Moments
import Yams

/// A fully connected layer with its activation.
///
///     h′ᵢ = φ(zᵢ) ,   zᵢ = m_w (1/√N) Σⱼ wᵢⱼ hⱼ + m_b bᵢ
///
/// The first layer of a network has the input scale in place of `1/√N`. The readout, and where wanted the last layer
/// of a branch, have no activation: `h′ = z`.
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
  /// The activation; nil for the readout and for a linear end of a branch.
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

  /// Whether there is a bias that is trained.
  public var trainsBias: Bool { bias != nil && trainable.trainsBias }
}

extension DenseLayer: NetworkLayer {
  public static let title = "a dense layer"

  public var configuration: ConfigurationValue {
    var entries = [
      ConfigurationEntry("weights", .text(weights.description)),
      ConfigurationEntry("bias", .text(bias?.description ?? "none")),
    ]
    if let activation { entries.append(ConfigurationEntry("activation", .text(activation.description))) }
    if weightMultiplier != 1 {
      entries.append(ConfigurationEntry("weight-multiplier", .text(weightMultiplier.description)))
    }
    if biasMultiplier != 1 {
      entries.append(ConfigurationEntry("bias-multiplier", .text(biasMultiplier.description)))
    }
    if trainable != .all { entries.append(ConfigurationEntry("trainable", .text(trainable.rawValue))) }
    return .mapping(entries)
  }

  public var summary: String {
    var words = ["weights \(weights)"]
    if let bias { words.append("bias \(bias)") }
    if let activation { words.append("\(activation)") }
    return words.joined(separator: ", ")
  }

  public func parameters(at path: LayerPath) -> [LayerParameter] {
    let weights = LayerParameter(ParameterGroup(path, .weights), isTrained: trainable.trainsWeights)
    return bias == nil ? [weights] : [weights, LayerParameter(ParameterGroup(path, .bias), isTrained: trainsBias)]
  }

  public func validate(at position: LayerPosition, line: NetworkError.LineLookup) throws(NetworkError) {
    let place = position.place
    if position.role == .readout, let activation {
      throw .impossible(
        key: "activation", place: place, line: line("activation", place),
        problem: "the last layer is the readout, which has no activation, but '\(activation.description)' stands here",
        remedy: "Take the key out, or add a readout layer after this one.")
    }
    if position.role == .first || position.role == .hidden, activation == nil {
      throw .missingKey(
        key: "activation", place: place, line: line("activation", place), expected: Self.expectedActivation(position))
    }
    if position.role != .first, let mean = weights.moment(1).estimate, mean.value.magnitude > mean.error {
      let shown = mean.exact?.description ?? "\(mean.value)"
      throw .impossible(
        key: "weights", place: place, line: line("weights", place),
        problem: "\(weights.description) has the mean \(shown), and the preactivations would grow with the width N",
        remedy: "Weights after the first layer must have mean zero.")
    }
  }

  private static func expectedActivation(_ position: LayerPosition) -> String {
    position.path.branch.isEmpty
      ? "an activation, as in relu; only the last layer, the readout, has none"
      : "an activation, as in relu; only the last layer of a branch may have none"
  }
}

// MARK: In a network file

extension DenseLayer {
  static let kind = LayerKind(name: "dense") { node, position, lines throws(NetworkError) in
    try read(node, at: position, lines: &lines)
  }

  private static let keys = [
    "weights", "bias", "activation", "weight-multiplier", "bias-multiplier", "trainable", "kind",
  ]

  private static func read(
    _ node: Node, at position: LayerPosition, lines: inout LayerLines
  ) throws(NetworkError) -> DenseLayer {
    let section = try Section(node, key: "layers", place: position.place, allowed: keys)
    lines.note(section)
    let example = "a law, as in uniform(-1, 1)"
    let weights = try section.law("weights", try section.text("weights", expected: example), context: .weights)
    var bias: (any Law)?
    if !section.isNone("bias") {
      let text = try section.text("bias", expected: example + ", or none")
      let takesInput = position.path == LayerPath(layer: 0)
      bias = try section.law("bias", text, context: .bias(fanIn: takesInput ? position.inputDimension : nil))
    }
    var trainable = TrainableParameters.all
    let activation = try activation(section, at: position)
    if let word = try section.optionalText("trainable", expected: "all, weights, bias or none") {
      guard let value = TrainableParameters(rawValue: word) else {
        throw section.impossible("trainable", "'\(excerpt(word))' is not known", "Write all, weights, bias or none.")
      }
      trainable = value
    }
    return DenseLayer(
      weights: weights, bias: bias, weightMultiplier: try section.number("weight-multiplier", default: 1),
      biasMultiplier: try section.number("bias-multiplier", default: 1), trainable: trainable, activation: activation)
  }

  private static func activation(
    _ section: Section, at position: LayerPosition
  ) throws(NetworkError) -> (any Activation)? {
    if section.isNone("activation") { return nil }
    let text: String?
    switch position.role {
    case .readout: text = try section.optionalText("activation", expected: "no activation in the readout")
    case .branchEnd: text = try section.optionalText("activation", expected: "an activation, as in relu, or none")
    case .first, .hidden: text = try section.text("activation", expected: expectedActivation(position))
    }
    guard let text else { return nil }
    do { return try ActivationRegistry.activation(parsing: text) } catch {
      throw section.impossible("activation", error.description)
    }
  }
}

extension Section {
  func law(_ key: String, _ text: String, context: LawContext) throws(NetworkError) -> any Law {
    do { return try LawRegistry.law(parsing: text, context: context) } catch {
      throw impossible(key, error.description)
    }
  }
}
