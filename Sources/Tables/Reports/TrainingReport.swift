import Dynamics
import FiniteWidth
import Foundation
import Moments
import Networks

/// The training of one finite network, `infwidth/train/1`.
public struct TrainingReport: Sendable {
  public let history: TrainingHistory
  /// The points exactly as they were given: training inputs, then the others.
  public let points: [[ExactNumber]]
  /// The width and the seed of a network that was drawn.
  public let drawn: (width: Int, seed: UInt64)?
  /// A remark on the time scale; nil for none.
  public let remark: String?

  public init(
    _ history: TrainingHistory, points: [[ExactNumber]], drawn: (width: Int, seed: UInt64)? = nil, remark: String? = nil
  ) {
    precondition(points.count == history.run.problem.points.count, "there is an exact point for each point")
    self.history = history
    self.points = points
    self.drawn = drawn
    self.remark = remark
  }

  public var document: Document { Document(tables: [course, ending], records: records, json: json) }

  private var problem: TrainingProblem { history.run.problem }
  private var recorded: [TrainingRecord] { history.records }

  // MARK: What the end says

  /// The reason why no network of this kind fits the data; nil where none is known.
  public var obstruction: FitObstruction? {
    FitObstruction.find(network: problem.network.network, inputs: problem.inputs, targets: problem.targets)
  }

  /// Sentences on how the training ended.
  public var conclusions: [String] {
    guard let last = recorded.last else { return [] }
    var lines: [String] = []
    switch history.outcome {
    case .completed: break
    case .interrupted: lines.append("Interrupted: recorded until t = \(String(format: "%.4g", last.time)).")
    case .diverged(let reason): lines.append("Ended at t = \(String(format: "%.4g", last.time)): \(reason)")
    }
    if let since = history.slidingSince {
      lines.append(
        "From t = \(String(format: "%.4g", since)) on the flow pushes preactivations onto a kink from both sides, and they slide "
          + "along it. It is followed by Euler's method there, to about four digits instead of the tolerance.")
    }
    let loss = Self.short(last.loss)
    let obstruction = self.obstruction
    switch history.verdict {
    case .fitted: lines.append("The network fits the data: the loss is \(loss), zero to the precision of the training.")
    case .falling(let rate):
      lines.append("The loss is \(loss) and still falls, by a factor e in \(Self.short(1 / rate)) units of time.")
    case .settled:
      lines.append(
        "The loss has settled at \(loss): the gradient has vanished, the residuals have not. "
          + (obstruction == nil
            ? "This is a minimum, or a saddle that takes long to leave."
            : "The network cannot fit the data."))
    }
    switch obstruction {
    case .repeatedInput(let smallest)?:
      lines.append(
        "No network fits: equal inputs have different targets, which leaves a loss of \(Self.short(smallest)).")
    case .polynomial(let degree, let smallest)?:
      lines.append(
        "No network of this kind fits, at any width: its outputs are polynomials of degree \(degree) of the input, and "
          + "the best of them leaves a loss of \(Self.short(smallest)).")
    case nil: break
    }
    return lines
  }

  private static func short(_ value: Double) -> String { NumberText.significant(value, digits: 4) }
  private static func cell(_ value: Double) -> Cell { .text(short(value)) }

  // MARK: Tables

  private static let shownRows = 21

  private var course: Table {
    var table = Table(
      title: title,
      columns: [
        Column("t"), Column("loss"), Column("linearized"), Column("change of NTK"), Column("travelled"),
        Column("to linearized"), Column("relative"), Column("largest move"),
      ])
    let count = recorded.count
    let shown =
      count <= Self.shownRows
      ? Array(0..<count) : (0..<Self.shownRows).map { $0 * (count - 1) / (Self.shownRows - 1) }
    for record in shown.map({ recorded[$0] }) {
      table.append([
        .text(String(format: "%.4g", record.time)), Self.cell(record.loss), Self.cell(record.linearizedLoss),
        Self.cell(record.kernelChange), Self.cell(record.travelled), Self.cell(record.distance),
        Self.cell(record.relativeDistance), Self.cell(record.largestMove),
      ])
    }
    table.notes = conclusions + [settings] + (remark.map { [$0] } ?? [])
    if shown.count < count { table.notes.append("\(shown.count) of \(count) records; CSV and JSON have them all.") }
    return table
  }

  private var title: String {
    let name = problem.network.network.name.map { " of \($0)" } ?? ""
    let widths = problem.network.hiddenWidths.map(String.init).joined(separator: ", ")
    switch history.run.method {
    case .gradientFlow: return "Gradient flow\(name), width \(widths)"
    case .gradientDescent(let step):
      return "Gradient descent\(name), width \(widths), step \(NumberText.shortest(step))"
    }
  }

  private var settings: String {
    let layout = problem.network.parameterLayout
    var words = ["\(layout.trainedCount) trained parameters", "time scale \(NumberText.shortest(problem.timeScale))"]
    if let solver = history.solver { words.append("solver \(solver.rawValue)") }
    words.append("largest eigenvalue of the scaled NTK at the start \(Self.short(history.fastestRate))")
    if let drawn { words.append("seed \(drawn.seed)") }
    return words.joined(separator: "; ") + "."
  }

