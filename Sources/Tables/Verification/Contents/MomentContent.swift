import LimitKernels
import Moments

/// The moments of laws up to an order.
public struct MomentContent: TableContent {
  public static let kind = "moments"
  public static let keys = ["laws", "order"]

  let laws: [String]
  let order: Int

  public init(_ reader: DefinitionReader) throws(TableError) {
    order = try reader.integer("order", in: 0...TableDefinition.maximumOrder)
    laws = try reader.list("laws", expected: "a list of laws")
  }

  public func values(of file: String, in folder: String, coverage: Coverage, options: KernelOptions) throws -> Table {
    MomentReport(laws: try laws.map { try LawRegistry.law(parsing: $0) }, order: order).records
  }
}
