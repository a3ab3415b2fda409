import Foundation
import LimitKernels
import Moments

/// A table that is kept in a folder: its definition `table.yaml`, its network files, and its files of
/// values.
public struct CommittedTable: Sendable {
  /// The folder.
  public let folder: String
  public let definition: TableDefinition

  /// The file that makes a folder a table.
  public static let definitionFile = "table.yaml"
  /// The largest file of values, in bytes.
  private static let maximumBytes = 64_000_000

  public init(folder: String) throws(TableError) {
    self.folder = folder
    definition = try TableDefinition(contentsOf: "\(folder)/\(Self.definitionFile)")
  }

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

  /// The files of values, in order.
  public var files: [String] { definition.content.files }

  /// The path of a file of values.
  public func path(of file: String) -> String { "\(folder)/\(file)" }

  /// Computes a file of values afresh.
  ///
  /// - Throws: The errors of reading a network or a law, and of computing kernels.
  public func recomputed(_ file: String, coverage: Coverage = .all, options: KernelOptions) throws -> Table {
    try definition.content.values(of: file, in: folder, coverage: coverage, options: options)
  }

  /// The committed values as they stand in a file.
  func committedRecords(_ file: String) throws(TableError) -> [CSVRecord] {
    let path = path(of: file)
    return try CSVReader.records(try TableDefinition.text(of: path, limit: Self.maximumBytes), file: path)
  }
}
