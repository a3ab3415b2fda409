import FiniteWidthTheory
import Moments
import Networks

/// What a user of a fixture must know beyond its numbers.
enum FixtureWarnings {
  /// A curve that is more skewed than this is an extrapolation far beyond the normal law.
  private static let largestSkewness = 1.0
  /// A test that finds only deviations beyond this part of the kernel sleeps.
  private static let largestDetectable = 0.5

  static func all(
    _ network: Network, _ request: FixtureRequest, _ prediction: FiniteWidthPrediction,
    _ expectations: [FiniteExpectation], points: [[ExactNumber]]
  ) -> [String] {
    guard let finite = request.finite else { return [] }
    var warnings: [String] = []
    func add(_ text: String) { if !warnings.contains(text) { warnings.append(text) } }
    for width in finite.widths.sorted() {
      for warning in prediction.warnings(width: width) { add(warning.description) }
    }
    if let place = fadingBiases(network, request) {
      add(
        "The bias of \(place) starts at zero here. If yours is drawn at the scale 1/√N, as PyTorch's default is, it moves "
          + "the mean by a term of order 1/N that is not in this fixture: set it to zero in the network under test.")
    }
    let skewness = expectations.map(\.skewness).filter(\.isFinite).max() ?? 0
    if skewness > largestSkewness {
      add(
        "The average of \(finite.samples) networks is far from normal (skewness up to "
          + "\((10 * skewness).rounded() / 10)): its tolerance is extrapolated from four moments. Average more networks."
      )
    }
    if expectations.contains(where: { !$0.skewness.isFinite }) {
      add(
        "Third or fourth moments are infinite: some tolerances are Chebyshev's bound, which is wide. Take laws with more "
          + "moments for a sharper test.")
    }
    for kernel in request.kernels {
      for width in finite.widths {
        let own = expectations.filter { $0.kernel == kernel && $0.width == width && $0.i == $0.j }
        if own.contains(where: { $0.detectable > largestDetectable * $0.mean.value.magnitude && $0.mean.value != 0 }) {
          add(
            "At width \(width) the test of the \(kernel.name) finds only errors of more than half its value: "
              + "average more networks, or allow more false alarms.")
        }
      }
    }
    return warnings
  }

  /// The layer whose bias is drawn at zero where frameworks draw it at the scale 1/√N, and it would count.
  private static func fadingBiases(_ network: Network, _ request: FixtureRequest) -> String? {
    guard network.parameterization == .standard, let layers = try? network.denseLayers(for: "fixtures") else {
      return nil
    }
    func isZero(_ layer: DenseLayer) -> Bool { layer.bias?.moment(2).estimate?.isExactlyZero ?? false }
    for (index, layer) in layers.enumerated().dropFirst().dropLast() where isZero(layer) { return "layer \(index + 1)" }
    if request.kernels.contains(.nngp), isZero(network.readout) { return "the readout" }
    return nil
  }
}
