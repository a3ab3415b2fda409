import ArgumentParser
import FiniteWidth
import Foundation
import LimitKernels
import Moments
import Networks
import Plots
import Tables

extension KernelChoice: ExpressibleByArgument {}

/// The options of a judgement, which `converge` and `merge` share.
struct JudgementOptions: ParsableArguments {
  @Option(help: ArgumentHelp("What to compare: ntk, nngp, or groups for the NTK's parts.", valueName: "kernel"))
  var kernel: KernelChoice = .ntk

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The probability that correct networks are called wrong, for all tests together (default: 1e-4).",
      valueName: "p"))
  var falseAlarm: String?

  @Flag(help: "Leave with status 1 unless something could be tested and nothing disagrees.")
  var check = false

  @Option(help: ArgumentHelp("Draw deviations and their law into this .svg, .png or .pdf.", valueName: "file"))
  var plot: String?

  /// The family-wise false-alarm rate.
  func level() throws -> Double {
    guard let falseAlarm else { return StudyJudgement.standardLevel }
    let value = try number(falseAlarm, option: "false-alarm").doubleValue
    guard value > 0, value < 0.5 else {
      throw Failure.usage("--false-alarm \(falseAlarm): write a probability between 0 and 0.5, as in 1e-4.")
    }
    return value
  }

  /// Looks whether the picture can be drawn, before anything is computed.
  func checkPlot() throws {
    guard let plot else { return }
    do { _ = try PlotFormat(path: plot) } catch { throw Failure.usage("--plot: \(error)") }
    _ = try Output(path: plot)
  }
}

extension JudgementOptions {
  /// Draws the picture, where one is asked for.
  func draw(_ report: ConvergenceReport) throws {
    guard let plot else { return }
    do { try Gnuplot.draw(report.figure, to: plot) } catch { throw Failure.output("\(error)") }
  }
}

/// A study with its limits and its theory.
struct PreparedStudy {
  let kernels: KernelTable
  let theories: [KernelTheory]
  /// Each kernel's limits at each pair.
  let limits: [[Quantity]]

  init(_ network: Network, points: [[ExactNumber]], widths: [Int], choice: KernelChoice, threads: Int) throws {
    let kernels = try limitingKernels(of: network, at: points, options: KernelOptions(threads: threads))
    self.kernels = kernels
    theories = try KernelTheory.theories(
      kernels, points: points, choice: choice, widths: widths, threads: threads)
    switch choice {
    case .ntk: limits = [kernels.entries.map(\.ntk)]
    case .nngp: limits = [kernels.entries.map(\.nngp)]
    case .groups:
      limits = network.trainedGroups.indices.map { group in kernels.entries.map { $0.groups[group].law.limit } }
    }
  }

  /// The limits at each width, for the norms of the errors; nil where an entry has none.
  static func references(_ kernels: KernelTable, widths: [Int]) -> [GramReference] {
    func limits(_ choice: KernelChoice) -> [[Double]?] {
      let theory = KernelTheory.limits(kernels, choice: choice, widths: widths)[0]
      return widths.indices.map { width in
        let values = theory.entries.compactMap { $0.limits[width] }
        return values.count == theory.entries.count && values.allSatisfy(\.isFinite) ? values : nil
      }
    }
    return zip(limits(.ntk), limits(.nngp)).map { GramReference(ntk: $0, nngp: $1) }
  }

  /// The report on what a study has so far.
  func report(
    _ state: StudyState, options: JudgementOptions, ending: ConvergenceReport.Ending
  ) throws -> ConvergenceReport {
    ConvergenceReport(
      state, choice: options.kernel, theories: theories, limits: limits, level: try options.level(), ending: ending)
  }
}
