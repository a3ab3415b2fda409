import FiniteWidthTheory
import Moments

/// The predictions of the finite-width theory at one width, as they stand next to a table of limits.
public struct WidthPrediction: Sendable {
  public let theory: FiniteWidthPrediction
  public let width: Int

  public init(_ theory: FiniteWidthPrediction, width: Int) {
    self.theory = theory
    self.width = width
  }

  // MARK: Columns

  func columns(kind: ColumnKind) -> [Column] {
    [
      Column("mean at N = \(width)", key: "predicted mean", kind: kind),
      Column("N x correction", key: "mean correction", kind: kind),
      Column("standard deviation at N = \(width)", key: "predicted standard deviation", kind: kind),
    ]
  }

  func cells(_ kernel: KernelPrediction?) -> [Cell] {
    guard let kernel else { return [.missing, .missing, .missing] }
    return [
      .quantity(kernel.mean(width: width)), .quantity(kernel.meanCorrection),
      .quantity(kernel.standardDeviation(width: width)),
    ]
  }

  /// Warnings, and what the columns mean.
  var notes: [String] {
    var lines = theory.warnings(width: width).map { "Warning: \($0)" }
    switch theory.order {
    case .exact: lines.append("Means and standard deviations at N = \(width) are exact at every width.")
    case .leading:
      let exact = theory.entries.contains { $0.ntk.order == .exact } ? "; some entries are exact" : ""
      lines.append("The mean is the limit plus the correction over N, the variance of order 1/N\(exact).")
    case .halfOrder: lines.append("The mean is given up to the order N^(-1/2), the variance up to 1/N.")
    }
    return lines
  }

  // MARK: JSON

  var json: JSONNode {
    .object(
      ("width", .integer(width)), ("order", .string(theory.order.rawValue)),
      ("warnings", .array(theory.warnings(width: width).map { .string($0.description) })))
  }

  func json(entry index: Int, groups names: [String]) -> JSONNode {
    let entry = theory.entries[index]
    let groups = zip(names, entry.groups).map { name, kernel in
      JSONNode.object([.init("parameter", .string(name))] + members(kernel))
    }
    return .object(
      ("nngp", .object(members(entry.nngp))), ("ntk", .object(members(entry.ntk))), ("groups", .array(groups)))
  }

  /// `E = N^exponent (limit + meanCorrection/N)`; mean and standard deviation hold every power of N.
  private func members(_ kernel: KernelPrediction) -> [JSONNode.Member] {
    var members: [JSONNode.Member] = [
      .init("order", .string(kernel.order.rawValue)), .init("exponent", .string(kernel.exponent.description)),
      .init("limit", JSONNode(kernel.limit)), .init("meanCorrection", JSONNode(kernel.meanCorrection)),
    ]
    if kernel.order == .halfOrder {
      members.append(.init("halfOrderCorrection", JSONNode(kernel.halfOrderCorrection)))
    }
    return members + [
      .init("predictedMean", JSONNode(kernel.mean(width: width))),
      .init("standardDeviation", JSONNode(kernel.standardDeviation(width: width))),
    ]
  }
}
