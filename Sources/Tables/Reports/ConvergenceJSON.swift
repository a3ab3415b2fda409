import FiniteWidth
import Foundation
import Moments

/// The report for programs.
extension ConvergenceReport {
  private static func number(_ value: Double?) -> JSONNode { value.map { .number($0) } ?? .null }

  var json: JSONNode {
    var members: [JSONNode.Member] = [
      .init("schema", .string("infwidth/converge/1")), .init("network", JSONNode(network: study.network)),
      .init("kernel", .string(choice.rawValue)), .init("seed", JSONNode(seed: study.seed)),
      .init("theory", .string((rows.first?.kernel.theory.order ?? .limit).rawValue)),
      .init("complete", .boolean(ending == .complete && study.shard == .whole)),
      .init("shard", study.shard == .whole ? .null : .string(study.shard.description)),
      .init("verdict", .string(judgement.verdict.rawValue)), .init("falseAlarm", .number(judgement.level)),
      .init("tests", .integer(judgement.testCount)), .init("warnings", .array(warnings.map { .string($0) })),
      .init("entries", .array(rows.enumerated().map { entry($1, limit: limits[$0]) })),
    ]
    if case .stopped(let reason) = ending { members.insert(.init("stopped", .string(reason)), at: 6) }
    if let gramError { members.append(.init("gramError", Self.json(gramError))) }
    if !globalTests.isEmpty {
      members.append(
        .init(
          "globalTests",
          .array(
            globalTests.map {
              .object(
                ("width", .integer($0.width)), ("chiSquared", .number($0.chiSquared)),
                ("degreesOfFreedom", .integer($0.degreesOfFreedom)), ("probability", .number($0.probability)))
            })))
    }
    return .object(members)
  }

  private func entry(_ row: Row, limit: Quantity) -> JSONNode {
    var members = JSONNode.members(of: row.x, named: "x") + JSONNode.members(of: row.y, named: "y")
    if let parameter = row.kernel.theory.parameter { members.append(.init("parameter", .string(parameter))) }
    members.append(.init("limit", JSONNode(limit)))
    if row.theory.exponent != 0 {
      members.append(.init("exponent", .number(row.theory.exponent)))
      members.append(.init("coefficient", JSONNode(row.theory.coefficient)))
    }
    members.append(.init("widths", .array(row.series.widths.indices.map { width(row, at: $0) })))
    members.append(.init("rate", Self.json(row.judged.rate, predicted: row.predictedRate)))
    let mean = PowerFit.mean(row.series)
    if row.theory.exponent != 0 {
      members.append(
        .init(
          "meanRate",
          Self.json(mean, predicted: row.theory.exponent, atTheseWidths: PowerFit.predictedMean(row.series)?.slope)))
    }
    members.append(.init("bias", Self.json(row.judged.bias)))
    members.append(.init("measuredLimit", row.measuredLimit.map { JSONNode(.finite($0)) } ?? .null))
    members.append(
      .init("detectableLimitError", Self.number(row.absolute(row.judged.detectableLimitError))))
    members.append(.init("detectableVarianceError", Self.number(row.judged.detectableVarianceError)))
    members.append(.init("zLimit", Self.number(row.judged.scores.limitError?.score.z)))
    members.append(.init("zVarianceOfAll", Self.number(row.judged.scores.varianceError?.score.z)))
    members.append(.init("adjustedProbability", Self.number(row.judged.adjustedProbability)))
    members.append(.init("verdict", .string(row.judged.verdict.rawValue)))
    return .object(members)
  }

  private func width(_ row: Row, at index: Int) -> JSONNode {
    let (statistics, prediction) = (row.series.statistics[index], row.series.prediction[index])
    let (mean, variance) = (row.judged.scores.mean[index], row.judged.scores.variance[index])
    return .object(
      ("width", .integer(row.series.widths[index])), ("samples", .integer(statistics.count)),
      ("mean", Self.number(statistics.count > 0 ? statistics.mean : nil)),
      ("standardError", .number(statistics.standardError)),
      ("standardDeviation", .number(statistics.standardDeviation)),
      ("predictedMean", Self.number(row.series.biasIsPredicted ? prediction.mean : nil)),
      ("predictedStandardDeviation", Self.number(prediction.variance.value?.squareRoot())),
      ("zMean", Self.number(mean?.z)), ("zVariance", Self.number(variance?.z)),
      ("probabilityMean", Self.number(mean?.probability)),
      ("probabilityVariance", Self.number(variance?.probability)),
      ("skewness", .number(statistics.skewness)), ("excessKurtosis", .number(statistics.excessKurtosis)))
  }

  private static func json(_ fit: PowerFit?, predicted: Double?, atTheseWidths: Double? = nil) -> JSONNode {
    guard fit != nil || predicted != nil else { return .null }
    var members: [JSONNode.Member] = [
      .init("slope", number(fit?.slope)), .init("standardError", number(fit?.standardError)),
      .init("predicted", number(predicted)), .init("low", number(fit?.interval.lowerBound)),
      .init("high", number(fit?.interval.upperBound)), .init("chiSquared", number(fit?.chiSquared)),
      .init("degreesOfFreedom", fit.map { .integer($0.degreesOfFreedom) } ?? .null),
    ]
    if let atTheseWidths { members.append(.init("predictedAtTheseWidths", .number(atTheseWidths))) }
    return .object(members)
  }

  private static func json(_ bias: BiasFit) -> JSONNode {
    .object(
      ("status", .string(bias.status.rawValue)), ("coefficient", number(bias.coefficient)),
      ("standardError", number(bias.standardError)), ("predicted", number(bias.predicted)),
      ("secondOrder", number(bias.secondOrder)), ("secondOrderError", number(bias.secondOrderError)),
      ("networksNeeded", number(bias.networksNeeded)))
  }

  private static func json(_ fit: GramErrorFit) -> JSONNode {
    let widths = fit.widths.map { width in
      JSONNode.object(
        ("width", .integer(width.width)), ("frobenius", .number(width.frobenius)),
        ("frobeniusStandardError", .number(width.frobeniusError)),
        ("predictedFrobenius", number(width.predictedFrobenius)), ("operatorNorm", .number(width.operatorNorm)),
        ("operatorNormStandardError", .number(width.operatorNormError)),
        ("predictedOperatorNorm", number(width.predictedOperatorNorm)))
    }
    return .object(
      ("widths", .array(widths)), ("frobeniusRate", json(fit.frobeniusRate, predicted: nil)),
      ("operatorNormRate", json(fit.operatorNormRate, predicted: nil)))
  }
}
