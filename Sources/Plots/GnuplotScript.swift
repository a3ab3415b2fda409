import Foundation

/// A figure in gnuplot's language; the data stand in the script.
struct GnuplotScript {
  let figure: Figure
  let format: PlotFormat

  /// Okabe and Ito 2008: told apart with any colour vision.
  static let palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]

  /// The script; it writes the picture to `path`.
  func text(writingTo path: String) -> String {
    var lines = ["# A figure of infwidth. Draw it with: gnuplot FILE", "set encoding utf8"]
    let width = figure.columns * figure.panelSize.width
    let height = figure.rows * figure.panelSize.height + (figure.title.isEmpty ? 0 : 30)
    lines.append(format.terminal(width: width, height: height))
    lines.append("set output \(Self.quoted(path))")
    lines.append("set style fill transparent solid 0.25 noborder")
    lines.append("set border 3 lc rgb '#444444'; set tics nomirror out textcolor rgb '#222222'")
    lines.append("set grid lc rgb '#dddddd' lw 0.6; set key samplen 2.2 spacing 1.15 noautotitle")
    for (number, panel) in figure.panels.enumerated() {
      for (index, series) in panel.series.enumerated() {
        lines.append("$p\(number)s\(index) << EOD")
        lines.append(contentsOf: rows(series, panel))
        lines.append("EOD")
      }
    }
    let title = figure.title.isEmpty ? "" : " title \(Self.quoted(figure.title)) font ',15'"
    lines.append("set multiplot layout \(figure.rows),\(figure.columns)\(title)")
    for (number, panel) in figure.panels.enumerated() { lines.append(contentsOf: commands(panel, number)) }
    lines.append("unset multiplot")
    lines.append("unset output")
    return lines.joined(separator: "\n") + "\n"
  }

  /// The points that can be drawn: finite ones, and positive ones on a logarithmic axis.
  private func rows(_ series: Series, _ panel: Panel) -> [String] {
    let rows = series.x.indices.compactMap { index -> String? in
      var (x, y) = (series.x[index], series.y[index])
      // A blank line breaks the drawn line.
      if x.isNaN { return index == 0 ? nil : "" }
      guard x.isFinite, y.isFinite, !panel.x.isLogarithmic || x > 0 else { return nil }
      guard !panel.y.isLogarithmic || y > 0 else { return nil }
      guard !series.low.isEmpty else { return "\(x) \(y)" }
      var (low, high) = (series.low[index], series.high[index])
      guard low.isFinite, high.isFinite else { return nil }
      // A bar that reaches below zero goes down to the edge of a logarithmic axis.
      if panel.y.isLogarithmic, series.style != .arrows {
        low = max(low, y * 1e-3)
        high = max(high, low)
      }
      if series.style == .band { (x, y) = (series.x[index], low) }
      return series.style == .band ? "\(x) \(low) \(high)" : "\(x) \(y) \(low) \(high)"
    }
    // gnuplot complains of a block without points.
    return rows.isEmpty ? ["NaN NaN NaN NaN"] : rows
  }

  /// The room under a panel, in lines of text: panels side by side have the same, so that their axes stand at one height.
  private func bottomMargin(_ number: Int) -> String {
    let row = figure.panels.indices.filter { $0 / figure.columns == number / figure.columns }
    let legends = row.map { legendLines(figure.panels[$0]) }
    guard let lines = legends.max(), lines > 0 else { return "set bmargin" }
    return "set bmargin \(4.6 + 1.5 * Double(lines))"
  }

  /// About how many lines the legend under a panel takes.
  private func legendLines(_ panel: Panel) -> Int {
    let labels = panel.series.map { $0.label.count { !"_^{}".contains($0) } }.filter { $0 > 0 }
    guard panel.legend == .below, let longest = labels.max() else { return 0 }
    // A sample of the line, and letters of about 7 points.
    let width = panel.isSquare ? figure.panelSize.width * 2 / 3 : figure.panelSize.width
    let columns = max(1, width / (50 + 7 * longest))
    return (labels.count + columns - 1) / columns
  }

  private func commands(_ panel: Panel, _ number: Int) -> [String] {
    var lines = ["set title \(Self.quoted(panel.title)) font ',13'", bottomMargin(number)]
    for (name, axis) in [("x", panel.x), ("y", panel.y)] {
      lines.append("set \(name)label \(Self.quoted(axis.label))")
      lines.append(axis.isLogarithmic ? "set logscale \(name)" : "unset logscale \(name)")
      lines.append("set format \(name) '\(axis.isLogarithmic ? "10^{%T}" : "%g")'")
      let marks = axis.marks.map { marks in marks.map { "'\(Self.mark($0))' \($0)" }.joined(separator: ", ") }
      lines.append(marks.map { "set \(name)tics (\($0))" } ?? "set \(name)tics autofreq")
      let (low, high) = (axis.lower.map { "\($0)" } ?? "*", axis.upper.map { "\($0)" } ?? "*")
      lines.append("set \(name)range [\(low):\(high)]")
    }
    lines.append(panel.legend.map { "set key \($0.rawValue)" } ?? "unset key")
    lines.append(panel.isSquare ? "set size ratio -1" : "set size noratio")
    let plots = panel.series.enumerated().map { index, series in
      let color = Self.palette[(series.color ?? index) % Self.palette.count]
      let look = "lc rgb '\(color)' lw \(series.thickness)"
      let title = series.label.isEmpty ? "notitle" : "title \(Self.quoted(series.label))"
      let style: String
      switch series.style {
      case .line: style = "with lines \(look)"
      case .dashed: style = "with lines dt (18,10) \(look)"
      case .dotted: style = "with lines dt (4,7) \(look)"
      case .points: style = "with points pt 7 ps 0.55 \(look)"
      case .linePoints: style = "with linespoints pt 7 ps 0.55 \(look)"
      case .errorBars: style = "with yerrorbars pt 7 ps 0.55 \(look)"
      case .steps: style = "with histeps \(look)"
      case .openErrorBars: style = "with yerrorbars pt 6 ps 0.6 \(look)"
      case .band: style = "with filledcurves \(look)"
      case .boxes: style = "with boxes \(look)"
      case .arrows: style = "using 1:2:3:4 with vectors filled head size graph 0.008,20 \(look)"
      }
      return "$p\(number)s\(index) \(style) \(title)"
    }
    lines.append(plots.isEmpty ? "plot [0:1] NaN notitle" : "plot " + plots.joined(separator: ", \\\n  "))
    return lines
  }

  /// The label of a mark: `256`, `0.05`.
  private static func mark(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// Text in single quotes, without the signs that gnuplot's enhanced text takes for commands.
  private static func quoted(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "'": result += "''"
      case "\n", "\r": result += " "
      case "@", "&", "~", "\\": result += "\\\(character)"
      default: result.append(character)
      }
    }
    return "'\(result)'"
  }
}
