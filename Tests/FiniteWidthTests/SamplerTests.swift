import Activations
import Foundation
import LinearAlgebra
import Moments
import Networks
import Testing

@testable import FiniteWidth

private func numbers(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
  var stream = RandomStream(seed: seed, stream: 0)
  return Matrix(rows: rows, columns: columns, elements: (0..<(rows * columns)).map { _ in stream.normal() })
}

private func close(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
  let scale = b.map(\.magnitude).max() ?? 0
  return a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * scale }
}

@Suite struct LayerWeightsTests {
  private func drawn(_ law: String, fanIn: Int, fanOut: Int, keeps: Bool) throws -> DrawnWeights {
    DrawnWeights(
      law: try LawRegistry.law(parsing: law), stream: RandomStream(seed: 5, stream: 6), fanIn: fanIn, fanOut: fanOut,
      factor: 0.75, keeps: keeps, pool: MatrixPool())
  }

  /// Rows drawn twice are the rows that are kept, to the bit, over several blocks; and both are the matrix in memory.
  @Test(arguments: ["uniform(-1, 1)", "normal(0, 2)", "sparse(1/2, laplace(1))"])
  func redrawnKeptAndHeld(law: String) throws {
    let (fanIn, fanOut) = (5, 1300)
    let (inputs, derivatives) = (numbers(3, fanIn, seed: 1), numbers(3, fanOut, seed: 2))
    var redrawn = try drawn(law, fanIn: fanIn, fanOut: fanOut, keeps: false)
    var kept = try drawn(law, fanIn: fanIn, fanOut: fanOut, keeps: true)
    var stream = RandomStream(seed: 5, stream: 6)
    var held = HeldWeights(
      weights: try LawRegistry.law(parsing: law).samples(fanIn * fanOut, from: &stream), fanIn: fanIn, fanOut: fanOut,
      factor: 0.75)
    let forward = [redrawn.forward(inputs), kept.forward(inputs), held.forward(inputs)]
    #expect(forward[0] == forward[1])
    #expect(close(forward[2].elements, forward[0].elements, 1e-14), "5 terms")
    let backward = [redrawn.backward(derivatives), kept.backward(derivatives), held.backward(derivatives)]
    #expect(backward[0] == backward[1])
    #expect(close(backward[2].elements, backward[0].elements, 1e-13), "1300 terms")
  }

  /// Inputs of full rank, repeated, parallel and vanishing ones, more inputs than neurons, and none that count.
  private static let inputs: [(String, Matrix)] = {
    let full = numbers(4, 9, seed: 11)
    var rows = (0..<4).map { Array(full.row($0)) }
    rows[2] = rows[0]
    rows[3] = rows[1].map { -3 * $0 }
    var withZero = rows
    withZero[1] = [Double](repeating: 0, count: 9)
    return [
      ("full", full), ("parallel", Matrix(rows)), ("zero", Matrix(withZero)), ("many", numbers(14, 9, seed: 12)),
      ("none", Matrix(rows: 4, columns: 9)),
    ]
  }()

  /// There is one matrix W behind both products, `(D W) Hᵀ = D (H Wᵀ)ᵀ`, and a product repeated is the same.
  @Test(arguments: 0..<5)
  func conditionedProductsBelongToOneMatrix(_ number: Int) throws {
    let (name, inputs) = Self.inputs[number]
    let fanOut = 4100  // several blocks
    var weights = ConditionedWeights(
      fanIn: 9, fanOut: fanOut, factor: 0.5, seen: RandomStream(seed: 1, stream: 2, part: 0),
      unseen: RandomStream(seed: 1, stream: 2, part: 1), wantsBackward: true)
    let forward = weights.forward(inputs)
    let again = weights.forwardAgain()
    #expect(again == forward)
    let derivatives = numbers(inputs.rows, fanOut, seed: 13)
    let backward = weights.backward(derivatives)
    let (left, right) = (backward * inputs.transposed, derivatives * forward.transposed)
    // 4100 terms of size 1, at 64 standard deviations their sum.
    #expect(close(left.elements, right.elements, 1e-12) || name == "none")
    if name == "none" {
      #expect(forward.elements.allSatisfy { $0 == 0 })
      #expect(backward.elements.contains { $0 != 0 }, "the matrix is there, though its inputs vanish")
    }
    if name == "parallel" {
      for neuron in 0..<fanOut {
        #expect(abs(forward[2, neuron] - forward[0, neuron]) <= 1e-13)
        #expect(abs(forward[3, neuron] + 3 * forward[1, neuron]) <= 1e-12)
      }
    }
  }

