import Foundation
import Moments
import Networks

/// How the weights of sampled networks are drawn.
public enum SamplingMethod: String, Sendable, CaseIterable {
  /// Each layer in the way that costs least, see ``DrawingPlan``.
  case automatic
  /// Every weight is drawn, whatever its law.
  case plain
  /// Layers with Gaussian weights are drawn by what they do to the inputs, see `ConditionedWeights`; others plainly.
  case conditioning
}

/// How each layer of a network is drawn at given widths, what that takes, and whether it can be done.
///
/// The weights `W` of a layer enter the kernels of `n` points through `W H` and `Wᵀ D` alone, with the layer's input `H`
/// and the derivatives `D`. Where they are Gaussian of mean zero these are drawn directly, at a cost of `O(N n²)`
/// instead of `N²` random numbers. The law of the result is the same, the numbers of one seed are others.
///
/// ``SamplingMethod/automatic`` does so in every layer whose fan-in and fan-out are each at least 128, and 16 times the
/// number of points: below, drawing the matrix is about as fast. The first layer has no backward product, and follows the
/// same rule by its fan-in alone.
public struct DrawingPlan: Sendable {
  /// How one layer is drawn.
  public enum Way: Sendable, Equatable {
    /// Every weight, kept from the forward to the backward product.
    case kept
    /// Every weight, twice: once for the forward and once for the backward product, in rows that are forgotten.
    case redrawn
    /// Its products.
    case conditioned
  }

  /// One for each layer, the readout last.
  public let ways: [Way]
  /// The bytes that one network under way takes.
  public let memory: Double
  /// The random numbers of one network.
  public let numbers: Double
  /// The number of parameters of the network.
  public let parameters: Double

  /// The matrices of one network that are kept, in bytes: above that it is faster to draw them again.
  static let keptBytes = 0x1p28
  /// The smallest fan-in at which a layer is conditioned of the plan's own accord, by itself and per point.
  static let (leastFanIn, leastFanInPerPoint) = (128, 16)
  /// The largest number of random numbers of one network.
  static let maximumNumbers = 1e11
  /// The largest memory of the networks under way at a time, in bytes.
  static let maximumMemory = 8e9
  /// How long one random number with its share of the work takes, in seconds, for messages only.
  static let secondsPerNumber = 1e-8

  /// - Parameters:
  ///   - network: Its laws decide what can be conditioned on.
  ///   - widths: The widths of the hidden layers, in order.
  ///   - points: The number of points.
  ///   - method: How the weights are drawn.
  /// - Throws: ``SamplingError`` if there is no such network, or if it is too large to draw.
  public init(
    _ network: Network, widths: [Int], points: Int, method: SamplingMethod = .automatic
  ) throws(SamplingError) {
    guard widths.count == network.depth else {
      throw .widthCount(found: widths.count, expected: network.depth)
    }
    for width in widths where width < 1 { throw .impossibleWidth(width) }
    if network.isDense {
      self = try DrawingPlan(dense: network, widths: widths, points: points, method: method)
    } else {
      self = try DrawingPlan(layered: network, widths: widths, method: method)
    }
    for width in widths {
      guard width <= NetworkStreams.maximumWidth, numbers <= Self.maximumNumbers else {
        throw .tooWide(
          widths.max() ?? width,
          cost:
            "one network has \(Self.rounded(parameters)) parameters, \(Self.size(8 * parameters)) if they were kept, "
            + "and takes \(Self.duration(numbers * Self.secondsPerNumber))")
      }
      guard memory <= Self.maximumMemory else {
        throw .tooWide(widths.max() ?? width, cost: "one network at a time needs \(Self.size(memory))")
      }
    }
  }

  private init(ways: [Way], memory: Double, numbers: Double, parameters: Double) {
    self.ways = ways
    self.memory = memory
    self.numbers = numbers
    self.parameters = parameters
  }

