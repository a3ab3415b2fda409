import LimitKernels

/// How much of a committed table is computed afresh.
public enum Coverage: Sendable, Equatable {
  /// Every value.
  case all
  /// The values that a table names as its sample: fixed by the definition, the same in every run.
  ///
  /// Rows outside it keep their keys and have ``Cell/missing`` in place of values.
  case sample
}

/// What a committed table holds, one type a kind: how its definition reads and how its values are computed.
///
/// Laws: `values` depends on the definition and on `coverage` alone, never on the number of threads; under
/// ``Coverage/sample`` it has the rows of ``Coverage/all`` in the same order, and every value it has is equal.
public protocol TableContent: Sendable {
  /// The word after `kind:` in `table.yaml`.
  static var kind: String { get }
  /// The keys of the definition beside `title` and `kind`.
  static var keys: [String] { get }
  /// Reads the keys.
  init(_ reader: DefinitionReader) throws(TableError)
  /// The files of values in the table's folder.
  var files: [String] { get }
  /// Computes one of them.
  ///
  /// - Throws: The errors of reading networks, laws and activations, and of computing.
  func values(of file: String, in folder: String, coverage: Coverage, options: KernelOptions) throws -> Table
}

extension TableContent {
  /// The file of a table that needs only one.
  static var onlyFile: String { "values.csv" }
  public var files: [String] { [Self.onlyFile] }
}

/// The kinds of tables: a new one is a file in `Contents/` and a line here.
public enum TableKinds {
  static let all: [any TableContent.Type] = [
    KernelContent.self, MomentContent.self, ActivationKernelContent.self, ArcCosineContent.self, PhaseContent.self,
    FiniteWidthContent.self,
  ]

  static var names: String { all.map { $0.kind }.joined(separator: ", ") }
}
