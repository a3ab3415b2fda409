import LimitKernels
import Moments
import Testing

@testable import Tables

@Suite struct VerificationTests {
  private static let table: Table = {
    var table = Table(columns: [Column("law"), Column("order", kind: .number), Column("value", kind: .quantity)])
    table.append([.text("a"), .integer(0), .quantity(.exact(1))])
    table.append([.text("a"), .integer(1), .quantity(.finite(Estimate(0.3, error: 1e-9, method: .quadrature)))])
    table.append([.text("a"), .integer(2), .quantity(.infinite(positive: true, reason: "tail"))])
    return table
  }()

  /// The differences after replacing `old` with `new` in the table's CSV.
  private func differences(_ old: String, _ new: String) throws -> [Difference] {
    let text = CSVWriter.text(Self.table)
    #expect(text.contains(old))
    let records = try CSVReader.records(text.replacing(old, with: new), file: "values.csv")
    return TableVerification(folder: "t", file: "values.csv", committed: records, to: Self.table).differences
  }

  @Test func anUndamagedTableAgrees() throws {
    let records = try CSVReader.records(CSVWriter.text(Self.table), file: "values.csv")
    let verification = TableVerification(folder: "t", file: "values.csv", committed: records, to: Self.table)
    #expect(verification.differences.isEmpty)
    #expect(verification.cells == 3)
  }

  @Test(arguments: [
    // what is damaged, how, and the line and column that must be named
    ("a,0,1,0,exact,1", "a,0,1.0000000000000002,0,exact,1", 2, "value"),
    ("a,0,1,0,exact,1", "a,0,1,1e-9,exact,1", 2, "error"),
    ("a,0,1,0,exact,1", "a,0,1,0,exact,2/2", 2, "exact"),
    ("a,0,1,0,exact,1", "a,0,1,0,series,1", 2, "method"),
    ("a,0,1,0,exact,1", "a,0,x,0,exact,1", 2, "value"),
    ("0.3,1e-09", "0.30000001,1e-09", 3, "value"),
    ("0.3,1e-09", "0.3,1e-03", 3, "error"),
    ("0.3,1e-09", "0.3,-1", 3, "error"),
    ("0.3,1e-09", "nan,1e-09", 3, "value"),
    ("inf,,infinite", "0,0,exact", 4, "value"),
    ("a,1,0.3", "b,1,0.3", 3, "law"),
    ("value,error", "value,err", 1, "header"),
    ("a,2,inf,,infinite,\n", "a,2,inf\n", 4, "row"),
    ("a,2,inf,,infinite,\n", "a,2,inf,,infinite,\na,2,inf,,infinite,\n", 5, "row"),
    ("a,2,inf,,infinite,\n", "a,2,inf,,infinite,\nc,9,1,0,exact,1\n", 5, "row"),
  ])
  func aDamagedCellIsNamed(old: String, new: String, line: Int, column: String) throws {
    let first = try #require(try differences(old, new).first)
    #expect(first.line == line)
    #expect(first.column == column)
  }

  @Test func aMissingRowIsNamed() throws {
    let first = try #require(try differences("a,1,0.3,1e-09,quadrature,\n", "").first)
    #expect(first.line == nil)
    #expect(first.recomputed == "a, 1")
  }

  @Test func aValueWithinTheBoundsAgrees() throws {
    #expect(try differences("0.3,1e-09", "0.3000000015,1e-09").isEmpty)
    #expect(try differences("0.3,1e-09", "0.3,3e-09").isEmpty)
  }
}