  private init(
    dense network: Network, widths: [Int], points: Int, method: SamplingMethod
  ) throws(SamplingError) {
    let layers = network.plainLayers
    let fans = [network.inputDimension] + widths + [1]
    let isGaussian = layers.map { Self.gaussianDeviation($0.weights) != nil }
    if method == .conditioning, network.depth > 1, !isGaussian[1..<network.depth].contains(true) {
      throw .notGaussian(layer: 1, law: layers[1].weights.description)
    }
    var ways: [Way] = []
    var (memory, numbers, parameters, kept) = (0.0, 0.0, 0.0, 0.0)
    let count = Double(points)
    let least = max(Self.leastFanIn, Self.leastFanInPerPoint * points)
    for index in layers.indices {
      let (fanIn, fanOut) = (Double(fans[index]), Double(fans[index + 1]))
      let size = fanIn * fanOut
      let biases = layers[index].bias == nil ? 0 : fanOut
      parameters += size + biases
      numbers += biases
      let isInner = index > 0 && index < network.depth
      let isLarge = fans[index] >= least && (index == 0 || fans[index + 1] >= least)
      if isGaussian[index], index < network.depth,
        method == .automatic && isLarge || method == .conditioning && isInner
      {
        ways.append(.conditioned)
        let rank = min(count, fanIn)
        numbers += isInner ? (2 * fanOut + fanIn) * rank : fanOut * rank
        memory += 8 * rank * fanIn
      } else {
        // The first and the last matrix are small or streamed; those between them fill the memory.
        let keeps = !isInner || kept + 8 * size <= Self.keptBytes
        if isInner, keeps { kept += 8 * size }
        ways.append(keeps ? .kept : .redrawn)
        numbers += keeps ? size : 2 * size
        memory += keeps && network.depth > 1 ? 8 * size : 0
        if index < network.depth, network.depth > 1 { memory += 8 * count * fanOut }
      }
    }
    if network.depth > 1 || ways[0] == .conditioned {
      memory += 8 * Double(widths.max() ?? 1) * (3 * count + Double(network.depth))
    }
    self.init(ways: ways, memory: memory, numbers: numbers, parameters: parameters)
  }

  /// Layers of other kinds are drawn plainly, at one width, and stay in memory.
  private init(layered network: Network, widths: [Int], method: SamplingMethod) throws(SamplingError) {
    guard method != .conditioning else { throw .denseOnly("the conditioning sampler") }
    guard widths.allSatisfy({ $0 == widths[0] }) else { throw .denseOnly("the sampler of unequal widths") }
    do { _ = try LayeredNetwork(sampling: network, width: 1, seed: 0, index: 0) } catch { throw .layer(error) }
    let numbers = LayeredNetwork.drawCount(of: network, width: widths[0])
    self.init(ways: network.layers.map { _ in .kept }, memory: 8 * numbers, numbers: numbers, parameters: numbers)
  }

  /// The standard deviation of weights that are Gaussian of mean zero; nil for any other law.
  static func gaussianDeviation(_ law: any Law) -> Double? {
    let parts = law.decomposition
    guard parts.atoms.isEmpty, parts.densities.count == 1, let gaussian = parts.densities[0].gaussian,
      gaussian.mean.isZero
    else { return nil }
    return gaussian.variance.doubleValue.squareRoot()
  }

  static func rounded(_ value: Double) -> String { String(format: "%.1e", value) }

  static func size(_ bytes: Double) -> String {
    bytes < 1e12 ? "\(Int((bytes / 1e9).rounded(.up))) GB of memory" : "\(rounded(bytes / 1e9)) GB of memory"
  }

  static func duration(_ seconds: Double) -> String {
    if seconds < 2 * 86_400 { return "about \(Int((seconds / 3600).rounded(.up))) hours of computing" }
    if seconds < 1000 * 86_400 { return "about \(Int((seconds / 86_400).rounded(.up))) days of computing" }
    return "about \(rounded(seconds / 86_400)) days of computing"
  }
}

/// Why networks cannot be sampled.
public enum SamplingError: Error, Sendable, Equatable, CustomStringConvertible {
  case impossibleWidth(Int)
  case widthCount(found: Int, expected: Int)
  case tooWide(Int, cost: String)
  /// The conditioning sampler was asked for, and no matrix between hidden layers is Gaussian.
  case notGaussian(layer: Int, law: String)
  case dimension(point: Int, found: Int, expected: Int)
  /// Something that covers plain dense layers only was asked for.
  case denseOnly(String)
  /// A layer is of a kind that cannot be drawn.
  case layer(LayeredNetworkError)

  public var description: String {
    switch self {
    case .impossibleWidth(let width): return "The width \(width) is impossible. A width is at least 1."
    case .widthCount(let found, let expected):
      return "There are \(found) widths for \(expected) hidden layers. Give one for each hidden layer."
    case .tooWide(let width, let cost): return "The width \(width) is too large: \(cost). Take a smaller one."
    case .notGaussian(let layer, let law):
      return "The conditioning sampler needs Gaussian weights of mean zero after the first layer, but those of layer "
        + "\(layer + 1) are \(law). Take the plain sampler."
    case .dimension(let point, let found, let expected):
      return "Point \(point + 1) has \(found) coordinates, but the network's input-dimension is \(expected)."
    case .denseOnly(let purpose):
      return "The network has layers that are not plain dense ones, which \(purpose) does not cover. "
        + "Take the plain sampler at one width."
    case .layer(let error): return error.description
    }
  }
}
