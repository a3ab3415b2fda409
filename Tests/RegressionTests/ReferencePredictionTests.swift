import Foundation
import LinearAlgebra
import Moments
import Regression
import TestSupport
import Testing

/// One case of `Tests/Reference/regression.json`.
struct RegressionCase: Sendable, CustomTestStringConvertible {
  struct Expected: Sendable {
    var time: Double
    var mean: [String]
    var variance: [String]
  }
  var id: String
  var nngp: RegressionKernel
  var ntk: RegressionKernel
  var targets: [Double]
  var ridge: Double
  var posterior: Expected
  var logMarginalLikelihood: String
  var trained: [Expected]
  var testDescription: String { id }

  static let all: [RegressionCase] = {
    do { return try read() } catch { return [] }
  }()

  private static func read() throws -> [RegressionCase] {
    let data = try Data(contentsOf: referenceFolder.appendingPathComponent("regression.json"))
    let root = JSONValue(any: try JSONSerialization.jsonObject(with: data))
    return try #require(root["cases"]?.array).map { json in
      func number(_ json: JSONValue) -> Double? { json.string.flatMap { Double($0) } }
      func kernel(_ key: String) throws -> RegressionKernel {
        let part = try #require(json[key])
        func rows(_ key: String) throws -> Matrix {
          Matrix(try #require(part[key]?.array).map { try #require($0.array).compactMap(number) })
        }
        return RegressionKernel(
          train: try rows("train"), testTrain: try rows("testTrain"),
          testDiagonal: try #require(part["testDiagonal"]?.array).compactMap(number), relativeError: 0)
      }
      func expected(_ json: JSONValue) throws -> Expected {
        Expected(
          time: json["time"]?.string.flatMap(Double.init) ?? 0,
          mean: try #require(json["mean"]?.array).compactMap(\.string),
          variance: try #require(json["variance"]?.array).compactMap(\.string))
      }
      let posterior = try #require(json["posterior"])
      return RegressionCase(
        id: try #require(json["id"]?.string), nngp: try kernel("nngp"), ntk: try kernel("ntk"),
        targets: try #require(json["targets"]?.array).compactMap(number),
        ridge: try #require(json["ridge"].flatMap(number)),
        posterior: try expected(posterior),
        logMarginalLikelihood: try #require(posterior["logMarginalLikelihood"]?.string),
        trained: try #require(json["trained"]?.array).map(expected))
    }
  }
}

/// Expects each value within its error of the truth.
private func expectWithin(
  _ values: [Estimate], _ expected: [String], _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  try #require(values.count == expected.count, sourceLocation: sourceLocation)
  for (value, truth) in zip(values, expected) {
    let error = try absoluteError(value.value, truth)
    #expect(
      error <= value.error, "\(what): \(value.value) ± \(value.error), truth \(truth)", sourceLocation: sourceLocation)
  }
}

@Suite struct ReferencePredictionTests {
  @Test func allCasesAreThere() { #expect(RegressionCase.all.count == 9) }

  @Test(arguments: RegressionCase.all)
  func posterior(reference: RegressionCase) throws {
    let posterior = try GaussianProcessPosterior(
      kernel: reference.nngp, targets: reference.targets, ridge: reference.ridge)
    try expectWithin(posterior.prediction.mean, reference.posterior.mean, "mean")
    try expectWithin(posterior.prediction.variance, reference.posterior.variance, "variance")
    try expectWithin([posterior.logMarginalLikelihood], [reference.logMarginalLikelihood], "log p")
    // The errors are of use: with n ≤ 40, residual bounds of n u times a condition number of at most 1e10.
    let scale = 1 / posterior.reciprocalCondition
    for (value, target) in zip(posterior.prediction.mean, posterior.prediction.variance) {
      #expect(value.error <= 1e-13 * scale && target.error <= 1e-13 * scale)
    }
  }

  @Test(arguments: RegressionCase.all)
  func trained(reference: RegressionCase) throws {
    let regression = try TangentKernelRegression(
      ntk: reference.ntk, nngp: reference.nngp, targets: reference.targets, ridge: reference.ridge)
    for expected in reference.trained {
      let prediction = try regression.prediction(at: expected.time)
      try expectWithin(prediction.mean, expected.mean, "mean at t = \(expected.time)")
      try expectWithin(prediction.variance, expected.variance, "variance at t = \(expected.time)")
      let scale = max(1, regression.conditionNumber)
      for (mean, variance) in zip(prediction.mean, prediction.variance) {
        // n u κ times the size of the targets, here at most a few units.
        #expect(mean.error <= 1e-12 * scale && variance.error <= 1e-12 * scale)
      }
    }
  }

  /// Entries that are off by as much as they may be move the predictions by no more than the errors say.
  @Test(arguments: RegressionCase.all)
  func errorsOfTheKernel(reference: RegressionCase) throws {
    let epsilon = 1e-12
    var random = RandomStream(seed: 5, stream: 1)
    func disturbed(_ kernel: RegressionKernel) -> RegressionKernel {
      // A thousandth less than allowed, for the rounding of the disturbed entries.
      func sign() -> Double { (random.uniform() < 0.5 ? -0.999 : 0.999) * epsilon }
      var (train, cross, diagonal) = (kernel.train, kernel.testTrain, kernel.testDiagonal)
      let scales = kernel.train.diagonal.map { $0.squareRoot() }
      for i in 0..<train.rows {
        for j in i..<train.rows {
          train[i, j] += sign() * scales[i] * scales[j]
          train[j, i] = train[i, j]
        }
      }
      for i in 0..<cross.rows {
        for j in 0..<cross.columns { cross[i, j] += sign() * diagonal[i].squareRoot() * scales[j] }
      }
      for i in diagonal.indices { diagonal[i] *= 1 + sign() }
      return RegressionKernel(train: train, testTrain: cross, testDiagonal: diagonal, relativeError: epsilon)
    }
    for _ in 0..<5 {
      let (nngp, ntk) = (disturbed(reference.nngp), disturbed(reference.ntk))
      let posterior = try GaussianProcessPosterior(kernel: nngp, targets: reference.targets, ridge: reference.ridge)
      try expectWithin(posterior.prediction.mean, reference.posterior.mean, "mean")
      try expectWithin(posterior.prediction.variance, reference.posterior.variance, "variance")
      try expectWithin([posterior.logMarginalLikelihood], [reference.logMarginalLikelihood], "log p")
      let regression = try TangentKernelRegression(
        ntk: ntk, nngp: nngp, targets: reference.targets, ridge: reference.ridge)
      for expected in reference.trained {
        let prediction = try regression.prediction(at: expected.time)
        try expectWithin(prediction.mean, expected.mean, "mean at t = \(expected.time)")
        try expectWithin(prediction.variance, expected.variance, "variance at t = \(expected.time)")
      }
    }
  }
}
