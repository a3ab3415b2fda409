import Moments

/// A table turned into strings for people: what the text, Markdown and LaTeX writers share.
struct RenderedTable {
  /// How a column lines up.
  enum Alignment { case left, right, point }

  /// One column of strings.
  struct RenderedColumn {
    var title: String
    var alignment: Alignment
    var cells: [String]
  }

  var columns: [RenderedColumn] = []

  /// The longest exact form that people are shown in full.
  static let longestExact = 40

  init(_ table: Table) {
    for (index, column) in table.columns.enumerated() {
      let cells = table.rows.map { $0[index] }
      switch column.kind {
      case .text: add(column.title, .left, cells.map(Self.plain))
      case .number: add(column.title, .right, cells.map(Self.plain))
      case .value: add(column.title, .point, cells.map(Self.plain))
      case .sampled: add(column.title, .point, cells.map(Self.sampled))
      case .quantity: addQuantity(column, cells)
      }
    }
  }

  private mutating func add(_ title: String, _ alignment: Alignment, _ cells: [String]) {
    columns.append(RenderedColumn(title: title, alignment: alignment, cells: cells))
  }

  /// Value, then the exact form and the error where some cell has them, then the method.
  private mutating func addQuantity(_ column: Column, _ cells: [Cell]) {
    let estimates = cells.map { cell -> Estimate? in
      if case .quantity(let quantity) = cell { return quantity.estimate }
      return nil
    }
    add(column.title, .point, cells.map(Self.plain))
    if estimates.contains(where: { $0?.exact != nil }) {
      add("exact", .left, estimates.map { $0?.exact.map(Self.exact) ?? "" })
    }
    if estimates.contains(where: { $0.map { $0.exact == nil } ?? false }) {
      add("error", .left, estimates.map { $0.map { NumberText.error($0.error) } ?? "" })
    }
    add("method", .left, estimates.map { $0?.method.rawValue ?? "" })
  }

  private static func exact(_ value: ExactNumber) -> String {
    let text = value.description
    return text.count <= longestExact ? text : "(\(text.count) characters)"
  }

  private static func sampled(_ cell: Cell) -> String {
    guard case .quantity(.finite(let estimate)) = cell else { return plain(cell) }
    return "\(NumberText.supported(estimate)) ± \(NumberText.error(estimate.error))"
  }

  static func plain(_ cell: Cell) -> String {
    switch cell {
    case .text(let text): return text
    case .number(let value): return NumberText.shortest(value)
    case .integer(let value): return String(value)
    case .missing: return ""
    case .quantity(.finite(let estimate)): return NumberText.supported(estimate)
    case .quantity(.infinite(let positive, _)): return positive ? "infinite" : "-infinite"
    case .quantity(.undefined): return "undefined"
    }
  }
}
