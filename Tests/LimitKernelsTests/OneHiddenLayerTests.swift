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

/// The network and the two inputs of a reference case, in any of the files' three spellings.
func referenceNetwork(_ reference: ReferenceCase) throws -> (Network, x: [ExactNumber], y: [ExactNumber]) {
  func numbers(_ json: JSONValue?) throws -> [ExactNumber] {
    try (json?.array ?? []).compactMap(\.string).map { try ExactNumber(parsing: $0) }
  }
  func law(_ json: JSONValue?) throws -> (any Law)? {
    let text = try lawText(json)
    return text == "none" ? nil : try LawRegistry.law(parsing: text)
  }
  if let spec = reference.json["spec"] {
    let x = try numbers(spec["x"])
    if let layers = spec["layers"]?.array {
      let activation = try ActivationRegistry.activation(parsing: try activationText(spec["activation"]))
      var dense: [DenseLayer] = []
      for (index, layer) in layers.enumerated() {
        let trainsBias = layer["bias_trainable"]?.bool ?? false
        let isAbsent = layer["B"]?["law"]?.string == "zero" && !trainsBias
        dense.append(
          DenseLayer(
            weights: try #require(try law(layer["W"])), bias: isAbsent ? nil : try law(layer["B"]),
            trainable: trainsBias ? .all : .weights, activation: index == layers.count - 1 ? nil : activation))
      }
      let scale = try ExactNumber(parsing: try #require(spec["s"]?.string))
      return (try Network(inputDimension: x.count, inputScale: scale, layers: dense), x, try numbers(spec["xp"]))
    }
    let activation = try ActivationRegistry.activation(parsing: try activationText(spec["activation"]))
    func trainable(_ key: String) -> TrainableParameters { spec[key]?.bool ?? false ? .all : .weights }
    let network = try Network(
      inputDimension: x.count, inputScale: try ExactNumber(parsing: try #require(spec["input_scale"]?.string)),
      layers: [
        DenseLayer(
          weights: try #require(try law(spec["weights1"])), bias: try law(spec["bias1"]),
          trainable: trainable("bias1_trainable"), activation: activation),
        DenseLayer(
          weights: try #require(try law(spec["weights2"])), bias: try law(spec["bias2"]),
          trainable: trainable("bias2_trainable")),
      ])
    return (network, x, try numbers(spec["y"]))
  }
  let network = try #require(reference.json["network"])
  return (
    try Network(yaml: yamlText(network)), try numbers(reference.json["x"]), try numbers(reference.json["y"])
  )
}

/// A JSON value as JSON text, which is YAML.
func yamlText(_ json: JSONValue) -> String {
  switch json {
  case .null: return "null"
  case .bool(let flag): return "\(flag)"
  case .number(let number): return number == number.rounded() ? "\(Int(number))" : "\(number)"
  case .string(let text): return "\"\(text)\""
  case .array(let values): return "[" + values.map(yamlText).joined(separator: ", ") + "]"
  case .object(let pairs):
    return "{" + pairs.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \(yamlText($0.value))" }.joined(separator: ", ")
      + "}"
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
