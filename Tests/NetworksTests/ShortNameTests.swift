import Moments
import Networks
import Testing

/// ACTIVATION-DEPTH, and what it stands for.
@Suite struct ShortNameTests {
  /// neural-tangents with the activation's gain: the same file but for the name.
  @Test(arguments: [
    ("relu-3", "neural-tangents(relu, depth=3, W_std=sqrt(2))"), ("erf-1", "neural-tangents(erf, depth=1)"),
    ("leaky-relu(1/2)-2", "neural-tangents(leaky-relu(1/2), depth=2, W_std=sqrt(8/5))"),
    ("sin(2)-4(dimension=5)", "neural-tangents(sin(2), depth=4, dimension=5)"),
    ("relu-2( W_std=3/2 , b_std=1/10)", "neural-tangents(relu, W_std=3/2, b_std=1/10)"),
    ("tanh-2(parameterization=mean-field)", "neural-tangents(tanh, parameterization=mean-field)"),
    ("gelu-12()", "neural-tangents(gelu, depth=12, W_std=sqrt(2))"),
  ]) func meansThePreset(_ short: String, long: String) throws {
    var network = try Network(named: "preset:\(short)")
    #expect(network.name == short)
    let expected = try Network(named: "preset:\(long)")
    network.name = expected.name
    #expect(network == expected)
    #expect(try Network(preset: short).parameterization == expected.parameterization)
  }

  @Test func takesTheDimensionOfTheData() throws {
    #expect(try Network(named: "preset:relu-3", dimension: 7).inputDimension == 7)
    #expect(try Network(named: "preset:relu-3(dimension=2)", dimension: 7).inputDimension == 2)
  }

  @Test(arguments: [
    (
      "preset:rleu-3",
      "preset:rleu-3: line 8: 'activation' of layer 1: There is no activation 'rleu'. Did you mean 'relu'?"
    ),
    (
      "preset:relu-0",
      "preset 'relu-0': depth is the number of hidden layers. Write a whole number from 1 to \(Network.maximumLayerCount - 1), as in depth=3."
    ),
    (
      "preset:relu-3(depth=4)",
      "preset 'relu-3(depth=4)': 'depth' is not an option of relu-3. Its options are dimension, parameterization, W_std, b_std."
    ),
    (
      "preset:relu",
      "preset 'relu': there is no preset 'relu'. Write the number of hidden layers after an activation, as in relu-3. The presets are pytorch, he, he-uniform, glorot, glorot-normal, lecun, neural-tangents, and short names such as relu-3."
    ),
    ("relu-3", "relu-3: The network cannot be read: there is no such file. Did you mean preset:relu-3?"),
  ]) func wordingOfErrors(_ text: String, message: String) {
    let error = #expect(throws: NetworkError.self) { try Network(named: text) }
    #expect(error?.description == message)
  }

  /// Whatever is written, a message can be shown.
  @Test func aLongNameIsShortened() {
    let text = String(repeating: "erf-2(part:", count: 60) + "relu-2" + String(repeating: ")", count: 60)
    let error = #expect(throws: NetworkError.self) { try Network(preset: "\(text)-3(part:erf=1)") }
    #expect((error?.description.count ?? 0) < 300, "\(error?.description ?? "")")
  }

  @Test(arguments: ["-3", "relu-", "relu-3)", "relu-3(", "relu--3", "relu-3-4", "relu-99999999999999999999", "relu-٣"])
  func otherForms(_ text: String) {
    #expect(throws: NetworkError.self) { try Network(preset: text) }
  }
}
