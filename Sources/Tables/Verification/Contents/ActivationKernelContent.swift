import Activations
import Expectation
import Foundation
import LimitKernels
import Moments
import Networks

/// The limiting kernels of many activations: one file of values an activation, in each of them several networks at
/// several depths, at all pairs of the points.
///
/// A network file beside the definition has two hidden layers. At depth L its activation is replaced, its first layer
/// and its readout stand once, and its second layer stands L − 1 times.
///
/// The sample is one pair of points for each activation and network, at all depths; every pair occurs in it.
public struct ActivationKernelContent: TableContent {
  public static let kind = "activation-kernels"
  public static let keys = ["networks", "depths", "points", "activations"]

  let networks: [String]
  let depths: [Int]
  let points: [[ExactNumber]]
  let activations: [any Activation]

  public init(_ reader: DefinitionReader) throws(TableError) {
    networks = try reader.list("networks", expected: "a list of network files beside this one")
    depths = try reader.integers("depths", in: 1...1000)
    points = try reader.points("points")
    activations = try reader.activations("activations")
  }

  public var files: [String] { activations.map(Self.file) }

  /// The file of an activation, as in `leaky-relu(1-10).csv`: a slash cannot be part of a name.
  static func file(_ activation: any Activation) -> String {
    "\(activation)".replacing("/", with: "-").replacing(" ", with: "") + ".csv"
  }

  /// One row's key: which network, which depth, which pair of points.
  private struct Task: Sendable, Hashable {
    var network: Int
    var pair: Int
  }

  public func values(of file: String, in folder: String, coverage: Coverage, options: KernelOptions) throws -> Table {
    guard let position = activations.firstIndex(where: { Self.file($0) == file }) else { return Table(columns: []) }
    let kernels = try networks.map { name in
      try self.kernels("\(folder)/\(name)", activations[position])
    }
    let pairs = points.indices.flatMap { i in points[i...].indices.map { (x: points[i], y: points[$0]) } }
    let tasks = networks.indices.flatMap { network -> [Task] in
      let wanted = coverage == .all ? Array(pairs.indices) : [(5 * position + network) % pairs.count]
      return wanted.map { Task(network: network, pair: $0) }
    }
    let computed = try parallelMap(count: tasks.count, threads: options.threads) { index in
      let pair = pairs[tasks[index].pair]
      return try kernels[tasks[index].network].entries(pair.x, pair.y).map(Self.cells)
    }
    let found = Dictionary(uniqueKeysWithValues: zip(tasks, computed))
    var table = Table(columns: [
      Column("network"), Column("depth", kind: .number), Column("x"), Column("y"), Column("NNGP", kind: .quantity),
      Column("NTK", kind: .quantity), Column("1 - correlation NNGP", kind: .quantity),
      Column("1 - correlation NTK", kind: .quantity),
    ])
    for (network, name) in networks.enumerated() {
      for (index, depth) in depths.enumerated() {
        for (number, pair) in pairs.enumerated() {
          let cells = found[Task(network: network, pair: number)]?[index] ?? Array(repeating: .missing, count: 4)
          table.append(
            [
              .text((name as NSString).deletingPathExtension), .integer(depth), .text(KernelReport.spelled(pair.x)),
              .text(KernelReport.spelled(pair.y)),
            ] + cells)
        }
      }
    }
    table.longestExact = 80
    return table.withRoundedBounds
  }

  /// The kernels and their gaps; `overflow` where squares of squares leave the range of a double.
  private static func cells(_ entry: Result<KernelEntry, any Error>) throws -> [Cell] {
    do {
      let entry = try entry.get()
      let gap = entry.oneMinusCorrelation
      return [entry.nngp, entry.ntk, KernelReport.gap(gap.nngp), KernelReport.gap(gap.ntk)].map { .quantity($0) }
    } catch ExpectationError.overflow {
      return Array(repeating: .absent("overflow"), count: 4)
    } catch GaussianError.notIntegrable {
      // Every activation of the registry has Gaussian expectations: what is not finite has overflowed.
      return Array(repeating: .absent("overflow"), count: 4)
    }
  }

  /// The networks of a file at all depths, with another activation.
  private func kernels(_ file: String, _ activation: any Activation) throws -> NestedKernels {
    let network = try Network(contentsOf: file)
    let layers = try network.denseLayers(for: "a table of activations")
    guard layers.count == 3, network.parameterization == .ntk else {
      throw TableError.malformed(
        file: file, line: nil, problem: "this is no network for a table of activations",
        remedy: "Write two hidden layers, the first and the one that is repeated, and parameterization: ntk.")
    }
    var (first, later) = (layers[0], layers[1])
    first.activation = activation
    later.activation = activation
    return try NestedKernels(
      depths.map { depth in
        try Network(
          name: network.name, inputDimension: network.inputDimension, inputScale: network.inputScale,
          layers: [first] + Array(repeating: later, count: depth - 1) + [layers[2]])
      })
  }
}
