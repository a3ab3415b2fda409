import Activations
import Moments
import Testing

@Suite struct RegistryTests {
  @Test func everyNameOfTheInterface() {
    let names = """
      identity square cube polynomial monomial hermite relu leaky-relu abs step sign rectified-power erf gelu \
      gelu-tanh tanh sigmoid softplus silu mish elu selu celu hard-tanh relu6 hard-sigmoid hard-swish softsign sin cos \
      exp gaussian
      """
    #expect(Set(ActivationRegistry.names) == Set(names.split(separator: " ").map(String.init)))
    for entry in ActivationRegistry.all {
      #expect(!entry.examples.isEmpty && !entry.summary.isEmpty && entry.signature.hasPrefix(entry.name))
    }
  }

  @Test(arguments: [
    ("elu", "elu(1)"), ("celu()", "celu(1)"), ("leaky-relu", "leaky-relu(1/100)"),
    ("leaky-relu(0.2)", "leaky-relu(1/5)"),
    ("sin", "sin"), ("sin(1)", "sin"), (" cos( 2*sqrt(2)/3 ) ", "cos(2*sqrt(2)/3)"),
    ("polynomial(0, 1, 0)", "polynomial(0, 1)"),
    ("polynomial(0)", "polynomial(0)"), ("hermite(3.0)", "hermite(3)"), ("rectified-power(4/2)", "rectified-power(2)"),
  ]) func spelling(_ text: String, _ description: String) throws {
    #expect(try ActivationRegistry.activation(parsing: text).description == description)
  }

  private func message(_ text: String) -> String {
    do {
      return try ActivationRegistry.activation(parsing: text).description
    } catch {
      return error.description
    }
  }

  @Test(arguments: [
    ("rellu", "There is no activation 'rellu'. Did you mean 'relu'?"),
    ("GELU", "There is no activation 'GELU'. Did you mean 'gelu'?"),
    ("hardswish", "There is no activation 'hardswish'. Did you mean 'hard-swish'?"),
    ("leaky_relu(0.1)", "There is no activation 'leaky_relu'. Did you mean 'leaky-relu'?"),
    ("relu(2)", "'relu' has the wrong arguments. Write relu."),
    ("monomial", "'monomial' has the wrong arguments. Write monomial(n) with an integer n from 0 to 64."),
    ("polynomial()", "'polynomial' has the wrong arguments. Write polynomial(c0, c1, …) with 1 to 65 coefficients."),
    ("elu(1, 2)", "'elu' has the wrong arguments. Write elu or elu(alpha)."),
    ("elu(relu)", "'elu' has the wrong arguments. Write elu or elu(alpha)."),
    (
      "hermite(65)",
      "'hermite(65)': the degree is not an integer from 0 to 64. Write hermite(n) with such an n, as in hermite(3)."
    ),
    (
      "monomial(-1)",
      "'monomial(-1)': the degree is not an integer from 0 to 64. Write monomial(n) with such an n, as in monomial(3)."
    ),
    (
      "rectified-power(1/2)",
      "'rectified-power(1/2)': the degree is not an integer from 0 to 64. "
        + "Write rectified-power(n) with such an n, as in rectified-power(3)."
    ),
    ("celu(0)", "'celu(0)': alpha is not positive. Write celu(alpha) with alpha > 0."),
    ("celu(-1/2)", "'celu(-1/2)': alpha is not positive. Write celu(alpha) with alpha > 0."),
    ("sin(0)", "'sin(0)': a scale of 0 makes it a constant. Write polynomial(0) if that is meant."),
    ("cos(0)", "'cos(0)': a scale of 0 makes it a constant. Write polynomial(1) if that is meant."),
    (
      "polynomial(1, 1e308)",
      "'polynomial': a parameter is outside the range of double precision. "
        + "Magnitudes between 1e-300 and 1e300 are safe."
    ),
  ]) func messages(_ text: String, _ expected: String) { #expect(message(text) == expected) }

  @Test func unreadable() {
    #expect(message("xyzzyplugh").hasPrefix("There is no activation 'xyzzyplugh'. The activations are: identity, "))
    for text in ["", "relu(", "elu(1/0)", "elu(a+b)", "sin(1", "polynomial(1,,2)", "hermite(1e400)", "(relu)"] {
      #expect(throws: ActivationError.self, "\(text)") { try ActivationRegistry.activation(parsing: text) }
    }
    let many = (0...65).map { _ in "1" }.joined(separator: ", ")
    #expect(message("polynomial(\(many))").hasPrefix("'polynomial': its degree 65 is above 64."))
    #expect(throws: ActivationError.self) { try Hermite(degree: 1 << 40) }
    #expect(throws: ActivationError.self) { try RectifiedPower(degree: -3) }
    #expect(throws: ActivationError.self) { try Monomial(degree: .max) }
  }

  /// A user's own closures.
  @Test func customActivation() {
    let swish = CustomActivation(
      name: "swish2", kinks: [1, 0, 1], transitions: [4, -4], growth: .power(1),
      value: { $0 / (1 + 1 / ($0 * $0 + 1)) }, derivative: { $0 + 1 })
    #expect(swish.description == "swish2" && swish.derivative.name == "swish2'")
    #expect(swish.value.kinks == [0, 1] && swish.derivative.kinks == [0, 1])
    #expect(swish.value.transitions == [-4, 4])
    #expect(swish.value.evaluate(1) == 1 / 1.5 && swish.derivative.evaluate(2) == 3)
    #expect(swish.value.pieces == nil && swish.value.waves == nil && swish.value.parity == .none)
    #expect((swish.value * ReLU().value).evaluate(1) == 1 / 1.5)
  }
}
