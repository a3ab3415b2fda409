import Activations
import Foundation
import LimitKernels
import Moments
import TestSupport
import Testing

private func phase(_ activation: String, _ weight: String = "1", _ bias: String = "0") throws -> PhaseAnalysis {
  try PhaseAnalysis(
    of: try ActivationRegistry.activation(parsing: activation), weightVariance: try ExactNumber(parsing: weight),
    biasVariance: try ExactNumber(parsing: bias))
}

@Suite struct PhaseTests {
  static let cases: [ReferenceCase] = (try? referenceFamily("phase")) ?? []

  @Test func theReferenceIsThere() { #expect(Self.cases.count >= 8) }

  /// erf and tanh against mpmath: the bound holds, and is small.
  @Test(arguments: cases) func matches(_ reference: ReferenceCase) throws {
    let text = { (key: String) in try #require(reference.json[key]?.string) }
    let result = try phase(try text("activation"), try text("weightVariance"), try text("biasVariance"))
    let quantities: [String: Quantity?] = [
      "q": result.fixedPoint?.q, "lengthSlope": result.fixedPoint?.slope, "chi": result.chi,
      "lengthDepth": result.lengthDepth, "correlation": result.correlation,
      "correlationDepth": result.correlationDepth,
      "criticalWeightVariance": result.critical.first?.weightVariance,
    ]
    for (key, expected) in reference.expected {
      let estimate = try #require(quantities[key]??.estimate, "\(key)")
      let deviation = try absoluteError(estimate.value, expected)
      #expect(deviation <= estimate.roundedError, "\(key): \(estimate), expected \(expected)")
      // ξ_c of 1.76, 0.05 stands 2e-4 from the edge, which costs it four digits, twice.
      let relative = key.hasSuffix("Depth") ? 1e-9 : 1e-11
      #expect(estimate.error <= relative * estimate.value.magnitude, "\(key): \(estimate)")
    }
  }

  /// He initialization: σ_w² = 2 keeps every length.
  @Test func relu() throws {
    let critical = try phase("relu", "2")
    #expect(critical.lengths == .stays)
    #expect(critical.phase == .critical)
    #expect(critical.chi.estimate?.exact == 1)
    #expect(critical.critical.first?.weightVariance.estimate?.exact == 2)
    #expect(critical.critical.first?.q == nil)
    #expect(critical.correlationDepth.status == "infinite")
    #expect(try phase("relu", "3").lengths == .diverges)
    let ordered = try phase("relu", "1", "1/10")
    #expect(ordered.fixedPoint?.q.estimate?.exact == ExactNumber(1, 5))
    #expect(ordered.phase == .ordered)
    #expect(ordered.critical.isEmpty)
    // leaky relu: σ_w² = 2/(1 + α²).
    #expect(try phase("leaky-relu(1/2)").critical.first?.weightVariance.estimate?.exact == ExactNumber(8, 5))
  }

  // The papers of Poole and of Schoenholz: tanh is critical at (1, 0), and at (1.76, 0.05) to the digits printed there.
  @Test func publishedEdgeOfChaos() throws {
    let origin = try phase("tanh")
    #expect(origin.phase == .critical)
    #expect(origin.fixedPoint?.q.estimate?.isExactlyZero == true)
    #expect(try #require(origin.critical.first?.weightDeviation.estimate).value == 1)
    let published = try #require(try phase("tanh", "1.76", "0.05").critical.first?.weightVariance.estimate)
    #expect((published.value - 1.76).magnitude < 0.005)
    // erf′(0)² = 4/π.
    let erf = try #require(try phase("erf").critical.first?.weightVariance.estimate)
    #expect((erf.value - .pi / 4).magnitude <= erf.error)
  }

  /// Odd and without bias: different inputs end orthogonal in the chaotic phase.
  @Test func oddActivations() throws {
    let result = try phase("tanh", "4")
    #expect(result.phase == .chaotic)
    #expect(result.correlation.estimate?.isExactlyZero == true)
    #expect(result.fixedPoints.map(\.stability) == [.unstable, .stable])
  }

  /// Closed values: cos at σ_w² = 1 has q* = (1 + e^{−2q*})/2; exp is critical where q = 1, unstably.
  @Test func otherActivations() throws {
    let cosine = try #require(try phase("cos").fixedPoint?.q.estimate)
    #expect((cosine.value - (1 + exp(-2 * cosine.value)) / 2).magnitude < 1e-15)
    let point = try #require(try phase("exp").critical.first)
    let (q, variance) = (try #require(point.q?.estimate), try #require(point.weightVariance.estimate))
    #expect((q.value - 1).magnitude <= q.error)
    #expect((variance.value - exp(-2.0)).magnitude <= variance.error)
    #expect(point.stability == .unstable)
    // 1 + 1/√2 is σ_w at the edge for exp(−z²): 4q(1+4q)^{−3/2} and (1+4q)^{−1/2} balance at q = (1 + √2)/2.
    let gaussian = try #require(try phase("gaussian").critical.first?.weightDeviation.estimate)
    #expect((gaussian.value - (1 + 0.5.squareRoot())).magnitude <= gaussian.error)
  }

  // With jumps χ₁ is infinite and no weight variance is critical. For sign without bias R(c) = (2/π) asin c.
  @Test func jumps() throws {
    let sign = try phase("sign", "3")
    #expect(sign.chi.status == "infinite")
    #expect(sign.critical.isEmpty)
    #expect(sign.fixedPoint?.q.estimate?.exact == 3)
    #expect(sign.correlation.estimate?.isExactlyZero == true)
    let slope = try #require(sign.correlationSlope.estimate)
    #expect((slope.value - 2 / .pi).magnitude <= slope.error)
    let step = try #require(try phase("step").correlation.estimate)
    // 2 (1/4 + asin(c)/2π) = c.
    #expect((2 * (0.25 + asin(step.value) / (2 * .pi)) - step.value).magnitude <= 4 * step.error)
  }

  @Test(arguments: ["square", "exp", "cube"]) func lengthsOfUnboundedActivationsDiverge(_ name: String) throws {
    let result = try phase(name)
    #expect(result.lengths == .diverges)
    #expect(result.phase == .unbounded)
    #expect(result.fixedPoint == nil)
    #expect(result.notes.contains { $0.hasPrefix("Lengths diverge") })
  }

  /// Every activation, three laws: no error, and what is called a fixed point is one.
  @Test(arguments: ActivationRegistry.all.compactMap(\.examples.first)) func everyActivation(_ name: String) throws {
    for (weight, bias) in [("1", "0"), ("3/2", "1/10"), ("1/10", "1")] {
      let result = try phase(name, weight, bias)
      #expect((result.lengths == .converges) == (result.fixedPoint != nil && result.lengths != .oscillates))
      if let c = result.correlation.estimate { #expect((0...1).contains(c.value)) }
      for point in result.critical { #expect((point.weightVariance.estimate?.value ?? -1) > 0) }
    }
  }

  @Test func extremeVariances() throws {
    let large = try #require(try phase("tanh", "1", "1e90").fixedPoint?.q.estimate)
    #expect((large.value - 1e90).magnitude <= large.error + 1)
    #expect(try phase("tanh", "1e-90").phase == .ordered)
    #expect(throws: PhaseError.weightVariance(0)) { try phase("relu", "0") }
    #expect(throws: PhaseError.biasVariance(-1)) { try phase("relu", "1", "-1") }
  }
}
