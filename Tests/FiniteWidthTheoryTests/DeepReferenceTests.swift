import FiniteWidthTheory
import Moments
import Networks
import TestSupport
import Testing

/// Reference numbers of the derivation for deep networks: a separate program (Gauss–Hermite products in the eigenbasis, derivatives by
/// parts), itself compared with sampled networks. Inputs (1, 0.3) and (−0.4, 0.9), s = 1/√2; entries (11), (12), (22).
struct DeepReference: Sendable, CustomTestStringConvertible {
  var name: String
  var activation: String
  var weights: [String]
  var biases: [String?]?
  var theta: [Double]?
  var correction: [Double]?
  /// (11|11), (11|12), (11|22), (12|12), (12|22), (22|22), or the three variances.
  var covariances: [Double] = []
  var function: [Double]?
  /// Places of the numbers given: the last one may be off by a unit.
  var unit = 1e-11
  var covarianceUnit = 1e-8

  var testDescription: String { name }

  static let all: [DeepReference] = [
    DeepReference(
      name: "T5 relu, L = 2", activation: "relu", weights: Array(repeating: "normal(0, sqrt(2))", count: 3),
      theta: [1.635, 0.295144659955, 1.455], correction: [0, -0.098412062644, 0],
      covariances: [17.22745, 2.00793823, 2.860763988, 0.9403751793, 1.78688081, 13.64305],
      function: [0, -0.341164868576, 0]),
    DeepReference(
      name: "T6 relu, L = 3", activation: "relu", weights: Array(repeating: "normal(0, sqrt(2))", count: 4),
      theta: [2.18, 0.491030613555, 1.94], correction: [0, -0.156974235468, 0],
      covariances: [47.524, 7.497618243, 10.09008703, 3.308012902, 6.672192381, 37.636]),
    DeepReference(
      name: "T6 relu, L = 3, biases", activation: "relu", weights: Array(repeating: "normal(0, sqrt(2))", count: 4),
      biases: Array(repeating: "normal(0, 1/2)", count: 4), theta: [6.93, 3.503814194818, 6.69],
      correction: [0, 1.676414413853, 0],
      covariances: [251.84275, 86.35061212, 118.7820507, 54.15600456, 82.54987512, 229.65475], covarianceUnit: 6e-8),
    DeepReference(
      name: "T7 erf, L = 2", activation: "erf", weights: Array(repeating: "normal(0, 1.5)", count: 3),
      biases: Array(repeating: "normal(0, 0.3)", count: 3), theta: [5.346455591057, 2.463916899484, 5.386407160017],
      correction: [0.170006238485, 0.317049712286, 0.162281192819],
      covariances: [84.46991495, 26.35562006, 34.19576215, 15.3473314, 26.17951998, 84.87507168],
      function: [-0.098089943418, 0.029420593541, -0.103017805273]),
    DeepReference(
      name: "T8 erf, L = 3", activation: "erf", weights: Array(repeating: "normal(0, 1.5)", count: 4),
      biases: Array(repeating: "normal(0, 0.3)", count: 4), theta: [7.798550014295, 3.101510279543, 7.876515140476],
      correction: [0.970293247759, 1.086512602596, 0.983745384473],
      covariances: [304.5628589, 77.63197073, 104.4934217, 40.13676426, 78.02450155, 310.3232574], covarianceUnit: 6e-8),
    DeepReference(
      name: "T9 erf, Laplace second layer", activation: "erf",
      weights: ["normal(0, 1.5)", "laplace(1)", "normal(0, 1.2)"],
      theta: [1.344278310107, -0.114224265312, 1.301775611535],
      correction: [-0.098425237358, -0.01858968885, -0.113981988393],
      covariances: [3.566819781, -0.2098464488, 1.726230679, 0.7530867134, -0.1976207819, 3.177710343]),
    DeepReference(
      name: "T9 Gaussian second layer", activation: "erf",
      weights: ["normal(0, 1.5)", "normal(0, sqrt(2))", "normal(0, 1.2)"],
      correction: [-0.05195362, -0.01070864, -0.0609352],
      covariances: [3.566819781, -0.2098464488, 1.726230679, 0.7530867134, -0.1976207819, 3.177710343], unit: 1e-8),
    DeepReference(
      name: "T9 Rademacher second layer", activation: "erf",
      weights: ["normal(0, 1.5)", "scaled(sqrt(2), rademacher())", "normal(0, 1.2)"],
      correction: [-0.02097255, -0.00545462, -0.02557067],
      covariances: [3.566819781, -0.2098464488, 1.726230679, 0.7530867134, -0.1976207819, 3.177710343], unit: 1e-8),
    DeepReference(
      name: "T9 Laplace output", activation: "erf", weights: ["normal(0, 1.5)", "normal(0, 1.2)", "laplace(1)"],
      covariances: [11.70281826, 1.02351252, 10.59093503]),
    DeepReference(
      name: "T9 Gaussian output", activation: "erf",
      weights: ["normal(0, 1.5)", "normal(0, 1.2)", "normal(0, sqrt(2))"],
      covariances: [5.46592157, 0.98008321, 4.90022542]),
    DeepReference(
      name: "T10 erf, everything uniform", activation: "erf",
      weights: Array(repeating: "scaled(1.5*sqrt(3), uniform(1))", count: 3),
      biases: Array(repeating: "uniform(-1/2, 1/2)", count: 3), theta: [4.981433650862, 2.21246135379, 5.10879457843],
      correction: [-0.002107483372, 0.02492029184, 0.008559589381],
      covariances: [42.58333562, 11.52041809, 12.05038411, 7.484520099, 11.83815431, 45.00186764]),
    DeepReference(
      name: "T11 erf, L = 3, uniform", activation: "erf",
      weights: Array(repeating: "scaled(1.5*sqrt(3), uniform(1))", count: 4),
      theta: [2.653105148021, -0.165585889719, 2.630991173954],
      correction: [-0.0157158616, -0.057320173956, -0.028663040519],
      covariances: [22.52512801, -0.8612541971, 6.431854372, 2.420693096, -0.7219803837, 21.62345721]),
    DeepReference(
      name: "T12 tanh, L = 2", activation: "tanh", weights: Array(repeating: "normal(0, 1.5)", count: 3),
      biases: Array(repeating: "normal(0, 0.3)", count: 3), theta: [4.33333382382, 2.330685052433, 4.359005133153],
      correction: [0.107883047249, 0.203041209049, 0.100340168758],
      covariances: [41.83127068, 15.5229219, 19.95830302, 9.560050984, 15.43038777, 41.9860773]),
    DeepReference(
      name: "T14 square, two inputs", activation: "square",
      weights: ["normal(0, 1)", "normal(0, 1/2)", "normal(0, 1/2)"],
      theta: [0.413549299805, 0.067491028242, 0.259363127930],
      correction: [4.631752157813, 0.250597394063, 2.904867032813],
      covariances: [7.726044891, 0.653296496, 0.2076091914, 0.1473303998, 0.4097238775, 3.038918954]),
  ]
}

