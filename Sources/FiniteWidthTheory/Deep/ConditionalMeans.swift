import LimitKernels
import LinearAlgebra
import Moments
import Networks

/// The exact means of a layer's averages given the layer before, for one entry of the NTK.
///
/// For Gaussian weights between the hidden layers, at every width and with `Σ = s2 Φ^l` of a given network,
///
///     E[Φ^{l+1}_p | l] = F_p(Σ) ,
///     E[Ψ^{l+1} | l]   = h(Σ) (eb + ew Φ^l + s2 Ψ^l) + s2² Σ_cd h_cd(Σ) R^l_cd ,
///
/// where `h_cd = ∂_c ∂_d h`. What a network's averages exceed these means by has mean zero, whatever the width, and so has
/// any combination of it: they are control variates. The combination here is the one that cancels the fluctuations of the
/// NTK to leading order, by the Jacobian of the recursion at the limit.
public struct ConditionalMeans: Sendable {
  /// What is known of a layer of a network: `Φ` at all pairs of the inputs, `Ψ` and `R_cd` of the entry.
  public struct Averages: Sendable {
    public var values: [Double]
    public var slopes: Double
    public var correlations: Matrix

    public init(values: [Double], slopes: Double, correlations: Matrix) {
      self.values = values
      self.slopes = slopes
      self.correlations = correlations
    }
  }

  private let constants: [LayerConstants]
  /// `ew`, `eb` and `s2` of each layer.
  private let weightRates: [Double]
  private let biasRates: [Double]
  private let variances: [Double]
  /// One input or two; the entry is that of the first and the last.
  private let count: Int
  private let entry: Int
  /// The mean of the first layer's averages, exact up to rounding.
  private let first: (values: [Double], slopes: Double)
  /// By hidden layer: the derivative of `E Θ` with respect to `Φ_p`, and to `Ψ`, at the limit.
  private let valueDerivatives: [[Double]]
  private let slopeDerivatives: [Double]

  /// - Parameters:
  ///   - network: A network of at least two hidden layers under the NTK parameterization, whose weights between hidden
  ///     layers are Gaussian of mean zero; the other laws are free.
  ///   - points: One point, or two different ones.
  /// - Throws: ``ControlVariateError``, and what the expectations of the limit throw.
  public init(_ network: Network, at points: [[ExactNumber]]) throws {
    precondition((1...2).contains(points.count), "an entry has one or two points")
    let layers = try network.denseLayers(for: "the control variates")
    guard network.parameterization == .ntk else { throw ControlVariateError.parameterization }
    guard network.depth >= 2 else { throw ControlVariateError.depth }
    for index in 1..<network.depth where !isCentredGaussian(layers[index].weights) {
      throw ControlVariateError.notGaussian(layer: index + 1, law: layers[index].weights.description)
    }
    let groups = TrainedGroup.all(of: network, layers: layers, exponents: try WidthExponents(network))
    let channel = Channel(groups, layerCount: layers.count) { _ in Estimate(exact: 1) }
    let constants = layers.map { LayerConstants($0, relativeWidth: 1) }
    let recursion = DeepRecursion(
      layers: layers, constants: constants, inputScale: network.inputScale, channels: [channel], channelPairs: [],
      points: points)
    func finite(_ quantity: Quantity) throws -> Double {
      guard let estimate = quantity.estimate else { throw LayerMoments.MissingMoment(quantity: quantity) }
      return estimate.value
    }
    let variances = try constants.map { try finite($0.second) }
    let (count, pairs) = (points.count, InputPair.all(points.count))
    let entry = count - 1
    let target = InputPair(0, count - 1)
    let (ew, eb) = (channel.weights.map(\.value), channel.biases.map(\.value))

    // The limit, layer by layer, and the Jacobian of each step.
    var moments = LayerMoments(try recursion.firstNeuron(), count: count)
    var values = try pairs.map { try moments.F($0).value }
    let inner = innerProduct(points[0], points[count - 1]).doubleValue
    var slopes = try moments.h(target).value * (ew[0] * inner + eb[0])
    first = (values, slopes)
    var steps: [(values: [[Double]], slopes: [Double], slope: Double)] = []
    for layer in 1..<network.depth {
      let s2 = variances[layer]
      moments = try Self.moments(constants[layer], values.map { s2 * $0 }, count: count)
      let theta = eb[layer] + ew[layer] * values[entry] + s2 * slopes
      let h = try moments.h(target).value
      steps.append(
        (
          values: try pairs.map { p in try pairs.map { q in s2 * (try moments.D(.value, p, q).value) } },
          slopes: try pairs.enumerated().map { index, q in
            theta * s2 * (try moments.D(.slope, target, q).value) + (index == entry ? ew[layer] * h : 0)
          },
          slope: s2 * h
        ))
      values = try pairs.map { try moments.F($0).value }
      slopes = h * theta
    }
    // Backwards from E Θ = eb + ew Φ + s2 Ψ.
    let readout = layers.count - 1
    var valueDerivative = pairs.indices.map { $0 == entry ? ew[readout] : 0 }
    var slopeDerivative = variances[readout]
    var derivatives = [(valueDerivative, slopeDerivative)]
    for step in steps.reversed() {
      valueDerivative = pairs.indices.map { q in
        pairs.indices.reduce(slopeDerivative * step.slopes[q]) { $0 + valueDerivative[$1] * step.values[$1][q] }
      }
      slopeDerivative *= step.slope
      derivatives.append((valueDerivative, slopeDerivative))
    }
    valueDerivatives = derivatives.reversed().map(\.0)
    slopeDerivatives = derivatives.reversed().map(\.1)
    self.constants = constants
    self.variances = variances
    self.count = count
    self.entry = entry
    (weightRates, biasRates) = (ew, eb)
  }

