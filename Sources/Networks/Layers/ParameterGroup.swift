/// One group of parameters: the weights, the biases or the gains of one layer.
public struct ParameterGroup: Sendable, Hashable, CustomStringConvertible {
  /// What the parameters of the group are.
  public enum Kind: String, Sendable {
    case weights, bias
    /// The factors of a normalization.
    case gain
  }
  /// The layer, counted from 0.
  public var layer: Int
  /// The place in each branch on the way to the layer, counted from 0.
  public var branch: [Int]
  public var kind: Kind

  public init(layer: Int, branch: [Int] = [], kind: Kind) {
    self.layer = layer
    self.branch = branch
    self.kind = kind
  }

  public init(_ path: LayerPath, _ kind: Kind) {
    self.init(layer: path.layer, branch: path.branch, kind: kind)
  }

  /// The layer that the parameters belong to.
  public var path: LayerPath { LayerPath(layer: layer, branch: branch) }

  /// The name in tables, `layer 1 weights` or `layer 2 branch layer 1 weights`: layers are counted from 1.
  public var description: String { "\(path) \(kind.rawValue)" }
}

/// The parameters of a layer that are trained, and so contribute to the NTK.
public enum TrainableParameters: String, Sendable, CaseIterable {
  case all, weights, bias, none

  public var trainsWeights: Bool { self == .all || self == .weights }
  public var trainsBias: Bool { self == .all || self == .bias }
}
