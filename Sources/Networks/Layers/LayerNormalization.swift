import Moments
import Yams

/// Layer normalization: each input's features are centred and scaled by their spread over the neurons.
///
///     h′ᵢ = γᵢ (hᵢ − μ)/√(σ² + ε) + βᵢ ,   μ = (1/N) Σⱼ hⱼ ,   σ² = (1/N) Σⱼ (hⱼ − μ)²
///
/// It acts on the features, after the activation of the layer before; after a dense layer with the activation
/// `identity` these are the preactivations. Without a law of gains γ = 1 and without one of biases β = 0, fixed; the
/// trained ones of PyTorch are `constant(1)` and `constant(0)`.
///
/// ε is 0 unless given: the limit is then invariant under the length of the input, and an input whose features are all
/// equal has no image. PyTorch's default is 1e-5.
///
/// **Source.** Ba, Kiros and Hinton, *Layer normalization*, 2016.
public struct LayerNormalization: Sendable {
  /// The parameters that are trained.
  public enum Trainable: String, Sendable, CaseIterable {
    case all, gain, bias, none
  }

  /// ε, added to the variance.
  public var epsilon: ExactNumber
  /// The law of the gains γ; nil for 1, fixed.
  public var gain: (any Law)?
  /// The law of the biases β; nil for 0, fixed.
  public var bias: (any Law)?
  /// The parameters that are trained.
  public var trainable: Trainable

  public init(
    epsilon: ExactNumber = 0, gain: (any Law)? = nil, bias: (any Law)? = nil, trainable: Trainable = .all
  ) {
    self.epsilon = epsilon
    self.gain = gain
    self.bias = bias
    self.trainable = trainable
  }

  /// Whether there are gains that are trained.
  public var trainsGain: Bool { gain != nil && (trainable == .all || trainable == .gain) }
  /// Whether there are biases that are trained.
  public var trainsBias: Bool { bias != nil && (trainable == .all || trainable == .bias) }
}

extension LayerNormalization: NetworkLayer {
  public static let title = "a layer normalization"

  public var configuration: ConfigurationValue {
    var entries = [ConfigurationEntry("kind", .text(Self.kind.name))]
    if !epsilon.isZero { entries.append(ConfigurationEntry("epsilon", .text(epsilon.description))) }
    if let gain { entries.append(ConfigurationEntry("gain", .text(gain.description))) }
    if let bias { entries.append(ConfigurationEntry("bias", .text(bias.description))) }
    if trainable != .all { entries.append(ConfigurationEntry("trainable", .text(trainable.rawValue))) }
    return .mapping(entries)
  }

  public var summary: String {
    var words = ["layer normalization"]
    if !epsilon.isZero { words.append("epsilon \(epsilon)") }
    if let gain { words.append("gain \(gain)") }
    if let bias { words.append("bias \(bias)") }
    return words.joined(separator: ", ")
  }

  public func parameters(at path: LayerPath) -> [LayerParameter] {
    var result: [LayerParameter] = []
    if gain != nil { result.append(LayerParameter(ParameterGroup(path, .gain), isTrained: trainsGain)) }
    if bias != nil { result.append(LayerParameter(ParameterGroup(path, .bias), isTrained: trainsBias)) }
    return result
  }

  public func validate(at position: LayerPosition, line: NetworkError.LineLookup) throws(NetworkError) {
    let place = position.place
    guard epsilon.signum >= 0 else {
      throw .impossible(
        key: "epsilon", place: place, line: line("epsilon", place),
        problem: "\(epsilon) is negative, and it is added to a variance", remedy: "Write 0 or more, as in 1e-5.")
    }
  }
}

// MARK: In a network file

extension LayerNormalization {
  static let kind = LayerKind(name: "layer-normalization") { node, position, lines throws(NetworkError) in
    let keys = ["kind", "epsilon", "gain", "bias", "trainable"]
    let section = try Section(node, key: "layers", place: position.place, allowed: keys)
    lines.note(section)
    func law(_ key: String, _ example: String) throws(NetworkError) -> (any Law)? {
      if section.isNone(key) { return nil }
      guard let text = try section.optionalText(key, expected: "a law, as in \(example), or none") else { return nil }
      return try section.law(key, text, context: .bias(fanIn: nil))
    }
    var trainable = Trainable.all
    if let word = try section.optionalText("trainable", expected: "all, gain, bias or none") {
      guard let value = Trainable(rawValue: word) else {
        throw section.impossible("trainable", "'\(excerpt(word))' is not known", "Write all, gain, bias or none.")
      }
      trainable = value
    }
    return LayerNormalization(
      epsilon: try section.number("epsilon", default: 0), gain: try law("gain", "constant(1)"),
      bias: try law("bias", "constant(0)"), trainable: trainable)
  }
}
