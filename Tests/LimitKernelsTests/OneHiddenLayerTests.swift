import Activations
import LimitKernels
import Moments
import Networks
import TestSupport
import Testing

/// Families C, C2, D, D2 (kernels of one hidden layer) and the one-hidden-layer rows of G and G2.
@Suite struct OneHiddenLayerTests {
  static let cases: [ReferenceCase] = ["C", "C2", "D", "D2", "G", "G2"].flatMap { (try? referenceFamily($0)) ?? [] }
    .filter { ($0.json["spec"]?["layers"]?.array ?? $0.json["network"]?["layers"]?.array ?? []).count <= 2 }

  @Test func allFamiliesAreThere() {
    #expect(Self.cases.count == 56 + 26 + 24 + 16 + 3 + 2)
  }

  @Test(arguments: cases) func matches(_ reference: ReferenceCase) throws {
    let (network, x, y) = try referenceNetwork(reference)
    let table = try limitingKernels(of: network, at: [x, y])
    try check(table.entries[1], reference, keys: ("nngp", "ntk"))
    try check(table.entries[0], reference, keys: ("nngp_xx", "ntk_xx"))
    try check(table.entries[2], reference, keys: ("nngp_xpxp", "ntk_xpxp"))
  }
}

/// 1e-12 relative, exact values as rationals, and the stated bound must hold.
func check(_ entry: KernelEntry, _ reference: ReferenceCase, keys: (nngp: String, ntk: String)) throws {
  for (quantity, key) in [(entry.nngp, keys.nngp), (entry.ntk, keys.ntk)] {
    guard let expected = reference.expected[key] else { continue }
    if expected == "infinite" || expected == "undefined" {
      #expect(quantity.status == expected)
      continue
    }
    let estimate = try #require(quantity.estimate, "\(key): \(quantity)")
    if let exact = reference.exact[key], exact.contains("/") || !exact.contains(".") {
      #expect(estimate.exact == (try ExactNumber(parsing: exact)), "\(key): \(estimate)")
    }
    let deviation = try absoluteError(estimate.value, expected)
    let truth = try ExactNumber(parsing: expected).doubleValue
    // Reference values of 17 digits or fewer are right to about a unit of their last one.
    let slack = reference.digits(key) < 20 ? 2e-16 * truth.magnitude : 0
    #expect(deviation <= estimate.roundedError + slack, "\(key): bound \(estimate.error), deviation \(deviation)")
    #expect(deviation <= 1e-12 * truth.magnitude + (truth == 0 ? 1e-15 : 0), "\(key) = \(expected): \(estimate)")
  }
}

@Suite struct HeavyTailTests {
  /// Cauchy weights under relu: the NNGP kernel diverges, the derivative and with it the first layer's part do not.
  @Test func partsExistOnTheirOwn() throws {
    let network = try Network(
      inputDimension: 1, inputScale: 1,
      layers: [
        DenseLayer(
          weights: try LawRegistry.law(parsing: "student-t(1, 1)"), bias: nil, trainable: .all,
          activation: try ActivationRegistry.activation(parsing: "relu")),
        DenseLayer(weights: try LawRegistry.law(parsing: "uniform(-1, 1)"), bias: nil, trainable: .all),
      ])
    let entry = try #require(try limitingKernels(of: network, at: [[2]]).entries.first)
    #expect(entry.nngp.status == "infinite")
    // x² E[w₂²] P(u > 0) = 4 · 1/3 · 1/2
    let first = try #require(entry.groups.first { $0.parameter == "layer 1 weights" }?.ntk.estimate)
    #expect((first.value - 2.0 / 3).magnitude <= first.roundedError)
    #expect(entry.groups.first { $0.parameter == "layer 2 weights" }?.ntk.status == "infinite")
    #expect(entry.ntk.status == "infinite")
  }

  @Test func threadsChangeNothing() throws {
    let network = try Network(
      inputDimension: 2, inputScale: 1,
      layers: [
        DenseLayer(
          weights: try LawRegistry.law(parsing: "uniform(-1, 2)"), bias: nil, trainable: .all,
          activation: try ActivationRegistry.activation(parsing: "tanh")),
        DenseLayer(weights: try LawRegistry.law(parsing: "uniform(-1, 1)"), bias: nil, trainable: .all),
      ])
    let points: [[ExactNumber]] = [[1, 2], [-1, 1], [0, 1]]
    let one = try limitingKernels(of: network, at: points, options: KernelOptions(threads: 1))
    let four = try limitingKernels(of: network, at: points, options: KernelOptions(threads: 4))
    #expect(one.entries.map(\.nngp) == four.entries.map(\.nngp))
    #expect(one.entries.map(\.ntk) == four.entries.map(\.ntk))
  }
}
