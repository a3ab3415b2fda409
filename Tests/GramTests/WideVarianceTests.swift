import Activations
import Foundation
import Moments
import Networks
import TestSupport
import Testing

@testable import Gram

/// Smooth activations at preactivation variances where the Mehler series is too long.
struct WideVarianceTests {
  static let reference: JSONValue? = {
    guard let data = try? Data(contentsOf: referenceFolder.appendingPathComponent("gram_wide.json")),
      let root = try? JSONSerialization.jsonObject(with: data)
    else { return nil }
    return JSONValue(any: root)
  }()
  static let cases: [JSONValue] = reference?["cases"]?.array ?? []
  static let rows: [[Double]] = (reference?["rows"]?.array ?? []).map { ($0.array ?? []).compactMap(\.number) }
  static let smooth = ["tanh", "sigmoid", "softplus", "silu", "mish", "gelu-tanh", "erf", "gelu", "gaussian"]

  static func program(_ name: String, bias: String? = nil, tolerance: Double = 1e-14) throws -> KernelProgram {
    try KernelProgram(
      try AssemblerTests.network([name], bias: bias, dimension: 2), options: GramOptions(tolerance: tolerance))
  }

  @Test func referencesAreThere() {
    #expect(Self.cases.count == 8)
    #expect(Self.rows.count == 12)
  }