  /// Given nothing else, `D W` has the variance `D · D` in each of its coordinates.
  ///
  /// 3000 draws, 8 coordinates, |z| ≤ 5: a false alarm in 2 · 10⁵ runs. Without the second term of the conditional law
  /// the variance would be 3/8 of it on average.
  @Test func conditionedBackwardProductHasTheRightVariance() {
    let (inputs, derivatives) = (numbers(3, 8, seed: 21), numbers(1, 5, seed: 22))
    let variance = derivatives.gram[0, 0]
    var statistics = [SampleStatistics](repeating: SampleStatistics(), count: 8)
    for draw in 0..<3000 {
      var weights = ConditionedWeights(
        fanIn: 8, fanOut: 5, factor: 1, seen: RandomStream(seed: 3, stream: UInt64(draw), part: 0),
        unseen: RandomStream(seed: 3, stream: UInt64(draw), part: 1), wantsBackward: true)
      _ = weights.forward(inputs)
      for (index, value) in weights.backward(derivatives).elements.enumerated() {
        statistics[index].add(value * value)
      }
    }
    for entry in statistics {
      // The square of a Gaussian number has the variance 2 σ⁴.
      #expect(abs(entry.zScore(limit: variance, standardDeviation: 2.0.squareRoot() * variance)) <= 5)
    }
  }
}

@Suite struct BlockFunctionTests {
  /// Block by block as one by one, at and around 0, at the limits of doubles, and for what is not a number.
  @Test(arguments: ActivationRegistry.all.flatMap(\.examples))
  func equalsTheEvaluator(_ text: String) throws {
    let activation = try ActivationRegistry.activation(parsing: text)
    let tiny = Double.leastNonzeroMagnitude
    let special: [Double] = [
      0, -0.0, tiny, -tiny, 1, -1, 3, -3, 6, 1e-200, 1e200, -1e200, .infinity, -.infinity, .nan,
    ]
    let arguments = special + (0..<40).map { Double($0) * 0.37 - 7 }
    for function in [activation.value, activation.derivative] {
      var values = [Double](repeating: 0, count: arguments.count)
      BlockFunction(function).evaluate(arguments, count: arguments.count, into: &values)
      for (argument, value) in zip(arguments, values) {
        let expected = function.evaluate(argument)
        #expect(value == expected || value.isNaN && expected.isNaN, "\(function.name)(\(argument))")
      }
    }
  }
}

@Suite struct DrawingPlanTests {
  private func network(_ weights: [String], dimension: Int = 2) throws -> Network {
    let hidden = weights.map { "  - {weights: \"\($0)\", bias: none, activation: relu}\n" }.joined()
    return try Network(
      yaml:
        "input-dimension: \(dimension)\nparameterization: ntk\nlayers:\n\(hidden)  - {weights: normal(), bias: none}")
  }

  @Test func choice() throws {
    let gaussian = try network(["normal()", "normal()", "kaiming-normal(sqrt(2))"])
    let mixed = try network(["normal()", "uniform(-1, 1)", "scaled(3, normal())"])
    func ways(_ network: Network, _ widths: [Int], _ method: SamplingMethod = .automatic) throws -> [DrawingPlan.Way] {
      try DrawingPlan(network, widths: widths, points: 4, method: method).ways
    }
    try #expect(ways(gaussian, [128, 128, 128]) == [.kept, .conditioned, .conditioned, .kept])
    try #expect(ways(gaussian, [127, 128, 128]) == [.kept, .kept, .conditioned, .kept])
    try #expect(ways(gaussian, [128, 128, 128], .plain) == [.kept, .kept, .kept, .kept])
    try #expect(ways(gaussian, [3, 4, 5], .conditioning) == [.kept, .conditioned, .conditioned, .kept])
    try #expect(ways(mixed, [128, 128, 128]) == [.kept, .kept, .conditioned, .kept])
    try #expect(ways(mixed, [9000, 9000, 128]) == [.kept, .redrawn, .conditioned, .kept])
    let tall = try network(["normal()", "uniform(-1, 1)"], dimension: 784)
    try #expect(ways(tall, [64, 64]) == [.conditioned, .kept, .kept])
    let shifted = try network(["normal(1, 1)", "normal(0, 1)"], dimension: 784)
    try #expect(ways(shifted, [200, 200]) == [.kept, .conditioned, .kept], "a mean is not conditioned")
  }

