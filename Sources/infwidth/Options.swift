import ArgumentParser
import Foundation
import LimitKernels
import Moments
import Networks
import Tables

extension OutputFormat: ExpressibleByArgument {}

/// The options that every command takes.
struct CommonOptions: ParsableArguments {
  @Option(help: "How to print: table, json, csv, markdown or latex.")
  var format: OutputFormat = .table

  @Option(help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file"))
  var output: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Processor threads to use (default: all). Never changes a result.", valueName: "n"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...4096).contains(threads) {
      throw ValidationError("--threads \(threads): there must be at least 1 thread and at most 4096.")
    }
  }

  /// The number of threads to use.
  var threadCount: Int { threads ?? max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// Checks the output, computes (with progress on a terminal), and writes.
  @discardableResult
  func emit(
    _ activity: String, status: ProgressStatus? = nil, _ compute: () throws -> Document
  ) throws -> Document {
    let output = try Output(path: self.output)
    let document = try Progress.show(activity, status: status, while: compute)
    try output.write(document.text(as: format))
    return document
  }
}

/// The options that name a network and points.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The network: a YAML or JSON file, or preset:NAME (see 'infwidth presets').", valueName: "file"))
  var network: String?

  @Option(
    name: .customLong("at"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A point, its coordinates separated by commas: --at 1,0 --at -1,1/2. Repeat for more.", valueName: "point"))
  var at: [String] = []

  @Option(
    help: ArgumentHelp(
      "A file of points: JSON (a list of lists of numbers or strings), CSV without header, or .npy.", valueName: "file")
  )
  var points: String?

  /// The network of the file or preset, or the project's example.
  ///
  /// A preset without a dimension takes that of the first point of the command line.
  func readNetwork() throws -> Network {
    guard let network else { return try Network.headline }
    let dimension = at.first.map { $0.split(separator: ",", omittingEmptySubsequences: false).count } ?? 1
    return try Network(named: network, dimension: dimension)
  }

  /// The points of `--at`, then those of `--points`; for the project's example 1 and -1 where neither is given.
  func readPoints(of network: Network) throws -> [[ExactNumber]] {
    var result = try at.map { text in
      do { return try Points.point(parsing: text, dimension: network.inputDimension) } catch {
        throw Failure.usage("--at '\(text.prefix(40))': \(error)")
      }
    }
    if let points { result += try Points.list(contentsOf: points, dimension: network.inputDimension) }
    if result.isEmpty {
      guard self.network == nil else {
        let example = Array(repeating: "1", count: min(network.inputDimension, 3)).joined(separator: ",")
        throw Failure.usage("there are no points. Give --at \(example) (repeat for more), or --points FILE.")
      }
      result = [[1], [-1]]
    }
    return result
  }
}

/// Numbers of the command line, read exactly.
func number(_ text: String, option: String) throws -> ExactNumber {
  do { return try ExactNumber(parsing: text) } catch {
    throw Failure.usage("--\(option): \(error)")
  }
}
