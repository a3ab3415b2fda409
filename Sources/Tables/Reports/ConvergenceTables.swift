import FiniteWidth
import Foundation
import Moments

/// The report for people and for spreadsheets.
extension ConvergenceReport {
  var tables: [Table] {
    var tables = [measurements, fits]
    if let gramError { tables.append(matrixErrors(gramError)) }
    return tables
  }

  private static func score(_ z: Double?) -> Cell {
    z.map { .text($0.isFinite ? String(format: "%.2f", $0) : "off") } ?? .missing
  }

  private static func rounded(_ value: Double?, digits: Int = 3) -> Cell {
    guard let value, value.isFinite else { return .missing }
    return .text(NumberText.significant(value, digits: digits))
  }

  private static func sampled(_ value: Double?, _ error: Double?) -> Cell {
    guard let value, let error, value.isFinite, error.isFinite else { return .missing }
    return .quantity(.finite(Estimate(value, error: error, method: .sampling)))
  }

  private func heading(_ row: Row, isFirst: Bool) -> [Cell] {
    let cells: [Cell] = [
      .text(isFirst ? KernelReport.shown(row.x) : ""), .text(isFirst ? KernelReport.shown(row.y) : ""),
    ]
    return choice == .groups ? cells + [.text(isFirst ? row.kernel.theory.parameter ?? "" : "")] : cells
  }

  private var headings: [Column] {
    [Column("x"), Column("y")] + (choice == .groups ? [Column("group")] : [])
  }

  /// Digits enough to see a deviation of a standard error.
  private static func predicted(_ mean: Double?, beside error: Double) -> Cell {
    guard let mean else { return .missing }
    guard error > 0, error.isFinite else { return rounded(mean, digits: 6) }
    return .text(NumberText.supported(Estimate(mean, error: error / 10, method: .sampling)))
  }

  private var measurements: Table {
    var table = Table(
      title: "\(kernelName) of sampled networks against the theory" + (study.network.name.map { ", \($0)" } ?? ""),
      columns: headings + [
        Column("width", kind: .number), Column("networks", kind: .number), Column("mean", kind: .sampled),
        Column("expected", kind: .sampled), Column("z"), Column("deviation"), Column("expected"), Column("z"),
      ])
    for row in rows {
      for (index, width) in row.series.widths.enumerated() {
        let (statistics, prediction) = (row.series.statistics[index], row.series.prediction[index])
        let isThere = statistics.count >= 2
        table.append(
          heading(row, isFirst: index == 0) + [
            .integer(width), .integer(statistics.count),
            isThere ? Self.sampled(statistics.mean, statistics.standardError) : .missing,
            Self.predicted(prediction.mean, beside: isThere ? statistics.standardError : 0),
            Self.score(row.judged.scores.mean[index]?.z),
            isThere ? Self.rounded(statistics.standardDeviation) : .missing,
            Self.rounded(prediction.variance.value?.squareRoot()), Self.score(row.judged.scores.variance[index]?.z),
          ])
      }
    }
    table.notes = verdictNotes
    return table
  }

  private var verdictNotes: [String] {
    var notes = [verdictNote]
    if case .stopped(let reason) = ending {
      notes.append("Stopped (\(reason)): this is what the networks drawn so far say.")
    }
    if study.shard != .whole { notes.append("Shard \(study.shard) of the study: merge all with infwidth merge.") }
    notes += warnings
    notes.append(
      "Means ± one standard error; z in standard errors, those of theory where it knows them; seed \(study.seed).")
    return notes
  }

  private var verdictNote: String {
    let level = NumberText.shortest(judgement.level)
    let family =
      "\(judgement.testCount) tests of means and variances, false-alarm rate \(level) for all together (Holm)"
    switch judgement.verdict {
    case .undecided: return "Verdict: undecided. Nothing could be tested."
    case .agrees:
      let smallest = judgement.entries.compactMap(\.adjustedProbability).min() ?? 1
      return "Verdict: agrees. \(family); the smallest adjusted probability is \(String(format: "%.2g", smallest))."
    case .disagrees:
      let guilty = rows.filter { $0.judged.verdict == .disagrees }.map { row in
        "(\(KernelReport.spelled(row.x)); \(KernelReport.spelled(row.y)))"
          + (row.kernel.theory.parameter.map { " \($0)" } ?? "")
      }
      let list = guilty.prefix(8).joined(separator: ", ") + (guilty.count > 8 ? " and \(guilty.count - 8) more" : "")
      return "Verdict: disagrees at \(list). \(family)."
    }
  }

  // MARK: Over the widths

  private var showsPowers: Bool { rows.contains { $0.theory.exponent != 0 } }

