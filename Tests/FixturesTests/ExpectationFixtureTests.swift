import FiniteWidth
import Fixtures
import Foundation
import Moments
import Networks
import Testing

@Suite struct ExpectationFixtureTests {
  private static func fixture(
    _ yaml: String, _ points: [[ExactNumber]], kernels: [FixtureKernel] = [.ntk], widths: [Int] = [],
    samples: Int = 100,
    rate: Double = 1e-4, precision: FixturePrecision = .double
  ) throws -> ExpectationFixture {
    try ExpectationFixture(
      of: try Network(yaml: yaml), at: points,
      request: FixtureRequest(
        kernels: kernels, precision: precision,
        finite: widths.isEmpty ? nil : try FiniteRequest(widths: widths, samples: samples, falseAlarm: rate)))
  }

  /// The headline: 1073/720 and 113/720 exactly, at every width, with Var ξ = 1295843/226800.
  @Test func theHeadline() throws {
    let fixture = try ExpectationFixture(
      of: try Network.headline, at: [[1], [-1]],
      request: FixtureRequest(kernels: [.ntk], finite: try FiniteRequest(widths: [16, 64], samples: 400)))
    #expect(fixture.limits.map { "\($0.coefficient.exact?.description ?? "")" } == ["1073/720", "113/720", "1073/720"])
    #expect(fixture.limits.allSatisfy { $0.exponent.isZero && $0.tolerance > 0 && $0.tolerance < 2e-12 })
    #expect(fixture.comparisons == 6 && fixture.finite.count == 6 && fixture.warnings.isEmpty)
    for entry in fixture.finite where entry.i == entry.j {
      #expect(entry.mean.exact?.description == "1073/720" && entry.theory == .exact && entry.allowance == 0)
      let variance = entry.standardDeviation.value * entry.standardDeviation.value * Double(entry.width)
      #expect((variance - 1_295_843.0 / 226_800).magnitude < 1e-14)
      // The normal quantile at 1e-4/12 is 4.3; the rest is skewness.
      let errors = entry.tolerance / (entry.standardDeviation.value / 20)
      #expect(errors > 4.3 && errors < 4.6)
      #expect(entry.detectable > entry.tolerance)
    }
  }

  /// A limit's tolerance is its bound and rounding, relative to the diagonal.
  @Test func singlePrecision() throws {
    let yaml = ToleranceTests.yaml("relu", depth: 1)
    let double = try Self.fixture(yaml, [[1, 0], [-1, 0]])
    let single = try Self.fixture(yaml, [[1, 0], [-1, 0]], precision: .single)
    // Opposite inputs of relu: the kernel is exactly 0, and rounding is relative to the diagonal, 1/2 + 1/2 over d = 2.
    #expect(double.limits[1].coefficient.value == 0)
    // The bound of the closed form is below 1e-15.
    #expect((double.limits[1].tolerance - 5e-13).magnitude < 1e-15)
    #expect((single.limits[1].tolerance - 5e-6).magnitude < 1e-15)
  }

  /// Standard: coefficient · N in the limit, at width N every power of N; mean-field: 1/N.
  @Test func powersOfTheWidth() throws {
    let standard = try Self.fixture(
      ToleranceTests.yaml("identity", depth: 1, parameterization: "standard", dimension: 1), [[2]], widths: [8])
    #expect(standard.limits[0].exponent == 1 && standard.limits[0].coefficient.exact == 4)
    // Readout: Σ φ² has the mean 8 · 4; first layer: x² Σ w² = 4.
    #expect(standard.finite[0].mean.exact == 36)
    let meanField = try Self.fixture(
      ToleranceTests.yaml("identity", depth: 1, parameterization: "mean-field", dimension: 1), [[2]], widths: [8])
    #expect(meanField.limits[0].exponent == -1 && meanField.limits[0].coefficient.exact == 8)
    #expect(meanField.finite[0].mean.exact == 1)
  }

  /// The readout's square: w² φ² with φ = ±1 is chi-squared, and so is the bias's.
  @Test func conditionalKernel() throws {
    let yaml = """
      input-dimension: 1
      parameterization: ntk
      layers:
        - {weights: rademacher(), bias: none, activation: identity}
        - {weights: normal(), bias: normal()}
      """
    let fixture = try Self.fixture(yaml, [[1]], kernels: [.nngp], widths: [2], samples: 2, rate: 0.01)
    let entry = try #require(fixture.finite.first)
    #expect(entry.mean.exact == 2)
    // Var: 2/2 + 2; κ₃: 8/4 + 8 over 3^(3/2); κ₄: 48/8 + 48 over 9. Of an average of 2: 1.36 and 3, and √(2/3 · 3) = 1.41.
    #expect((entry.standardDeviation.value - 3.0.squareRoot()).magnitude < 1e-15)
    #expect((entry.skewness - 2.0.squareRoot()).magnitude < 1e-12)
  }