  /// Variances from 0 to 10⁶ in one matrix, equal, nearly parallel and nearly opposite rows, against 80-bit integrals.
  @Test(arguments: cases, [1e-14, 1e-10]) func references(_ reference: JSONValue, _ tolerance: Double) throws {
    let name = try #require(reference["activation"]?.string)
    let bias = reference["bias"]?.string
    let network = try AssemblerTests.network([name], bias: bias, dimension: 2)
    let matrix = try GramMatrix(network, Self.rows, options: GramOptions(tolerance: tolerance))
    let entries = reference["entries"]?.array ?? []
    #expect(entries.count == 78)
    for (kind, position) in [(KernelKind.nngp, 2), (.ntk, 3)] {
      let computed = try #require(kind == .nngp ? matrix.nngp : matrix.ntk)
      let bound = try #require(matrix.errorBound[kind])
      for entry in entries {
        let fields = entry.array ?? []
        let (i, j) = (Int(try #require(fields[0].number)), Int(try #require(fields[1].number)))
        let scale = computed[i, i].squareRoot() * computed[j, j].squareRoot()
        let error = try absoluteError(computed[i, j], try #require(fields[position].string))
        // The tolerance, and at 1e-14 what rounding adds to it.
        #expect(
          error <= max(tolerance, 2e-14) * scale, "\(name) \(kind) (\(i), \(j)): \(computed[i, j]), \(error / scale)")
        #expect(error <= bound * scale)
      }
      #expect(bound <= 1e4 * max(tolerance, 1e-14), "a useful bound: \(bound)")
    }
  }

  /// The assembler's adaptive quadrature, for few pairs.
  @Test(arguments: ["tanh", "silu"]) func agreesWithTheAssembler(_ name: String) throws {
    try AssemblerTests.compare(
      try AssemblerTests.network([name], dimension: 2), [[0.25, -0.5], [-90, 40]])
  }

  @Test(arguments: ["constant(-3/4)", "discrete(-1/2:1/3, 1/4:2/3)", "uniform(-1/2, 1/2)", "normal(1/4, 1/2)"])
  func biases(_ bias: String) throws {
    try AssemblerTests.compare(try AssemblerTests.network(["tanh"], bias: bias, dimension: 2), [[9, 2], [-5, 40]])
  }

  /// A constant that outweighs all else leaves the derivative its digits.
  @Test(arguments: ["tanh", "sigmoid", "softplus"]) func smallVariancesBesideABias(_ name: String) throws {
    let network = try AssemblerTests.network([name], bias: "constant(1/2)", dimension: 2)
    try AssemblerTests.compare(network, [[0, 0], [1e-9, 0], [1e-5, 1e-4]])
    try AssemblerTests.compare(network, [[0, 0], [1e-5, 1e-4], [0.5, 0.25]])
  }

  /// A kink feels the angle that comes out of a layer, where it is small.
  @Test func aKinkAfterwards() throws {
    try AssemblerTests.compare(
      try AssemblerTests.network(["softplus", "relu"], dimension: 2), [[12, 2], [12, 2.00048828125]])
  }

  /// A block of small inputs, with series of their own, against a block of large ones.
  @Test(arguments: smooth.prefix(4)) func panels(_ name: String) throws {
    let program = try Self.program(name)
    let (small, large) = (Array(Self.rows[0..<3]), Array(Self.rows[3...]))
    let all = try GramMatrix(program, try program.prepare(try GramInputs(rows: Self.rows)))
    let (first, second) = (
      try program.prepare(try GramInputs(rows: small)), try program.prepare(try GramInputs(rows: large))
    )
    var forth = [Double](repeating: 0, count: small.count * large.count)
    var back = forth
    try forth.withUnsafeMutableBufferPointer { buffer in
      try program.block(
        first, rows: 0..<small.count, second, columns: 0..<large.count,
        into: KernelBlock(ntk: buffer.baseAddress, rowStride: large.count))
    }
    try back.withUnsafeMutableBufferPointer { buffer in
      try program.block(
        second, rows: 0..<large.count, first, columns: 0..<small.count,
        into: KernelBlock(ntk: buffer.baseAddress, rowStride: small.count))
    }
    let ntk = try #require(all.ntk)
    for i in small.indices {
      for j in large.indices {
        let expected = ntk[i, small.count + j]
        let scale = ntk[i, i].squareRoot() * ntk[small.count + j, small.count + j].squareRoot()
        #expect((forth[i * large.count + j] - expected).magnitude <= 1e-14 * scale)
        #expect((back[j * small.count + i] - expected).magnitude <= 1e-14 * scale)
      }
    }
  }

  @Test(arguments: ["tanh", "silu"]) func threadsChangeNothing(_ name: String) throws {
    let network = try AssemblerTests.network([name, name], dimension: 5)
    var stream = RandomStream(seed: 4, stream: 0)
    let rows = (0..<150).map { row in (0..<5).map { _ in (row % 3 == 0 ? 0.5 : 80) * stream.normal() } }
    let one = try GramMatrix(network, rows, options: GramOptions(threads: 1))
    let two = try GramMatrix(network, rows, options: GramOptions(threads: 2))
    #expect(one.nngp == two.nngp)
    #expect(one.ntk == two.ntk)
    let single = try GramMatrix(network, rows, kinds: [.nngp])
    #expect(single.nngp == one.nngp)
  }

  /// A block has the bits of the matrix wherever it is computed.
  @Test func blocksAreParts() throws {
    let program = try Self.program("tanh")
    let inputs = try program.prepare(try GramInputs(rows: Self.rows))
    let all = try #require(try GramMatrix(program, inputs).nngp)
    var block = [Double](repeating: 0, count: 3 * 4)
    try block.withUnsafeMutableBufferPointer { buffer in
      try program.block(
        inputs, rows: 2..<5, inputs, columns: 5..<9, into: KernelBlock(nngp: buffer.baseAddress, rowStride: 4))
    }
    for i in 0..<3 {
      for j in 0..<4 { #expect(block[i * 4 + j] == all[i + 2, j + 5]) }
    }
  }

  @Test(arguments: smooth) func everySmoothActivationHasConditionalMeans(_ name: String) throws {
    let activation = try ActivationRegistry.activation(parsing: name)
    func dual(_ bias: String?, _ tolerance: Double) throws -> SmoothedDual? {
      let law = try bias.map { try LawRegistry.law(parsing: $0) }
      return try SmoothedDual(activation, BiasShift(law, multiplier: 1), tolerance: tolerance, threads: 1)
    }
    #expect(try #require(try dual(nil, 1e-14)).error <= 4e-14)
    #expect(try #require(try dual("constant(1)", 1e-10)).error <= 1e-10)
    // Too far from 0 for the nodes.
    #expect(try dual("constant(10)", 1e-10) == nil)
  }

  @Test(arguments: ["relu", "softsign", "square", "sin", "exp"]) func others(_ name: String) throws {
    let activation = try ActivationRegistry.activation(parsing: name)
    #expect(
      try SmoothedDual(activation, BiasShift(nil, multiplier: 1), tolerance: 1e-10, threads: 1) == nil)
  }
}
