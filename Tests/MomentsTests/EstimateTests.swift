import Moments
import Testing

@Suite struct EstimateTests {
  @Test func boundsHoldThroughArithmetic() throws {
    // Estimates with a known true value anywhere within the bound.
    var stream = RandomStream(seed: 11, stream: 0)
    for _ in 0..<300 {
      func random() throws -> (Estimate, ExactNumber) {
        let truth = try #require(ExactNumber(exactly: (stream.uniform() - 0.5) * 8))
        let error = stream.uniform() * 1e-3
        let value = truth.doubleValue + (2 * stream.uniform() - 1) * error
        return (Estimate(value, error: error * 1.0000001, method: .quadrature), truth)
      }
      let (a, p) = try random()
      let (b, q) = try random()
      for (estimate, truth) in [
        (a + b, p + q), (a - b, p - q), (a * b, p * q), (ExactNumber(1, 3) * a, ExactNumber(1, 3) * p),
      ] {
        let value = try #require(ExactNumber(exactly: estimate.value))
        #expect((value - truth).magnitude.doubleValue <= estimate.error)
        #expect(estimate.method == .quadrature)
        #expect(estimate.exact == nil)
      }
    }
  }

  @Test func exactStaysExact() {
    let third = Estimate(exact: ExactNumber(1, 3))
    #expect((third + third + third) == .one)
    #expect((third * third).exact == ExactNumber(1, 9))
    #expect((third - third).isExactlyZero)
    #expect((.zero * Estimate(2, error: 1, method: .sampling)).isExactlyZero)
    #expect((.one * Estimate(2, error: 1, method: .sampling)).method == .sampling)
    #expect(third.error == 0 && third.roundedError > 0)
  }

  @Test func underflowKeepsABound() throws {
    let tiny = Estimate(1e-200, error: 0, method: .closedForm)
    #expect((tiny * tiny).value == 0)
    #expect((tiny * tiny).error > 0)
    // A subnormal closed form has few digits, an exact value below them all is rounded to 0.
    #expect(Estimate(closedForm: 0x1p-1060).error >= .leastNonzeroMagnitude)
    #expect(
      Estimate(exact: try ExactNumber(parsing: "1e-200") * ExactNumber(parsing: "1e-200")).roundedError
        == .leastNonzeroMagnitude)
    #expect(Estimate(exact: 0).roundedError == 0)
  }

  @Test func quantitiesAddLikeExtendedNumbers() {
    let up = Quantity.infinite(positive: true, reason: "up")
    let down = Quantity.infinite(positive: false, reason: "down")
    let none = Quantity.undefined(reason: "none")
    #expect((up + .zero).status == "infinite" && (up + up).status == "infinite")
    #expect((up + down).status == "undefined" && (up + down).reason == "up, and with the opposite sign down")
    #expect((none + up).status == "undefined" && (.zero + none).reason == "none")
    #expect(Estimate(exact: -1) * up == .infinite(positive: false, reason: "up"))
    #expect(Estimate.zero * none == .zero)
  }

  @Test func methodsAreOrderedFromTheSurest() {
    #expect(EvaluationMethod.allCases.sorted() == [.exact, .closedForm, .series, .quadrature, .sampling])
  }
}
