import Activations
import Expectation
import Moments
import Networks

/// The limiting NNGP and NTK of a network at all pairs i ≤ j of `points`, with the NTK's part of each trained group.
///
/// With `F^l = E[φ(u) φ(v)]` and `h^l = E[φ′(u) φ′(v)]` over the law of layer l's preactivations,
///
///     K = m_w² E[w²] F^L + m_b² E[b²] ,
///     Θ(w^l) = m_w² F^{l−1} Π_{m>l} (m_w² E[w²] h^{m−1}) ,  Θ(b^l) = m_b² Π_{m>l} (m_w² E[w²] h^{m−1}) ,
///
/// with `F⁰ = s² x·y` (`x·y` under the standard parameterization), times the power of N that the parameterization
/// gives. The first layer's preactivations keep their true law; from the second layer on the weighted sum is Gaussian
/// and a bias keeps its law. Each pair of inputs is carried through the layers with its defect, so that nearly
/// parallel inputs keep their accuracy; every value carries a bound.
///
/// - Parameters:
///   - network: The network.
///   - points: Inputs of `network.inputDimension` coordinates each.
///   - options: The accuracy that must be reached, and the number of threads.
/// - Throws: ``KernelError`` for points of the wrong dimension or a parameterization without a limit,
///   `ExpectationError` where a required accuracy is not reached.
public func limitingKernels(
  of network: Network, at points: [[ExactNumber]], options: KernelOptions = KernelOptions()
) throws -> KernelTable {
  guard !points.isEmpty else { throw KernelError.noPoints }
  for (index, point) in points.enumerated() where point.count != network.inputDimension {
    throw KernelError.pointDimension(index: index, found: point.count, expected: network.inputDimension)
  }
  let pairs = points.indices.flatMap { i in points[i...].indices.map { (i, $0) } }
  let recursion = try KernelRecursion(network, options: options)
  let entries = try parallelMap(count: pairs.count, threads: options.threads) { index in
    try recursion.entry(points[pairs[index].0], points[pairs[index].1])
  }
  if let required = options.relativeTolerance {
    for entry in entries {
      for (name, quantity) in [("NNGP", entry.nngp), ("NTK", entry.ntk)] {
        guard let estimate = quantity.estimate, estimate.error > required * estimate.value.magnitude else { continue }
        throw ExpectationError.accuracyNotReached(
          quantity: "The \(name) at (\(text(entry.x)); \(text(entry.y)))", requested: required,
          reached: estimate.error / estimate.value.magnitude)
      }
    }
  }
  return KernelTable(network: network, entries: entries)
}

/// A network prepared for its recursion, one pair of inputs at a time.
///
/// What ``limitingKernels(of:at:options:)`` does for all pairs of a list; its ``entry(_:_:)`` may be called from several threads.
public struct KernelRecursion: Sendable {
  public let network: Network
  private let exponents: WidthExponents
  private let steps: KernelSteps

  /// - Throws: ``KernelError`` for a network without a limit.
  public init(_ network: Network, options: KernelOptions = KernelOptions()) throws {
    self.network = network
    exponents = try WidthExponents(network)
    steps = try KernelSteps(network, exponents, required: options.relativeTolerance)
  }

  /// The kernels at one pair of inputs, each of `network.inputDimension` coordinates.
  ///
  /// - Throws: `ExpectationError` where a kernel overflows or an accuracy is not reached.
  public func entry(_ x: [ExactNumber], _ y: [ExactNumber]) throws -> KernelEntry {
    precondition(x.count == network.inputDimension && y.count == x.count, "inputs have the network's dimension")
    let readout = Readout(network, try steps.state(x, y), exponents)
    for (name, quantity) in [("NNGP", readout.nngp.coefficient), ("NTK", readout.ntk)] {
      guard let estimate = quantity.estimate, !estimate.value.isFinite || !estimate.error.isFinite else { continue }
      throw ExpectationError.overflow(quantity: "The \(name) at (\(text(x)); \(text(y)))")
    }
    return KernelEntry(
      x: x, y: y, nngp: readout.nngp.limit, ntk: readout.ntk, groups: readout.groups, nngpLaw: readout.nngp,
      oneMinusCorrelation: readout.oneMinusCorrelation)
  }
}

private func text(_ point: [ExactNumber]) -> String { point.map(\.description).joined(separator: ", ") }

/// The steps of a network before its readout.
struct KernelSteps: Sendable {
  let first: FirstLayer
  let later: [any KernelLayer]

  init(_ network: Network, _ exponents: WidthExponents, required: Double?) throws {
    let path = LayerPath(layer: 0)
    let hidden = network.hiddenLayers.dropFirst()
    var context = LayerContext(
      path: path, needsSlopes: network.firstLayer.parameters(at: path).contains(where: \.isTrained),
      needsMeans: hidden.contains { ($0 as? any LimitLayer)?.readsMeans ?? false },
      biasSurvives: exponents.biasSurvives[0])
    first = try FirstLayer(network, in: context, required: required)
    context.needsMeans = false
    later = try context.kernelLayers(
      hidden, path: { LayerPath(layer: $0) }, biasSurvives: { exponents.biasSurvives[$0] })
  }

  func state(_ x: [ExactNumber], _ y: [ExactNumber]) throws -> KernelState {
    var state = KernelState(first: try first.step(x, y))
    do {
      for layer in later { state.append(try layer.step(from: state.features)) }
    } catch KernelError.constantFeatures(let layer, .some(let input)) {
      throw KernelError.constantFeatures(layer: layer, point: text(input == "x" ? x : y))
    }
    return state
  }
}
