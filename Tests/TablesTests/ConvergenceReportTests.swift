import FiniteWidth
import Foundation
import LimitKernels
import LinearAlgebra
import Moments
import Networks
import Plots
import Testing

@testable import Tables

/// Theory beside samples, and what the report makes of both.
@Suite struct ConvergenceReportTests {
  private func report(
    _ network: Network, _ points: [[ExactNumber]], widths: [Int], samples: Int, choice: KernelChoice = .ntk
  ) throws -> ConvergenceReport {
    let kernels = try limitingKernels(of: network, at: points)
    let theories = try KernelTheory.theories(kernels, points: points, choice: choice, widths: widths, threads: 1)
    let limits = KernelTheory.limits(kernels, choice: .ntk, widths: widths)
    let references = widths.indices.map { width in GramReference(ntk: limits[0].entries.compactMap { $0.limits[width] })
    }
    let study = try WidthStudy(
      network: network, points: points, widths: widths, plan: .samples(samples), seed: 1, references: references)
    var state = StudyState(study)
    try state.advance()
    return ConvergenceReport(
      state, choice: choice, theories: theories,
      limits: theories.map { theory in theory.entries.map(\.coefficient) })
  }

  private func deep(_ parameterization: String = "ntk") throws -> Network {
    let layer = "  - {weights: \"normal(0, sqrt(2))\", bias: none"
    return try Network(
      yaml: """
        input-dimension: 2
        parameterization: \(parameterization)
        layers:
        \(layer), activation: relu}
        \(layer), activation: relu}
        \(layer)}
        """)
  }

  /// T1: the exact theory of one hidden layer, as the study sees it.
  @Test func exactTheory() throws {
    let network = try Network.headline
    let points: [[ExactNumber]] = [[1], [-1]]
    let kernels = try limitingKernels(of: network, at: points)
    let theory = try KernelTheory.theories(kernels, points: points, choice: .ntk, widths: [8, 32], threads: 1)[0]
    #expect(theory.order == .exact)
    #expect(theory.warnings.isEmpty)
    let entry = theory.entries[0]
    #expect(entry.means.compactMap { $0?.value } == [1073.0 / 720, 1073.0 / 720])
    for (index, n) in [8.0, 32].enumerated() {
      let variance = try #require(entry.variances[index]?.estimate?.value)
      #expect((variance * n - 1295843.0 / 226800).magnitude < 1e-14)
      let fourth = try #require(entry.fourthCumulants[index]?.estimate?.value)
      #expect((fourth * n * n * n - 326.765943254991).magnitude < 1e-9)
      let covariance = try #require(theory.covariances[index])
      #expect((covariance[0, 2] * n - 23887.0 / 45360).magnitude < 1e-12)
      #expect((covariance[0, 1] * n - 7601.0 / 32400).magnitude < 1e-12)
      #expect(covariance[2, 0] == covariance[0, 2])
    }
    let statistics = (0..<3).map { _ in [SampleStatistics(), SampleStatistics()] }
    let studied = StudiedKernel(theory, statistics: statistics, widths: [8, 32], points: 2)
    #expect(studied.series.allSatisfy { $0.biasIsZero && $0.prediction.allSatisfy { $0.meanTerms.isEmpty } })
  }

  /// T5: what the expansion leaves out enters by its size: ε = 17.22745/(1.635² N), the largest relative variance.
  @Test func sizesOfWhatIsLeftOut() throws {
    let points: [[ExactNumber]] = [[1, ExactNumber(3, 10)], [ExactNumber(-2, 5), ExactNumber(9, 10)]]
    let kernels = try limitingKernels(of: try deep(), at: points)
    let theory = try KernelTheory.theories(kernels, points: points, choice: .ntk, widths: [64], threads: 1)[0]
    #expect(theory.order == .leading)
    let statistics = (0..<3).map { _ in [SampleStatistics()] }
    let series = StudiedKernel(theory, statistics: statistics, widths: [64], points: 2).series
    let off = series[1].prediction[0]
    #expect((off.scale - (1.635 * 1.455).squareRoot()).magnitude < 1e-9)
    let relative = off.varianceTerm * 64
    // The diagonal's variance is exact and a little above its leading term.
    #expect((relative - 17.22745 / (1.635 * 1.635)).magnitude < 0.5)
    #expect(off.meanTerms.count == 1)
    let correction = 0.098412062644 / 64
    #expect((off.meanTerms[0] / (off.varianceTerm * correction) - 1).magnitude < 1e-6)
    #expect(off.leastKurtosis > 16 * off.varianceTerm)
    #expect(series[0].biasIsZero && !series[1].biasIsZero)
  }

