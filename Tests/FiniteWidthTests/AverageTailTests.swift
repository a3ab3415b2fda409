import FiniteWidth
import Testing

@Suite struct AverageTailTests {
  /// Quantiles of the standardized gamma law with shape 4/γ², from mpmath's incomplete gamma function at 40 digits.
  @Test(arguments: [
    (1e-6, 0.1, 5.1182388691246259), (1e-3, 1.0, 4.5311203895940354), (1e-12, 0.5, 11.470281239085824),
    (0.05, 3.0, 2.0033523872367825), (0.01, 0.01, 2.3336984489194020),
  ]) func quantile(_ probability: Double, _ skewness: Double, _ expected: Double) {
    // The saddlepoint formula of large shapes is right to a relative 1e-5 of the probability.
    #expect((AverageTail.quantile(probability: probability, skewness: skewness) / expected - 1).magnitude < 1e-6)
  }

  @Test func withoutSkewnessItIsNormal() {
    #expect((AverageTail.quantile(probability: 0.025, skewness: 0) - 1.959963984540054).magnitude < 1e-12)
    #expect(
      AverageTail.quantile(probability: 1e-6, skewness: 0.2) > AverageTail.quantile(probability: 1e-6, skewness: 0.1))
  }

  @Test func dominatingSkewness() {
    #expect(AverageTail.dominatingSkewness(skewness: -2, excessKurtosis: 3) == 2)
    #expect(AverageTail.dominatingSkewness(skewness: 0.5, excessKurtosis: 6) == 2)
    #expect(AverageTail.dominatingSkewness(skewness: 0, excessKurtosis: -1.2) == 0)
    #expect(AverageTail.chebyshev(probability: 0.01) == 10)
  }
}
