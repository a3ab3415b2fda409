import Foundation
import LimitKernels
import Moments
import Networks

/// A table that is kept in a folder: its definition `table.yaml`, its network files, and its values `values.csv`.
public struct CommittedTable: Sendable {
  /// The folder.
  public let folder: String
  public let definition: TableDefinition

  /// The file that makes a folder a table.
  public static let definitionFile = "table.yaml"
  /// The file of the values.
  public static let valuesFile = "values.csv"
  /// The largest file of values, in bytes.
  private static let maximumBytes = 64_000_000

  public init(folder: String) throws(TableError) {
    self.folder = folder
    definition = try TableDefinition(contentsOf: "\(folder)/\(Self.definitionFile)")
  }

  /// The path of the values.
  public var valuesPath: String { "\(folder)/\(Self.valuesFile)" }

  /// The tables at `path`: the folder itself, or the folders in it, by name.
  public static func tables(at path: String) throws(TableError) -> [CommittedTable] {
    let manager = FileManager.default
    var trimmed = path
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    if manager.fileExists(atPath: "\(trimmed)/\(definitionFile)") { return [try CommittedTable(folder: trimmed)] }
    let names = ((try? manager.contentsOfDirectory(atPath: trimmed)) ?? []).sorted()
    let folders = names.map { "\(trimmed)/\($0)" }.filter { manager.fileExists(atPath: "\($0)/\(definitionFile)") }
    guard !folders.isEmpty else { throw .noTable(path: path) }
    return try folders.map { folder throws(TableError) in try CommittedTable(folder: folder) }
  }

  /// Computes the table afresh.
  ///
  /// - Throws: The errors of reading a network or a law, and of computing kernels.
  public func recomputed(options: KernelOptions) throws -> Table {
    switch definition.content {
    case .moments(let laws, let order):
      return MomentReport(laws: try laws.map { try LawRegistry.law(parsing: $0) }, order: order).records
    case .kernels(let networks, let points):
      var result: Table?
      for name in networks {
        let network = try Network(contentsOf: "\(folder)/\(name)")
        let label = (name as NSString).deletingPathExtension
        let records = KernelReport(try limitingKernels(of: network, at: points, options: options)).records
        var table = result ?? Table(title: definition.title, columns: [Column("network")] + records.columns)
        for row in records.rows { table.append([.text(label)] + row) }
        result = table
      }
      return result ?? Table(columns: [])
    }
  }

  /// The committed values as they stand in the file.
  func committedRecords() throws(TableError) -> [CSVRecord] {
    try CSVReader.records(
      try TableDefinition.text(of: valuesPath, limit: Self.maximumBytes), file: valuesPath)
  }
}
