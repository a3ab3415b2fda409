import Activations
import CGramKernels
import Foundation
import Gram
import LimitKernels
import LinearAlgebra
import Moments
import Networks
import TestSupport
import Testing

/// Nearly parallel inputs, extreme lengths, threads, and bad input.
struct CornerTests {
  static let references: [JSONValue] = cases("gram_eigenvalues")
  static let corners: [JSONValue] = cases("deep_corners")

  private static func cases(_ name: String) -> [JSONValue] {
    guard let data = try? Data(contentsOf: referenceFolder.appendingPathComponent("\(name).json")),
      let root = try? JSONSerialization.jsonObject(with: data)
    else { return [] }
    return JSONValue(any: root)["cases"]?.array ?? []
  }

  @Test func referencesAreThere() {
    #expect(Self.references.count == 2)
    #expect(Self.corners.count == 15)
  }

  /// Half the inputs repeat the others up to 1e-4 or 1e-8: the matrix is positive definite, and numerically so.
  @Test(arguments: references) func smallestEigenvalue(_ reference: JSONValue) throws {
    let rows = (reference["rows"]?.array ?? []).map { ($0.array ?? []).compactMap(\.number) }
    let network = try AssemblerTests.network(
      ["relu", "relu", "relu"], weights: "normal(0, sqrt(2))", dimension: rows[0].count)
    var layers = try network.denseLayers(for: "this test")
    layers[3].weights = try LawRegistry.law(parsing: "normal(0, sqrt(2))")
    let doubled = try Network(inputDimension: rows[0].count, layers: layers)
    let matrix = try #require(try GramMatrix(doubled, rows, kinds: [.ntk]).ntk)
    let eigenvalues = try SymmetricEigen(matrix).values
    let expected = try #require(reference["smallest"]?.string)
    #expect(eigenvalues[0] > 0)
    #expect(try relativeError(eigenvalues[0], expected) <= 1e-6)
    let largest = try #require(reference["largest"]?.string)
    #expect(try relativeError(eigenvalues[rows.count - 1], largest) <= 1e-14)
  }

