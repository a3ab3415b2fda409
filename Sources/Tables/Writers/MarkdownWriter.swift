/// Markdown tables in GitHub's flavour.
public enum MarkdownWriter {
  public static func text(_ table: Table) -> String {
    let rendered = RenderedTable(table)
    var lines: [String] = []
    if !table.title.isEmpty { lines += [table.title, ""] }
    lines.append(line(rendered.columns.map { escaped($0.title) }))
    lines.append(line(rendered.columns.map { $0.alignment == .left ? "---" : "---:" }))
    for row in table.rows.indices { lines.append(line(rendered.columns.map { escaped($0.cells[row]) })) }
    for note in table.reasons + table.notes { lines += ["", escaped(note)] }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func line(_ pieces: [String]) -> String { "| " + pieces.joined(separator: " | ") + " |" }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      if "|*_<\\`".contains(character) { result.append("\\") }
      result.append(character)
    }
    return result
  }
}
