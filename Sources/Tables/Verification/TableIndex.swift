import Foundation

/// The index of a folder of committed tables, in Markdown: what every file of values holds, and how it is known.
///
/// It is made from the committed files alone, so that it is checked without computing anything.
public struct TableIndex: Sendable {
  /// The file of the index, in the folder of the tables' folders.
  public static let file = "INDEX.md"

  /// What one file of values holds.
  struct Summary: Sendable, Equatable {
    var rows = 0
    /// The values by method, or by status where there is none.
    var methods: [String: Int] = [:]
    /// The largest bound relative to its value, by column, over values that are larger than their bounds.
    var bounds: [(column: String, bound: Double)] = []

    init(_ records: [CSVRecord]) {
      guard let header = records.first?.fields else { return }
      rows = records.count - 1
      for (index, name) in header.enumerated() {
        guard index + 2 < header.count, header[index + 1] == (name == "value" ? "error" : "\(name) error") else {
          continue
        }
        var largest = 0.0
        for record in records.dropFirst() where record.fields.count == header.count {
          methods[record.fields[index + 2], default: 0] += 1
          guard let value = Double(record.fields[index]), let error = Double(record.fields[index + 1]),
            value.isFinite, error < value.magnitude
          else { continue }
          largest = max(largest, error / value.magnitude)
        }
        bounds.append((name, largest))
      }
    }

    static func == (a: Summary, b: Summary) -> Bool {
      a.rows == b.rows && a.methods == b.methods && a.bounds.map(\.column) == b.bounds.map(\.column)
        && a.bounds.map(\.bound) == b.bounds.map(\.bound)
    }
  }

  /// The text of the index.
  public let text: String

  private static let methods = [
    "exact", "closed-form", "series", "quadrature", "sampling", "infinite", "undefined", "overflow",
  ]

  /// - Throws: ``TableError`` for a file of values that cannot be read.
  public init(_ tables: [CommittedTable]) throws(TableError) {
    var lines = [
      "# Index of the committed tables", "",
      "Written by `infwidth tables --write`, checked by `infwidth verify`; [README.md](README.md) explains the columns.",
      "The last columns hold the largest error bound relative to its value, over values that are larger than their bounds.",
    ]
    for table in tables {
      let name = (table.folder as NSString).lastPathComponent
      lines += ["", "## \(name)", "", "\(table.definition.title).", ""]
      let summaries = try table.files.map { file throws(TableError) in Summary(try table.committedRecords(file)) }
      let used = Self.methods.filter { method in summaries.contains { $0.methods[method] != nil } }
      let columns = summaries.first?.bounds.map(\.column) ?? []
      lines.append(Self.line(["file", "rows"] + used + columns.map { "bound of \($0)" }))
      lines.append(Self.line(["---"] + Array(repeating: "---:", count: 1 + used.count + columns.count)))
      for (file, summary) in zip(table.files, summaries) {
        let link = file.replacing("(", with: "%28").replacing(")", with: "%29")
        let counts = used.map { method in summary.methods[method].map(String.init) ?? "" }
        let bounds = summary.bounds.map { $0.bound == 0 ? "" : NumberText.error($0.bound) }
        lines.append(Self.line(["[\(file)](\(name)/\(link))", String(summary.rows)] + counts + bounds))
      }
    }
    text = lines.map { $0 + "\n" }.joined()
  }

  private static func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }

  /// The path of the index of the tables at `path`; nil where `path` is a single table.
  public static func path(at path: String) -> String? {
    FileManager.default.fileExists(atPath: "\(path)/\(CommittedTable.definitionFile)")
      ? nil : (path as NSString).appendingPathComponent(file)
  }
}
