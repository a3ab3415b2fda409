import Moments
import Yams

/// A residual block: the features plus a multiple of what a branch makes of them.
///
///     h′ = h + m B(h)
///
/// The identity stands beside the features, after the activation of the layer before. The branch is a list of layers
/// of its own, of width N throughout; its dense layers are hidden layers of the parameterization. Its last layer may
/// have no activation, which is the block of Huang et al. 2020, `h + m V φ(U h)`.
///
/// A dense layer of the branch draws weights of mean zero that nothing else has seen, so that in the limit `B(h)` is
/// independent of `h`, neuron by neuron. Without one the two would be correlated: the branch needs at least one.
///
/// **Source.** Huang, Wang, Tao and Zhao, *Why do deep residual networks generalize better than deep feedforward
/// networks? A neural tangent kernel perspective*, 2020; Hayou et al., *Stable ResNet*, 2021 (m = 1/√depth).
public struct ResidualBlock: Sendable {
  /// The layers of the branch, in order.
  public var branch: [any NetworkLayer]
  /// The fixed factor m of the branch.
  public var branchMultiplier: ExactNumber

  /// How many blocks may stand inside each other.
  public static let maximumNesting = 8

  public init(branch: [any NetworkLayer], branchMultiplier: ExactNumber = 1) {
    self.branch = branch
    self.branchMultiplier = branchMultiplier
  }
}

extension ResidualBlock: NetworkLayer {
  public static let title = "a residual block"

  public var configuration: ConfigurationValue {
    var entries = [ConfigurationEntry("kind", .text(Self.kind.name))]
    if branchMultiplier != 1 {
      entries.append(ConfigurationEntry("branch-multiplier", .text(branchMultiplier.description)))
    }
    entries.append(ConfigurationEntry("branch", .list(branch.map(\.configuration))))
    return .mapping(entries)
  }

  public var summary: String {
    let factor = branchMultiplier == 1 ? "" : "\(branchMultiplier) times "
    return "residual, \(factor)[" + branch.map(\.summary).joined(separator: "; ") + "]"
  }

  public func parameters(at path: LayerPath) -> [LayerParameter] {
    branch.enumerated().flatMap { $0.element.parameters(at: path.inBranch($0.offset)) }
  }

  public func validate(at position: LayerPosition, line: NetworkError.LineLookup) throws(NetworkError) {
    let place = position.place
    guard position.path.branch.count < Self.maximumNesting else { throw Self.tooDeep(line("kind", place), place) }
    guard !branchMultiplier.isZero else {
      throw .impossible(
        key: "branch-multiplier", place: place, line: line("branch-multiplier", place),
        problem: "with 0 the branch is cut off", remedy: "Write a number that is not zero, or leave the block out.")
    }
    guard branch.count <= Network.maximumLayerCount else {
      throw .impossible(
        key: "branch", place: place, line: line("branch", place), problem: "\(branch.count) layers are too many",
        remedy: "Write at most \(Network.maximumLayerCount) layers.")
    }
    guard branch.contains(where: { $0 is DenseLayer }) else {
      throw .impossible(
        key: "branch", place: place, line: line("branch", place),
        problem: branch.isEmpty
          ? "there are no layers"
          : "without a dense layer of its own its output is correlated with the features it is added to",
        remedy: "Write a list of layers, at least one of them dense.")
    }
    for (index, layer) in branch.enumerated() {
      try layer.validate(at: position.inBranch(index, of: branch.count), line: line)
    }
  }

  private static func tooDeep(_ line: Int?, _ place: NetworkError.Place) -> NetworkError {
    .impossible(
      key: "kind", place: place, line: line,
      problem: "residual blocks stand inside each other more than \(maximumNesting) deep",
      remedy: "Write them one after the other.")
  }
}

// MARK: In a network file

extension ResidualBlock {
  static let kind = LayerKind(name: "residual") { node, position, lines throws(NetworkError) in
    let place = position.place
    let section = try Section(node, key: "layers", place: place, allowed: ["kind", "branch-multiplier", "branch"])
    lines.note(section)
    guard position.path.branch.count < maximumNesting else { throw tooDeep(section.line("kind"), place) }
    let expected = "a list of layers"
    let list = try section.required("branch", expected: expected)
    guard case .sequence(let nodes) = list else { throw section.wrongType("branch", list, expected: expected) }
    var branch: [any NetworkLayer] = []
    for (index, node) in nodes.prefix(Network.maximumLayerCount + 1).enumerated() {
      branch.append(try LayerRegistry.read(node, at: position.inBranch(index, of: nodes.count), lines: &lines))
    }
    return ResidualBlock(branch: branch, branchMultiplier: try section.number("branch-multiplier", default: 1))
  }
}
