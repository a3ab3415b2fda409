import Dynamics
import FiniteWidth
import Foundation
import Networks

/// How training depends on the width, `infwidth/train-sweep/1`.
public struct SweepReport: Sendable {
  public let result: WidthSweepResult
  /// Exponents are fitted to widths from here on.
  public let fitFrom: Int

  public init(_ result: WidthSweepResult, fitFrom: Int) {
    self.result = result
    self.fitFrom = fitFrom
  }

  public var document: Document { Document(tables: [table], records: records, json: json) }

  private static func short(_ value: Double, _ digits: Int = 3) -> String {
    NumberText.significant(value, digits: digits)
  }

  private static func shown(_ statistics: SampleStatistics?) -> Cell {
    guard let statistics, statistics.count > 0 else { return .missing }
    let error = statistics.standardError
    return .text(short(statistics.mean) + (error.isFinite ? " ± \(short(error, 2))" : ""))
  }

  private var title: String {
    let network = result.sweep.network
    let parameterization = network.parameterization.name ?? "general"
    return "Training at several widths" + (network.name.map { ", \($0)" } ?? "")
      + ", parameterization \(parameterization)"
  }

  private var table: Table {
    var columns = [Column("")] + result.widths.map { Column("N = \($0.width)") }
    columns += [Column("power of N"), Column("95 % interval"), Column("expected"), Column("chi²")]
    var table = Table(title: title, columns: columns)
    table.append(
      [.text("final loss")] + result.widths.map { Self.shown($0.loss) } + [.missing, .missing, .missing, .missing])
    for quantity in SweepQuantity.allCases {
      let fit = result.fit(quantity, from: fitFrom)
      table.append(
        [.text(quantity.title)] + result.widths.map { Self.shown($0.statistics[quantity]) } + [
          fit.map { .text(String(format: "%.3f", $0.exponent)) } ?? .missing,
          fit.map { .text(String(format: "%.3f to %.3f", $0.interval.lowerBound, $0.interval.upperBound)) } ?? .missing,
          expected(quantity).map { .text(NumberText.shortest($0)) } ?? .missing,
          fit?.reducedChiSquare.map { .text(String(format: "%.2f", $0)) } ?? .missing,
        ])
    }
    table.notes = notes
    return table
  }

  private var notes: [String] {
    var notes = [
      "Means ± one standard error over \(result.sweep.repeats) networks of each width; seed \(result.sweep.seed); trained "
        + "until t = \(NumberText.shortest(result.sweep.times.last ?? 0)).",
      "Powers are fitted to mean logarithms, widths from \(fitFrom) on; chi² is per degree of freedom: far above 1 the "
        + "quantity is no pure power of N yet, and the interval is widened accordingly.",
    ]
    for width in result.widths where width.failures > 0 {
      notes.append(
        "Width \(width.width): \(width.failures) of \(result.sweep.repeats) networks did not reach the end and are left "
          + "out; the first: \(width.firstFailure ?? "")")
    }
    if result.wasInterrupted { notes.append("Interrupted: widths that were not complete are left out.") }
    return notes
  }

  private func expected(_ quantity: SweepQuantity) -> Double? {
    quantity.expectedExponent(for: result.sweep.network)
  }

  private var records: Table {
    var table = Table(columns: [
      Column("width", kind: .number), Column("networks", kind: .number), Column("quantity"),
      Column("mean", kind: .number), Column("standardError", kind: .number), Column("standardDeviation", kind: .number),
      Column("meanLogarithm", kind: .number),
    ])
    for width in result.widths {
      for quantity in SweepQuantity.allCases {
        guard let statistics = width.statistics[quantity] else { continue }
        table.append([
          .integer(width.width), .integer(width.count), .text(quantity.rawValue), .number(statistics.mean),
          statistics.count > 1 ? .number(statistics.standardError) : .missing,
          statistics.count > 1 ? .number(statistics.standardDeviation) : .missing,
          width.logarithms[quantity].map { .number($0.mean) } ?? .missing,
        ])
      }
    }
    return table
  }

  private var json: JSONNode {
    let widths = result.widths.map { width -> JSONNode in
      var members: [JSONNode.Member] = [
        .init("width", .integer(width.width)), .init("networks", .integer(width.count)),
        .init("failures", .integer(width.failures)), .init("loss", Self.statistics(width.loss)),
      ]
      for quantity in SweepQuantity.allCases {
        members.append(.init(quantity.rawValue, width.statistics[quantity].map(Self.statistics) ?? .null))
      }
      return .object(members)
    }
    let fits = SweepQuantity.allCases.map { quantity -> JSONNode.Member in
      guard let fit = result.fit(quantity, from: fitFrom) else { return .init(quantity.rawValue, .null) }
      return .init(
        quantity.rawValue,
        .object(
          ("exponent", .number(fit.exponent)), ("standardError", .number(fit.standardError)),
          ("interval", .array([.number(fit.interval.lowerBound), .number(fit.interval.upperBound)])),
          ("expected", expected(quantity).map { .number($0) } ?? .null),
          ("chiSquarePerDegree", fit.reducedChiSquare.map { .number($0) } ?? .null)))
    }
    return .object(
      ("schema", .string("infwidth/train-sweep/1")), ("network", JSONNode(network: result.sweep.network)),
      ("seed", JSONNode(seed: result.sweep.seed)), ("repeats", .integer(result.sweep.repeats)),
      ("time", .number(result.sweep.times.last ?? 0)),
      ("timeScale", .array(result.widths.map { .number(result.sweep.timeScale($0.width)) })),
      ("widths", .array(widths)), ("fitFrom", .integer(fitFrom)), ("exponents", .object(fits)),
      ("outcome", .string(result.wasInterrupted ? "interrupted" : "completed")))
  }

  private static func statistics(_ statistics: SampleStatistics) -> JSONNode {
    .object(
      ("mean", .number(statistics.mean)), ("standardError", .number(statistics.standardError)),
      ("standardDeviation", .number(statistics.standardDeviation)))
  }
}
