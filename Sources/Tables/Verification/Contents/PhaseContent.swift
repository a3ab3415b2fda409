import Activations
import LimitKernels
import Moments

/// The phase constants of activations at pairs of variances σ_w², σ_b².
public struct PhaseContent: TableContent {
  public static let kind = "phase"
  public static let keys = ["activations", "variances"]

  let activations: [any Activation]
  let variances: [(weights: ExactNumber, bias: ExactNumber)]

  public init(_ reader: DefinitionReader) throws(TableError) {
    activations = try reader.activations("activations")
    variances = try reader.points("variances").map { pair throws(TableError) in
      guard pair.count == 2 else {
        throw reader.problem("variances", "a pair is expected", "Write [sigma_w^2, sigma_b^2].")
      }
      return (pair[0], pair[1])
    }
  }

  public func values(of file: String, in folder: String, coverage: Coverage, options: KernelOptions) throws -> Table {
    let cases = activations.flatMap { activation in variances.map { (activation, $0) } }
    let reports = try parallelMap(count: cases.count, threads: options.threads) { index in
      let (activation, variance) = cases[index]
      return PhaseReport(
        try PhaseAnalysis(of: activation, weightVariance: variance.weights, biasVariance: variance.bias)
      ).records
    }
    var table = Table(columns: reports.first?.columns ?? [])
    for report in reports {
      // Of several critical points the later ones are numbered.
      var seen: [String: Int] = [:]
      for var row in report.rows {
        if let column = table.columns.firstIndex(where: { $0.key == "quantity" }), case .text(let name) = row[column] {
          seen[name, default: 0] += 1
          if let count = seen[name], count > 1 { row[column] = .text("\(name) \(count)") }
        }
        table.append(row)
      }
    }
    return table.withRoundedBounds
  }
}
