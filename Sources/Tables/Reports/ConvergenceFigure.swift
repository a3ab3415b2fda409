import FiniteWidth
import Foundation
import Plots

/// The study as a picture.
extension ConvergenceReport {
  /// Entries that are drawn; more would hide each other.
  private static let drawnEntries = 4

  /// Deviations and biases against the width, the law of one entry, and the norms of the whole matrix's error.
  public var figure: Figure {
    var panels = [deviations, biases]
    if let histogram { panels.append(histogram) }
    if let gramError { panels.append(norms(gramError)) }
    let name = study.network.name.map { ": \($0)" } ?? ""
    return Figure(title: "\(kernelName) at finite width\(name)", columns: 2, panels: panels)
  }

  private var drawn: ArraySlice<Row> { rows.prefix(Self.drawnEntries) }

  private func label(_ row: Row) -> String {
    let (x, y) = (row.x.map(\.description), row.y.map(\.description))
    let text = "(\(x.joined(separator: ", ")); \(y.joined(separator: ", ")))"
    let short = text.count <= 24 ? text : String(text.prefix(22)) + "…)"
    return row.kernel.theory.parameter.map { "\(short) \($0)" } ?? short
  }

  /// The widths axis, with a mark at every width.
  private var widthAxis: Axis {
    let widths = study.widths.map(Double.init).sorted()
    let (low, high) = (widths.first ?? 1, widths.last ?? 1)
    return Axis("width N", logarithmic: true, lower: low / 1.25, upper: high * 1.25, marks: widths)
  }

  /// A logarithmic axis around positive values, with marks at 1, 2 and 5 of each decade if there are few decades.
  ///
  /// - Parameter rows: The lines of the legend, for which room is left at the top.
  private static func logarithmic(_ label: String, around values: [Double], legend rows: Int) -> Axis {
    let positive = values.filter { $0 > 0 && $0.isFinite }
    guard let low = positive.min(), let high = positive.max() else { return Axis(label, logarithmic: true) }
    let lower = low / 1.4
    let share = min(0.6, 0.09 * Double(rows))
    let upper = high * 1.2 * pow(1.2 * high / lower, share / (1 - share))
    guard upper / lower < 300 else { return Axis(label, logarithmic: true, lower: lower, upper: upper) }
    let decades = Int(log10(lower).rounded(.down))...Int(log10(upper).rounded(.up))
    let factors = upper / lower < 30 ? ["1", "2", "5"] : ["1", "3"]
    let marks = decades.flatMap { decade in factors.compactMap { Double("\($0)e\(decade)") } }
    return Axis(
      label, logarithmic: true, lower: lower, upper: upper, marks: marks.filter { (lower...upper).contains($0) })
  }

  private static func color(_ index: Int) -> Int { index % 6 }

  // MARK: Panels

  /// The standard deviation of one network, measured and predicted.
  private var deviations: Panel {
    var series: [Series] = []
    var values: [Double] = []
    for (number, row) in drawn.enumerated() {
      let places = row.series.usable
      let x = places.map { Double(row.series.widths[$0]) }
      let y = places.map { row.series.statistics[$0].standardDeviation }
      let errors = places.map { row.series.relativeVarianceOfVariance($0).squareRoot() / 2 }
      let predicted = places.map { row.series.prediction[$0].variance.value?.squareRoot() ?? .nan }
      values += y
      if predicted.allSatisfy(\.isFinite) {
        series.append(Series(style: .line, color: Self.color(number), x: x, y: predicted))
      }
      series.append(
        Series(
          label(row) + Self.power(row.judged.rate), style: .errorBars, color: Self.color(number), x: x, y: y,
          low: zip(y, errors).map { $0 * (1 - $1) }, high: zip(y, errors).map { $0 * (1 + $1) }))
    }
    return Panel(
      title: "Standard deviation of one network", x: widthAxis,
      y: Self.logarithmic("deviation (points), theory (lines)", around: values, legend: drawn.count),
      legend: fallsWithWidth ? .topRight : .topLeft,
      series: series)
  }

  /// Whether deviations fall as the width grows: the other upper corner is free for the legend.
  private var fallsWithWidth: Bool { (rows.first?.theory.exponent ?? 0) < 0.5 }

  /// The distance of the mean from the limit, the standard error that hides it, and the predicted bias.
  private var biases: Panel {
    var series: [Series] = []
    var values: [Double] = []
    for (number, row) in drawn.enumerated() {
      let places = row.series.usable.filter { row.series.prediction[$0].limit != nil }
      let x = places.map { Double(row.series.widths[$0]) }
      // Side by side, so that no bar hides another.
      let shift = exp(0.07 * (Double(number) - Double(drawn.count - 1) / 2))
      let limits = places.map { row.series.prediction[$0].limit ?? 0 }
      let y = zip(places, limits).map { (row.series.statistics[$0].mean - $1).magnitude }
      let errors = places.map { row.series.statistics[$0].standardError }
      let predicted = zip(places, limits).map { ((row.series.prediction[$0].mean ?? $1) - $1).magnitude }
      values += y + errors
      series.append(
        Series(
          number == 0 ? "sampling floor: one standard error" : "", style: .dotted, color: Self.color(number), x: x,
          y: errors))
      if !row.series.biasIsZero, row.series.biasIsPredicted, predicted.contains(where: { $0 > 0 }) {
        values += predicted
        series.append(Series(style: .line, color: Self.color(number), x: x, y: predicted))
      }
      series.append(
        Series(
          label(row), style: .openErrorBars, color: Self.color(number), x: x.map { $0 * shift }, y: y,
          low: zip(y, errors).map { $0 - $1 }, high: zip(y, errors).map { $0 + $1 }))
    }
    let floor = drawn.flatMap { row in row.series.usable.map { row.series.statistics[$0].standardError } }.min() ?? 0
    let axis = Self.logarithmic("|mean − limit|", around: values.filter { $0 > floor / 4 }, legend: drawn.count + 1)
    let isUnbiased = drawn.allSatisfy(\.series.biasIsZero)
    return Panel(
      title: isUnbiased ? "Distance of the mean from the limit: no bias" : "Distance of the mean from the limit",
      x: widthAxis, y: axis, legend: .topRight, series: series)
  }

