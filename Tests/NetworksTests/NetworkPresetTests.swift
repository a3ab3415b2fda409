import Moments
import Networks
import Testing

@Suite struct NetworkPresetTests {
  /// What each library's documentation says of one layer.
  @Test(arguments: [
    ("pytorch", "pytorch-linear()", "pytorch-linear()", "standard"),
    ("he", "kaiming-normal(sqrt(2))", "constant(0)", "standard"),
    ("kaiming-uniform", "kaiming-uniform(sqrt(2))", "constant(0)", "standard"),
    ("xavier", "xavier-uniform(1)", "constant(0)", "standard"),
    ("glorot-normal", "xavier-normal(1)", "constant(0)", "standard"),
    ("lecun", "lecun-normal()", "constant(0)", "standard"), ("neural-tangents", "normal(0, 1)", "none", "ntk"),
  ]) func meansTheFile(_ name: String, weights: String, bias: String, parameterization: String) throws {
    let hidden = "  - {weights: \"\(weights)\", bias: \"\(bias)\", activation: relu}\n"
    let file = try Network(
      yaml: "name: x\ninput-dimension: 3\nparameterization: \(parameterization)\nlayers:\n\(hidden)\(hidden)"
        + "  - {weights: \"\(weights)\", bias: \"\(bias)\"}\n")
    var preset = try Network(preset: "preset:\(name)(dimension=3)")
    preset.name = "x"
    #expect(preset == file)
  }

  @Test func optionsAreHonoured() throws {
    let network = try Network(
      preset: "nt(leaky-relu(1/10), W_std=3/2, b_std=sqrt(1/2), depth=4, parameterization=mean-field)", dimension: 2)
    let layers = try network.denseLayers(for: "this test")
    #expect(layers.count == 5 && network.inputDimension == 2 && network.parameterization == .meanField)
    #expect(layers[0].activation?.description == "leaky-relu(1/10)")
    #expect(layers[4].weightMultiplier == ExactNumber(3, 2) && layers[4].activation == nil)
    #expect(layers[1].biasMultiplier == ExactNumber(squareRootOf: Rational(1, 2)))
    // stax.Dense has no bias where b_std is 0.
    let plain = try Network(preset: "neural-tangents").denseLayers(for: "this test")
    #expect(plain.allSatisfy { $0.bias == nil })
  }

  @Test func everyNameAndAliasWorks() throws {
    for preset in NetworkPreset.all {
      for name in [preset.name] + preset.aliases { #expect(try Network(named: "preset:\(name)").depth == 2) }
    }
  }

  @Test(arguments: [
    (
      "preset:pytroch",
      "preset 'pytroch': there is no preset 'pytroch'. Did you mean 'pytorch'? The presets are pytorch, he, he-uniform, glorot, glorot-normal, lecun, neural-tangents, and short names such as relu-3."
    ),
    (
      "preset:he(depth=0)",
      "preset 'he(depth=0)': depth is the number of hidden layers. Write a whole number from 1 to 99999, as in depth=3."
    ),
    (
      "preset:he(depth=3, tanh)",
      "preset 'he(depth=3, tanh)': 'tanh' is no option with a value. Write preset:NAME or preset:NAME(option=value, …), as in preset:he(activation=relu, depth=3)."
    ),
    (
      "preset:lecun(gain=2)",
      "preset 'lecun(gain=2)': 'gain' is not an option of lecun. Its options are activation, depth, dimension, parameterization."
    ),
    ("preset:he(gain=2, gain=3)", "preset 'he(gain=2, gain=3)': gain is given twice. Give it once."),
    (
      "preset:he(gain=2",
      "preset 'he(gain=2': the parentheses do not match. Write preset:NAME or preset:NAME(option=value, …), as in preset:he(activation=relu, depth=3)."
    ),
  ]) func wordingOfErrors(_ text: String, message: String) {
    let error = #expect(throws: NetworkError.self) { try Network(named: text) }
    #expect(error?.description == message)
  }

  @Test(arguments: [
    "he(gain=-1)", "he(activation=rleu)", "he(dimension=0)", "nt(W_std=x)", "he(parameterization=ntkk)",
  ])
  func impossibleValuesAreFoundByTheFileReader(_ text: String) {
    #expect(throws: NetworkError.self) { try Network(preset: text) }
  }
}
