import CInfwidth
import Failures
import Foundation
import Gram
import KernelFiles
import Networks
import Tables

/// Rows of numbers as inputs of a network: as many as there should be, at least one, each of the network's dimension.
func rows(
  _ pointer: UnsafePointer<Double>?, count: Int, dimension: Int, of network: Network, _ name: String
) throws -> RowFile {
  let elements = try elements(pointer, count: count, dimension: dimension, name)
  guard count > 0 else { throw PointsError.inFile(path: name, .empty) }
  guard dimension == network.inputDimension else {
    throw PointsError.inFile(
      path: name, .dimension(line: nil, point: 0, found: dimension, expected: network.inputDimension))
  }
  let file = RowFile(name: name, count: count, dimension: dimension, elements: Array(elements))
  // Rows that are not finite are found before anything is computed.
  _ = try file.rows(0..<count)
  return file
}

@c @implementation
public func infwidth_gram(
  _ network: OpaquePointer!, _ x: UnsafePointer<Double>!, _ rowCount: Int, _ y: UnsafePointer<Double>!,
  _ columnCount: Int, _ dimension: Int, _ threads: Int32, _ nngp: UnsafeMutablePointer<Double>!,
  _ ntk: UnsafeMutablePointer<Double>!, _ errorBounds: UnsafeMutablePointer<Double>!, _ progress: infwidth_progress!,
  _ context: UnsafeMutableRawPointer!, _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) -> Int32 {
  status(message) {
    let network = try CInterface.network(network)
    let threads = try Threads.count(threads)
    let rows = try rows(x, count: rowCount, dimension: dimension, of: network, "x")
    if y == nil, columnCount != 0, columnCount != rowCount {
      throw Failure.usage(
        "y is NULL, which means x, but columns is \(UInt(bitPattern: columnCount)). Give 0 columns, or y.")
    }
    let columns = try y.map { try CInterface.rows($0, count: columnCount, dimension: dimension, of: network, "y") }
    guard nngp != nil || ntk != nil else {
      throw Failure.usage("nngp and ntk are both NULL. Give room for one of the kernels at least.")
    }
    let (_, overflows) = rows.count.multipliedReportingOverflow(by: 8 * (columns ?? rows).count)
    guard !overflows else { throw Failure.usage("the matrix exceeds the address space. Use infwidth_gram_file.") }
    let matrix = KernelMatrix(network, rows: rows, columns: columns, threads: threads)
    let block = KernelBlock(nngp: nngp, ntk: ntk, rowStride: (columns ?? rows).count)
    var reached = (done: 0, total: 0)
    let bounds = try matrix.fill(block) { done, total in
      reached = (done, total)
      return progress.map { $0(done, total, context) == 0 } ?? true
    }
    guard let bounds else {
      throw Failure.stopped("the computation was stopped after \(reached.done) of \(reached.total) entries.")
    }
    errorBounds?[0] = nngp == nil ? .nan : bounds.nngp
    errorBounds?[1] = ntk == nil ? .nan : bounds.ntk
  }
}

@c @implementation
public func infwidth_gram_diagonal(
  _ network: OpaquePointer!, _ x: UnsafePointer<Double>!, _ rowCount: Int, _ dimension: Int, _ threads: Int32,
  _ nngp: UnsafeMutablePointer<Double>!, _ ntk: UnsafeMutablePointer<Double>!,
  _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) -> Int32 {
  status(message) {
    let network = try CInterface.network(network)
    let threads = try Threads.count(threads)
    let rows = try rows(x, count: rowCount, dimension: dimension, of: network, "x")
    let wanted = [nngp == nil ? nil : KernelKind.nngp, ntk == nil ? nil : .ntk].compactMap { $0 }
    guard !wanted.isEmpty else {
      throw Failure.usage("nngp and ntk are both NULL. Give room for one of the kernels at least.")
    }
    let diagonal = try KernelMatrix(network, rows: rows, threads: threads).diagonal(wanted)
    nngp?.update(from: diagonal.nngp, count: rowCount)
    ntk?.update(from: diagonal.ntk, count: rowCount)
  }
}

@c @implementation
public func infwidth_gram_file(
  _ network: OpaquePointer!, _ data: UnsafePointer<CChar>!, _ other: UnsafePointer<CChar>!,
  _ kernel: UnsafePointer<CChar>!, _ output: UnsafePointer<CChar>!, _ threads: Int32,
  _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) -> Int32 {
  status(message) {
    let network = try CInterface.network(network)
    let threads = try Threads.count(threads)
    let kinds = try word(
      try required(kernel, "kernel"), "kernel",
      ["nngp": Set([KernelKind.nngp]), "ntk": [.ntk], "both": [.nngp, .ntk]],
      standard: [])
    let path = try text(output, "output")
    guard !path.isEmpty else { throw Failure.output("output: the file has no name.") }
    let dimension = network.inputDimension
    let rows = try RowFile(contentsOf: try text(data, "data"), dimension: dimension)
    let columns = try other.map { try RowFile(contentsOf: try text($0, "other"), dimension: dimension) }
    let settings = KernelFile.Settings(threads: threads, program: Program.version)
    _ = try KernelFile(network, rows: rows, columns: columns, kinds: kinds, path: path, settings: settings).run()
  }
}
