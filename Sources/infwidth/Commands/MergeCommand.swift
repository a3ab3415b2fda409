import ArgumentParser
import FiniteWidth
import Foundation
import Tables

/// `infwidth merge`.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Joins the shards of a convergence study and judges them together.",
    discussion: """
      The files are those of 'infwidth converge --shard i/m --checkpoint FILE', in any order. The report is, to the last \
      bit, that of the whole study on one machine. Files of different studies, or the same shard twice, are refused.

      Example: infwidth converge --widths 16,64 --samples 100 --shard 1/2 --checkpoint part1.study

      Example: infwidth converge --widths 16,64 --samples 100 --shard 2/2 --checkpoint part2.study

      Example: infwidth merge part1.study part2.study --check
      """)

  @Argument(help: ArgumentHelp("Checkpoint files.", valueName: "files"))
  var files: [String]

  @Option(help: ArgumentHelp("Save the joined state in this file.", valueName: "file"))
  var checkpoint: String?

  @OptionGroup var judgement: JudgementOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    _ = try judgement.level()
    try judgement.checkPlot()
    var (passes, figure) = (true, ConvergenceReport?.none)
    try common.emit("merging") {
      let states = try files.map { (path: $0, state: try StudyFile.read($0)) }
      let merged = try StudyState.merging(states)
      if let checkpoint {
        // A file that is there is replaced only by a state that holds all of it.
        let before = try StudyState.resuming(merged.study, from: checkpoint)
        guard merged.contains(before) else {
          throw StudyFileError.mismatch(path: checkpoint, difference: "it holds networks that are not in the files")
        }
        try StudyFile.write(merged, to: checkpoint)
      }
      let study = merged.study
      let prepared = try PreparedStudy(
        study.network, points: study.points, widths: study.widths, choice: judgement.kernel,
        threads: common.threadCount)
      let (done, total) = (merged.counts.reduce(0, +), merged.goals.reduce(0, +))
      let report = try prepared.report(
        merged, options: judgement,
        ending: merged.isComplete ? .complete : .stopped(reason: "\(done) of \(total) networks are in the files"))
      passes = report.passes
      figure = report
      return report.document
    }
    if let figure { try judgement.draw(figure) }
    if judgement.check, !passes { throw Failure.check }
  }
}
