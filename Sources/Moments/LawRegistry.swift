/// Where a law is written, which decides what a fan-scaled initializer means.
public enum LawContext: Sendable, Equatable {
  /// A weight (or no network at all): fan-scaled initializers mean the law of `√fan_in · w`.
  case weights
  /// A bias of a layer with this fan-in; nil where the fan-in grows without bound.
  case bias(fanIn: Int?)
}

/// One entry of the registry: how a law is written and built.
public struct LawEntry: Sendable {
  /// The name, as in `uniform`.
  public let name: String
  /// The written forms, as in `uniform(a, b) or uniform(h)`.
  public let signature: String
  /// One sentence for listings.
  public let summary: String
  /// Spelled examples: the contract tests run over them.
  public let examples: [String]
  /// Builds the law from its arguments.
  public let build: @Sendable (CallSyntax, LawContext) throws(LawError) -> any Law

  public init(
    name: String, signature: String, summary: String, examples: [String],
    build: @escaping @Sendable (CallSyntax, LawContext) throws(LawError) -> any Law
  ) {
    self.name = name
    self.signature = signature
    self.summary = summary
    self.examples = examples
    self.build = build
  }
}

/// The laws by name: a new law is a file in `Laws/` and a line here.
public enum LawRegistry {
  public static let all: [LawEntry] =
    [
      UniformLaw.entry,
      NormalLaw.entry,
      TruncatedNormalLaw.entry,
      RademacherLaw.entry,
      LaplaceLaw.entry,
      LogisticLaw.entry,
      StudentTLaw.entry,
      TriangularLaw.entry,
      ArcsineLaw.entry,
      DiscreteLaw.entry,
      ConstantLaw.entry,
      SparseLaw.entry,
      ScaledLaw.entry,
    ] + FanScaledLaw.entries

  public static var names: [String] { all.map(\.name) }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// Reads a law, as in `uniform(-1, 1)`.
  ///
  /// - Throws: ``LawError`` with the nearest name for an unknown one.
  public static func law(parsing text: some StringProtocol, context: LawContext = .weights) throws(LawError) -> any Law
  {
    let call: CallSyntax
    do { call = try CallSyntax(parsing: text) } catch { throw .syntax(error) }
    return try law(call, context: context)
  }

  /// Builds a law from its syntax.
  public static func law(_ call: CallSyntax, context: LawContext = .weights) throws(LawError) -> any Law {
    guard let entry = byName[call.name] else {
      throw .unknown(name: call.name, nearest: nearestName(to: call.name, in: names))
    }
    return try entry.build(call, context)
  }
}

extension CallSyntax {
  /// The arguments, all of them numbers, if they are and there are `counts` of them.
  func numbers(_ counts: ClosedRange<Int>, _ signature: String) throws(LawError) -> [ExactNumber] {
    let values = arguments.compactMap { argument -> ExactNumber? in
      if case .number(let value) = argument { return value }
      return nil
    }
    guard values.count == arguments.count, counts.contains(values.count) else {
      throw .wrongArguments(law: description, signature: signature)
    }
    return values
  }

  /// The arguments of a law made from another: a number, then a law.
  func numberAndLaw(_ signature: String, context: LawContext) throws(LawError) -> (ExactNumber, any Law) {
    guard arguments.count == 2, case .number(let number) = arguments[0], case .call(let inner) = arguments[1] else {
      throw .wrongArguments(law: description, signature: signature)
    }
    return (number, try LawRegistry.law(inner, context: context))
  }
}