  /// Deep networks at lengths from 1e-150 to 1e150, parallel and nearly parallel inputs, to 120 digits.
  @Test(arguments: corners) func deepCorners(_ corner: JSONValue) throws {
    func text(_ key: String) throws -> String { try #require(corner[key]?.string) }
    func point(_ key: String) throws -> [Double] {
      try (corner[key]?.array ?? []).compactMap(\.string).map { try ExactNumber(parsing: $0).doubleValue }
    }
    let (x, y) = (try point("x"), try point("y"))
    // Rounded coordinates are other inputs where the angle is 1e-10.
    guard
      try (corner["x"]?.array ?? []).compactMap(\.string).allSatisfy({
        let exact = try ExactNumber(parsing: $0)
        return ExactNumber(exactly: exact.doubleValue) == exact || exact.doubleValue.magnitude > 1e100
      })
    else { return }
    let bias = try text("bias-variance")
    let variance = try text("weight-variance")
    let hidden = DenseLayer(
      weights: try LawRegistry.law(parsing: "normal(0, sqrt(\(variance)))"),
      bias: bias == "0" ? nil : try LawRegistry.law(parsing: "normal(0, sqrt(\(bias)))"),
      activation: try ActivationRegistryText.activation(try text("activation")))
    var readout = hidden
    readout.activation = nil
    let depth = Int(try #require(corner["depth"]?.number))
    let network = try Network(inputDimension: 2, layers: Array(repeating: hidden, count: depth) + [readout])
    let matrix = try GramMatrix(network, [x, y])
    for (kernel, key, diagonal) in [(matrix.nngp, "nngp", "nngp_xx"), (matrix.ntk, "ntk", "ntk_xx")] {
      let kernel = try #require(kernel)
      let scale = (kernel[0, 0].squareRoot() * kernel[1, 1].squareRoot()).magnitude
      // A hundred layers add up a hundred roundings of a few ulps each, some of them multiplied on the way.
      let bound = depth < 10 ? 1e-14 : 1e-12
      #expect(try absoluteError(kernel[0, 1], try text(key)) <= bound * scale, "\(key) \(kernel[0, 1])")
      #expect(try relativeError(kernel[0, 0], try text(diagonal)) <= bound || kernel[0, 0] == 0)
    }
  }

  @Test func pairKeepsTheAngle() throws {
    let network = try AssemblerTests.network(Array(repeating: "relu", count: 100), dimension: 2)
    let program = try KernelProgram(network)
    for angle in [0x1p-20, 0x1p-33, 0x1p-45] {
      let pair = try program.pair([1, 0], [1, angle])
      let exact = try limitingKernels(
        of: network, at: [[1, 0], [1, try #require(ExactNumber(exactly: angle))]]
      ).entries[1].oneMinusCorrelation.nngp
      let truth = try #require(exact?.estimate).value
      #expect((pair.oneMinusCorrelation / truth - 1).magnitude <= 1e-12)
    }
  }

  @Test(arguments: [["relu", "relu", "relu"], ["erf", "gelu", "sin"], ["gaussian", "exp", "cos"], ["tanh"]])
  func pairAgreesWithTheMatrix(_ names: [String]) throws {
    for bias in [nil, "normal(0, 1/2)"] {
      let network = try AssemblerTests.network(names, bias: bias)
      let program = try KernelProgram(network)
      let rows = AssemblerTests.fewRows
      let matrix = try GramMatrix(network, rows)
      for i in rows.indices {
        for j in rows.indices where j > i {
          let pair = try program.pair(rows[i], rows[j])
          let (nngp, ntk) = (try #require(matrix.nngp)[i, j], try #require(matrix.ntk)[i, j])
          #expect((pair.nngp - nngp).magnitude <= pair.nngpError)
          #expect((pair.ntk - ntk).magnitude <= pair.ntkError)
          #expect(pair.ntkError <= 1e-10 * ntk.magnitude)
        }
      }
    }
  }

  private static func inputs(_ count: Int, _ dimension: Int) -> [[Double]] {
    var stream = RandomStream(seed: 3, stream: 0)
    return (0..<count).map { _ in (0..<dimension).map { _ in stream.normal() } }
  }

  @Test(arguments: ["relu", "tanh"]) func threadsChangeNothing(_ name: String) throws {
    let network = try AssemblerTests.network([name, name], dimension: 5)
    let rows = Self.inputs(300, 5)
    let one = try GramMatrix(network, rows, options: GramOptions(threads: 1))
    let two = try GramMatrix(network, rows, options: GramOptions(threads: 2))
    #expect(one.nngp == two.nngp)
    #expect(one.ntk == two.ntk)
  }

  @Test func rectanglesAndBlocksAreParts() throws {
    let network = try AssemblerTests.network(["relu", "erf"], dimension: 5)
    let rows = Self.inputs(41, 5)
    let all = try GramMatrix(network, rows)
    let part = try GramMatrix(network, Array(rows[0..<9]), columns: Array(rows[9...]))
    let program = try KernelProgram(network)
    let inputs = try program.prepare(try GramInputs(rows: rows))
    var block = [Double](repeating: 0, count: 9 * 32)
    try block.withUnsafeMutableBufferPointer { buffer in
      try program.block(
        inputs, rows: 0..<9, inputs, columns: 9..<41, into: KernelBlock(ntk: buffer.baseAddress, rowStride: 32))
    }
    for i in 0..<9 {
      for j in 0..<32 {
        let expected = try #require(all.ntk)[i, j + 9]
        // Products of other shapes may add up in another order.
        #expect((try #require(part.ntk)[i, j] - expected).magnitude <= 1e-15)
        #expect((block[i * 32 + j] - expected).magnitude <= 1e-15)
      }
    }
  }

  @Test func badInput() throws {
    let network = try AssemblerTests.network(["relu"])
    func message(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return "no error"
    }
    #expect(
      message { _ = try GramMatrix(network, [[1, 2, 3], [1, .nan, 3]]) }
        == "Coordinate 2 of row 2 of the inputs is nan. Take the row out, or replace the value by a finite number.")
    #expect(
      message { _ = try GramMatrix(network, [[1, 2, 3], [1, 2]]) }.hasPrefix(
        "Row 2 of the inputs has 2 coordinates where 3 are expected."))
    #expect(message { _ = try GramMatrix(network, [[1, 2]]) }.hasPrefix("Row 1 of the inputs has 2 coordinates"))
    #expect(message { _ = try GramMatrix(network, []) } == "There are no inputs. Give at least one row.")
    #expect(message { _ = try GramMatrix(network, [[1, 2, 3]], columns: []) }.hasPrefix("There are no inputs."))
    #expect(message { _ = try GramMatrix(network, [[1e200, 0, 0]]) }.hasPrefix("Row 1 of the inputs has the length"))
    #expect(
      message { _ = try GramInputs(count: 2, dimension: 3, elements: [1, 2]) }
        == "2 elements do not make 2 rows of 3 coordinates. Give rows × dimension elements.")
    let cubes = try AssemblerTests.network(["cube"])
    #expect(message { _ = try GramMatrix(cubes, [[1e140, 0, 0]]) }.contains("is not finite as a double"))
  }

  /// The loops' own functions against the C library's long double values.
  @Test func elementaryFunctions() {
    let points = (0..<4096).map { Double($0) / 4095 }
    var result = points
    gram_test_asin(points.count, points, &result)
    for (x, y) in zip(points, result) {
      // π/2 less an arc: absolute, in units of the double next to π/2.
      #expect((y - asin(x)).magnitude <= 3 * 0x1p-53)
    }
    let arguments = points.map { 1400 * $0 - 700 }
    gram_test_exp(arguments.count, arguments, &result)
    for (x, y) in zip(arguments, result) { #expect((y / exp(x) - 1).magnitude <= 4 * 0x1p-53) }
  }
}

/// The registry under the name that the reference files use.
private enum ActivationRegistryText {
  static func activation(_ text: String) throws -> any Activation { try ActivationRegistry.activation(parsing: text) }
}
