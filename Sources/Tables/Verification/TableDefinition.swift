import Foundation
import Moments
import Networks
import Yams

/// What a committed table holds and how to compute it: the file `table.yaml` in the table's folder.
public struct TableDefinition: Sendable {
  public var title: String
  public var content: any TableContent

  /// The largest definition file, in bytes.
  private static let maximumBytes = 100_000
  /// The highest order of a moment in a table.
  public static let maximumOrder = 200

  /// Reads a definition.
  ///
  /// - Throws: ``TableError`` naming the file, the line and what is allowed.
  public init(contentsOf file: String) throws(TableError) {
    try self.init(parsing: try Self.text(of: file, limit: Self.maximumBytes), file: file)
  }

  /// Reads the text of a definition.
  ///
  /// - Parameters:
  ///   - text: YAML.
  ///   - file: What messages call it.
  /// - Throws: ``TableError``.
  public init(parsing text: String, file: String) throws(TableError) {
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch {
      throw .malformed(
        file: file, line: nil, problem: "this is not YAML", remedy: "Restore the file, or write a definition.")
    }
    guard case .mapping(let mapping) = root else {
      throw .malformed(
        file: file, line: nil, problem: "this is not a mapping",
        remedy: "Write the keys title and kind, and those of the kind.")
    }
    let reader = DefinitionReader(file: file, mapping: mapping)
    title = try reader.text("title", expected: "a line of text")
    let kind = try reader.text("kind", expected: TableKinds.names)
    guard let type = TableKinds.all.first(where: { $0.kind == kind }) else {
      throw reader.problem("kind", "'\(excerpt(kind))' is no kind of table", "Write one of \(TableKinds.names).")
    }
    try reader.allow(["title", "kind"] + type.keys)
    content = try type.init(reader)
  }

  /// The text of a file of at most `limit` bytes.
  static func text(of file: String, limit: Int) throws(TableError) -> String {
    guard let handle = FileHandle(forReadingAtPath: file) else {
      throw .unreadable(file: file, reason: "there is no such file, or it cannot be opened")
    }
    defer { try? handle.close() }
    var data = Data()
    do {
      while data.count <= limit, let piece = try handle.read(upToCount: limit + 1 - data.count), !piece.isEmpty {
        data.append(piece)
      }
    } catch {
      throw .unreadable(file: file, reason: "reading it failed")
    }
    guard data.count <= limit else {
      throw .malformed(
        file: file, line: nil, problem: "it has more than \(limit) bytes", remedy: "Restore the file.")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw .malformed(file: file, line: nil, problem: "it is not UTF-8", remedy: "Restore the file.")
    }
    return text
  }
}