  /// `√N (Θ_N − Θ)` of the first entry at the smallest and the largest width, beside the Gaussian law.
  private var histogram: Panel? {
    guard choice == .ntk, let row = rows.first, let coefficient = row.theory.coefficient.estimate?.value else {
      return nil
    }
    let power = row.theory.exponent
    func values(_ place: Int) -> [Double] {
      let n = Double(row.series.widths[place])
      return result.widths[place].values(ofEntry: 0).map { n.squareRoot() * ($0 * pow(n, -power) - coefficient) }
    }
    let places = row.series.usable.sorted { row.series.widths[$0] < row.series.widths[$1] }
    guard let smallest = places.first, let largest = places.last, values(largest).count >= 100 else { return nil }
    let n = Double(row.series.widths[largest])
    let predicted = row.series.prediction[largest].variance.value.map { ($0 * n).squareRoot() * pow(n, -power) }
    var statistics = SampleStatistics()
    for value in values(largest) { statistics.add(value) }
    let sigma = predicted ?? statistics.standardDeviation
    guard sigma > 0, sigma.isFinite else { return nil }
    let (lower, upper, bins) = (-3.6 * sigma, 4.8 * sigma, 42)
    let width = (upper - lower) / Double(bins)
    let centers = (0..<bins).map { lower + (Double($0) + 0.5) * width }
    func densities(_ values: [Double]) -> [Double] {
      var counts = [Double](repeating: 0, count: bins)
      for value in values where value >= lower && value < upper {
        counts[min(bins - 1, Int((value - lower) / width))] += 1
      }
      return counts.map { $0 / (Double(values.count) * width) }
    }
    var series = [
      Series("N = \(row.series.widths[largest])", style: .boxes, color: 0, x: centers, y: densities(values(largest)))
    ]
    if smallest != largest, values(smallest).count >= 100 {
      series.append(
        Series(
          "N = \(row.series.widths[smallest])", style: .steps, color: 4, x: centers, y: densities(values(smallest))))
    }
    let grid = (0...200).map { lower + (upper - lower) * Double($0) / 200 }
    let normal = grid.map { exp(-0.5 * $0 * $0 / (sigma * sigma)) / (sigma * (2 * Double.pi).squareRoot()) }
    series.append(
      Series(
        predicted == nil ? "Gaussian (measured)" : "Gaussian (theory)", color: 1, thickness: 2.4, x: grid,
        y: normal))
    let highest = series.flatMap(\.y).max() ?? 1
    let scaled = power == 0 ? "√N (Θ_N − Θ)" : "√N (Θ_N N^{\(Self.short(-power))} − Θ)"
    return Panel(
      title: "Fluctuations at \(label(row))", x: Axis(scaled, lower: lower, upper: upper),
      y: Axis("density", lower: 0, upper: 1.35 * highest),
      legend: .topRight, series: series)
  }

  /// `~ N^-0.502 ± 0.006`, raised.
  private static func power(_ fit: PowerFit?) -> String {
    fit.map { String(format: " ~ N^{%.3f ± %.3f}", $0.slope, $0.standardError) } ?? ""
  }

  private static func short(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }

  /// The norms of the whole matrix's error.
  private func norms(_ fit: GramErrorFit) -> Panel {
    let x = fit.widths.map { Double($0.width) }
    var series: [Series] = []
    func add(_ label: String, _ color: Int, _ y: [Double], _ errors: [Double], _ predicted: [Double?]) {
      let known = predicted.compactMap { $0 }
      if known.count == x.count { series.append(Series(style: .line, color: color, x: x, y: known)) }
      series.append(
        Series(
          label, style: .errorBars, color: color, x: x, y: y, low: zip(y, errors).map { $0 - $1 },
          high: zip(y, errors).map { $0 + $1 }))
    }
    add(
      "Frobenius, rms\(Self.power(fit.frobeniusRate))", 2, fit.widths.map(\.frobenius),
      fit.widths.map(\.frobeniusError),
      fit.widths.map(\.predictedFrobenius))
    add(
      "operator, mean\(Self.power(fit.operatorNormRate))", 3, fit.widths.map(\.operatorNorm),
      fit.widths.map(\.operatorNormError), fit.widths.map(\.predictedOperatorNorm))
    let values = fit.widths.flatMap { [$0.frobenius, $0.operatorNorm] }
    return Panel(
      title: "Error of the whole matrix", x: widthAxis,
      y: Self.logarithmic("norm (points), theory (lines)", around: values, legend: 2),
      legend: fallsWithWidth ? .topRight : .topLeft, series: series)
  }
}
