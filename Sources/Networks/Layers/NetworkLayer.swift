/// A layer of a network: one item of the list `layers`.
///
/// A kind of layer is a type that conforms, in one file here with the keys of its YAML and a line in `LayerRegistry`,
/// one file in `LimitKernels` with its step of the recursion, and one in `FiniteWidth` with its forward and backward
/// pass. Code that covers dense layers only asks the network for ``Network/denseLayers(for:)``.
public protocol NetworkLayer: Sendable {
  /// What messages call a layer of the kind, as in `a dense layer`.
  static var title: String { get }

  /// The keys and values of a network file, in canonical spelling.
  var configuration: ConfigurationValue { get }

  /// One line for the titles of tables.
  var summary: String { get }

  /// The groups of parameters that exist, in order, each with whether it is trained.
  func parameters(at path: LayerPath) -> [LayerParameter]

  /// Checks what a layer of the kind needs where it stands.
  ///
  /// - Throws: ``NetworkError`` naming the key, what is wrong and what is allowed.
  func validate(at position: LayerPosition, line: NetworkError.LineLookup) throws(NetworkError)
}

/// A group of parameters of a layer.
public struct LayerParameter: Sendable, Hashable {
  public var group: ParameterGroup
  public var isTrained: Bool

  public init(_ group: ParameterGroup, isTrained: Bool) {
    self.group = group
    self.isTrained = isTrained
  }
}

/// Where a layer stands: in the network's list, or in the branch of a layer of that list.
public struct LayerPath: Sendable, Hashable, CustomStringConvertible {
  /// The place in the network's list, counted from 0.
  public var layer: Int
  /// The place in each branch on the way, counted from 0; empty in the network's own list.
  public var branch: [Int]

  public init(layer: Int, branch: [Int] = []) {
    self.layer = layer
    self.branch = branch
  }

  /// The layer with this number in the branch of the layer here.
  public func inBranch(_ index: Int) -> LayerPath { LayerPath(layer: layer, branch: branch + [index]) }

  /// `layer 2 branch layer 1`: layers are counted from 1.
  public var description: String {
    "layer \(layer + 1)" + branch.map { " branch layer \($0 + 1)" }.joined()
  }
}

/// What a layer knows about its place in the network.
public struct LayerPosition: Sendable {
  /// Which part the layer plays.
  public enum Role: Sendable {
    /// The first of the network: it takes the input, whose dimension stays finite.
    case first
    /// It takes and gives features.
    case hidden
    /// The last of a branch, whose output is added to the features.
    case branchEnd
    /// The last of the network: it gives the function.
    case readout
  }

  public var path: LayerPath
  public var role: Role
  /// The number of coordinates of the network's input, `d`.
  public var inputDimension: Int

  public init(_ path: LayerPath, role: Role, inputDimension: Int) {
    self.path = path
    self.role = role
    self.inputDimension = inputDimension
  }

  /// The position of layer `index` of a network with `count` layers.
  static func inNetwork(_ index: Int, of count: Int, inputDimension: Int) -> LayerPosition {
    let role: Role = index == count - 1 ? .readout : index == 0 ? .first : .hidden
    return LayerPosition(LayerPath(layer: index), role: role, inputDimension: inputDimension)
  }

  /// The position of layer `index` of the `count` layers of the branch of the layer here.
  func inBranch(_ index: Int, of count: Int) -> LayerPosition {
    LayerPosition(path.inBranch(index), role: index == count - 1 ? .branchEnd : .hidden, inputDimension: inputDimension)
  }

  /// The place as messages name it.
  var place: NetworkError.Place { .layer(path.layer + 1, branch: path.branch.map { $0 + 1 }) }
}
