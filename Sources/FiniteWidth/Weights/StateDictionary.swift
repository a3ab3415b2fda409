import Archives
import Foundation
import Networks

/// Named arrays: the state of a model as PyTorch users save it.
///
/// From NumPy's `.npz` (`numpy.savez("mlp.npz", **{k: v.numpy() for k, v in model.state_dict().items()})`) or from
/// safetensors (`save_file(model.state_dict(), "mlp.safetensors")`), told apart by content.
public struct StateDictionary: Sendable, Equatable {
  /// One array.
  public struct Tensor: Sendable, Equatable {
    public let name: String
    /// The extents.
    public let shape: [Int]
    /// The numbers, the last index running fastest.
    public let values: [Double]

    public init(name: String, shape: [Int], values: [Double]) {
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  /// The arrays in the order of the file.
  public let tensors: [Tensor]

  public init(tensors: [Tensor]) { self.tensors = tensors }

  /// Reads a file; nil if it is neither an archive nor safetensors.
  ///
  /// - Throws: ``WeightsError/unreadableTensors(problem:)``.
  public init?(_ data: Data) throws(WeightsError) {
    if data.starts(with: ZipArchive.magic) {
      try self.init(npz: data)
    } else if Safetensors.recognizes(data) {
      self.init(tensors: try Safetensors.tensors(of: data))
    } else {
      return nil
    }
  }

  private init(npz data: Data) throws(WeightsError) {
    let archive: ZipArchive
    do { archive = try ZipArchive(data, limit: 4 * FiniteNetwork.maximumFileBytes) } catch {
      throw .unreadableTensors(problem: "\(error). Write the file again with numpy.savez")
    }
    var tensors: [Tensor] = []
    for entry in archive.entries {
      let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name
      do {
        let array = try NPYArray(entry.data)
        tensors.append(Tensor(name: name, shape: array.shape, values: array.values))
      } catch {
        throw .unreadableTensors(problem: "'\(excerpt(name))': \(error.description.prefix { $0 != "." })")
      }
    }
    self.tensors = tensors
  }
}

// MARK: The layers

extension StateDictionary {
  /// A weight matrix with the bias of the same layer.
  struct Dense {
    var name: String
    var weight: Tensor
    var bias: Tensor?
  }

  /// The layers in the order in which they follow one another.
  ///
  /// A layer is a tensor `NAME.weight`, outputs × inputs, and perhaps a tensor `NAME.bias`. Where every name holds a
  /// number, as `0`, `2`, `4` or `fc1`, `fc2` do, the numbers order the layers; otherwise the order of the file does.
  func denseLayers() throws(WeightsError) -> [Dense] {
    var layers: [Dense] = []
    for tensor in tensors {
      guard let name = Self.stem(tensor.name, ending: "weight") else { continue }
      guard tensor.shape.count == 2 else {
        throw .names(
          problem: "'\(excerpt(tensor.name))' has the shape \(Self.shown(tensor.shape)), not outputs × inputs",
          found: tensors.map(\.name))
      }
      layers.append(Dense(name: name, weight: tensor))
    }
    for tensor in tensors where Self.stem(tensor.name, ending: "weight") == nil {
      guard let name = Self.stem(tensor.name, ending: "bias"), let index = layers.firstIndex(where: { $0.name == name })
      else {
        throw .names(
          problem: "'\(excerpt(tensor.name))' is neither the weight nor the bias of a fully connected layer",
          found: tensors.map(\.name))
      }
      layers[index].bias = tensor
    }
    guard !layers.isEmpty else {
      throw .names(problem: "There is no tensor whose name ends in .weight", found: tensors.map(\.name))
    }
    let numbers = layers.map { Self.numbers(in: $0.name) }
    guard numbers.allSatisfy({ !$0.isEmpty }) else { return layers }
    let order = layers.indices.sorted { numbers[$0].lexicographicallyPrecedes(numbers[$1]) }
    return order.map { layers[$0] }
  }

  /// `fc1` of `fc1.weight`, `fc1_weight` or `fc1/weight`.
  private static func stem(_ name: String, ending: String) -> String? {
    guard name.hasSuffix(ending) else { return nil }
    let stem = name.dropLast(ending.count)
    guard let separator = stem.last else { return "" }
    return [".", "_", "/"].contains(separator) ? String(stem.dropLast()) : nil
  }

  private static func numbers(in name: String) -> [Int] {
    name.split { !("0"..."9").contains($0) }.compactMap { Int($0) }
  }

  static func shown(_ shape: [Int]) -> String { "(\(shape.map(String.init).joined(separator: ", ")))" }
}

extension FiniteNetwork {
  /// A network whose parameters are the state of a model.
  ///
  /// The numbers are the `W` and `β` of the layers as they stand: multipliers of the parameterization apply to them.
  /// PyTorch's own layers have none, which is the parameterization `standard`.
  ///
  /// - Throws: ``WeightsError`` if the tensors are not the layers of the network.
  public init(_ network: Network, state: StateDictionary) throws(WeightsError) {
    let found = try state.denseLayers()
    let descriptions: [DenseLayer]
    do { descriptions = try network.denseLayers(for: "a weights file") } catch {
      throw .unreadableTensors(problem: "\(error)")
    }
    guard found.count == descriptions.count else {
      throw .layerCount(found: found.count, expected: descriptions.count)
    }
    var layers: [Layer] = []
    for (index, dense) in found.enumerated() {
      let number = index + 1
      let (rows, columns) = (dense.weight.shape[0], dense.weight.shape[1])
      let inputs = index == 0 ? network.inputDimension : layers[index - 1].outputs
      guard columns == inputs else {
        throw .shape(layer: number, what: "inputs ('\(excerpt(dense.name))')", found: columns, expected: inputs)
      }
      guard rows > 0, index < found.count - 1 || rows == 1 else {
        throw .shape(layer: number, what: "outputs ('\(excerpt(dense.name))')", found: rows, expected: 1)
      }
      let hasBias = descriptions[index].bias != nil
      guard (dense.bias != nil) == hasBias else { throw .bias(layer: number, isGiven: dense.bias != nil) }
      if let bias = dense.bias, bias.shape != [rows] {
        throw .shape(
          layer: number, what: "biases, in the shape \(StateDictionary.shown(bias.shape)),", found: bias.values.count,
          expected: rows)
      }
      for tensor in [dense.weight, dense.bias].compactMap({ $0 }) where !tensor.values.allSatisfy(\.isFinite) {
        throw .notFinite(tensor: tensor.name)
      }
      layers.append(
        Layer(inputs: inputs, outputs: rows, weights: dense.weight.values, bias: dense.bias?.values))
    }
    self.init(network, layers: layers)
  }
}
