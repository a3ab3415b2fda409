import FiniteWidth
import Foundation
import Plots

/// What a picture of a training can show.
public enum TrainingPanel: String, Sendable, CaseIterable {
  /// The loss, actual and linearized.
  case loss
  /// The outputs at the points, actual and linearized, with the targets.
  case outputs
  /// Entries of `Θ_t`.
  case kernel
  /// Measured slopes, with the NTK's prediction dashed over them.
  case slopes
  /// Distances in parameters.
  case distance
  /// The weight plane of a network with two parameters.
  case plane

  /// What is drawn where nothing else is asked for.
  public static func standard(parameters: Int) -> [TrainingPanel] {
    parameters == 2 ? [.loss, .kernel, .slopes, .plane] : [.loss, .kernel, .slopes, .distance]
  }
}

/// Pictures of a training.
public struct TrainingFigure {
  public let history: TrainingHistory
  /// Further runs from other starts, for the weight plane.
  public let others: [TrainingHistory]
  /// Whether the time axis is logarithmic.
  public let logarithmicTime: Bool

  /// The most points, or kernel entries, of a panel: more lines cannot be told apart.
  private static let maximumLines = 6

  public init(_ history: TrainingHistory, others: [TrainingHistory] = [], logarithmicTime: Bool = false) {
    self.history = history
    self.others = others
    self.logarithmicTime = logarithmicTime
  }

  /// The figure.
  public func figure(_ panels: [TrainingPanel], title: String = "") -> Figure {
    var figure = Figure(title: title, columns: panels.count == 1 ? 1 : 2, panels: panels.map(panel))
    if panels.contains(.plane) { figure.panelSize = (500, 460) }
    return figure
  }

  private var records: [TrainingRecord] { history.records }
  private var times: [Double] { records.map(\.time) }
  private var timeAxis: Axis { Axis("t", logarithmic: logarithmicTime) }

  private func panel(_ kind: TrainingPanel) -> Panel {
    switch kind {
    case .loss: return loss
    case .outputs: return outputs
    case .kernel: return kernel
    case .slopes: return slopes
    case .distance: return distance
    case .plane: return WeightPlane(history, others: others).panel
    }
  }

  private func line(
    _ label: String, _ value: (TrainingRecord) -> Double, style: Series.Style = .line, color: Int? = nil,
    thickness: Double = 1.8
  ) -> Series {
    Series(label, style: style, color: color, thickness: thickness, x: times, y: records.map(value))
  }

  private var loss: Panel {
    // What is below this is rounding.
    let floor = max(history.lossScale * 1e-18, 1e-300)
    func drawn(_ value: Double) -> Double { value > floor ? value : .nan }
    return Panel(
      title: "Loss", x: timeAxis, y: Axis("½ Σ (f − y)²", logarithmic: true), legend: .below,
      series: [
        line("network", { drawn($0.loss) }), line("linearized", { drawn($0.linearizedLoss) }, style: .dashed, color: 1),
      ])
  }

  /// The places of the points that are drawn: training inputs first, evenly chosen if there are many.
  private var shownPoints: [Int] {
    let count = history.run.problem.points.count
    guard count > Self.maximumLines else { return Array(0..<count) }
    return (0..<Self.maximumLines).map { $0 * (count - 1) / (Self.maximumLines - 1) }
  }

  private func name(_ point: Int) -> String {
    history.run.problem.points[point].map { String(format: "%.4g", $0) }.joined(separator: ", ")
  }

  private var outputs: Panel {
    var series: [Series] = []
    for (color, point) in shownPoints.enumerated() {
      series.append(line("f(\(name(point)))", { $0.outputs[point] }, color: color))
      series.append(line("", { $0.linearizedOutputs[point] }, style: .dashed, color: color))
      if point < history.run.problem.targets.count {
        let target = history.run.problem.targets[point]
        series.append(line("", { _ in target }, style: .dotted, color: color, thickness: 1.2))
      }
    }
    return Panel(
      title: "Outputs: network (solid), linearized (dashed)", x: timeAxis, y: Axis("f"),
      legend: .below, series: series)
  }

  private var kernel: Panel {
    let pairs = shownPairs
    let count = history.run.problem.points.count
    let entries = records.flatMap { record in pairs.map { record.kernelEntry($0.first, $0.second, of: count) } }
    let series = pairs.enumerated().map { color, pair in
      line(
        "Θ(\(name(pair.first)); \(name(pair.second)))", { $0.kernelEntry(pair.first, pair.second, of: count) },
        color: color)
    }
    return Panel(
      title: "Entries of the NTK", x: timeAxis, y: axis("Θ_t", showing: entries), legend: .below, series: series)
  }

  /// An axis that holds 0, so that a constant looks constant.
  private func axis(_ label: String, showing values: [Double]) -> Axis {
    let (low, high) = (min(0, values.min() ?? 0), max(0, values.max() ?? 0))
    let margin = 0.06 * max(high - low, 1e-300)
    return Axis(label, lower: low < 0 ? low - margin : 0, upper: high > 0 ? high + margin : 0)
  }

  /// Diagonal and off-diagonal entries of few points.
  private var shownPairs: [PointPair] {
    let few =
      shownPoints.count <= 3
      ? shownPoints : [shownPoints[0], shownPoints[shownPoints.count / 2], shownPoints[shownPoints.count - 1]]
    return few.indices.flatMap { first in few[first...].map { PointPair(few[first], $0) } }
  }

  private var slopes: Panel {
    var series: [Series] = []
    for (color, point) in shownPoints.enumerated() {
      series.append(
        line("df/dt at \(name(point))", { $0.measuredSlopes[point] }, color: color, thickness: 3))
      series.append(
        line(
          color == 0 ? "−Σ Θ_t (f − y)" : "", { $0.predictedSlopes[point] }, style: .dashed, color: 6,
          thickness: 1.4))
    }
    return Panel(
      title: "Slopes: measured, and by the NTK (dashed)", x: timeAxis, y: Axis("df/dt"), legend: .below,
      series: series)
  }

  private var distance: Panel {
    func positive(_ value: Double) -> Double { value > 0 ? value : .nan }
    return Panel(
      title: "Distances in parameters", x: timeAxis, y: Axis("distance", logarithmic: true), legend: .below,
      series: [
        line("|θ − θ_0|", { positive($0.travelled) }),
        line("|θ − θ_{lin}|", { positive($0.distance) }, style: .dashed, color: 1),
        line("largest move of a weight", { positive($0.largestMove) }, style: .dotted, color: 2, thickness: 2.2),
      ])
  }
}