  @Test func deepNetworksHaveAnAllowance() throws {
    let yaml = ToleranceTests.yaml("tanh", depth: 2)
    let fixture = try Self.fixture(yaml, ToleranceTests.pair, widths: [32, 64])
    #expect(fixture.finite.allSatisfy { $0.theory == .firstOrder && $0.allowance > 0 && $0.allowance < $0.tolerance })
    // Of order 1/N².
    for (wide, narrow) in zip(fixture.expectations(.ntk, width: 64), fixture.expectations(.ntk, width: 32)) {
      #expect((narrow.allowance / wide.allowance - 4).magnitude < 0.3)
    }
    #expect(fixture.warnings.contains { $0.hasPrefix("Depth over width is 0.063") })
  }

  /// More networks make a sharper test, more comparisons a wider one.
  @Test func toleranceFollowsTheRequest() throws {
    let yaml = ToleranceTests.yaml("relu", depth: 1)
    func tolerance(_ samples: Int, _ rate: Double, widths: [Int] = [64]) throws -> Double {
      try #require(
        try Self.fixture(yaml, [[1, 0]], widths: widths, samples: samples, rate: rate).finite.first?.tolerance)
    }
    let standard = try tolerance(100, 1e-4)
    #expect(try tolerance(10_000, 1e-4) < standard / 9.9)
    #expect(try tolerance(100, 1e-6) > standard)
    #expect(try tolerance(100, 1e-4, widths: [64, 128, 256]) == tolerance(100, 1e-4 / 3))
  }

  /// E w⁴ is infinite for ν = 3, and there is no tolerance; for ν = 7 the eighth moment is missing: Chebyshev's.
  @Test func heavyTails() throws {
    let none = ToleranceTests.yaml("relu", depth: 1, readout: "student-t(3, 1)")
    let error = #expect(throws: FixtureError.self) { try Self.fixture(none, [[1, 0]], widths: [64]) }
    let message = error?.description ?? ""
    #expect(
      message.hasPrefix("No tolerance exists for the NTK at (1, 0; 1, 0) and width 64: the variance"), "\(message)")
    #expect(message.contains("infinite") && message.contains("Ask for the limit (no --width)"))
    #expect(error?.isAboutRequest == false)
    #expect(try Self.fixture(none, [[1, 0]]).limits[0].coefficient.value > 0)
    let wide = try Self.fixture(
      ToleranceTests.yaml("relu", depth: 1, readout: "student-t(7, 1)"), [[1, 0]], widths: [64], rate: 0.01)
    let entry = try #require(wide.finite.first)
    #expect(entry.basis == .chebyshev)
    // √(1/0.01) standard errors.
    #expect((entry.tolerance / entry.standardDeviation.value - 1).magnitude < 1e-9)
    #expect(wide.warnings.contains { $0.contains("Chebyshev's bound") })
    let noKernel = ToleranceTests.yaml("square", depth: 1, weights: "student-t(3, 1)")
    let missing = #expect(throws: FixtureError.self) { try Self.fixture(noKernel, [[1, 0]]) }
    #expect(missing?.description.hasPrefix("There is nothing to expect of the NTK at (1, 0; 1, 0)") == true)
  }

  @Test func fewNetworksAndFadingBiasesAreSaid() throws {
    let few = try Self.fixture(ToleranceTests.yaml("square", depth: 1), [[1, 0]], widths: [2], samples: 2)
    #expect(few.warnings.contains { $0.hasPrefix("The average of 2 networks is far from normal (skewness up to ") })
    #expect(
      few.warnings.contains { $0.hasPrefix("At width 2 the test of the NTK finds only errors of more than half") })
    let pytorch = try Self.fixture(
      ToleranceTests.yaml(
        "relu", depth: 2, weights: "pytorch-linear()", bias: "pytorch-linear()", readout: "pytorch-linear()",
        parameterization: "standard"), [[1, 0]], widths: [64])
    #expect(pytorch.warnings.contains { $0.hasPrefix("The bias of layer 2 starts at zero here.") })
  }

  /// Layers without a theory of finite width have limits only.
  @Test func layersWithoutTheory() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("examples/residual-relu.yaml")
    let network = try Network(contentsOf: url.path)
    let point = [Array(repeating: ExactNumber(1), count: network.inputDimension)]
    #expect(try ExpectationFixture(of: network, at: point).limits.count == 1)
    #expect(throws: NetworkError.self) {
      try ExpectationFixture(
        of: network, at: point, request: FixtureRequest(finite: try FiniteRequest(widths: [64])))
    }
  }
}
