import Activations
import Expectation
import LimitKernels
import Moments
import Networks

/// Mean and fluctuations of the NTK and the NNGP kernel of finite networks, at all pairs i ≤ j of `points`.
///
/// With one hidden layer everything is exact at every width. With more the terms up to 1/N are computed by recursion
/// over the layers.
///
/// - Parameters:
///   - network: A network of dense layers.
///   - points: Inputs of `network.inputDimension` coordinates each.
///   - options: The accuracy that limits and variances must reach, and the number of threads.
///   - relativeWidths: `r_l` of each hidden layer, of width `r_l N`; nil for 1 everywhere.
/// - Throws: `KernelError`, `ExpectationError` and `NetworkError` as `limitingKernels` does, and
///   ``FiniteWidthTheoryError``.
public func finiteWidthPrediction(
  of network: Network, at points: [[ExactNumber]], options: KernelOptions = KernelOptions(),
  relativeWidths: [Rational]? = nil
) throws -> FiniteWidthPrediction {
  let layers = try network.denseLayers(for: "the finite-width theory")
  let kernels = try limitingKernels(of: network, at: points, options: options)
  let widths = relativeWidths ?? Array(repeating: .one, count: layers.count - 1)
  guard widths.count == layers.count - 1 else {
    throw FiniteWidthTheoryError.relativeWidthCount(found: widths.count, expected: layers.count - 1)
  }
  if let width = widths.first(where: { $0.signum <= 0 }) { throw FiniteWidthTheoryError.relativeWidth(width) }
  let exponents = try WidthExponents(network)
  for (index, layer) in layers.dropLast().enumerated() where !exponents.biasSurvives[index] {
    if let bias = layer.bias, !bias.moment(2).isExactlyZero {
      throw FiniteWidthTheoryError.fadingBias(layer: index + 1)
    }
  }
  let prediction =
    layers.count == 2
    ? try OneHiddenLayerPrediction.predict(
      network, layers, kernels, exponents, points: points, relativeWidths: widths, threads: options.threads)
    : try DeepPrediction.predict(
      try DeepNetwork(network, layers, exponents, points: points, relativeWidths: widths), kernels,
      threads: options.threads)
  if let required = options.relativeTolerance { try check(prediction, required) }
  return prediction
}

/// Every variance must reach the accuracy.
private func check(_ prediction: FiniteWidthPrediction, _ required: Double) throws {
  for entry in prediction.entries {
    for (name, kernel) in [("NTK", entry.ntk), ("NNGP kernel", entry.nngp)] {
      guard let variance = kernel.scaledVariance.estimate,
        variance.error > required * variance.value.magnitude
      else { continue }
      throw ExpectationError.accuracyNotReached(
        quantity: "The variance of the \(name) at (\(spelled(entry.x)); \(spelled(entry.y)))", requested: required,
        reached: variance.error / variance.value.magnitude)
    }
  }
}

/// A point as in `1, -1/2`.
func spelled(_ point: [ExactNumber]) -> String { point.map(\.description).joined(separator: ", ") }