  @Test func figureHoldsWhatIsMeasured() throws {
    let figure = try report(try Network.headline, [[1], [-1]], widths: [8, 16, 32], samples: 150).figure
    #expect(figure.panels.count == 4)
    let deviations = figure.panels[0]
    #expect(deviations.x.marks == [8, 16, 32])
    #expect(deviations.series.filter { $0.style == .errorBars }.count == 3)
    let line = try #require(deviations.series.first { $0.style == .line })
    #expect((line.y[0] - (1295843.0 / 226800 / 8).squareRoot()).magnitude < 1e-12)
    // The floor is one standard error, and no line claims a bias that theory does not have.
    let biases = figure.panels[1]
    #expect(biases.title.contains("no bias"))
    #expect(biases.series.contains { $0.style == .dotted && $0.label.contains("sampling floor") })
    #expect(!biases.series.contains { $0.style == .line })
    // Densities: their integral is 1, but for what is outside the panel.
    let boxes = try #require(figure.panels[2].series.first { $0.style == .boxes })
    let mass = boxes.y.reduce(0, +) * (boxes.x[1] - boxes.x[0])
    #expect(mass > 0.98 && mass < 1 + 1e-12)
  }

  @Test func figureOfADeepStudyShowsTheBias() throws {
    let points: [[ExactNumber]] = [[1, ExactNumber(3, 10)], [ExactNumber(-2, 5), ExactNumber(9, 10)]]
    let report = try report(try deep(), points, widths: [4, 8], samples: 110)
    let line = try #require(report.figure.panels[1].series.first { $0.style == .line })
    #expect((line.y[0] - 0.098412062644 / 4).magnitude < 1e-9)
    #expect(report.document.text(as: .table).contains("Depth over width"))
  }

  /// Where the finite-width theory does not go, the limit alone is compared, and the report says so.
  @Test func limitOnly() throws {
    let points: [[ExactNumber]] = [[1, 0]]
    let kernels = try limitingKernels(of: try deep(), at: points)
    let theories = KernelTheory.limits(kernels, choice: .ntk, widths: [4, 8])
    #expect(theories[0].order == .limit)
    let study = try WidthStudy(network: try deep(), points: points, widths: [4, 8], samples: 60, seed: 1)
    var state = StudyState(study)
    try state.advance()
    let report = ConvergenceReport(
      state, choice: .ntk, theories: theories, limits: [kernels.entries.map(\.ntk)])
    #expect(report.judgement.verdict == .agrees)
    let json = report.document.text(as: .json)
    #expect(json.contains("\"predictedMean\": null"))
    #expect(json.contains("\"theory\": \"limit\""))
    #expect(report.gramError != nil || study.references.isEmpty)
  }

  @Test func everyGroupIsStudied() throws {
    let report = try report(
      try deep("standard"), [[1, 0], [0, 1]], widths: [4, 8], samples: 60, choice: .groups)
    #expect(report.rows.count == 9)
    #expect(report.rows.map { $0.kernel.theory.parameter }.prefix(3).allSatisfy { $0 == "layer 1 weights" })
    #expect(report.rows[3].theory.exponent == 1 && report.rows[0].theory.exponent == 0)
    #expect(report.gramError == nil)
    let text = report.document.text(as: .table)
    #expect(text.contains("layer 2 weights"))
  }
}
