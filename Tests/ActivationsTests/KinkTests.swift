import Activations
import Moments
import Testing

/// Values and derivatives at kinks, where only a convention decides: PyTorch's.
@Suite struct KinkTests {
  /// From the backward passes of PyTorch (aten/src/ATen/native/cpu/Activation.cpp and derivatives.yaml).
  @Test(arguments: [
    ("relu", 0.0, 0.0, 0.0), ("leaky-relu", 0, 0, 0.01), ("leaky-relu(1/4)", 0, 0, 0.25), ("leaky-relu(-1)", 0, 0, -1),
    ("leaky-relu(1)", 0, 0, 1), ("leaky-relu(0)", 0, 0, 0), ("abs", 0, 0, 0), ("step", 0, 0, 0), ("sign", 0, 0, 0),
    ("step", 2, 1, 0), ("sign", -2, -1, 0), ("rectified-power(0)", 0, 0, 0), ("rectified-power(1)", 0, 0, 0),
    ("rectified-power(2)", 0, 0, 0), ("hard-tanh", -1, -1, 0), ("hard-tanh", 1, 1, 0), ("relu6", 0, 0, 0),
    ("relu6", 6, 6, 0), ("hard-sigmoid", -3, 0, 0), ("hard-sigmoid", 3, 1, 0), ("hard-swish", -3, 0, 0),
    ("hard-swish", 3, 3, 1), ("elu", 0, 0, 1), ("elu(1/2)", 0, 0, 0.5),
    ("selu", 0, 0, 1.0507009873554805 * 1.6732632423543772), ("celu", 0, 0, 1), ("celu(1/2)", 0, 0, 1),
    ("softsign", 0, 0, 1),
  ]) func conventions(_ text: String, _ z: Double, _ value: Double, _ derivative: Double) throws {
    let activation = try ActivationRegistry.activation(parsing: text)
    #expect(activation.value.evaluate(z) == value)
    // One rounding in the product of SELU's constants.
    #expect((activation.derivative.evaluate(z) - derivative).magnitude <= derivative.ulp)
  }

  @Test(arguments: [
    ("elu", "0"), ("selu", "0"), ("celu", "0"), ("softsign", "0"), ("relu6", "0 6"), ("hard-tanh", "-1 1"),
    ("hard-swish", "-3 3"), ("rectified-power(9)", "0"), ("leaky-relu(1)", ""), ("tanh", ""), ("gelu", ""),
    ("hermite(41)", ""), ("step", "0"),
  ]) func kinksOfTheValue(_ text: String, _ kinks: String) throws {
    let activation = try ActivationRegistry.activation(parsing: text)
    #expect(activation.value.kinks.map(\.description).joined(separator: " ") == kinks)
  }

  @Test(arguments: [
    "step", "sign", "polynomial(2)", "polynomial(0)", "monomial(0)", "hermite(0)", "rectified-power(0)",
  ])
  func vanishingDerivatives(_ text: String) throws {
    let derivative = try ActivationRegistry.activation(parsing: text).derivative
    #expect(derivative.pieces?.polynomial == .zero)
    #expect(derivative.waves == [])
    #expect(derivative.kinks.isEmpty && derivative.growth == .power(0) && derivative.parity == .even)
    #expect(derivative.evaluate(0.5) == 0 && derivative.evaluate(-1e308) == 0)
  }
}
