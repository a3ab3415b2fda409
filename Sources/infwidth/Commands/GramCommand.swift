import ArgumentParser
import Foundation
import Gram
import KernelFiles
import Networks
import Tables

/// `infwidth gram`.
struct GramCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gram", abstract: "The kernel matrix of many inputs, written to an .npy file.",
    discussion: """
      The matrix K(x_i, x_j) of all pairs of the rows of --data, symmetric; with --data-other K(x_i, x'_j), one row for \
      each row of --data. With --kernel both the array has the shape (2, n, n'), the NNGP kernel first. --data is an \
      .npy array of rows (f4 or f8, any byte order, C or Fortran order), CSV without header, or JSON.

      The matrix is written tile by tile and may be larger than memory. Until it is finished it is FILE.partial, with \
      FILE.journal beside it; a killed run goes on with --resume and ends in the same bytes. With --shard i/m each of m \
      processes computes its share into the same file, whoever starts them and when; --shard auto takes i and m from \
      Open MPI, PMI, PMIx, a Slurm step or a Slurm array.

      Example: infwidth gram --network examples/relu-uniform.yaml --data examples/inputs.csv --kernel ntk --output K.npy

      Under a launcher: mpirun -np 4 infwidth gram --network net.yaml --data X.npy --kernel ntk --output K.npy --shard auto
      """)

  /// One kernel, or both.
  enum Kernels: String, ExpressibleByArgument, CaseIterable {
    case nngp, ntk, both
  }

  /// The elements of the output.
  enum ElementType: String, ExpressibleByArgument, CaseIterable {
    case f8, f4
  }

  @Option(
    help: ArgumentHelp(
      "The network: a YAML or JSON file, or a preset, as in 'preset:relu-3(dimension=784)'.", valueName: "file"))
  var network: String

  @Option(help: ArgumentHelp("The inputs, one a row: .npy, CSV without header, or JSON.", valueName: "file"))
  var data: String

  @Option(
    help: ArgumentHelp("Other inputs, for the columns: training inputs, if --data are test inputs.", valueName: "file"))
  var dataOther: String?

  @Option(help: "Which kernel: nngp, ntk or both.")
  var kernel: Kernels

  @Option(help: "The elements of the output: f8, or f4 to save space.")
  var dtype: ElementType = .f8

  @Option(help: ArgumentHelp("The memory to use at most: 500MB, 2GiB.", valueName: "bytes"))
  var memory: String = "2GiB"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The rows and columns of a tile (default: 1024, less where memory is short).", valueName: "n"))
  var tile: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Compute the i-th of m disjoint shares, i from 0 to m - 1 or from 1 to m; or auto, under a launcher.",
      valueName: "i/m"))
  var shard: String?

  @Flag(help: "Go on with a matrix that a killed run has begun.")
  var resume = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    guard let path = common.output else { throw Failure.usage("there is no output. Give --output K.npy.") }
    guard let memory = ByteCount(parsing: memory) else {
      throw Failure.usage("--memory \(self.memory.prefix(40)): write a number of bytes, as in 500MB or 2GiB.")
    }
    if let tile, !(16...65_536).contains(tile) {
      throw Failure.usage("--tile \(tile): a tile has at least 16 rows and at most 65536.")
    }
    let shard = try readShard()
    let network = try Network(named: network)
    let rows = try RowFile(contentsOf: data, dimension: network.inputDimension)
    let columns = try dataOther.map { try RowFile(contentsOf: $0, dimension: network.inputDimension) }
    let file = KernelFile(
      network, rows: rows, columns: columns,
      kinds: kernel == .nngp ? [.nngp] : kernel == .ntk ? [.ntk] : [.nngp, .ntk],
      path: path,
      settings: KernelFile.Settings(
        elementType: dtype == .f8 ? .float64 : .float32, memory: memory.bytes, tileSize: tile,
        threads: common.threadCount, program: Program.version))
    // A limit on the size of files (ulimit -f) is to be an error, not the end of the process.
    signal(SIGXFSZ, SIG_IGN)
    let status = ProgressStatus()
    let start = ContinuousClock.now
    let summary = try Progress.show("computing the kernel matrix", status: status) {
      try file.run(shard: shard, resume: resume) { status.report(done: $0, total: $1) }
    }
    let report = GramReport(
      network: network, path: path, kernel: kernel.rawValue, elementType: dtype.rawValue, shape: summary.shape,
      tileSize: summary.tileSize, tiles: summary.tiles,
      shard: shard.map { self.shard == "auto" ? "\($0)" : self.shard ?? "" },
      shardTiles: summary.shardTiles, foundTiles: summary.foundTiles, isComplete: summary.isComplete,
      seconds: ((ContinuousClock.now - start) / .milliseconds(1)).rounded() / 1000, peakBytes: Self.peakBytes)
    try Output(path: nil).write(report.document.text(as: common.format))
  }

  private func readShard() throws -> Shard? {
    guard let shard else { return nil }
    do throws(KernelFileError) {
      return shard == "auto"
        ? try Shard(launcherEnvironment: ProcessInfo.processInfo.environment) : try Shard(parsing: shard)
    } catch {
      throw Failure.usage("--shard \(error)")
    }
  }

  /// The largest memory that this process has taken.
  ///
  /// Linux counts in `ru_maxrss` what the process that started this one had in memory; `VmHWM` begins with the program.
  private static var peakBytes: Int {
    var usage = rusage()
    #if os(Linux)
      let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
      if let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
      {
        return kibibytes * 1024
      }
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return Int(usage.ru_maxrss) * 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss)
    #endif
  }
}
