import Moments

/// Comma-separated values (RFC 4180, lines ending in a newline): every double reads back identically.
public enum CSVWriter {
  public static func text(_ table: Table) -> String {
    var output = line(header(of: table))
    for row in table.rows { output += line(fields(of: row, in: table)) }
    return output
  }

  /// The names of the columns; a quantity has four, for its value, error, method and exact form.
  public static func header(of table: Table) -> [String] {
    table.columns.flatMap { column -> [String] in
      let prefix = column.key == "value" ? "" : "\(column.key) "
      switch column.kind {
      case .text, .number: return [column.key]
      case .quantity, .value: return [column.key, "\(prefix)error", "\(prefix)method", "\(prefix)exact"]
      case .sampled: return [column.key, "\(prefix)error"]
      }
    }
  }

  /// The fields of one row, as many as ``header(of:)`` names.
  public static func fields(of row: [Cell], in table: Table) -> [String] {
    zip(row, table.columns).flatMap { cell, column -> [String] in
      switch column.kind {
      case .text, .number: return [RenderedTable.plain(cell)]
      case .quantity, .value: return quantity(cell)
      case .sampled: return Array(quantity(cell).prefix(2))
      }
    }
  }

  /// Value, error, method and exact form; a value that does not exist is `inf`, `-inf` or `nan`, with its status in
  /// place of the method.
  private static func quantity(_ cell: Cell) -> [String] {
    switch cell {
    case .quantity(.finite(let estimate)):
      return [
        NumberText.shortest(estimate.value), NumberText.shortest(estimate.error), estimate.method.rawValue,
        estimate.exact?.description ?? "",
      ]
    case .quantity(.infinite(let positive, _)): return [positive ? "inf" : "-inf", "", "infinite", ""]
    case .quantity(.undefined): return ["nan", "", "undefined", ""]
    default: return [RenderedTable.plain(cell), "", "", ""]
    }
  }

  private static func line(_ fields: [String]) -> String {
    fields.map(quoted).joined(separator: ",") + "\n"
  }

  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }
}
