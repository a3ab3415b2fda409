import Foundation
import Moments

/// Sampled networks against their limit, `infwidth/converge/1`.
public struct ConvergenceReport: Sendable {
  /// What networks of one width gave for one pair of points.
  public struct Measurement: Sendable, Equatable {
    public var width: Int
    /// How many networks were drawn.
    public var samples: Int
    public var mean: Double
    /// Of the mean.
    public var standardError: Double
    /// Of one network's NTK.
    public var standardDeviation: Double
    /// Of the standard deviation, relative to it; nil takes that of nearly normal values.
    public var relativeErrorOfDeviation: Double?
    /// The expectation at this width, where it is known: with one hidden layer, the limit itself.
    public var predictedMean: Double?
    public var predictedStandardDeviation: Double?
    /// How many standard errors the variance is from the predicted one.
    public var zVariance: Double?

    public init(
      width: Int, samples: Int, mean: Double, standardError: Double, standardDeviation: Double,
      relativeErrorOfDeviation: Double? = nil, predictedMean: Double? = nil, predictedStandardDeviation: Double? = nil,
      zVariance: Double? = nil
    ) {
      self.width = width
      self.samples = samples
      self.mean = mean
      self.standardError = standardError
      self.standardDeviation = standardDeviation
      self.relativeErrorOfDeviation = relativeErrorOfDeviation
      self.predictedMean = predictedMean
      self.predictedStandardDeviation = predictedStandardDeviation
      self.zVariance = zVariance
    }
  }

  /// The slope of log standard deviation against log width.
  public struct Rate: Sendable, Equatable {
    public var slope: Double
    public var standardError: Double
    /// Fluctuations fall like the square root of the width.
    public var predicted: Double
  }

  /// One pair of points.
  public struct Entry: Sendable {
    public var x: [ExactNumber]
    public var y: [ExactNumber]
    public var limit: Quantity
    public var measurements: [Measurement]
    public var rate: Rate?
    public var verdict: Verdict

    /// How many standard errors a mean is from what it should be; nil without a limit or without fluctuations.
    public func zMean(_ measurement: Measurement) -> Double? {
      guard let limit = limit.estimate else { return nil }
      return ConvergenceReport.z(measurement, against: measurement.predictedMean ?? limit.value)
    }
  }

  /// Whether the samples and the limit agree.
  public enum Verdict: String, Sendable {
    case agrees, disagrees
    /// There is no limit to agree with.
    case undecided
  }

  /// Means further than this many standard errors from the prediction disagree; under a normal law one in two
  /// million does so by chance.
  public static let threshold = 5.0

  public let networkName: String?
  public let seed: UInt64
  public private(set) var entries: [Entry] = []

  /// - Parameters:
  ///   - depth: The number of hidden layers. With one the mean is the limit at every width, and every width is
  ///     judged; with more the mean differs by a term of order 1/N, and only the largest width is judged.
  public init(networkName: String?, depth: Int, seed: UInt64, pairs: [Pair]) {
    self.networkName = networkName
    self.seed = seed
    entries = pairs.map { pair in
      var entry = Entry(
        x: pair.x, y: pair.y, limit: pair.limit, measurements: pair.measurements, rate: Self.rate(pair.measurements),
        verdict: .undecided)
      let judged = depth == 1 ? pair.measurements : pair.measurements.max { $0.width < $1.width }.map { [$0] } ?? []
      let scores = judged.compactMap { entry.zMean($0)?.magnitude }
      if !scores.isEmpty { entry.verdict = scores.allSatisfy { $0 <= Self.threshold } ? .agrees : .disagrees }
      return entry
    }
  }

  /// The measurements of one pair of points and their limit.
  public struct Pair: Sendable {
    public var x: [ExactNumber]
    public var y: [ExactNumber]
    public var limit: Quantity
    public var measurements: [Measurement]

    public init(x: [ExactNumber], y: [ExactNumber], limit: Quantity, measurements: [Measurement]) {
      self.x = x
      self.y = y
      self.limit = limit
      self.measurements = measurements
    }
  }

  /// Whether no entry disagrees with its limit.
  public var agrees: Bool { entries.allSatisfy { $0.verdict != .disagrees } }

  /// A mean without fluctuations agrees as far as the rounding of a sum allows.
  private static func z(_ measurement: Measurement, against prediction: Double) -> Double {
    let difference = measurement.mean - prediction
    let rounding = 0x1p-48 * max(measurement.mean.magnitude, prediction.magnitude)
    let scale = (measurement.standardError * measurement.standardError + rounding * rounding).squareRoot()
    return difference == 0 ? 0 : difference / scale
  }

