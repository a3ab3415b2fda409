import FiniteWidth
import LimitKernels
import LinearAlgebra
import Moments
import Networks

/// Sampled networks against their limit and the theory of their fluctuations, `infwidth/converge/1`.
public struct ConvergenceReport: Sendable {
  /// How a study ended.
  public enum Ending: Sendable, Equatable {
    case complete
    /// It was stopped, with the reason: what is there is reported.
    case stopped(reason: String)
  }

  /// One entry of one kernel: a row of the report.
  struct Row {
    var kernel: StudiedKernel
    var pair: Int
    var x: [ExactNumber]
    var y: [ExactNumber]
    var judged: StudyJudgement.Entry
    var series: EntrySeries { kernel.series[pair] }
    var theory: EntryTheory { kernel.theory.entries[pair] }
  }

  public let study: WidthStudy
  public let choice: KernelChoice
  public let judgement: StudyJudgement
  public let ending: Ending
  /// The number of networks that the study asks for at each width.
  public let goals: [Int]
  /// The norms of the whole matrix's error; nil for groups and where there is no limit.
  public let gramError: GramErrorFit?
  /// The test of all means together, where the covariances are predicted.
  public let globalTests: [GlobalTest]
  /// What the reader must know.
  public let warnings: [String]
  /// The NTK's values of the first networks, for the histogram: by width.
  let result: WidthStudyResult
  let rows: [Row]

  /// - Parameters:
  ///   - state: What has been drawn.
  ///   - choice: The kernels that are studied.
  ///   - theories: One for each studied kernel, as the choice says.
  ///   - limits: Each kernel's limit at each pair, in the same order.
  ///   - level: The family-wise false-alarm rate.
  ///   - ending: Whether the study came to its end.
  public init(
    _ state: StudyState, choice: KernelChoice, theories: [KernelTheory], limits: [[Quantity]],
    level: Double = StudyJudgement.standardLevel, ending: Ending = .complete
  ) {
    let (study, result) = (state.study, state.result)
    let statistics: [[[SampleStatistics]]]
    switch choice {
    case .ntk: statistics = [Self.transposed(result.widths.map(\.ntk))]
    case .nngp: statistics = [Self.transposed(result.widths.map(\.nngp))]
    case .groups:
      statistics = result.groups.indices.map { group in Self.transposed(result.widths.map { $0.groups[group] }) }
    }
    precondition(theories.count == statistics.count, "there is a theory for each kernel")
    let kernels = zip(theories, statistics).map {
      StudiedKernel($0, statistics: $1, widths: study.widths, points: study.points.count)
    }
    judgement = StudyJudgement(kernels.flatMap(\.series), level: level)
    var rows: [Row] = []
    for kernel in kernels {
      for (index, pair) in result.pairs.enumerated() {
        rows.append(
          Row(
            kernel: kernel, pair: index, x: study.points[pair.first], y: study.points[pair.second],
            judged: judgement.entries[rows.count]))
      }
    }
    self.study = study
    self.choice = choice
    self.ending = ending
    self.rows = rows
    self.result = result
    self.limits = limits.flatMap { $0 }
    goals = state.goals
    var warnings: [String] = []
    for warning in theories.flatMap(\.warnings) where !warnings.contains(warning) { warnings.append(warning) }
    let hasHeavyTails = rows.contains { $0.series.heavyTail != nil }
    if hasHeavyTails {
      warnings.append("Where the variance is infinite, means are not judged and no rate is fitted.")
    }
    self.warnings = warnings
    if let kernel = kernels.first, choice != .groups, !hasHeavyTails {
      let errors = result.widths.map { choice == .ntk ? $0.ntkError : $0.nngpError }
      let fit = GramErrorFit(
        statistics: errors, series: kernel.series, points: study.points.count, covariances: kernel.theory.covariances)
      gramError = fit.widths.isEmpty ? nil : fit
      globalTests = study.widths.indices.compactMap {
        GlobalTest(
          series: kernel.series, at: $0, covariance: kernel.theory.covariances[$0],
          error: kernel.theory.covarianceErrors[$0])
      }
    } else {
      gramError = nil
      globalTests = []
    }
  }

  /// The limits, one for each row.
  let limits: [Quantity]

  /// Whether something was tested and nothing disagrees: what `--check` asks.
  public var passes: Bool { judgement.verdict == .agrees }

  /// The title of tables and figures.
  var kernelName: String {
    switch choice {
    case .ntk: "NTK"
    case .nngp: "NNGP kernel"
    case .groups: "NTK by parameter group"
    }
  }

  private static func transposed(_ widths: [[SampleStatistics]]) -> [[SampleStatistics]] {
    (widths.first ?? []).indices.map { entry in widths.map { $0[entry] } }
  }

  public var document: Document { Document(tables: tables, records: records, json: json) }
}

extension ConvergenceReport.Row {
  /// What all widths together say of the limit, or of the coefficient of its power of N.
  var measuredLimit: Estimate? {
    guard let error = judged.scores.limitError, let coefficient = theory.coefficient.estimate else { return nil }
    // The scale at every width is one number times the same power of N; at the limit it is that number.
    guard let place = series.usable.first, let limit = series.prediction[place].limit else { return nil }
    let power = coefficient.value == 0 ? 1 : limit / coefficient.value
    let unit = series.prediction[place].scale / power.magnitude
    return Estimate(
      coefficient.value + error.value * unit, error: error.standardError * unit, method: .sampling)
  }

  /// An error of the limit in units of the kernel's scale as an absolute one.
  func absolute(_ relative: Double?) -> Double? {
    guard let relative, let place = series.usable.first, let coefficient = theory.coefficient.estimate else {
      return nil
    }
    let limit = series.prediction[place].limit ?? coefficient.value
    let power = coefficient.value == 0 ? 1 : limit / coefficient.value
    return relative * series.prediction[place].scale / power.magnitude
  }

  /// The power of N that the deviation follows in theory; nil under heavy tails and where the variance is zero.
  var predictedRate: Double? { theory.deviationExponent }
}
