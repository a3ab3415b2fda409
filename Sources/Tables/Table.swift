import Moments

/// What a column holds, which decides how each writer sets it.
public enum ColumnKind: Sendable, Equatable {
  /// Words.
  case text
  /// Plain numbers that carry no error: widths, orders, seeds.
  case number
  /// A number with all that is known of it: value, exact form, error bound, method.
  case quantity
  /// A number with all that is known of it, of which people see the digits that its error supports and no more.
  case value
  /// A sampled number, set as `value ± standard error`.
  case sampled
}

/// One column of a ``Table``.
public struct Column: Sendable, Equatable {
  /// The heading people read.
  public var title: String
  /// The heading programs read, in CSV.
  public var key: String
  public var kind: ColumnKind

  public init(_ title: String, key: String? = nil, kind: ColumnKind = .text) {
    self.title = title
    self.key = key ?? title
    self.kind = kind
  }
}

/// One cell of a ``Table``.
public enum Cell: Sendable, Equatable {
  case text(String)
  case number(Double)
  case integer(Int)
  case quantity(Quantity)
  case missing
}

/// A table, before anything is decided about how it looks.
///
/// Every number that leaves the program in a table goes through this type: a report fills it in, and one writer per
/// format sets it. A writer never computes, and a report never formats.
public struct Table: Sendable, Equatable {
  /// A line above the table; empty for none.
  public var title: String
  public private(set) var columns: [Column]
  /// The rows, each as long as ``columns``.
  public private(set) var rows: [[Cell]]
  /// Lines below the table.
  public var notes: [String]

  public init(title: String = "", columns: [Column], notes: [String] = []) {
    self.title = title
    self.columns = columns
    self.notes = notes
    rows = []
  }

  /// Appends a row of as many cells as there are columns.
  public mutating func append(_ row: [Cell]) {
    precondition(row.count == columns.count, "a row has one cell for each column")
    rows.append(row)
  }

  /// The reasons of the cells that have no value, each once, in order of appearance.
  var reasons: [String] {
    var seen: [String] = []
    for case .quantity(let quantity) in rows.joined() {
      guard let status = quantity.status, let reason = quantity.reason else { continue }
      let line = "\(status): \(reason)"
      if !seen.contains(line) { seen.append(line) }
    }
    return seen
  }
}

/// The formats of the command's `--format`.
public enum OutputFormat: String, Sendable, CaseIterable {
  case table, json, csv, markdown, latex
}

/// A finished report: the same facts for people, for spreadsheets and for programs.
public struct Document: Sendable {
  /// The tables for people, in reading order.
  public var tables: [Table]
  /// The one table that CSV holds.
  public var records: Table
  /// The object of the interface's JSON schema.
  public var json: JSONNode

  public init(tables: [Table], records: Table? = nil, json: JSONNode) {
    self.tables = tables
    self.records = records ?? tables.first ?? Table(columns: [])
    self.json = json
  }

  /// The text in `format`, ending in a newline.
  public func text(as format: OutputFormat) -> String {
    switch format {
    case .table: return tables.map(TextWriter.text).joined(separator: "\n")
    case .markdown: return tables.map(MarkdownWriter.text).joined(separator: "\n")
    case .latex: return tables.map(LaTeXWriter.text).joined(separator: "\n")
    case .csv: return CSVWriter.text(records)
    case .json: return json.text + "\n"
    }
  }
}