  private static let impossible: [([Int], SamplingMethod, String)] = [
    ([0, 5], .automatic, "The width 0 is impossible. A width is at least 1."),
    ([5, -3], .automatic, "The width -3 is impossible. A width is at least 1."),
    ([5], .automatic, "There are 1 widths for 2 hidden layers. Give one for each hidden layer."),
    (
      [1_000_000_000_000_000, 1_000_000_000_000_000], .automatic,
      "The width 1000000000000000 is too large: one network has 1.0e+30 parameters, 8.0e+21 GB of memory if they were "
        + "kept, and takes about 2.3e+17 days of computing. Take a smaller one."
    ),
    (
      [1_000_000, 1_000_000], .plain,
      "The width 1000000 is too large: one network has 1.0e+12 parameters, 8.0e+03 GB of memory if they were kept, and "
        + "takes about 6 hours of computing. Take a smaller one."
    ),
    (
      [8, 8], .conditioning,
      "The conditioning sampler needs Gaussian weights of mean zero after the first layer, but those of layer 2 are "
        + "uniform(-1, 1). Take the plain sampler."
    ),
  ]

  @Test(arguments: Self.impossible)
  func errors(widths: [Int], method: SamplingMethod, expected: String) throws {
    let network = try network(["normal()", "uniform(-1, 1)"])
    do throws(SamplingError) {
      _ = try NetworkSampler(network, widths: widths, seed: 1, points: [[1, 1]], method: method)
      Issue.record("no error for \(widths)")
    } catch {
      #expect(error.description == expected)
    }
  }

  @Test func memoryOfWideGaussianNetworks() throws {
    let network = try network(["normal()", "normal()"])
    do throws(SamplingError) {
      _ = try DrawingPlan(network, widths: [200_000_000, 200_000_000], points: 2)
      Issue.record("no error")
    } catch {
      #expect(
        error.description
          == "The width 200000000 is too large: one network at a time needs 24 GB of memory. Take a smaller one.")
    }
    let wide = try DrawingPlan(
      try self.network(Array(repeating: "normal()", count: 10)), widths: Array(repeating: 1_000_000, count: 10),
      points: 8)
    #expect(wide.memory < 0x1p31, "a million neurons, ten layers, eight points: below 2 GiB")
  }

  @Test func layersOfOtherKinds() throws {
    let network = try Network(
      yaml: """
        input-dimension: 2
        parameterization: ntk
        layers:
          - {weights: normal(), bias: none, activation: relu}
          - kind: residual
            branch:
              - {weights: normal(), bias: none, activation: relu}
              - {weights: normal(), bias: none}
          - {weights: normal(), bias: none}
        """)
    let points: [[ExactNumber]] = [[1, 2]]
    #expect(try NetworkSampler(network, widths: [6, 6], seed: 1, points: points).kernels(index: 0).ntk[0] > 0)
    for (widths, method, purpose) in [
      ([6, 7], SamplingMethod.automatic, "the sampler of unequal widths"),
      ([6, 6], .conditioning, "the conditioning sampler"),
    ] {
      do throws(SamplingError) {
        _ = try NetworkSampler(network, widths: widths, seed: 1, points: points, method: method)
        Issue.record("no error for \(widths)")
      } catch {
        #expect(
          error.description == "The network has layers that are not plain dense ones, which \(purpose) does not cover. "
            + "Take the plain sampler at one width.")
      }
    }
  }

  @Test func wrongPoints() throws {
    let network = try network(["normal()"])
    #expect(throws: SamplingError.dimension(point: 1, found: 1, expected: 2)) {
      try NetworkSampler(network, widths: [4], seed: 1, points: [[1, 2], [1]])
    }
  }
}
