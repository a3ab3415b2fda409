import Activations
import LimitKernels
import Moments
import Networks
import Testing

/// Without biases K(x, −y) = s K(x, y) and Θ(x, −y) = s Θ(x, y), s = −1 for an odd φ and 1 for an even one: x and −y
/// are as good as x and y.
@Suite struct OppositeInputTests {
  private static func network(_ activation: String, weights: String, depth: Int) throws -> Network {
    let layer = "  - weights: \(weights)\n    bias: none\n"
    return try Network(
      yaml: "input-dimension: 2\nparameterization: ntk\nlayers:\n"
        + String(repeating: layer + "    activation: \(activation)\n", count: depth) + layer)
  }

  private static let x: [ExactNumber] = [1, 0]
  private static let close: [[ExactNumber]] = [
    [1, 0], [1, ExactNumber(1, 1_000_000)], [ExactNumber(3, 5), ExactNumber(4, 5)],
  ]

  @Test(
    arguments: [
      ("erf", -1.0), ("tanh", -1), ("hard-tanh", -1), ("sin", -1), ("sign", -1), ("softsign", -1), ("cube", -1),
      ("cos", 1), ("abs", 1), ("gaussian", 1), ("square", 1),
    ], ["normal(0, 1)", "uniform(sqrt(3))"])
  func mirrored(_ row: (activation: String, sign: Double), weights: String) throws {
    let network = try Self.network(row.activation, weights: weights, depth: row.activation == "cube" ? 2 : 4)
    for y in Self.close {
      let entry = try limitingKernels(of: network, at: [Self.x, y]).entries[1]
      let mirror = try limitingKernels(of: network, at: [Self.x, y.map { -$0 }]).entries[1]
      let (k, m) = (try #require(entry.nngp.estimate), try #require(mirror.nngp.estimate))
      #expect((k.value - row.sign * m.value).magnitude <= k.roundedError + m.roundedError)
      // The bounds are of the same size: before, those of the mirrored input grew with every layer.
      #expect(m.roundedError <= 4 * k.roundedError + 1e-15 * k.value.magnitude, "\(y): \(m.error), \(k.error)")
      let (t, n) = (try #require(entry.ntk.estimate), try #require(mirror.ntk.estimate))
      #expect((t.value - row.sign * n.value).magnitude <= t.roundedError + n.roundedError)
      #expect(n.roundedError <= 4 * t.roundedError + 1e-15 * t.value.magnitude)
    }
  }

  /// With a bias nothing is odd any more, and nothing may be mirrored.
  @Test func aBiasIsNotMirrored() throws {
    let yaml = """
      input-dimension: 1
      parameterization: ntk
      layers:
        - {weights: "uniform(-1, 1)", bias: "uniform(-1/2, 1/2)", activation: erf}
        - {weights: "normal(0, 1)", bias: none}
      """
    let entry = try limitingKernels(of: try Network(yaml: yaml), at: [[1], [-1]]).entries
    let (same, opposite) = (try #require(entry[0].nngp.estimate), try #require(entry[1].nngp.estimate))
    #expect((same.value + opposite.value).magnitude > 0.01)
  }
}

/// Networks that differ in depth only, in one pass, are the same as one by one.
@Suite struct NestedKernelTests {
  @Test func equalToOneByOne() throws {
    let layer = "  - weights: uniform(-1, 1)\n    bias: none\n"
    let networks = try [1, 2, 4].map { depth in
      try Network(
        yaml: "input-dimension: 2\nparameterization: ntk\nlayers:\n"
          + String(repeating: layer + "    activation: relu\n", count: depth) + layer)
    }
    let (x, y): ([ExactNumber], [ExactNumber]) = ([1, 0], [ExactNumber(3, 5), ExactNumber(4, 5)])
    let nested = try NestedKernels(networks).entries(x, y)
    for (network, result) in zip(networks, nested) {
      let entry = try limitingKernels(of: network, at: [x, y]).entries[1]
      #expect(try result.get().nngp == entry.nngp)
      #expect(try result.get().ntk == entry.ntk)
    }
  }

  /// Depths that overflow do not take the others with them.
  @Test func overflowStaysWhereItIs() throws {
    let layer = "  - weights: normal(0, 1)\n    bias: none\n"
    let networks = try [1, 12].map { depth in
      try Network(
        yaml: "input-dimension: 1\nparameterization: ntk\nlayers:\n"
          + String(repeating: layer + "    activation: cube\n", count: depth) + layer)
    }
    let results = try NestedKernels(networks).entries([1], [1])
    #expect(try results[0].get().nngp.estimate?.exact == 15)
    #expect(throws: (any Error).self) { try results[1].get() }
  }
}
