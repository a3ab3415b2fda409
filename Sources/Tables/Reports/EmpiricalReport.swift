import FiniteWidth
import Foundation
import LimitKernels
import Moments
import Networks

/// Outputs and NTK of one finite network beside its infinitely wide limit, `infwidth/empirical/1`.
public struct EmpiricalReport: Sendable {
  public let network: any TrainableNetwork
  public let points: [[ExactNumber]]
  public let kernels: EmpiricalKernels
  /// The limit at the same pairs; nil where none was asked for.
  public let limit: KernelTable?
  /// Why there is no limit; nil where there is one.
  public let limitProblem: String?

  public init(
    _ network: any TrainableNetwork, at points: [[ExactNumber]], limit: KernelTable? = nil, limitProblem: String? = nil
  ) {
    self.network = network
    self.points = points
    kernels = network.kernels(at: points.map { $0.map(\.doubleValue) })
    self.limit = limit
    self.limitProblem = limitProblem
  }

  public var document: Document { Document(tables: [kernelTable, outputTable], records: records, json: json) }

  private var pairs: [PointPair] { PointPair.all(count: points.count) }

  // MARK: Tables

  private var kernelTable: Table {
    var columns = [Column("x"), Column("y"), Column("NTK of this network")]
    if limit != nil {
      columns.append(Column("infinite width", kind: .quantity))
      if let commonWidth { columns.append(Column("its power law at N = \(commonWidth)")) }
      columns.append(Column("ratio"))
    }
    var table = Table(title: title, columns: columns)
    for (index, pair) in pairs.enumerated() {
      let value = kernels.ntk(pair.first, pair.second)
      var row: [Cell] = [
        .text(KernelReport.shown(points[pair.first])), .text(KernelReport.shown(points[pair.second])),
        .text(NumberText.shortest(value)),
      ]
      if let limit {
        let quantity = limit.entries[index].ntk
        row.append(.quantity(quantity))
        let atWidth = powerLaw(index)
        if commonWidth != nil { row.append(atWidth.map { .text(NumberText.significant($0, digits: 6)) } ?? .missing) }
        let reference = commonWidth == nil ? quantity.estimate?.value : atWidth
        let ratio = reference.flatMap { $0 == 0 || !$0.isFinite ? nil : value / $0 }
        row.append(ratio.map { .text(NumberText.significant($0, digits: 4)) } ?? .missing)
      }
      table.append(row)
    }
    table.notes = factors
    if let limitProblem { table.notes.append("No limit: \(limitProblem)") }
    return table
  }

  /// The one width of all hidden layers, where the kernel goes like a power of it: a limit that is infinite or zero says
  /// little of this network.
  private var commonWidth: Int? {
    let widths = Set(network.hiddenWidths)
    guard let limit, widths.count == 1, limit.entries.contains(where: { !$0.ntkLaw.exponent.isZero }) else {
      return nil
    }
    return widths.first
  }

  /// `Σ c N^e` over the parameter groups at the width of this network, each group's leading order.
  private func powerLaw(_ index: Int) -> Double? {
    guard let limit, let commonWidth else { return nil }
    var sum = 0.0
    for group in limit.entries[index].groups {
      guard let coefficient = group.law.coefficient.estimate?.value else { return nil }
      sum += coefficient * pow(Double(commonWidth), group.law.exponent.doubleValue)
    }
    return sum
  }

  private var title: String {
    let widths = network.hiddenWidths.map(String.init).joined(separator: ", ")
    return "Empirical NTK" + (network.network.name.map { " of \($0)" } ?? "") + ", width \(widths)"
  }

  /// Of networks of dense layers, which may come from a file.
  private var multipliers: [(weights: Double, bias: Double?)] { (network as? FiniteNetwork)?.multipliers ?? [] }

  /// What multiplies the weights as they stand in the file.
  private var factors: [String] {
    multipliers.enumerated().map { index, factor in
      "layer \(index + 1): the weights are multiplied by \(NumberText.shortest(factor.weights))"
        + (factor.bias.map { ", the bias by \(NumberText.shortest($0))" } ?? "")
    }
  }

  private var outputTable: Table {
    var table = Table(title: "Outputs", columns: [Column("x"), Column("f(x)")])
    for (point, output) in zip(points, kernels.outputs) {
      table.append([.text(KernelReport.shown(point)), .text(NumberText.shortest(output))])
    }
    return table
  }

  private var records: Table {
    var columns = [Column("x"), Column("y"), Column("ntk", kind: .number)]
    columns += kernels.groups.map { Column("\($0)", kind: .number) }
    if limit != nil { columns.append(Column("limit", kind: .quantity)) }
    if commonWidth != nil { columns.append(Column("powerLaw", kind: .number)) }
    var table = Table(columns: columns)
    for (index, pair) in pairs.enumerated() {
      var row: [Cell] = [
        .text(KernelReport.spelled(points[pair.first])), .text(KernelReport.spelled(points[pair.second])),
        .number(kernels.ntk(pair.first, pair.second)),
      ]
      row += kernels.groupNTK.map { .number($0[index]) }
      if let limit { row.append(.quantity(limit.entries[index].ntk)) }
      if commonWidth != nil { row.append(powerLaw(index).map { .number($0) } ?? .missing) }
      table.append(row)
    }
    return table
  }

  // MARK: JSON

  private var json: JSONNode {
    let entries = pairs.enumerated().map { index, pair -> JSONNode in
      var members =
        JSONNode.members(of: points[pair.first], named: "x") + JSONNode.members(of: points[pair.second], named: "y")
      members.append(.init("ntk", .number(kernels.ntk(pair.first, pair.second))))
      let groups = zip(kernels.groups, kernels.groupNTK).map { group, values in
        JSONNode.object(("parameter", .string("\(group)")), ("ntk", .number(values[index])))
      }
      members.append(.init("groups", .array(groups)))
      if let limit { members.append(.init("limit", JSONNode(limit.entries[index].ntk))) }
      if let powerLaw = powerLaw(index) { members.append(.init("powerLaw", .number(powerLaw))) }
      return .object(members)
    }
    let outputs = zip(points, kernels.outputs).map { point, output in
      JSONNode.object(JSONNode.members(of: point, named: "x") + [.init("f", .number(output))])
    }
    let factors = multipliers.map { factor in
      JSONNode.object(("weights", .number(factor.weights)), ("bias", factor.bias.map { .number($0) } ?? .null))
    }
    var members: [JSONNode.Member] = [
      .init("schema", .string("infwidth/empirical/1")), .init("entries", .array(entries)),
      .init("outputs", .array(outputs)), .init("multipliers", .array(factors)),
      .init("widths", .array(network.hiddenWidths.map { .integer($0) })),
    ]
    if let limitProblem { members.append(.init("limitProblem", .string(limitProblem))) }
    return .object(members)
  }
}
