import Foundation
import LimitKernels
import Moments
import Testing

@testable import Tables

/// Properties of the committed catalogue that need no second computation.
@Suite struct CatalogueTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("tables")

  /// value and bound of one cell.
  private struct Number {
    var value: Double
    var bound: Double
  }

  /// The rows of an activation's file: network, depth, x, y and the numbers by column.
  private static func rows(_ file: String) throws -> [(key: [String], numbers: [String: Number])] {
    let text = try String(contentsOf: root.appendingPathComponent("kernels/\(file)"), encoding: .utf8)
    let records = try CSVReader.records(text, file: file)
    let header = try #require(records.first?.fields)
    return records.dropFirst().map { record in
      var numbers: [String: Number] = [:]
      for name in ["NNGP", "NTK"] {
        guard let index = header.firstIndex(of: name), let value = Double(record.fields[index]) else { continue }
        numbers[name] = Number(value: value, bound: Double(record.fields[index + 1]) ?? 0)
      }
      return (Array(record.fields[..<4]), numbers)
    }
  }

  static let files: [String] = {
    let path = root.appendingPathComponent("kernels").path
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".csv") }.sorted()
  }()

  @Test func everyActivationHasAFile() throws {
    let table = try CommittedTable(folder: Self.root.appendingPathComponent("kernels").path)
    #expect(Set(table.files) == Set(Self.files))
    #expect(Self.files.count == 32)
  }

  /// Kernels are positive semidefinite: |K(x,y)|² ≤ K(x,x) K(y,y), within the bounds; under normal weights they depend on
  /// lengths and angles alone; after the first layer the law of the weights does not matter, only its variance.
  @Test(arguments: files) func consistent(_ file: String) throws {
    var diagonal: [[String]: [String: Number]] = [:]
    let rows = try Self.rows(file)
    #expect(rows.count == 4 * 4 * 21)
    for (key, numbers) in rows where key[2] == key[3] { diagonal[[key[0], key[1], key[2]]] = numbers }
    for (key, numbers) in rows {
      for (name, number) in numbers {
        guard let x = diagonal[[key[0], key[1], key[2]]]?[name], let y = diagonal[[key[0], key[1], key[3]]]?[name]
        else {
          continue
        }
        let product = ((x.value + x.bound).squareRoot() * (y.value + y.bound).squareRoot()) * (1 + 4e-16)
        #expect(number.value.magnitude <= product + number.bound, "\(key) \(name)")
      }
      // The unit vectors e₁ and −e₁ have the same length.
      if key[0] == "normal", key[2] == key[3], key[2] == "-1,0" {
        for (name, number) in numbers {
          let other = try #require(diagonal[["normal", key[1], "1,0"]]?[name])
          #expect((number.value - other.value).magnitude <= number.bound + other.bound + number.value.magnitude * 1e-15)
        }
      }
    }
  }

  @Test func theIndexSaysWhatTheFilesHold() throws {
    let path = Self.root.path
    let verification = TableVerification(index: "\(path)/INDEX.md", of: try CommittedTable.tables(at: path))
    #expect(verification.differences.isEmpty, "\(verification.differences.prefix(3))")
  }

  @Test func aWrongIndexIsFound() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("infwidth-index-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let tables = try CommittedTable.tables(at: Self.root.appendingPathComponent("headline").path)
    let file = folder.appendingPathComponent("INDEX.md")
    let text = try TableIndex(tables).text
    try Data(text.replacing("| 21 |", with: "| 22 |").utf8).write(to: file)
    let difference = try #require(TableVerification(index: file.path, of: tables).differences.first)
    #expect(difference.committed.contains("| 22 |"))
    #expect(difference.recomputed.contains("| 21 |"))
  }

  private static let definitions = [
    ("kernels", "kind: activation-kernels\nnetworks: [normal.yaml]\ndepths: [1, 2]", true),
    ("finite-width", "kind: finite-width\nnetworks: [normal.yaml, rademacher.yaml]", false),
  ]

  /// A sample has the rows of the whole, and every value that it has is one of the whole's, if not all of them.
  @Test(arguments: definitions) func theSampleIsAPart(_ row: (name: String, keys: String, isProper: Bool)) throws {
    let definition = try TableDefinition(
      parsing: "title: t\n\(row.keys)\npoints: [[1, 0], [0, 2]]\nactivations: [relu, square]\n", file: "table.yaml")
    let folder = Self.root.appendingPathComponent(row.name).path
    var (found, all) = (0, 0)
    for file in definition.content.files {
      let whole = try definition.content.values(of: file, in: folder, coverage: .all, options: KernelOptions())
      let sample = try definition.content.values(
        of: file, in: folder, coverage: .sample, options: KernelOptions(threads: 2))
      #expect(whole.rows.count == sample.rows.count)
      for (a, b) in zip(whole.rows, sample.rows) {
        for (cell, part) in zip(a, b) {
          if part != .missing { #expect(cell == part) }
          if case .quantity = part { found += 1 }
          if case .quantity = cell { all += 1 }
        }
      }
    }
    #expect(found > 0 && found <= all)
    if row.isProper { #expect(found < all) }
  }

  /// By hand, x = (1, 0), f = (1/√N) Σ wᵢ u_i, u of variance 1/2: `ξ = u² + w²/2`, `Var ξ = 2/4 + 2/4`; `Var w²u² = 9/4 − 1/4`;
  /// and `w u` has the kurtosis 9.
  ///
  /// Under Rademacher weights `u² = w² = 1` do not vary.
  @Test func constantsOfFiniteWidth() throws {
    let file = Self.root.appendingPathComponent("finite-width/values.csv")
    let records = try CSVReader.records(try String(contentsOf: file, encoding: .utf8), file: "values.csv")
    let header = try #require(records.first?.fields)
    #expect(records.count == 1 + 32 * 4 * 6)
    func exact(_ key: [String], _ column: String) throws -> String {
      let row = try #require(records.first { Array($0.fields.prefix(4)) == key }, "\(key)")
      return row.fields[try #require(header.firstIndex(of: "\(column) exact"))]
    }
    let normal = ["identity", "normal", "1,0", "1,0"]
    #expect(try exact(normal, "mean of xi") == "1")
    #expect(try exact(normal, "variance of xi") == "1")
    #expect(try exact(normal, "variance of NNGP neuron") == "2")
    #expect(try exact(normal, "N x excess kurtosis") == "6")
    let signs = ["identity", "rademacher", "1,0", "1,0"]
    #expect(try exact(signs, "variance of xi") == "0")
    #expect(try exact(signs, "variance of NNGP neuron") == "0")
    #expect(try exact(signs, "N x excess kurtosis") == "-2")
  }
}
