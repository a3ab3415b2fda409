import Fixtures
import Testing

@Suite struct FixtureRequestTests {
  @Test func widthsAreTakenOnce() throws {
    let request = try FiniteRequest(widths: [64, 16, 64])
    #expect(request.widths == [64, 16] && request.samples == 100 && request.falseAlarm == 1e-4)
  }

  @Test(arguments: [
    ([0], 100, 1e-4, "The width 0 is impossible: there must be at least 1 neuron and at most 10^15."),
    ([8], 1, 1e-4, "The number of networks to average is 1. Write a number from 2 to 1000000000."),
    ([8], 2, 0.5, "The false-alarm rate is 0.5. Write a probability from 1e-100 to below 0.5, as in 1e-4."),
    ([8], 2, 0, "The false-alarm rate is 0.0."), ([8], 2, .nan, "The false-alarm rate is nan."),
  ]) func impossible(_ widths: [Int], _ samples: Int, _ rate: Double, _ message: String) {
    let error = #expect(throws: FixtureError.self) {
      try FiniteRequest(widths: widths, samples: samples, falseAlarm: rate)
    }
    #expect(error?.description.hasPrefix(message) == true && error?.isAboutRequest == true)
  }
}