  /// Least squares through (log N, log s), each weighed with the inverse variance of log s, which is
  /// `1 / (2 (M − 1))` for M nearly normal values and otherwise comes from the sample's fourth moment.
  static func rate(_ measurements: [Measurement]) -> Rate? {
    let points = measurements.filter { $0.standardDeviation > 0 && $0.samples > 1 }.map {
      point -> (x: Double, y: Double, weight: Double) in
      let normal = 1 / (2 * Double(point.samples - 1)).squareRoot()
      let error = point.relativeErrorOfDeviation.flatMap { $0 > 0 ? $0 : nil } ?? normal
      return (x: log(Double(point.width)), y: log(point.standardDeviation), weight: 1 / (error * error))
    }
    guard Set(points.map(\.x)).count >= 2 else { return nil }
    let total = points.map(\.weight).reduce(0, +)
    let meanX = points.map { $0.weight * $0.x }.reduce(0, +) / total
    let meanY = points.map { $0.weight * $0.y }.reduce(0, +) / total
    let spread = points.map { $0.weight * ($0.x - meanX) * ($0.x - meanX) }.reduce(0, +)
    let product = points.map { $0.weight * ($0.x - meanX) * ($0.y - meanY) }.reduce(0, +)
    return Rate(slope: product / spread, standardError: (1 / spread).squareRoot(), predicted: -0.5)
  }
}

// MARK: The report

extension ConvergenceReport {
  public var document: Document { Document(tables: [table], records: records, json: json) }

  private static func sampled(_ measurement: Measurement) -> Quantity {
    .finite(Estimate(measurement.mean, error: measurement.standardError, method: .sampling))
  }

  private static func score(_ z: Double?) -> Cell {
    z.map { .text(String(format: "%.2f", $0)) } ?? .missing
  }

  private static func rounded(_ value: Double?) -> Cell {
    value.map { .text(NumberText.significant($0, digits: 3)) } ?? .missing
  }

  private var table: Table {
    var table = Table(
      title: "NTK of sampled networks against the limit" + (networkName.map { ", \($0)" } ?? ""),
      columns: [
        Column("x"), Column("y"), Column("width", kind: .number), Column("networks", kind: .number),
        Column("mean", kind: .sampled), Column("limit", kind: .quantity), Column("z"), Column("standard deviation"),
        Column("predicted"),
      ])
    for entry in entries {
      for (index, measurement) in entry.measurements.enumerated() {
        table.append([
          .text(index == 0 ? KernelReport.shown(entry.x) : ""), .text(index == 0 ? KernelReport.shown(entry.y) : ""),
          .integer(measurement.width), .integer(measurement.samples), .quantity(Self.sampled(measurement)),
          .quantity(entry.limit), Self.score(entry.zMean(measurement)), Self.rounded(measurement.standardDeviation),
          Self.rounded(measurement.predictedStandardDeviation),
        ])
      }
      var note = "(\(KernelReport.spelled(entry.x)); \(KernelReport.spelled(entry.y))): \(entry.verdict.rawValue)"
      if let rate = entry.rate {
        note += String(
          format: "; fluctuations fall like N^%.3f ± %.3f, expected N^%.1f", rate.slope, rate.standardError,
          rate.predicted)
      }
      table.notes.append(note)
    }
    table.notes.append("Means ± one standard error; z is (mean - limit) / standard error; seed \(seed).")
    return table
  }

  private var records: Table {
    var table = Table(columns: [
      Column("x"), Column("y"), Column("width", kind: .number), Column("samples", kind: .number),
      Column("mean", kind: .number), Column("standardError", kind: .number),
      Column("standardDeviation", kind: .number), Column("predictedMean", kind: .number),
      Column("predictedStandardDeviation", kind: .number), Column("zMean", kind: .number),
      Column("zVariance", kind: .number), Column("limit", kind: .quantity),
    ])
    func cell(_ value: Double?) -> Cell { value.map { .number($0) } ?? .missing }
    for entry in entries {
      for measurement in entry.measurements {
        table.append([
          .text(KernelReport.spelled(entry.x)), .text(KernelReport.spelled(entry.y)), .integer(measurement.width),
          .integer(measurement.samples), .number(measurement.mean), .number(measurement.standardError),
          .number(measurement.standardDeviation), cell(measurement.predictedMean),
          cell(measurement.predictedStandardDeviation), cell(entry.zMean(measurement)), cell(measurement.zVariance),
          .quantity(entry.limit),
        ])
      }
    }
    return table
  }

  private var json: JSONNode {
    func number(_ value: Double?) -> JSONNode { value.map { .number($0) } ?? .null }
    let list = entries.map { entry -> JSONNode in
      var members = JSONNode.members(of: entry.x, named: "x") + JSONNode.members(of: entry.y, named: "y")
      members.append(.init("limit", JSONNode(entry.limit)))
      let widths = entry.measurements.map { measurement in
        JSONNode.object(
          ("width", .integer(measurement.width)), ("samples", .integer(measurement.samples)),
          ("mean", .number(measurement.mean)), ("standardError", .number(measurement.standardError)),
          ("standardDeviation", .number(measurement.standardDeviation)),
          ("predictedMean", number(measurement.predictedMean)),
          ("predictedStandardDeviation", number(measurement.predictedStandardDeviation)),
          ("zMean", number(entry.zMean(measurement))), ("zVariance", number(measurement.zVariance)))
      }
      members.append(.init("widths", .array(widths)))
      let rate = entry.rate.map { rate in
        JSONNode.object(
          ("slope", .number(rate.slope)), ("standardError", .number(rate.standardError)),
          ("predicted", .number(rate.predicted)))
      }
      members.append(.init("rate", rate ?? .null))
      members.append(.init("verdict", .string(entry.verdict.rawValue)))
      return .object(members)
    }
    return .object(
      ("schema", .string("infwidth/converge/1")), ("seed", JSONNode(seed: seed)), ("entries", .array(list)))
  }
}
