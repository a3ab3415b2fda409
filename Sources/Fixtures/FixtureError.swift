/// Why there is no fixture.
public enum FixtureError: Error, Sendable, Equatable, CustomStringConvertible {
  case width(Int)
  case samples(Int)
  case falseAlarm(Double)
  /// The kernel has no coefficient.
  case noValue(kernel: String, x: String, y: String, reason: String)
  /// Nothing bounds the deviation of an average.
  case noTolerance(kernel: String, x: String, y: String, width: Int, reason: String)
  /// A mean or a tolerance is no double.
  case overflow(kernel: String, x: String, y: String, width: Int)
  /// The archive could not be made.
  case archive(problem: String)

  /// Whether the request is wrong, rather than the network's kernels.
  public var isAboutRequest: Bool {
    switch self {
    case .width, .samples, .falseAlarm: true
    case .noValue, .noTolerance, .overflow, .archive: false
    }
  }

  public var description: String {
    switch self {
    case .width(let width):
      "The width \(width) is impossible: there must be at least 1 neuron and at most 10^15."
    case .samples(let samples):
      "The number of networks to average is \(samples). Write a number from 2 to \(FiniteRequest.largestSampleCount)."
    case .falseAlarm(let rate):
      "The false-alarm rate is \(rate). Write a probability from 1e-100 to below 0.5, as in 1e-4."
    case .noValue(let kernel, let x, let y, let reason):
      "There is nothing to expect of the \(kernel) at (\(x); \(y)): \(reason). "
        + "Take the point out, or a law or activation with more moments."
    case .noTolerance(let kernel, let x, let y, let width, let reason):
      "No tolerance exists for the \(kernel) at (\(x); \(y)) and width \(width): \(reason). "
        + "Ask for the limit (no --width), or take a law with more moments."
    case .overflow(let kernel, let x, let y, let width):
      "The \(kernel) at (\(x); \(y)) and width \(width) exceeds the range of double precision. Take smaller inputs."
    case .archive(let problem): "The fixture cannot be packed: \(problem)."
    }
  }
}
