import FiniteWidth
import Foundation
import Plots

/// The picture of a width sweep: how changes fall with the width.
public struct SweepFigure {
  public let result: WidthSweepResult
  public let fitFrom: Int

  public init(_ result: WidthSweepResult, fitFrom: Int) {
    self.result = result
    self.fitFrom = fitFrom
  }

  public var figure: Figure {
    let network = result.sweep.network
    let name = network.name.map { "\($0), " } ?? ""
    var figure = Figure(
      title: "\(name)\(network.parameterization.name ?? "general") parameterization", columns: 2,
      panels: [
        panel("What changes", [.kernelChange, .linearizationError]),
        panel("How far parameters go", [.travelled, .distance, .largestMove, .typicalMove]),
      ])
    figure.panelSize = (520, 400)
    return figure
  }

  private func panel(_ title: String, _ quantities: [SweepQuantity]) -> Panel {
    var series: [Series] = []
    for (color, quantity) in quantities.enumerated() {
      // The geometric mean, whose logarithm the exponent is fitted to, with one standard error.
      let points = result.widths.compactMap { width -> (width: Double, mean: Double, error: Double)? in
        guard let logarithm = width.logarithms[quantity], logarithm.count > 0 else { return nil }
        return (Double(width.width), logarithm.mean, logarithm.count > 1 ? logarithm.standardError : 0)
      }
      guard !points.isEmpty else { continue }
      let fit = result.fit(quantity, from: fitFrom)
      let power = fit.map { String(format: ": N^{%.2f ± %.2f}", $0.exponent, 1.96 * $0.standardError) } ?? ""
      series.append(
        Series(
          quantity.title + power, style: .errorBars, color: color, thickness: 1.8, x: points.map(\.width),
          y: points.map { exp($0.mean) }, low: points.map { exp($0.mean - $0.error) },
          high: points.map { exp($0.mean + $0.error) }))
      if let fit, let first = fit.widths.min(), let last = fit.widths.max() {
        let ends = [Double(first), Double(last)]
        series.append(Series("", style: .line, color: color, thickness: 1.2, x: ends, y: ends.map(fit.value)))
      }
    }
    let widths = result.widths.map { Double($0.width) }
    return Panel(
      title: title,
      x: Axis(
        "width N", logarithmic: true, lower: widths.min().map { $0 / 1.6 }, upper: widths.max().map { $0 * 1.6 }),
      y: Axis("", logarithmic: true), legend: .below,
      series: series)
  }
}
