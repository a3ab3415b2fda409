import LimitKernels
import Moments

/// One place where a committed table differs from its recomputation.
public struct Difference: Sendable, Equatable {
  public var file: String
  /// The line of the file, from 1; nil where a row is missing.
  public var line: Int?
  public var column: String
  public var committed: String
  public var recomputed: String
  /// Why the two do not agree.
  public var reason: String
}

/// The comparison of one committed table with its recomputation.
///
/// Rows are matched by their cells that are not computed (network, points, quantity; law, order). In each, an exact
/// form agrees if it is the same text, an exact value if it is the same double, another value if it is within the sum
/// of the two bounds, a method if it is the same word, and an error bound if it is of the same order of magnitude.
public struct TableVerification: Sendable {
  public let folder: String
  /// The values of the table.
  public private(set) var cells = 0
  /// Those that were computed afresh and compared.
  public private(set) var recomputed = 0
  public private(set) var differences: [Difference] = []
  private var file = ""

  /// Recomputes a table and compares.
  public init(_ table: CommittedTable, coverage: Coverage = .all, options: KernelOptions) throws {
    folder = table.folder
    for name in table.files {
      let recomputed = try table.recomputed(name, coverage: coverage, options: options)
      file = table.path(of: name)
      let committed: [CSVRecord]
      do { committed = try table.committedRecords(name) } catch {
        // A file of values that is missing or unreadable is a difference, not an obstacle to the other tables.
        report(nil, "file", "", "\(recomputed.rows.count) rows", "\(error)")
        continue
      }
      compare(committed, with: recomputed)
    }
  }

  /// Compares the index of a folder of tables with what their files say.
  ///
  /// - Parameters:
  ///   - path: The file of the index.
  ///   - tables: The tables that it speaks of.
  public init(index path: String, of tables: [CommittedTable]) {
    folder = path
    file = path
    let (committed, expected): (String, String)
    do {
      committed = try TableDefinition.text(of: path, limit: 10_000_000)
      expected = try TableIndex(tables).text
    } catch {
      report(nil, "file", "", "", "\(error)")
      return
    }
    let lines = [committed, expected].map { $0.split(separator: "\n", omittingEmptySubsequences: false) }
    for number in 0..<max(lines[0].count, lines[1].count) {
      let (found, wanted) = (
        number < lines[0].count ? lines[0][number] : "", number < lines[1].count ? lines[1][number] : ""
      )
      guard found != wanted else { continue }
      report(number + 1, "line", String(found), String(wanted), "the index does not say what the files hold")
    }
  }

  /// Compares the records of a file with a table.
  init(folder: String, file: String, committed: [CSVRecord], to table: Table) {
    self.folder = folder
    self.file = file
    compare(committed, with: table)
  }

  private mutating func report(_ line: Int?, _ column: String, _ committed: String, _ recomputed: String, _ why: String)
  {
    differences.append(
      Difference(file: file, line: line, column: column, committed: committed, recomputed: recomputed, reason: why))
  }

  private mutating func compare(_ committed: [CSVRecord], with table: Table) {
    let header = CSVWriter.header(of: table)
    guard let first = committed.first, first.fields == header else {
      let found = committed.first?.fields.joined(separator: ",") ?? ""
      report(1, "header", found, header.joined(separator: ","), "the columns are not those of the table")
      return
    }
    let keyColumns = table.columns.indices.filter {
      table.columns[$0].kind == .text || table.columns[$0].kind == .number
    }
    // Where the fields of each column begin.
    var starts: [Int] = []
    var next = 0
    for column in table.columns {
      starts.append(next)
      next += column.kind == .quantity || column.kind == .value ? 4 : column.kind == .sampled ? 2 : 1
    }
    var rows: [[String]: CSVRecord] = [:]
    var unmatched: [CSVRecord] = []
    for record in committed.dropFirst() {
      guard record.fields.count == header.count else {
        report(
          record.line, "row", "\(record.fields.count) fields", "\(header.count) fields",
          "a field is missing or too many")
        continue
      }
      let key = keyColumns.map { record.fields[starts[$0]] }
      if rows[key] == nil {
        rows[key] = record
      } else {
        report(record.line, "row", key.joined(separator: ", "), "", "the row occurs twice")
      }
    }
    var missing: [[Cell]] = []
    for row in table.rows {
      let key = keyColumns.map { RenderedTable.plain(row[$0]) }
      if let record = rows.removeValue(forKey: key) {
        compare(record, row, table, starts, header)
      } else {
        missing.append(row)
      }
    }
    unmatched = rows.values.sorted { $0.line < $1.line }
    // A row whose key was damaged stands opposite the one that is missing.
    for (record, row) in zip(unmatched, missing) {
      for column in keyColumns {
        let (found, expected) = (record.fields[starts[column]], RenderedTable.plain(row[column]))
        if found != expected { report(record.line, header[starts[column]], found, expected, "it is another word") }
      }
      compare(record, row, table, starts, header)
    }
    for record in unmatched.dropFirst(missing.count) {
      let key = keyColumns.map { record.fields[starts[$0]] }.joined(separator: ", ")
      report(record.line, "row", key, "", "the table has no such row")
    }
    for row in missing.dropFirst(unmatched.count) {
      report(
        nil, "row", "", keyColumns.map { RenderedTable.plain(row[$0]) }.joined(separator: ", "), "a row is missing")
    }
  }