@Suite struct DeepPredictionReferenceTests {
  static let points: [[ExactNumber]] = [[1, ExactNumber(3, 10)], [ExactNumber(-2, 5), ExactNumber(9, 10)]]

  @Test(arguments: DeepReference.all) func matches(_ reference: DeepReference) throws {
    let clock = ContinuousClock()
    let begin = clock.now
    defer { print("TIME", reference.name, clock.now - begin) }
    let network = try network(
      reference.activation, weights: reference.weights, biases: reference.biases, dimension: 2)
    let prediction = try finiteWidthPrediction(of: network, at: Self.points)
    for entry in 0..<3 {
      let kernel = prediction.entries[entry].ntk
      if let theta = reference.theta {
        try expect(kernel.limit, theta[entry], within: reference.unit, "theta \(entry)")
      }
      if let correction = reference.correction {
        try expect(kernel.meanCorrection, correction[entry], within: reference.unit, "correction \(entry)")
      }
      if let function = reference.function {
        try expect(
          prediction.entries[entry].nngp.meanCorrection, function[entry], within: reference.unit, "function \(entry)")
      }
      // The groups are the terms of the sum.
      let sum = prediction.entries[entry].groups.reduce(Quantity.zero) { $0 + $1.meanCorrection }
      try expect(sum, try #require(kernel.meanCorrection.estimate).value, within: 1e-11, "groups \(entry)")
    }
    let pairs =
      reference.covariances.count == 6
      ? [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)] : [(0, 0), (1, 1), (2, 2)]
    for ((i, j), expected) in zip(pairs, reference.covariances) {
      // On the diagonal of relu the variance is known at every width; here its leading coefficient is meant.
      let value = i == j ? prediction.entries[i].ntk.scaledVariance : prediction.covariance(i, j, width: 1)
      try expect(
        value, expected, within: reference.covarianceUnit, "covariance \(i) \(j)")
    }
  }
}