  /// The expectations of a layer whose weighted sums have the covariance `packed`.
  private static func moments(_ layer: LayerConstants, _ packed: [Double], count: Int) throws -> LayerMoments {
    guard let activation = layer.activation else { throw ControlVariateError.depth }
    var covariance = [[Estimate]](repeating: [Estimate](repeating: .zero, count: count), count: count)
    for (value, pair) in zip(packed, InputPair.all(count)) {
      // A given covariance is what it is: its rounding is no uncertainty here.
      let estimate = Estimate(value, error: 0, method: .series)
      covariance[pair.first][pair.second] = estimate
      covariance[pair.second][pair.first] = estimate
    }
    let neuron = try GaussianNeuron(
      activation, covariance: covariance, bias: layer.bias, biasMultiplier: layer.biasMultiplier)
    return LayerMoments(neuron, count: count)
  }

  /// An estimate of the NTK's mean from one network, which has exactly that mean and deviates by `O(1/N)`.
  ///
  ///     Y = eb + (ew, s2)·E[(Φ^L, Ψ^L) | L−1] − Σ_{l<L} β_l · (v^l − E[v^l | l−1]) ,   v = (Φ, Ψ) .
  ///
  /// - Parameter layers: The averages of the network's hidden layers, in order.
  public func controlled(_ layers: [Averages]) throws -> Double {
    precondition(layers.count == valueDerivatives.count, "there are averages of each hidden layer")
    var expected = first
    var result = biasRates[layers.count]
    for (index, layer) in layers.enumerated() {
      if index > 0 { expected = try means(of: index, given: layers[index - 1]) }
      if index == layers.count - 1 { break }
      for p in layer.values.indices {
        result -= valueDerivatives[index][p] * (layer.values[p] - expected.values[p])
      }
      result -= slopeDerivatives[index] * (layer.slopes - expected.slopes)
    }
    let readout = layers.count
    return result + weightRates[readout] * expected.values[entry] + variances[readout] * expected.slopes
  }

  /// The means of `Φ` and `Ψ` of a hidden layer after the first, given the averages of the layer before.
  public func means(of index: Int, given before: Averages) throws -> (values: [Double], slopes: Double) {
    let s2 = variances[index]
    let moments = try Self.moments(constants[index], before.values.map { s2 * $0 }, count: count)
    let target = InputPair(0, count - 1)
    let theta = biasRates[index] + weightRates[index] * before.values[entry] + s2 * before.slopes
    var slopes = try moments.h(target).value * theta
    for c in 0..<count {
      for d in 0..<count {
        slopes +=
          s2 * s2 * (try moments.derivative(.slope, target, directions: [c, d]).value) * before.correlations[c, d]
      }
    }
    return (try InputPair.all(count).map { try moments.F($0).value }, slopes)
  }
}

private func isCentredGaussian(_ law: any Law) -> Bool {
  let parts = law.decomposition
  guard parts.atoms.isEmpty, parts.densities.count == 1, let gaussian = parts.densities[0].gaussian else {
    return false
  }
  return gaussian.mean.isZero
}

/// Why there are no control variates.
public enum ControlVariateError: Error, Sendable, Equatable, CustomStringConvertible {
  case parameterization
  case depth
  case notGaussian(layer: Int, law: String)

  public var description: String {
    switch self {
    case .parameterization:
      return "Control variates are known under the NTK parameterization. Write parameterization: ntk."
    case .depth:
      return "With one hidden layer the mean of the NTK is its limit at every width: there is nothing to measure."
    case .notGaussian(let layer, let law):
      return
        "Control variates need Gaussian weights of mean zero between the hidden layers, but those of layer \(layer) "
        + "are \(law)."
    }
  }
}
