/// Aligned text for terminals.
public enum TextWriter {
  /// The table under its title, columns two blanks apart, numbers under each other at the decimal point.
  public static func text(_ table: Table) -> String {
    let rendered = RenderedTable(table)
    let columns = rendered.columns.map(aligned)
    var lines: [String] = []
    if !table.title.isEmpty { lines += [table.title, ""] }
    lines.append(line(columns.map(\.title)))
    lines.append(line(columns.map { String(repeating: "-", count: $0.title.count) }))
    for row in table.rows.indices { lines.append(line(columns.map { $0.cells[row] })) }
    let notes = table.reasons + table.notes
    if !notes.isEmpty { lines += [""] + notes }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func line(_ pieces: [String]) -> String {
    var text = pieces.joined(separator: "  ")[...]
    while text.last == " " { text = text.dropLast() }
    return String(text)
  }

  /// Pads every string of a column to the same width.
  private static func aligned(_ column: RenderedTable.RenderedColumn) -> RenderedTable.RenderedColumn {
    var result = column
    if column.alignment == .point {
      // The part before the decimal point is flush right; words have no such part to line up.
      let heads = column.cells.map { cell in
        cell.first?.isLetter ?? true ? 0 : cell.prefix { $0 != "." && $0 != "e" && $0 != " " }.count
      }
      let widest = heads.max() ?? 0
      result.cells = zip(column.cells, heads).map { cell, head in
        head == 0 ? cell : String(repeating: " ", count: widest - head) + cell
      }
    }
    let width = max(column.title.count, result.cells.map(\.count).max() ?? 0)
    func padded(_ text: String) -> String {
      let blanks = String(repeating: " ", count: width - text.count)
      return column.alignment == .right ? blanks + text : text + blanks
    }
    result.title = padded(column.title)
    result.cells = result.cells.map(padded)
    return result
  }
}
