import Activations
import Expectation
import FiniteWidthTheory
import Foundation
import LimitKernels
import Moments
import Networks

/// The constants of finite width of one hidden layer, for many activations.
///
/// The NTK of a network of width N is a mean over N independent neurons, `Θ_N = m_b² + (1/N) Σ ξᵢ`, and so is the
/// conditional NNGP kernel: `E Θ_N = E ξ + m_b²` at every width, and `Var Θ_N = Var ξ / N` (docs/finite-width.md). The excess
/// kurtosis of f is that of N independent terms, hence in proportion to 1/N as well; it is given at x = y.
///
/// The sample is one network and one pair of points for each activation; every network and every pair occur in it.
public struct FiniteWidthContent: TableContent {
  public static let kind = "finite-width"
  public static let keys = ["networks", "points", "activations"]

  let networks: [String]
  let points: [[ExactNumber]]
  let activations: [any Activation]

  public init(_ reader: DefinitionReader) throws(TableError) {
    networks = try reader.list("networks", expected: "a list of network files beside this one")
    points = try reader.points("points")
    activations = try reader.activations("activations")
  }

  /// One row's key.
  private struct Task: Sendable {
    var activation: Int
    var network: Int
    var pair: Int
    var isComputed: Bool
  }

  public func values(of file: String, in folder: String, coverage: Coverage, options: KernelOptions) throws -> Table {
    let bases = try networks.map { try Self.network("\(folder)/\($0)") }
    let pairs = points.indices.flatMap { i in points[i...].indices.map { (x: points[i], y: points[$0]) } }
    let tasks = activations.indices.flatMap { activation in
      networks.indices.flatMap { network in
        pairs.indices.map { pair in
          Task(
            activation: activation, network: network, pair: pair,
            isComputed: coverage == .all
              || (network == activation % networks.count && pair == activation / networks.count % pairs.count))
        }
      }
    }
    let cells = try parallelMap(count: tasks.count, threads: options.threads) { index in
      let task = tasks[index]
      guard task.isComputed else { return Array(repeating: Cell.missing, count: 4) }
      return try Self.cells(
        bases[task.network], activations[task.activation], pairs[task.pair], options: KernelOptions())
    }
    var table = Table(columns: [
      Column("activation"), Column("network"), Column("x"), Column("y"), Column("mean of xi", kind: .quantity),
      Column("variance of xi", kind: .quantity), Column("variance of NNGP neuron", kind: .quantity),
      Column("N x excess kurtosis", kind: .quantity),
    ])
    for (task, cells) in zip(tasks, cells) {
      let pair = pairs[task.pair]
      table.append(
        [
          .text("\(activations[task.activation])"),
          .text((networks[task.network] as NSString).deletingPathExtension), .text(KernelReport.spelled(pair.x)),
          .text(KernelReport.spelled(pair.y)),
        ] + cells)
    }
    table.longestExact = 80
    return table.withRoundedBounds
  }

  private static func cells(
    _ base: Network, _ activation: any Activation, _ pair: (x: [ExactNumber], y: [ExactNumber]), options: KernelOptions
  ) throws -> [Cell] {
    var layers = try base.denseLayers(for: "a table of finite width")
    layers[0].activation = activation
    let network = try Network(
      name: base.name, inputDimension: base.inputDimension, inputScale: base.inputScale, layers: layers)
    let isDiagonal = pair.x == pair.y
    let entry = try finiteWidthPrediction(
      of: network, at: isDiagonal ? [pair.x] : [pair.x, pair.y], options: options
    ).entries[isDiagonal ? 0 : 1]
    var cells: [Cell] = [entry.ntk.limit, entry.ntk.scaledVariance, entry.nngp.scaledVariance].map { .quantity($0) }
    cells.append(isDiagonal ? entry.output.scaledExcessKurtosis.map { .quantity($0) } ?? .missing : .missing)
    return cells
  }

  private static func network(_ file: String) throws -> Network {
    let network = try Network(contentsOf: file)
    guard try network.denseLayers(for: "a table of finite width").count == 2, network.parameterization == .ntk else {
      throw TableError.malformed(
        file: file, line: nil, problem: "this is no network for a table of finite width",
        remedy: "Write one hidden layer, whose activation is replaced, and parameterization: ntk.")
    }
    return network
  }
}
