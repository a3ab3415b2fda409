import Foundation
import LimitKernels
import Moments
import Networks

/// The limiting kernels of networks (files beside the definition) at all pairs of points, with the NTK's parts.
public struct KernelContent: TableContent {
  public static let kind = "kernels"
  public static let keys = ["networks", "points"]

  let networks: [String]
  let points: [[ExactNumber]]

  public init(_ reader: DefinitionReader) throws(TableError) {
    networks = try reader.list("networks", expected: "a list of network files beside this one")
    points = try reader.points("points")
  }

  public func values(of file: String, in folder: String, coverage: Coverage, options: KernelOptions) throws -> Table {
    var result: Table?
    for name in networks {
      let network = try Network(contentsOf: "\(folder)/\(name)")
      let label = (name as NSString).deletingPathExtension
      let records = KernelReport(try limitingKernels(of: network, at: points, options: options)).records
      var table = result ?? Table(columns: [Column("network")] + records.columns)
      for row in records.rows { table.append([.text(label)] + row) }
      result = table
    }
    return result ?? Table(columns: [])
  }
}
