import Foundation
import Gram
import LinearAlgebra
import Moments
import Networks
import Testing

@testable import KernelFiles

/// Kernels in the caller's memory: the bits of the file that the command writes.
@Suite struct KernelMatrixTests {
  private static func rows(_ count: Int, seed: UInt64) -> RowFile {
    var random = RandomStream(seed: seed, stream: 0)
    return RowFile(count: count, dimension: 3, elements: (0..<(count * 3)).map { _ in random.normal() })
  }

  /// Both kernels in memory, NNGP first.
  private static func fill(
    _ matrix: KernelMatrix, count: Int, progress: (Int, Int) -> Bool = { _, _ in true }
  ) throws -> (elements: [Double], bounds: (nngp: Double, ntk: Double)?) {
    var elements = [Double](repeating: .nan, count: 2 * count)
    let bounds = try elements.withUnsafeMutableBufferPointer { buffer in
      let base = try #require(buffer.baseAddress)
      let columns = (matrix.columns ?? matrix.rows).count
      return try matrix.fill(
        KernelBlock(nngp: base, ntk: base + count, rowStride: columns), progress: progress)
    }
    return (elements, bounds)
  }

  /// Two block rows of tiles, so that mirror images are written; gelu's tables depend on the inputs of a tile.
  @Test(arguments: ["preset:relu-2(dimension=3)", "preset:gelu-1(dimension=3, b_std=1/2)"], [1, 2])
  func bitsAreThoseOfTheFile(_ name: String, threads: Int) throws {
    let network = try Network(named: name)
    let (inputs, others) = (Self.rows(1100, seed: 1), Self.rows(40, seed: 2))
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("infwidth-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for columns in [nil, others] {
      let path = folder.appendingPathComponent("K.npy").path
      _ = try KernelFile(
        network, rows: inputs, columns: columns, kinds: [.nngp, .ntk], path: path,
        settings: KernelFile.Settings(threads: 2)
      ).run()
      let expected = try NPYArray(Data(contentsOf: URL(fileURLWithPath: path)))
      let count = inputs.count * (columns ?? inputs).count
      let found = try Self.fill(KernelMatrix(network, rows: inputs, columns: columns, threads: threads), count: count)
      #expect(found.elements.map(\.bitPattern) == expected.values.map(\.bitPattern))
      let bounds = try #require(found.bounds)
      #expect(bounds.nngp > 0 && bounds.nngp < 1e-11 && bounds.ntk > 0 && bounds.ntk < 1e-11)
    }
  }

  @Test func progressCountsEveryEntryAndStops() throws {
    let network = try Network(named: "preset:relu-1(dimension=3)")
    let matrix = KernelMatrix(network, rows: Self.rows(1100, seed: 1))
    var told: [Int] = []
    _ = try Self.fill(matrix, count: 1100 * 1100) { done, total in
      told.append(done)
      return total == 1100 * 1100
    }
    #expect(told == [0, 1024 * 1024, 1024 * 1024 + 2 * 1024 * 76, 1100 * 1100])
    let stopped = try Self.fill(matrix, count: 1100 * 1100) { done, _ in done == 0 }
    #expect(stopped.bounds == nil)
  }

  @Test func diagonalIsThatOfTheMatrix() throws {
    let inputs = Self.rows(50, seed: 3)
    let matrix = KernelMatrix(try Network(named: "preset:erf-2(dimension=3)"), rows: inputs)
    let diagonal = try matrix.diagonal([.nngp, .ntk])
    let elements = try Self.fill(matrix, count: 2500).elements
    for index in 0..<50 {
      // The two are rounded in different ways: some tens of units in the last place.
      #expect((diagonal.nngp[index] - elements[51 * index]).magnitude <= 1e-14 * diagonal.nngp[index])
      #expect((diagonal.ntk[index] - elements[2500 + 51 * index]).magnitude <= 1e-14 * diagonal.ntk[index])
    }
    let standard = KernelMatrix(try Network(named: "preset:he(dimension=3)"), rows: inputs)
    #expect(throws: GramError.self) { try standard.diagonal([.ntk]) }
  }

  /// Errors name rows of the whole matrix, whichever tile found them.
  @Test func rowsAreCountedInTheWholeMatrix() throws {
    var elements = [Double](repeating: 1, count: 3 * 1100)
    elements[3 * 1050] = 1e200
    let inputs = RowFile(count: 1100, dimension: 3, elements: elements)
    let matrix = KernelMatrix(try Network(named: "preset:relu-1(dimension=3)"), rows: inputs)
    for action in [{ _ = try Self.fill(matrix, count: 1100 * 1100) }, { _ = try matrix.diagonal([.ntk]) }] {
      let error = #expect(throws: GramError.self) { try action() }
      guard case .length(row: 1050, norm: _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }

  /// The number of threads of OpenBLAS belongs to the process, which may be anybody's.
  @Test func openBLASKeepsItsThreads() throws {
    let before = BLAS.threads
    defer { BLAS.setThreads(before) }
    BLAS.setThreads(2)
    let matrix = KernelMatrix(try Network(named: "preset:relu-1(dimension=3)"), rows: Self.rows(30, seed: 1))
    _ = try Self.fill(matrix, count: 900)
    #expect(BLAS.threads == 2)
  }
}
