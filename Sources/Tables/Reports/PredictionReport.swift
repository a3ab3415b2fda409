import Foundation
import Moments
import Networks
import Regression

/// Predictions of the infinitely wide network at test inputs, `infwidth/predict/1`.
public struct PredictionReport: Sendable {
  public let network: Network
  public let testInputs: [[Double]]
  public let prediction: NetworkPrediction

  public init(network: Network, testInputs: [[Double]], prediction: NetworkPrediction) {
    self.network = network
    self.testInputs = testInputs
    self.prediction = prediction
  }

  public var document: Document { Document(tables: tables, records: records, json: json) }

  private var posterior: GaussianProcessPosterior? { try? prediction.posterior.get() }

  private var failure: RegressionError? {
    if case .failure(let error) = prediction.posterior { return error }
    return nil
  }

  /// The most test inputs of many coordinates that are shown by their coordinates.
  private static let shownCoordinates = 8

  private func shown(_ row: Int) -> String {
    let input = testInputs[row]
    return input.count <= Self.shownCoordinates
      ? "(" + input.map { NumberText.shortest($0) }.joined(separator: ", ") + ")" : "row \(row + 1)"
  }

  private static func text(_ number: Double) -> String {
    number.isFinite ? NumberText.supported(Estimate(number, error: 0.005 * number.magnitude, method: .closedForm)) : "∞"
  }

  private var tables: [Table] {
    let question = prediction.question
    let time = question.time == .infinity ? "∞" : NumberText.shortest(question.time)
    var table = Table(
      title: "Prediction of the infinitely wide network\(network.name.map { " \($0)" } ?? "") from "
        + "\(prediction.trainCount) training inputs: trained until t = \(time), and Bayesian (NNGP); ridge "
        + NumberText.shortest(question.ridge),
      columns: [
        Column("x"), Column("trained mean", kind: .quantity), Column("trained sd", kind: .quantity),
        Column("NNGP mean", kind: .quantity), Column("NNGP sd", kind: .quantity),
      ])
    let deviations = prediction.trained.standardDeviation
    for row in testInputs.indices {
      table.append([
        .text(shown(row)), .quantity(.finite(prediction.trained.mean[row])), .quantity(.finite(deviations[row])),
        posterior.map { .quantity(.finite($0.prediction.mean[row])) } ?? .missing,
        posterior.map { .quantity(.finite($0.prediction.standardDeviation[row])) } ?? .missing,
      ])
    }
    let range = prediction.eigenvalueRange
    table.notes.append(
      "NTK of the training inputs: eigenvalues \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound)), "
        + "condition number with the ridge \(Self.text(prediction.conditionNumber)).")
    if let posterior {
      table.notes.append(
        "NNGP: log marginal likelihood \(NumberText.supported(posterior.logMarginalLikelihood)), condition number "
          + "\(Self.text(1 / posterior.reciprocalCondition)).")
    }
    if let failure { table.notes.append("NNGP: \(failure)") }
    return [table]
  }

  private var records: Table {
    var table = Table(columns: [
      Column("row", kind: .number), Column("mean", kind: .quantity), Column("variance", kind: .quantity),
      Column("nngpMean", kind: .quantity), Column("nngpVariance", kind: .quantity),
    ])
    for row in testInputs.indices {
      table.append([
        .integer(row + 1), .quantity(.finite(prediction.trained.mean[row])),
        .quantity(.finite(prediction.trained.variance[row])),
        posterior.map { .quantity(.finite($0.prediction.mean[row])) } ?? .missing,
        posterior.map { .quantity(.finite($0.prediction.variance[row])) } ?? .missing,
      ])
    }
    return table
  }

  // MARK: JSON

  private static func members(_ prediction: Prediction) -> [JSONNode.Member] {
    func values(_ list: [Estimate]) -> JSONNode { .array(list.map { .number($0.value) }) }
    func errors(_ list: [Estimate]) -> JSONNode { .array(list.map { .number($0.error) }) }
    return [
      .init("mean", values(prediction.mean)), .init("variance", values(prediction.variance)),
      .init("standardDeviation", values(prediction.standardDeviation)), .init("meanError", errors(prediction.mean)),
      .init("varianceError", errors(prediction.variance)),
    ]
  }

  private static func number(_ value: Double) -> JSONNode { value == .infinity ? .string("inf") : .number(value) }

  private var json: JSONNode {
    let range = prediction.eigenvalueRange
    var members: [JSONNode.Member] = [
      .init("schema", .string("infwidth/predict/1")), .init("network", JSONNode(network: network)),
      .init("time", Self.number(prediction.question.time)), .init("ridge", .number(prediction.question.ridge)),
      .init("trainingInputs", .integer(prediction.trainCount)),
      .init("testInputs", .array(testInputs.map { .array($0.map(JSONNode.number)) })),
    ]
    members += Self.members(prediction.trained)
    members += [
      .init("conditionNumber", Self.number(prediction.conditionNumber)),
      .init("eigenvalues", .array([.number(range.lowerBound), .number(range.upperBound)])),
    ]
    if let posterior {
      members.append(.init("logMarginalLikelihood", .number(posterior.logMarginalLikelihood.value)))
      members.append(
        .init(
          "nngp",
          .object(
            Self.members(posterior.prediction) + [
              .init("logMarginalLikelihood", JSONNode(.finite(posterior.logMarginalLikelihood))),
              .init("conditionNumber", Self.number(1 / posterior.reciprocalCondition)),
            ])))
    } else {
      members.append(.init("logMarginalLikelihood", .null))
      members.append(
        .init(
          "nngp",
          .object([
            .init("status", .string("undefined")),
            .init("reason", .string("\(failure.map(String.init(describing:)) ?? "")")),
          ])))
    }
    return .object(members)
  }
}
