import Activations
import Moments

/// A network in the spelling of the users of another library: which initializers, which parameterization.
///
/// Written wherever a network file may be named, `preset:NAME` or `preset:NAME(option=value, …)`:
///
///     preset:pytorch                         preset:he(activation=relu, depth=5, dimension=3)
///     preset:neural-tangents(W_std=3/2, b_std=1/2, activation=erf)
///     preset:relu-3                          preset:leaky-relu(1/10)-5(b_std=1/10, dimension=3)
///
/// The last line shows the short names, ACTIVATION-DEPTH.
/// Options of every preset are `activation` (relu; as the first option it needs no name), `depth`, the number of hidden layers (2), `dimension` (1) and
/// `parameterization`. A preset means the network file that ``yaml(_:dimension:)`` writes, and nothing else.
public struct NetworkPreset: Sendable {
  /// The name after `preset:`.
  public let name: String
  /// Other names of the same preset.
  public let aliases: [String]
  /// What it is.
  public let summary: String
  /// Options of its own with their defaults.
  public let ownOptions: [(name: String, value: String)]
  let parameterization: String
  /// The lines of a layer, from the options.
  let layer: @Sendable (_ options: [String: String]) -> [String]

  /// The options that every preset takes, with their defaults.
  static let commonOptions = [("activation", "relu"), ("depth", "2"), ("dimension", "1"), ("parameterization", "")]
  /// The most hidden layers.
  static let maximumDepth = Network.maximumLayerCount - 1

  /// The presets.
  public static let all = [
    NetworkPreset(
      name: "pytorch", aliases: ["pytorch-mlp", "pytorch-linear"],
      summary: "torch.nn.Linear's default: weights and biases uniform on ±1/sqrt(fan_in)", ownOptions: [],
      parameterization: "standard",
      layer: { _ in ["weights: pytorch-linear()", "bias: pytorch-linear()"] }),
    NetworkPreset(
      name: "he", aliases: ["kaiming", "he-normal", "kaiming-normal"],
      summary: "He et al. 2015: normal weights of variance gain^2/fan_in, zero biases",
      ownOptions: [("gain", "sqrt(2)")],
      parameterization: "standard",
      layer: { ["weights: kaiming-normal(\($0["gain"] ?? ""))", "bias: constant(0)"] }),
    NetworkPreset(
      name: "he-uniform", aliases: ["kaiming-uniform"],
      summary: "He et al. 2015: uniform weights of variance gain^2/fan_in, zero biases",
      ownOptions: [("gain", "sqrt(2)")], parameterization: "standard",
      layer: { ["weights: kaiming-uniform(\($0["gain"] ?? ""))", "bias: constant(0)"] }),
    NetworkPreset(
      name: "glorot", aliases: ["xavier", "glorot-uniform", "xavier-uniform"],
      summary: "Glorot and Bengio 2010: uniform weights of variance gain^2/fan_in (equal fans), zero biases",
      ownOptions: [("gain", "1")], parameterization: "standard",
      layer: { ["weights: xavier-uniform(\($0["gain"] ?? ""))", "bias: constant(0)"] }),
    NetworkPreset(
      name: "glorot-normal", aliases: ["xavier-normal"],
      summary: "Glorot and Bengio 2010: normal weights of variance gain^2/fan_in (equal fans), zero biases",
      ownOptions: [("gain", "1")], parameterization: "standard",
      layer: { ["weights: xavier-normal(\($0["gain"] ?? ""))", "bias: constant(0)"] }),
    NetworkPreset(
      name: "lecun", aliases: ["lecun-normal"],
      summary: "LeCun et al. 1998: normal weights of variance 1/fan_in, zero biases",
      ownOptions: [], parameterization: "standard",
      layer: { _ in ["weights: lecun-normal()", "bias: constant(0)"] }),
    neuralTangents,
  ]

  static let neuralTangents = NetworkPreset(
    name: "neural-tangents", aliases: ["nt", "stax"],
    summary: "stax.Dense(N, W_std, b_std): standard normal parameters behind fixed multipliers",
    ownOptions: [("W_std", "1"), ("b_std", "0")], parameterization: "ntk",
    layer: { options in
      let deviation = options["b_std"] ?? "0"
      let weights = ["weights: normal()", "weight-multiplier: \(options["W_std"] ?? "1")"]
      // b_std = 0 means that stax.Dense has no bias at all.
      return weights + (deviation == "0" ? ["bias: none"] : ["bias: normal()", "bias-multiplier: \(deviation)"])
    })

  /// The beginning of a preset's text.
  public static let prefix = "preset:"

