/// LaTeX: a plain `tabular` that needs no package.
public enum LaTeXWriter {
  public static func text(_ table: Table) -> String {
    let rendered = RenderedTable(table)
    var lines: [String] = []
    if !table.title.isEmpty { lines.append("% " + table.title.split(separator: "\n").joined(separator: " ")) }
    let specification = rendered.columns.map { $0.alignment == .left ? "l" : "r" }.joined()
    lines += ["\\begin{tabular}{\(specification)}", "\\hline"]
    lines += [line(rendered.columns.map { escaped($0.title) }), "\\hline"]
    for row in table.rows.indices { lines.append(line(rendered.columns.map { cell($0.cells[row]) })) }
    lines += ["\\hline", "\\end{tabular}"]
    lines += (table.reasons + table.notes).map { "% " + $0 }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func line(_ pieces: [String]) -> String { pieces.joined(separator: " & ") + " \\\\" }

  /// Numbers and exact forms in mathematics, words as words.
  static func cell(_ text: String) -> String {
    guard !text.isEmpty, isMathematics(text) else { return escaped(text) }
    var result = ""
    var rest = text[...]
    while let character = rest.first {
      if rest.hasPrefix("sqrt("), let close = rest.firstIndex(of: ")") {
        result += "\\sqrt{\(rest.dropFirst(5)[..<close])}"
        rest = rest[rest.index(after: close)...]
        continue
      }
      rest = rest.dropFirst()
      switch character {
      case "e":
        let exponent = rest.prefix { $0 == "-" || $0.isNumber }
        result += " \\times 10^{\(exponent)}"
        rest = rest.dropFirst(exponent.count)
      case "*": result += "\\,"
      case "±": result += "\\pm"
      default: result.append(character)
      }
    }
    return "$\(result)$"
  }

  private static func isMathematics(_ text: String) -> Bool {
    let bare = text.replacing("sqrt(", with: "").replacing(")", with: "")
    return bare.contains(where: \.isNumber) && bare.allSatisfy { $0.isNumber || "+-*/.,e± ".contains($0) }
      && bare.first != "e"
  }

  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\": result += "\\textbackslash{}"
      case "~": result += "\\textasciitilde{}"
      case "^": result += "\\textasciicircum{}"
      case "&", "%", "$", "#", "_", "{", "}": result += "\\\(character)"
      case "±": result += "$\\pm$"
      default: result.append(character)
      }
    }
    return result
  }
}
