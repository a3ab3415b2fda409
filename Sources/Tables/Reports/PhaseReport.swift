import LimitKernels
import Moments

/// The depth analysis of an activation, `infwidth/phase/1`.
public struct PhaseReport: Sendable {
  public let analysis: PhaseAnalysis

  public init(_ analysis: PhaseAnalysis) { self.analysis = analysis }

  public var document: Document {
    var tables = [table]
    if !fixedPointTable.rows.isEmpty { tables.append(fixedPointTable) }
    return Document(tables: tables, records: records, json: json)
  }

  // MARK: The rows

  private struct Line {
    var key: String
    var name: String
    var value: Quantity
  }

  private var lines: [Line] {
    var lines: [Line] = []
    if let point = analysis.fixedPoint {
      lines.append(Line(key: "q", name: "q*, the fixed point of the length", value: point.q))
      lines.append(Line(key: "lengthSlope", name: "slope of the length map at q*", value: point.slope))
    }
    lines.append(Line(key: "chi", name: "chi_1 = sigma_w^2 E phi'^2", value: analysis.chi))
    lines.append(Line(key: "correlation", name: "c*, the fixed point of the correlation", value: analysis.correlation))
    lines.append(
      Line(key: "correlationSlope", name: "slope of the correlation map at c*", value: analysis.correlationSlope))
    lines.append(Line(key: "lengthDepth", name: "xi_q, layers per factor e in length", value: analysis.lengthDepth))
    lines.append(
      Line(
        key: "correlationDepth", name: "xi_c, layers per factor e in correlation", value: analysis.correlationDepth))
    for point in analysis.critical {
      let place: String
      if let q = point.q?.estimate {
        place = "at q = \(NumberText.supported(q))\(point.stability == .unstable ? ", unstable" : "")"
      } else {
        place = "at every q"
      }
      lines.append(
        Line(key: "criticalWeightVariance", name: "critical sigma_w^2 \(place)", value: point.weightVariance))
      lines.append(Line(key: "criticalSigmaW", name: "critical sigma_w \(place)", value: point.weightDeviation))
    }
    return lines
  }

  private static func short(_ number: ExactNumber) -> String {
    let text = number.description
    return text.count <= 24 ? text : NumberText.shortest(number.doubleValue)
  }

  private var table: Table {
    var table = Table(
      title: "\(analysis.activation), sigma_w^2 = \(Self.short(analysis.weightVariance)), "
        + "sigma_b^2 = \(Self.short(analysis.biasVariance)): "
        + "phase \(analysis.phase.rawValue), length \(analysis.lengths.rawValue)",
      columns: [Column("quantity"), Column("value", kind: .quantity)], notes: analysis.notes)
    for line in lines { table.append([.text(line.name), .quantity(line.value)]) }
    return table
  }

  private var fixedPointTable: Table {
    var table = Table(
      title: "Fixed points of the length map",
      columns: [Column("q", kind: .quantity), Column("slope", kind: .quantity), Column("stability")])
    guard analysis.fixedPoints.count > 1 || analysis.fixedPoint == nil else { return table }
    for point in analysis.fixedPoints {
      table.append([.quantity(point.q), .quantity(point.slope), .text(point.stability.rawValue)])
    }
    return table
  }

  /// One row for each constant.
  public var records: Table {
    var table = Table(columns: [
      Column("activation"), Column("weight variance", key: "weightVariance"),
      Column("bias variance", key: "biasVariance"), Column("phase"), Column("quantity"),
      Column("value", kind: .quantity),
    ])
    for line in lines {
      table.append([
        .text(analysis.activation), .text(analysis.weightVariance.description),
        .text(analysis.biasVariance.description), .text(analysis.phase.rawValue), .text(line.key),
        .quantity(line.value),
      ])
    }
    return table
  }

  // MARK: JSON

  private static func member(_ point: PhaseAnalysis.FixedPoint) -> JSONNode {
    .object(
      ("q", JSONNode(point.q)), ("slope", JSONNode(point.slope)), ("stability", .string(point.stability.rawValue)))
  }

  private var json: JSONNode {
    let critical = analysis.critical.map { point in
      JSONNode.object(
        ("weightVariance", JSONNode(point.weightVariance)), ("sigmaW", JSONNode(point.weightDeviation)),
        ("q", point.q.map { JSONNode($0) } ?? .null), ("stability", .string(point.stability.rawValue)))
    }
    return .object(
      ("schema", .string("infwidth/phase/1")), ("activation", .string(analysis.activation)),
      ("weightVariance", JSONNode(.exact(analysis.weightVariance))),
      ("biasVariance", JSONNode(.exact(analysis.biasVariance))), ("phase", .string(analysis.phase.rawValue)),
      ("lengths", .string(analysis.lengths.rawValue)),
      ("fixedPoint", analysis.fixedPoint.map { Self.member($0) } ?? .null),
      ("fixedPoints", .array(analysis.fixedPoints.map { Self.member($0) })), ("chi", JSONNode(analysis.chi)),
      ("correlation", .object(("c", JSONNode(analysis.correlation)), ("slope", JSONNode(analysis.correlationSlope)))),
      (
        "depth",
        .object(
          ("length", JSONNode(analysis.lengthDepth)), ("correlation", JSONNode(analysis.correlationDepth)))
      ),
      ("critical", .array(critical)), ("notes", .array(analysis.notes.map { .string($0) })))
  }
}