  /// The network file that the text means.
  ///
  /// - Parameters:
  ///   - text: `NAME` or `NAME(option=value, …)`, with or without `preset:` before it.
  ///   - dimension: The input dimension where the text gives none.
  /// - Throws: ``NetworkError/preset(text:problem:remedy:)`` for an unknown name or option.
  public static func yaml(_ text: String, dimension: Int = 1) throws(NetworkError) -> String {
    let body = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
    func failure(_ problem: String, _ remedy: String) -> NetworkError {
      .preset(text: excerpt(body), problem: problem, remedy: remedy)
    }
    let example = "Write preset:NAME or preset:NAME(option=value, …), as in preset:he(activation=relu, depth=3)."
    let short = ShortName(body)
    let preset = short == nil ? try find(body) : neuralTangents
    guard let arguments = short?.arguments ?? splitAtCommas(body.drop { $0 != "(" }.insideParentheses) else {
      throw failure("the parentheses do not match", example)
    }
    var options = Dictionary(uniqueKeysWithValues: commonOptions + preset.ownOptions.map { ($0.name, $0.value) })
    options["parameterization"] = preset.parameterization
    options["dimension"] = "\(dimension)"
    if let short { options.merge(short.options) { $1 } }
    var seen = Set<String>()
    for (position, argument) in arguments.enumerated() {
      guard let equals = argument.firstIndex(of: "=") else {
        // The first word may be the activation, as in he(tanh, depth=3).
        if position == 0, short == nil, seen.insert("activation").inserted {
          options["activation"] = argument.trimmingSpaces
          continue
        }
        throw failure("'\(excerpt(argument.trimmingSpaces))' is no option with a value", example)
      }
      let key = argument[..<equals].trimmingSpaces
      let keys = (commonOptions.map(\.0) + preset.ownOptions.map(\.name)).filter { short?.fixes($0) != true }
      guard keys.contains(key) else {
        throw failure(
          "'\(excerpt(key))' is not an option of \(excerpt(short?.name ?? preset.name))",
          "Its options are \(keys.joined(separator: ", ")).")
      }
      guard seen.insert(key).inserted else { throw failure("\(key) is given twice", "Give it once.") }
      options[key] = argument[argument.index(after: equals)...].trimmingSpaces
    }
    guard let depth = Int(options["depth"] ?? ""), (1...maximumDepth).contains(depth) else {
      throw failure(
        "depth is the number of hidden layers", "Write a whole number from 1 to \(maximumDepth), as in depth=3.")
    }
    return preset.file(options, depth: depth, name: short.map { _ in body })
  }

  /// The preset that a text begins with.
  private static func find(_ body: String) throws(NetworkError) -> NetworkPreset {
    let name = body.prefix { $0 != "(" }.trimmingSpaces
    if let preset = all.first(where: { $0.name == name || $0.aliases.contains(name) }) { return preset }
    var hint =
      nearestName(to: name, in: all.flatMap { [$0.name] + $0.aliases }).map { "Did you mean '\($0)'? " } ?? ""
    if (try? ActivationRegistry.activation(parsing: body)) != nil {
      hint = "Write the number of hidden layers after an activation, as in \(excerpt(body))-3. "
    }
    throw .preset(
      text: excerpt(body), problem: "there is no preset '\(excerpt(name))'",
      remedy: hint + "The presets are \(all.map(\.name).joined(separator: ", ")), and short names such as relu-3.")
  }

  private func file(_ options: [String: String], depth: Int, name: String?) -> String {
    func value(_ key: String) -> String { ConfigurationValue.quoted(options[key] ?? "") }
    let description = (["activation", "depth"] + ownOptions.map(\.name)).map { options[$0] ?? "" }
    let name = name ?? "\(self.name)(\(description.joined(separator: ", ")))"
    var lines = [
      "name: \(ConfigurationValue.quoted(name))",
      "input-dimension: \(value("dimension"))", "parameterization: \(value("parameterization"))", "layers:",
    ]
    let parameters = layer(options).map { line -> String in
      // Numbers of the user's own may hold signs that YAML reads in its own way.
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingSpaces }
      return "\(parts[0]): \(ConfigurationValue.quoted(parts.count > 1 ? parts[1] : ""))"
    }
    for index in 0...depth {
      let all = index < depth ? parameters + ["activation: \(value("activation"))"] : parameters
      lines.append(contentsOf: all.enumerated().map { ($0.offset == 0 ? "  - " : "    ") + $0.element })
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Splits at the commas outside parentheses; nil if parentheses do not match.
  static func splitAtCommas(_ text: Substring?) -> [Substring]? {
    guard let text else { return nil }
    if text.trimmingSpaces.isEmpty { return [] }
    var (depth, start, pieces) = (0, text.startIndex, [Substring]())
    for index in text.indices {
      switch text[index] {
      case "(": depth += 1
      case ")": depth -= 1
      case "," where depth == 0:
        pieces.append(text[start..<index])
        start = text.index(after: index)
      default: continue
      }
      if depth < 0 { return nil }
    }
    return depth == 0 ? pieces + [text[start...]] : nil
  }
}

extension Network {
  /// The network of a preset, as in `preset:he(activation=relu, depth=3)`.
  ///
  /// - Throws: ``NetworkError``.
  public init(preset text: String, dimension: Int = 1) throws(NetworkError) {
    let yaml = try NetworkPreset.yaml(text, dimension: dimension)
    do throws(NetworkError) { try self.init(yaml: yaml) } catch {
      throw .inFile(path: excerpt(text), error)
    }
  }

  /// The network that a text names: a file, or a preset where the text begins with `preset:`.
  ///
  /// - Parameters:
  ///   - text: A path, or `preset:NAME`.
  ///   - dimension: The input dimension of a preset that gives none.
  /// - Throws: ``NetworkError``; where there is no such file but a preset of the name, it says so.
  public init(named text: String, dimension: Int = 1) throws(NetworkError) {
    if text.hasPrefix(NetworkPreset.prefix) {
      try self.init(preset: text, dimension: dimension)
      return
    }
    do throws(NetworkError) { try self.init(contentsOf: text) } catch {
      guard case .inFile(let path, .unreadable(let reason)) = error,
        (try? Network(preset: text, dimension: dimension)) != nil
      else { throw error }
      throw .inFile(path: path, .unreadable(reason: "\(reason). Did you mean \(NetworkPreset.prefix)\(excerpt(text))?"))
    }
  }
}

extension StringProtocol {
  /// What stands between the first character, a parenthesis, and the last; nothing for no text, nil without the second one.
  fileprivate var insideParentheses: Substring? {
    if isEmpty { return "" }
    return count > 1 && hasSuffix(")") ? Substring(dropFirst().dropLast()) : nil
  }
}

extension StringProtocol {
  var trimmingSpaces: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