  private var fits: Table {
    let powers = showsPowers
    var table = Table(
      title: "Over all widths",
      columns: headings + (powers ? [Column("mean ~ N^", kind: .sampled), Column("here"), Column("N -> inf")] : []) + [
        Column(powers ? "coefficient" : "limit, measured", kind: .sampled), Column("expected", kind: .sampled),
        Column("deviation ~ N^", kind: .sampled), Column("expected"), Column("N x bias", kind: .sampled),
        Column("expected"),
        Column("detectable"), Column("verdict"),
      ])
    for row in rows {
      let (judged, series) = (row.judged, row.series)
      var cells = heading(row, isFirst: true)
      if powers {
        let fit = PowerFit.mean(series)
        cells += [
          Self.sampled(fit?.slope, fit?.standardError),
          .text(PowerFit.predictedMean(series).map { String(format: "%.4f", $0.slope) } ?? ""),
          .text(NumberText.shortest(row.theory.exponent)),
        ]
      }
      let measured = row.measuredLimit
      cells += [
        Self.sampled(measured?.value, measured?.error),
        Self.predicted(row.theory.coefficient.estimate?.value, beside: measured?.error ?? 0),
        judged.rate.map { Self.sampled($0.slope, $0.standardError) } ?? .missing,
        .text(row.predictedRate.map { NumberText.shortest($0) } ?? "none"),
      ]
      cells += biasCells(judged.bias)
      cells += [
        Self.rounded(row.absolute(judged.detectableLimitError), digits: 2), .text(judged.verdict.rawValue),
      ]
      table.append(cells)
    }
    table.notes = fitNotes
    return table
  }

  private func biasCells(_ bias: BiasFit) -> [Cell] {
    switch bias.status {
    case .zero: [.text("zero in theory"), .text("0")]
    case .none: [.missing, .missing]
    case .resolved, .unresolved:
      [Self.sampled(bias.coefficient, bias.standardError), Self.rounded(bias.predicted)]
    }
  }

  private var fitNotes: [String] {
    var notes = [
      "Detectable: the smallest error of the \(showsPowers ? "coefficient" : "limit") that would have been found, with probability 0.9."
    ]
    let unresolved = rows.filter { $0.judged.bias.status == .unresolved }
    if let needed = unresolved.compactMap(\.judged.bias.networksNeeded).min(), let width = study.widths.min() {
      notes.append(
        "The bias is not resolvable at \(unresolved.count) of \(rows.count) entries: it would take \(Self.count(needed)) "
          + "networks or more of width \(width) to see one.")
    } else if !unresolved.isEmpty {
      notes.append("The bias is not resolvable at \(unresolved.count) of \(rows.count) entries.")
    }
    if let first = globalTests.first {
      let tests = globalTests.map {
        String(format: "%.2f (probability %.2g) at %d", $0.chiSquared, $0.probability, $0.width)
      }
      notes.append(
        "All means of one width together, chi-squared on \(first.degreesOfFreedom) degrees of freedom: "
          + tests.joined(separator: ", ") + ".")
    }
    return notes
  }

  private static func count(_ value: Double) -> String {
    value < 1e7 ? String(Int(value.rounded(.up))) : String(format: "%.1e", value)
  }

  // MARK: The whole matrix

  private func matrixErrors(_ fit: GramErrorFit) -> Table {
    var table = Table(
      title: "Error of the whole matrix, D = \(choice == .nngp ? "K_N - K" : "Theta_N - Theta")",
      columns: [
        Column("width", kind: .number), Column("rms ||D||_F", kind: .sampled), Column("expected"),
        Column("mean ||D||_op", kind: .sampled), Column("expected"),
      ])
    for width in fit.widths {
      table.append([
        .integer(width.width), Self.sampled(width.frobenius, width.frobeniusError),
        Self.rounded(width.predictedFrobenius, digits: 5), Self.sampled(width.operatorNorm, width.operatorNormError),
        Self.rounded(width.predictedOperatorNorm),
      ])
    }
    func text(_ name: String, _ fit: PowerFit?) -> String? {
      fit.map {
        name
          + String(
            format: " ~ N^%.3f ± %.3f (95 %% interval %.3f to %.3f)", $0.slope, $0.standardError,
            $0.interval.lowerBound, $0.interval.upperBound)
      }
    }
    let rates = [text("rms ||D||_F", fit.frobeniusRate), text("mean ||D||_op", fit.operatorNormRate)].compactMap { $0 }
    if !rates.isEmpty { table.notes.append(rates.joined(separator: "; ") + ".") }
    return table
  }

  // MARK: CSV

  var records: Table {
    var table = Table(
      columns: [
        Column("x"), Column("y"), Column("parameter"), Column("width", kind: .number), Column("samples", kind: .number),
        Column("mean", kind: .number), Column("standardError", kind: .number),
        Column("standardDeviation", kind: .number), Column("predictedMean", kind: .number),
        Column("predictedStandardDeviation", kind: .number), Column("zMean", kind: .number),
        Column("zVariance", kind: .number), Column("limit", kind: .quantity), Column("verdict"),
      ])
    func cell(_ value: Double?) -> Cell { value.flatMap { $0.isFinite ? .number($0) : nil } ?? .missing }
    for (number, row) in rows.enumerated() {
      for (index, width) in row.series.widths.enumerated() {
        let (statistics, prediction) = (row.series.statistics[index], row.series.prediction[index])
        table.append([
          .text(KernelReport.spelled(row.x)), .text(KernelReport.spelled(row.y)),
          .text(row.kernel.theory.parameter ?? ""), .integer(width), .integer(statistics.count),
          cell(statistics.count > 0 ? statistics.mean : nil), cell(statistics.standardError),
          cell(statistics.standardDeviation), cell(row.series.biasIsPredicted ? prediction.mean : nil),
          cell(prediction.variance.value?.squareRoot()),
          cell(row.judged.scores.mean[index]?.z), cell(row.judged.scores.variance[index]?.z),
          .quantity(limits[number]), .text(row.judged.verdict.rawValue),
        ])
      }
    }
    return table
  }
}
