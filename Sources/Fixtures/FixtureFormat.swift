import Foundation
import Tables

/// What a fixture is written as.
public enum FixtureFormat: String, Sendable, CaseIterable {
  case table, json, csv, markdown, latex, npz, pytest, swift, c, julia
}

extension ExpectationFixture {
  /// The bytes of the fixture; the same fixture gives the same bytes.
  ///
  /// - Parameters:
  ///   - format: What is written.
  ///   - generator: The program with its version, as in `infwidth 0.1.0`.
  /// - Throws: ``FixtureError/archive(problem:)``.
  public func bytes(as format: FixtureFormat, generator: String) throws(FixtureError) -> [UInt8] {
    let text: String
    switch format {
    case .table: text = document(generator: generator).text(as: .table)
    case .json: text = document(generator: generator).text(as: .json)
    case .markdown: text = document(generator: generator).text(as: .markdown)
    case .latex: text = document(generator: generator).text(as: .latex)
    case .csv:
      text = provenance(generator, format).comment("#") + document(generator: generator).text(as: .csv)
    case .npz: return try NPZFixture(self, generator: generator).bytes()
    case .pytest: text = PytestFixture(self, provenance(generator, format)).text
    case .swift: text = SwiftFixture(self, provenance(generator, format)).text
    case .c: text = CFixture(self, provenance(generator, format)).text
    case .julia: text = JuliaFixture(self, provenance(generator, format)).text
    }
    return Array(text.utf8)
  }
}
