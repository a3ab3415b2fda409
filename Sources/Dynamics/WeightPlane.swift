import FiniteWidth
import Foundation
import Plots

/// The plane of the parameters of a network that trains two of them.
///
/// It shows the directions of steepest descent, the curves where the network meets one datum, `f(x_d) = y_d` (with one
/// datum the curve of zero loss; with several the loss is zero where all curves cross), the paths of the trainings,
/// and the paths of their linearized models.
struct WeightPlane {
  private let histories: [TrainingHistory]
  /// The places of the two trained parameters.
  private let indices: [Int]

  init(_ history: TrainingHistory, others: [TrainingHistory]) {
    histories = [history] + others
    indices = history.run.problem.network.parameterLayout.trainedIndices
    precondition(indices.count == 2, "a plane has two parameters")
  }

  private struct Path {
    var x: [Double]
    var y: [Double]
  }

  /// The recorded path of a run, and the path of its linearized model.
  private func paths(_ history: TrainingHistory) -> (actual: Path, linearized: Path) {
    let start = history.run.problem.network.parameters
    var (actual, linearized) = (Path(x: [], y: []), Path(x: [], y: []))
    for record in history.records {
      let (at, model) = (record.plane ?? [], record.linearizedPlane ?? [])
      guard at.count == 2, model.count == 2 else { continue }
      actual.x.append(at[0])
      actual.y.append(at[1])
      linearized.x.append(model[0])
      linearized.y.append(model[1])
    }
    if actual.x.isEmpty { actual = Path(x: [start[indices[0]]], y: [start[indices[1]]]) }
    return (actual, linearized)
  }

  private struct Box {
    var x: ClosedRange<Double>
    var y: ClosedRange<Double>
  }

  /// A square that holds all paths, and a margin.
  private func box(_ paths: [Path]) -> Box {
    let (x, y) = (paths.flatMap(\.x), paths.flatMap(\.y))
    let (lowX, highX) = (x.min() ?? -1, x.max() ?? 1)
    let (lowY, highY) = (y.min() ?? -1, y.max() ?? 1)
    let half = 0.65 * max(highX - lowX, highY - lowY, 1e-3 * max(highX.magnitude, highY.magnitude, 1))
    let (centreX, centreY) = ((lowX + highX) / 2, (lowY + highY) / 2)
    return Box(x: (centreX - half)...(centreX + half), y: (centreY - half)...(centreY + half))
  }

  var panel: Panel {
    let all = histories.map(paths)
    let box = box(all.map(\.actual) + all.map(\.linearized))
    var series = [field(in: box)]
    series += curves(in: box)
    for (number, pair) in all.enumerated() {
      series.append(
        Series(
          number == 0 ? "training" : "", color: 0, thickness: number == 0 ? 3.2 : 2, x: pair.actual.x,
          y: pair.actual.y))
      series.append(
        Series(
          number == 0 ? "linearized" : "", style: .dashed, color: 1, thickness: number == 0 ? 2.6 : 1.7,
          x: pair.linearized.x, y: pair.linearized.y))
    }
    series.append(
      Series(
        "start", style: .points, color: 6, thickness: 2, x: all.compactMap { $0.actual.x.first },
        y: all.compactMap { $0.actual.y.first }))
    let names = Self.names(histories[0].run.problem.network, indices)
    var panel = Panel(
      title: "Weight plane", x: Axis(names[0], lower: box.x.lowerBound, upper: box.x.upperBound),
      y: Axis(names[1], lower: box.y.lowerBound, upper: box.y.upperBound), legend: .below, series: series)
    panel.isSquare = true
    return panel
  }

  /// The names of parameters, as in `layer 1 weights`.
  private static func names(_ network: any TrainableNetwork, _ indices: [Int]) -> [String] {
    let layout = network.parameterLayout
    return indices.map { place in
      guard let block = layout.blocks.first(where: { $0.range.contains(place) }) else { return "" }
      let number = block.range.count == 1 ? "" : " \(place - block.range.lowerBound + 1)"
      return "\(block.group)\(number)"
    }
  }

  /// Outputs at the training inputs over the plane.
  private func evaluate(_ x: Double, _ y: Double, _ evaluator: GradientEvaluator) -> [Double] {
    var parameters = histories[0].run.problem.network.parameters
    parameters[indices[0]] = x
    parameters[indices[1]] = y
    return evaluator.outputs(parameters)
  }

  private func field(in box: Box) -> Series {
    let problem = histories[0].run.problem
    let count = 17
    let spacing = (box.x.upperBound - box.x.lowerBound) / Double(count)
    var (x, y, dx, dy): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
    let field = GradientField(problem, threads: 1)
    for row in 0..<count {
      for column in 0..<count {
        let point = (
          box.x.lowerBound + (Double(column) + 0.5) * spacing, box.y.lowerBound + (Double(row) + 0.5) * spacing
        )
        var parameters = problem.network.parameters
        parameters[indices[0]] = point.0
        parameters[indices[1]] = point.1
        let velocity = field.velocity(at: parameters)
        let (u, v) = (velocity[indices[0]], velocity[indices[1]])
        let length = (u * u + v * v).squareRoot()
        guard length > 0, length.isFinite else { continue }
        // Directions; lengths differ too much to be drawn.
        let factor = 0.62 * spacing / length
        x.append(point.0 - factor * u / 2)
        y.append(point.1 - factor * v / 2)
        dx.append(factor * u)
        dy.append(factor * v)
      }
    }
    return Series("−∇L, direction", style: .arrows, color: 7, thickness: 0.9, x: x, y: y, low: dx, high: dy)
  }

  /// The curves `f(x_d) = y_d`, one colour each.
  private func curves(in box: Box) -> [Series] {
    let problem = histories[0].run.problem
    let evaluator = GradientEvaluator(problem.network, points: problem.inputs)
    let cells = 160
    let (width, height) = (box.x.upperBound - box.x.lowerBound, box.y.upperBound - box.y.lowerBound)
    func x(_ place: Double) -> Double { box.x.lowerBound + width * place / Double(cells) }
    func y(_ place: Double) -> Double { box.y.lowerBound + height * place / Double(cells) }
    let values = (0...cells).map { row in (0...cells).map { evaluate(x(Double($0)), y(Double(row)), evaluator) } }
    return problem.targets.indices.prefix(4).map { datum in
      let lines = ContourLines(values.map { $0.map { $0[datum] } }, level: problem.targets[datum]).lines
      // A point that is no number separates the lines.
      let points = lines.flatMap { $0.map { (x($0.x), y($0.y)) } + [(Double.nan, Double.nan)] }
      let input = problem.inputs[datum].map { String(format: "%.4g", $0) }.joined(separator: ", ")
      let isAlone = problem.targets.count == 1
      return Series(
        isAlone ? "zero loss" : "f(\(input)) = y", style: .line, color: isAlone ? 2 : 2 + datum, thickness: 2.2,
        x: points.map(\.0), y: points.map(\.1))
    }
  }
}