  private mutating func compare(
    _ record: CSVRecord, _ row: [Cell], _ table: Table, _ starts: [Int], _ header: [String]
  ) {
    for (index, cell) in row.enumerated() where table.columns[index].kind == .quantity {
      cells += 1
      if cell == .missing { continue }
      recomputed += 1
      let start = starts[index]
      let fields = Array(record.fields[start..<(start + 4)])
      let expected = CSVWriter.fields(of: row, in: table)[start..<(start + 4)].map { $0 }
      guard case .quantity(let quantity) = cell else {
        for offset in 0..<4 where fields[offset] != expected[offset] {
          report(record.line, header[start + offset], fields[offset], expected[offset], "there is no value")
        }
        continue
      }
      for (offset, reason) in Self.disagreements(fields, quantity, expected) {
        report(record.line, header[start + offset], fields[offset], expected[offset], reason)
      }
    }
  }

  /// Which of the fields value, error, method, exact disagree with the quantity, and why.
  static func disagreements(_ fields: [String], _ quantity: Quantity, _ expected: [String]) -> [(Int, String)] {
    var found: [(Int, String)] = []
    guard let estimate = quantity.estimate else {
      for offset in 0..<4 where fields[offset] != expected[offset] { found.append((offset, "it is another word")) }
      return found
    }
    let value = Double(fields[0]).flatMap { $0.isFinite ? $0 : nil }
    let error = Double(fields[1]).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    if estimate.exact != nil || !estimate.value.isFinite {
      if fields[0] != expected[0], value != estimate.value { found.append((0, "it is not the exact value rounded")) }
      if error != 0 { found.append((1, "an exact value has no error")) }
    } else {
      // Bounds of two computations differ by rounding and by where an adaptive rule stopped, not by orders of
      // magnitude; below a few hundred roundings they say nothing.
      let floor = 1e-13 * estimate.value.magnitude
      let errorAgrees =
        error.map {
          max($0, floor) <= 10 * max(estimate.error, floor)
            && max(estimate.error, floor) <= 10 * max($0, floor)
        } ?? false
      if !errorAgrees { found.append((1, error == nil ? "it is not a bound" : "it is of another order of magnitude")) }
      let bound = (errorAgrees ? error ?? 0 : 0) + estimate.error + estimate.value.magnitude * 0x1p-52
      if let value {
        if (value - estimate.value).magnitude > bound {
          found.append((0, "they differ by more than the bounds allow, \(NumberText.error(bound))"))
        }
      } else {
        found.append((0, "it is not a number"))
      }
    }
    if fields[2] != expected[2] { found.append((2, "it is another method")) }
    if fields[3] != expected[3] { found.append((3, "it is another number")) }
    return found.sorted { $0.0 < $1.0 }
  }
}

/// The result of recomputing committed tables, `infwidth/verify/1`.
public struct VerificationReport: Sendable {
  public let tables: [TableVerification]

  public init(_ tables: [TableVerification]) { self.tables = tables }

  public var differenceCount: Int { tables.map(\.differences.count).reduce(0, +) }

  public var document: Document {
    var summary = Table(columns: [
      Column("table"), Column("cells", kind: .number), Column("recomputed", kind: .number),
      Column("differences", kind: .number), Column("verdict"),
    ])
    for table in tables {
      summary.append([
        .text(table.folder), .integer(table.cells), .integer(table.recomputed), .integer(table.differences.count),
        .text(table.differences.isEmpty ? "agrees" : "differs"),
      ])
    }
    var details = Table(columns: [
      Column("file"), Column("line", kind: .number), Column("column"), Column("committed"), Column("recomputed"),
      Column("reason"),
    ])
    for difference in tables.flatMap(\.differences) {
      details.append([
        .text(difference.file), difference.line.map { .integer($0) } ?? .missing, .text(difference.column),
        .text(difference.committed), .text(difference.recomputed), .text(difference.reason),
      ])
    }
    let json = JSONNode.object(
      ("schema", .string("infwidth/verify/1")), ("agrees", .boolean(differenceCount == 0)),
      ("tables", .array(tables.map(Self.json))))
    return Document(
      tables: details.rows.isEmpty ? [summary] : [summary, details],
      records: details.rows.isEmpty ? summary : details, json: json)
  }

  private static func json(_ table: TableVerification) -> JSONNode {
    let differences = table.differences.map { difference in
      JSONNode.object(
        ("file", .string(difference.file)), ("line", difference.line.map { .integer($0) } ?? .null),
        ("column", .string(difference.column)), ("committed", .string(difference.committed)),
        ("recomputed", .string(difference.recomputed)), ("reason", .string(difference.reason)))
    }
    return .object(
      ("table", .string(table.folder)), ("cells", .integer(table.cells)),
      ("recomputed", .integer(table.recomputed)), ("differences", .array(differences)))
  }
}
