/// What is wrong with a law.
public enum LawError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No law has this name.
  case unknown(name: String, nearest: String?)
  /// The arguments are not those of the law.
  case wrongArguments(law: String, signature: String)
  /// A parameter has a value that the law does not allow.
  case impossible(law: String, problem: String, remedy: String)
  /// The text cannot be read.
  case syntax(CallSyntax.SyntaxError)

  public var description: String {
    switch self {
    case .unknown(let name, let nearest):
      let hint =
        nearest.map { "Did you mean '\($0)'?" } ?? "The laws are: \(LawRegistry.names.joined(separator: ", "))."
      return "There is no law '\(NumberError.excerpt(name))'. \(hint)"
    case .wrongArguments(let law, let signature):
      return "'\(NumberError.excerpt(law))' has the wrong arguments. Write \(signature)."
    case .impossible(let law, let problem, let remedy):
      return "'\(NumberError.excerpt(law))': \(problem). \(remedy)"
    case .syntax(let error): return error.description
    }
  }

  /// Refuses a parameter that must be positive and is not.
  static func requirePositive(
    _ value: ExactNumber, _ what: String, law: String, signature: String
  ) throws(LawError) {
    guard value.signum <= 0 else { return }
    throw .impossible(
      law: law, problem: "the \(what) is \(value.isZero ? "0" : "negative")",
      remedy:
        "Write \(signature) with a positive \(what)\(value.isZero ? ", or constant(0) for a point mass at 0" : "").")
  }

  /// A number in a message: exact, or rounded where that would fill the line.
  static func shown(_ value: ExactNumber) -> String {
    let exact = value.description
    return exact.utf8.count <= 30 ? exact : "about \(value.doubleValue)"
  }
}