  private var ending: Table {
    var table = Table(
      title: "At t = \(String(format: "%.4g", recorded.last?.time ?? 0))",
      columns: [
        Column("x"), Column("y"), Column("f"), Column("linearized f"), Column("df/dt measured"),
        Column("df/dt from the NTK"),
      ])
    guard let last = recorded.last else { return table }
    for (index, point) in points.enumerated().prefix(40) {
      table.append([
        .text(KernelReport.shown(point)),
        index < problem.targets.count ? .text(NumberText.shortest(problem.targets[index])) : .missing,
        .text(NumberText.significant(last.outputs[index], digits: 10)),
        .text(NumberText.significant(last.linearizedOutputs[index], digits: 10)), Self.cell(last.measuredSlopes[index]),
        Self.cell(last.predictedSlopes[index]),
      ])
    }
    if points.count > 40 { table.notes.append("40 of \(points.count) points; CSV and JSON have them all.") }
    return table
  }

  private var records: Table {
    var columns = [
      "time", "loss", "linearizedLoss", "kernelChange", "travelled", "distance", "relativeDistance", "largestMove",
      "descent",
    ].map { Column($0, kind: .number) }
    let names = points.map { KernelReport.spelled($0) }
    for prefix in ["f", "linearizedF", "slopeMeasured", "slopePredicted"] {
      columns += names.map { Column("\(prefix)(\($0))", kind: .number) }
    }
    columns += PointPair.all(count: points.count).map {
      Column("ntk(\(names[$0.first]);\(names[$0.second]))", kind: .number)
    }
    var table = Table(columns: columns)
    for record in recorded {
      let numbers =
        [
          record.time, record.loss, record.linearizedLoss, record.kernelChange, record.travelled, record.distance,
          record.relativeDistance, record.largestMove, record.descent,
        ] + record.outputs + record.linearizedOutputs + record.measuredSlopes + record.predictedSlopes + record.kernel
      table.append(numbers.map { .number($0) })
    }
    return table
  }

  // MARK: JSON

  private var json: JSONNode {
    func list(_ value: (TrainingRecord) -> Double) -> JSONNode { .array(recorded.map { .number(value($0)) }) }
    func lists(_ value: (TrainingRecord) -> [Double]) -> JSONNode {
      .array(recorded.map { .array(value($0).map { .number($0) }) })
    }
    let count = points.count
    let kernels = recorded.map { record in
      JSONNode.array(
        (0..<count).map { i in .array((0..<count).map { .number(record.kernelEntry(i, $0, of: count)) }) })
    }
    var members: [JSONNode.Member] = [
      .init("schema", .string("infwidth/train/1")),
      .init("network", JSONNode(network: problem.network.network)),
      .init("points", .array(points.map { JSONNode(point: $0) })),
      .init("targets", .array(problem.targets.map { .number($0) })),
      .init("times", list(\.time)), .init("loss", list(\.loss)), .init("outputs", lists(\.outputs)),
      .init("kernel", .array(kernels)),
      .init(
        "linearized", .object(("loss", list(\.linearizedLoss)), ("outputs", lists(\.linearizedOutputs)))),
      .init("distance", list(\.distance)), .init("relativeDistance", list(\.relativeDistance)),
      .init("travelled", list(\.travelled)), .init("kernelChange", list(\.kernelChange)),
      .init("largestMove", list(\.largestMove)),
      .init(
        "slopes", .object(("measured", lists(\.measuredSlopes)), ("predicted", lists(\.predictedSlopes)))),
      .init("descent", list(\.descent)), .init("timeScale", .number(problem.timeScale)),
      .init("widths", .array(problem.network.hiddenWidths.map { .integer($0) })),
    ]
    if let drawn { members.append(.init("seed", JSONNode(seed: drawn.seed))) }
    members += methodMembers + outcomeMembers
    return .object(members)
  }

  private var methodMembers: [JSONNode.Member] {
    switch history.run.method {
    case .gradientFlow(let options):
      return [
        .init(
          "method",
          .object(
            ("name", .string("gradient-flow")), ("solver", .string(history.solver?.rawValue ?? "")),
            ("relativeTolerance", .number(options.relativeTolerance)),
            ("absoluteTolerance", .number(options.absoluteTolerance))))
      ]
    case .gradientDescent(let step):
      return [.init("method", .object(("name", .string("gradient-descent")), ("step", .number(step))))]
    }
  }

  private var outcomeMembers: [JSONNode.Member] {
    let outcome =
      switch history.outcome {
      case .completed: "completed"
      case .interrupted: "interrupted"
      case .diverged: "diverged"
      }
    let verdict =
      switch history.verdict {
      case .fitted: "fitted"
      case .falling: "falling"
      case .settled: "settled"
      }
    var members: [JSONNode.Member] = [
      .init("outcome", .string(outcome)), .init("verdict", .string(verdict)),
      .init("remarks", .array(conclusions.map { .string($0) })),
    ]
    if let since = history.slidingSince { members.append(.init("slidingSince", .number(since))) }
    if let obstruction { members.append(.init("smallestLoss", .number(obstruction.smallestLoss))) }
    return members
  }
}
