import Moments

/// What is wrong with the name or the parameters of an activation.
public enum ActivationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No activation has this name.
  case unknown(name: String, nearest: String?)
  /// The arguments are not those of the activation.
  case wrongArguments(activation: String, signature: String)
  /// A parameter has a value that the activation does not allow.
  case impossible(activation: String, problem: String, remedy: String)
  /// The text cannot be read.
  case syntax(CallSyntax.SyntaxError)

  public var description: String {
    switch self {
    case .unknown(let name, let nearest):
      let hint =
        nearest.map { "Did you mean '\($0)'?" }
        ?? "The activations are: \(ActivationRegistry.names.joined(separator: ", "))."
      return "There is no activation '\(NumberError.excerpt(name))'. \(hint)"
    case .wrongArguments(let activation, let signature):
      return "'\(NumberError.excerpt(activation))' has the wrong arguments. Write \(signature)."
    case .impossible(let activation, let problem, let remedy):
      return "'\(NumberError.excerpt(activation))': \(problem). \(remedy)"
    case .syntax(let error): return error.description
    }
  }
}

/// One entry of the registry: how an activation is written and built.
public struct ActivationEntry: Sendable {
  public let name: String
  /// The written forms, as in `leaky-relu(alpha)`.
  public let signature: String
  /// The formula, for listings.
  public let summary: String
  /// Spelled examples: the contract tests run over them.
  public let examples: [String]
  /// Builds the activation from its numeric arguments.
  public let build: @Sendable ([ExactNumber]) throws(ActivationError) -> any Activation
  /// How many numbers the activation takes.
  public let argumentCounts: ClosedRange<Int>

  public init(
    name: String, signature: String, summary: String, examples: [String], argumentCounts: ClosedRange<Int> = 0...0,
    build: @escaping @Sendable ([ExactNumber]) throws(ActivationError) -> any Activation
  ) {
    self.name = name
    self.signature = signature
    self.summary = summary
    self.examples = examples
    self.argumentCounts = argumentCounts
    self.build = build
  }
}

/// The activations by name: a new one is a file in `Activations/` and a line here.
public enum ActivationRegistry {
  public static let all: [ActivationEntry] = [
    Identity.entry,
    Square.entry,
    Cube.entry,
    PolynomialActivation.entry,
    Monomial.entry,
    Hermite.entry,
    ReLU.entry,
    LeakyReLU.entry,
    AbsoluteValue.entry,
    Step.entry,
    Sign.entry,
    RectifiedPower.entry,
    Erf.entry,
    GELU.entry,
    GELUTanh.entry,
    Tanh.entry,
    Sigmoid.entry,
    Softplus.entry,
    SiLU.entry,
    Mish.entry,
    ELU.entry,
    SELU.entry,
    CELU.entry,
    HardTanh.entry,
    ReLU6.entry,
    HardSigmoid.entry,
    HardSwish.entry,
    Softsign.entry,
    Sine.entry,
    Cosine.entry,
    Exponential.entry,
    Gaussian.entry,
  ]

  public static var names: [String] { all.map(\.name) }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// Reads an activation, as in `relu` or `leaky-relu(1/10)`.
  ///
  /// - Throws: ``ActivationError`` with the nearest name for an unknown one.
  public static func activation(parsing text: some StringProtocol) throws(ActivationError) -> any Activation {
    let call: CallSyntax
    do { call = try CallSyntax(parsing: text) } catch { throw .syntax(error) }
    guard let entry = byName[call.name] else {
      throw .unknown(name: call.name, nearest: nearestName(to: call.name, in: names))
    }
    let numbers = call.arguments.compactMap { argument -> ExactNumber? in
      if case .number(let value) = argument { return value }
      return nil
    }
    guard numbers.count == call.arguments.count, entry.argumentCounts.contains(numbers.count) else {
      throw .wrongArguments(activation: call.name, signature: entry.signature)
    }
    return try entry.build(numbers)
  }
}