/// Why there is no prediction.
public enum FiniteWidthTheoryError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The number of relative widths is not the number of hidden layers.
  case relativeWidthCount(found: Int, expected: Int)
  /// Unequal widths where hidden layers grow or shrink with the width.
  case unequalWidths(layer: Int)
  /// A conditional mean needs Gaussian weights.
  case notGaussian(layer: Int, law: String)
  /// The theory of training is for one hidden layer.
  case deepTraining(hiddenLayers: Int)
  /// There is one target for each training input.
  case targetCount(inputs: Int, targets: Int)
  /// The function or a part of the NTK has a power of N.
  case trainingParameterization
  /// The readout's weights are not symmetric.
  case skewedReadout(law: String)
  /// The activation has kinks, or its second derivative is not known.
  case kinkedTraining(activation: String)
  /// A kernel is not finite.
  case noKernel(reason: String)
  /// Infinite time needs an invertible kernel.
  case singularKernel
  /// A relative width that is not positive.
  case relativeWidth(Rational)
  /// A bias that is gone in the limit moves the mean at every width in a way that is not covered.
  case fadingBias(layer: Int)

  public var description: String {
    switch self {
    case .relativeWidthCount(let found, let expected):
      return "There are \(found) relative widths for \(expected) hidden layer\(expected == 1 ? "" : "s"). "
        + "Give one for each."
    case .unequalWidths(let layer):
      return
        "The size of layer \(layer) changes with the width under this parameterization, and then all hidden layers must have "
        + "the same width. Give equal relative widths."
    case .notGaussian(let layer, let law):
      return "The conditional mean of layer \(layer) is known for Gaussian weights, and its law is \(law). "
        + "Use plain samples."
    case .deepTraining(let layers):
      return "The theory of training covers one hidden layer, and this network has \(layers). Sample networks instead."
    case .targetCount(let inputs, let targets):
      return "There are \(targets) targets for \(inputs) training inputs. Give one for each."
    case .trainingParameterization:
      return "Under this parameterization the function or the NTK has a power of N, and the change of the kernel is no "
        + "small correction. Take the parameterization ntk."
    case .skewedReadout(let law):
      return
        "The readout's weights, \(law), are not symmetric, and the kernel moves at order N^(-1/2), which the theory of "
        + "training does not cover. Take a symmetric law."
    case .kinkedTraining(let activation):
      return
        "The theory of training needs the second derivative of a smooth activation, and \(activation) has kinks or "
        + "none is known. Take a smooth one, as tanh or softplus."
    case .noKernel(let reason): return "The kernel of the training data does not exist: \(reason)."
    case .singularKernel:
      return
        "The NTK of the training inputs is singular, and training to infinite time needs its inverse. Leave repeated "
        + "inputs out, or give a finite time."
    case .relativeWidth(let width): return "The relative width \(width) is impossible. Give a positive number."
    case .fadingBias(let layer):
      return "The bias of layer \(layer) fades against its weighted sum as the width grows, which the finite-width "
        + "theory does not cover. Take the bias out, or a parameterization whose hidden layers keep their size."
    }
  }
}

enum OneHiddenLayerPrediction {
  static func predict(
    _ network: Network, _ layers: [DenseLayer], _ kernels: KernelTable, _ exponents: WidthExponents,
    points: [[ExactNumber]], relativeWidths: [Rational], threads: Int
  ) throws -> FiniteWidthPrediction {
    let hidden = layers[0]
    let activation = try hidden.requireActivation(layer: 1)
    let layer = OneHiddenLayer(
      neuron: FirstLayerNeuron(hidden, activation: activation, inputScale: network.inputScale, points: points),
      moments: WeightMoments(layers[1]), readout: layers[1],
      groups: TrainedGroup.all(of: network, layers: layers, exponents: exponents), exponents: exponents, points: points,
      relativeWidth: relativeWidths[0])
    let pairs = InputPair.all(points.count)
    let entries = try parallelMap(count: pairs.count, threads: threads) { index in
      try layer.prediction(kernels.entries[index], pairs[index])
    }
    return FiniteWidthPrediction(
      entries: entries, warnings: momentWarnings(entries), relativeWidths: relativeWidths,
      covariances: { i, j, width in try layer.covariance(pairs[i], pairs[j], width: width) })
  }
}

/// What is said where a limit or a variance does not exist.
func momentWarnings(_ entries: [EntryPrediction]) -> [PredictionWarning] {
  entries.flatMap { entry in
    [("NTK", entry.ntk), ("NNGP kernel", entry.nngp)].compactMap { name, kernel -> PredictionWarning? in
      let (x, y) = (spelled(entry.x), spelled(entry.y))
      if let reason = kernel.limit.reason { return .noLimit(kernel: name, x: x, y: y, reason: reason) }
      if let reason = kernel.scaledVariance.reason {
        return kernel.scaledVariance.status == "infinite"
          ? .noRate(kernel: name, x: x, y: y, reason: reason)
          : .noFluctuations(kernel: name, x: x, y: y, reason: reason)
      }
      return nil
    }
  }
}

extension DenseLayer {
  /// The activation of a hidden layer, counted from 1 for the message.
  func requireActivation(layer: Int) throws -> any Activation {
    guard let activation else {
      throw NetworkError.missingKey(
        key: "activation", place: .layer(layer), line: nil,
        expected: "an activation, as in relu; only the last layer, the readout, has none")
    }
    return activation
  }
}
