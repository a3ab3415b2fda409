import Activations
import Foundation
import Gram
import LimitKernels
import Moments
import Networks
import Testing

/// Entry by entry against the assembler, which carries error bounds of its own.
struct AssemblerTests {
  static let activations: [String] = ActivationRegistry.all.flatMap(\.examples)

  /// Inputs of different lengths, with near neighbours, an opposite pair and a zero row.
  static let rows: [[Double]] = [
    [1, 0.5, -0.25], [0.5, -1, 0.75], [1, 0.5, -0.25], [1, 0.5009765625, -0.25], [-1, -0.5, 0.25], [0.125, 0, 0],
    [0, 0, 0], [2, 1, -0.5], [0.3, 0.4, 1.2],
  ]

  static func network(_ activation: String, depth: Int = 2, bias: String? = nil, scale: String = "1") throws -> Network
  {
    let weights = try LawRegistry.law(parsing: "normal(0, \(scale))")
    let law = try bias.map { try LawRegistry.law(parsing: $0) }
    let phi = try ActivationRegistry.activation(parsing: activation)
    let hidden = DenseLayer(weights: weights, bias: law, activation: phi)
    return try Network(
      inputDimension: 3, layers: Array(repeating: hidden, count: depth) + [DenseLayer(weights: weights, bias: law)])
  }

  static func compare(_ network: Network, _ rows: [[Double]] = rows, tolerance: Double) throws {
    let matrix = try GramMatrix(network, rows)
    let points = rows.map { row in row.compactMap { ExactNumber(exactly: $0) } }
    let table = try limitingKernels(of: network, at: points, options: KernelOptions(threads: 2))
    let (nngp, ntk) = (try #require(matrix.nngp), try #require(matrix.ntk))
    var index = 0
    var expected: [[(KernelEntry)]] = []
    for i in rows.indices {
      var line: [KernelEntry] = []
      for _ in rows[i...] {
        line.append(table.entries[index])
        index += 1
      }
      expected.append(line)
    }
    for i in rows.indices {
      for j in rows.indices where j >= i {
        let entry = expected[i][j - i]
        for (name, computed, quantity, first, second) in [
          ("nngp", nngp, entry.nngp, expected[i][0].nngp, expected[j][0].nngp),
          ("ntk", ntk, entry.ntk, expected[i][0].ntk, expected[j][0].ntk),
        ] {
          let truth = try #require(quantity.estimate)
          let p = try #require(first.estimate).value
          let q = try #require(second.estimate).value
          let scale = (p.magnitude * q.magnitude).squareRoot()
          let deviation = (computed[i, j] - truth.value).magnitude
          #expect(
            deviation <= truth.roundedError + tolerance * max(scale, truth.value.magnitude),
            "\(name) (\(i), \(j)): \(computed[i, j]) against \(truth.value), relative \(deviation / scale)")
          #expect(computed[i, j] == computed[j, i])
        }
      }
    }
  }

  @Test(arguments: activations) func everyActivation(_ name: String) throws {
    try Self.compare(try Self.network(name), tolerance: 1e-13)
  }
}
