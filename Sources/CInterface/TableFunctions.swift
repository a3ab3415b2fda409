import CInfwidth
import Failures
import Foundation
import LimitKernels
import Moments
import Networks
import Tables

@c @implementation
public func infwidth_table(
  _ network: OpaquePointer!, _ points: UnsafePointer<Double>!, _ count: Int, _ dimension: Int,
  _ relativeTolerance: Double, _ threads: Int32, _ nngp: UnsafeMutablePointer<infwidth_number>!,
  _ ntk: UnsafeMutablePointer<infwidth_number>!, _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) -> Int32 {
  status(message) {
    let network = try CInterface.network(network)
    let rows = try rows(points, count: count, dimension: dimension, of: network, "points")
    let list = try (0..<rows.count).map { row in
      try rows.rows(row..<(row + 1)).map { try exactly($0, "a coordinate") }
    }
    let options = KernelOptions(
      relativeTolerance: try tolerance(relativeTolerance), threads: try Threads.count(threads))
    let kernels = try limitingKernels(of: network, at: list, options: options)
    for (index, entry) in kernels.entries.enumerated() {
      nngp?[index] = infwidth_number(entry.nngp)
      ntk?[index] = infwidth_number(entry.ntk)
    }
  }
}

@c @implementation
public func infwidth_table_json(
  _ network: OpaquePointer!, _ points: UnsafePointer<CChar>!, _ relativeTolerance: Double, _ threads: Int32,
  _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!,
  _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) -> Int32 {
  status(message) {
    let result = try required(json, "the pointer for the text")
    let network = try CInterface.network(network)
    let list = try CInterface.points(points, of: network)
    let options = KernelOptions(
      relativeTolerance: try tolerance(relativeTolerance), threads: try Threads.count(threads))
    let kernels = try limitingKernels(of: network, at: list, options: options)
    try handOut(KernelReport(kernels).document.text(as: .json), to: result)
  }
}

/// The points of a JSON text, read exactly.
func points(_ pointer: UnsafePointer<CChar>?, of network: Network) throws -> [[ExactNumber]] {
  let text = try text(pointer, "points")
  do throws(PointsError) {
    return try Points.list(json: Data(text.utf8), dimension: network.inputDimension)
  } catch {
    throw PointsError.inFile(path: "points", error)
  }
}
