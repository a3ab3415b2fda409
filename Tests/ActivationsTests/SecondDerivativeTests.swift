import Activations
import Testing

/// φ″ against central differences of φ′, away from kinks.
@Suite struct SecondDerivativeTests {
  static let known = ActivationRegistry.all.flatMap(\.examples).compactMap { text -> String? in
    let activation = try? ActivationRegistry.activation(parsing: text)
    return activation?.secondDerivative == nil ? nil : text
  }

  @Test func everyActivationHasOne() {
    // Every activation of the registry has one, away from kinks.
    for name in ActivationRegistry.all.flatMap(\.examples) { #expect(Self.known.contains(name), "\(name)") }
  }

  @Test(arguments: known) func isTheDerivativeOfTheDerivative(_ text: String) throws {
    let activation = try ActivationRegistry.activation(parsing: text)
    let second = try #require(activation.secondDerivative)
    let step = 1e-4
    for z in stride(from: -4.05, through: 4.05, by: 0.1) {
      if activation.value.kinks.contains(where: { ($0.doubleValue - z).magnitude < 2 * step }) { continue }
      let slopes = activation.derivative.evaluate
      let difference = (slopes(z + step) - slopes(z - step)) / (2 * step)
      let value = second.evaluate(z)
      // The central difference errs by φ⁗ h²/6 and by ε φ′/h.
      let scale = 1 + value.magnitude + slopes(z).magnitude + slopes(z + 1).magnitude + slopes(z - 1).magnitude
      #expect((difference - value).magnitude <= 2e-6 * scale, "\(text) at \(z): \(difference), \(value)")
    }
  }
}
