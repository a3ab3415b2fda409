import Foundation
import Networks

extension FiniteNetwork {
  /// The largest weights file.
  public static let maximumFileBytes = 1_000_000_000

  /// Reads the parameters of a network from a file.
  ///
  /// The content tells the format: JSON, `{"layers":[{"weights":[[1.0]],"bias":[0.5]},{"weights":[[2.0]]}]}`, weights
  /// as rows of outputs × inputs; or the state of a PyTorch model, see ``StateDictionary``, as NumPy's `.npz` or as
  /// safetensors.
  ///
  /// - Throws: ``WeightsError`` if the file is not of that form, or does not fit the network.
  public init(_ network: Network, weightsFile path: String) throws(WeightsError) {
    let data: Data
    do { data = try readFile(path, limit: Self.maximumFileBytes) } catch {
      switch error {
      case .unreadable(let reason): throw .inFile(path: path, problem: "The weights cannot be read: \(reason).")
      case .tooLarge(let bytes, let limit):
        throw .inFile(path: path, problem: "The file has \(bytes) bytes; a weights file has at most \(limit).")
      }
    }
    do throws(WeightsError) {
      if let state = try StateDictionary(data) {
        try self.init(network, state: state)
      } else {
        try self.init(network, weights: data)
      }
    } catch {
      throw .inFile(path: path, problem: error.description)
    }
  }

  /// Reads the parameters of a network from JSON.
  public init(_ network: Network, weights data: Data) throws(WeightsError) {
    let dense: [DenseLayer]
    do { dense = try network.denseLayers(for: "a weights file") } catch { throw .network(error) }
    let root: JSONText
    do { root = try JSONText(parsing: [UInt8](data)) } catch {
      throw .malformed(line: error.line, problem: "this is not JSON: \(error.problem)")
    }
    guard let items = root["layers"]?.list else {
      throw .malformed(line: root.line, problem: "the key 'layers' with a list of layers is missing")
    }
    guard items.count == network.layers.count else {
      throw .layerCount(found: items.count, expected: network.layers.count)
    }
    var layers: [Layer] = []
    for (index, item) in items.enumerated() {
      let inputs = index == 0 ? network.inputDimension : layers[index - 1].outputs
      layers.append(
        try Self.layer(
          item, number: index + 1, inputs: inputs, isReadout: index == items.count - 1,
          hasBias: dense[index].bias != nil))
    }
    self.init(network, layers: layers)
  }

  private static func layer(
    _ item: JSONText, number: Int, inputs: Int, isReadout: Bool, hasBias: Bool
  ) throws(WeightsError) -> Layer {
    guard case .object(let members) = item.value else {
      throw .malformed(line: item.line, problem: "layer \(number) is \(item.kindName), not an object with weights")
    }
    for member in members where member.key != "weights" && member.key != "bias" {
      throw .malformed(
        line: member.value.line,
        problem: "'\(excerpt(member.key))' is not a key of layer \(number); allowed are weights and bias")
    }
    guard let rows = item["weights"]?.list else {
      throw .malformed(line: item.line, problem: "layer \(number) has no weights, a list of rows")
    }
    guard !rows.isEmpty else { throw .malformed(line: item.line, problem: "the weights of layer \(number) are empty") }
    if isReadout, rows.count != 1 {
      throw .shape(layer: number, what: "rows of weights", found: rows.count, expected: 1)
    }
    var weights: [Double] = []
    for row in rows {
      let values = try numbers(row, "a row of weights of layer \(number)")
      guard values.count == inputs else {
        throw .shape(layer: number, what: "weights in a row", found: values.count, expected: inputs)
      }
      weights += values
    }
    var bias: [Double]?
    if let node = item["bias"], node.kindName != "null" {
      let values = try numbers(node, "the bias of layer \(number)")
      guard hasBias else { throw .bias(layer: number, isGiven: true) }
      guard values.count == rows.count else {
        throw .shape(layer: number, what: "biases", found: values.count, expected: rows.count)
      }
      bias = values
    } else if hasBias {
      throw .bias(layer: number, isGiven: false)
    }
    return Layer(inputs: inputs, outputs: rows.count, weights: weights, bias: bias)
  }

  private static func numbers(_ item: JSONText, _ what: String) throws(WeightsError) -> [Double] {
    guard let items = item.list else {
      throw .malformed(line: item.line, problem: "\(what) is \(item.kindName), not a list of numbers")
    }
    var result: [Double] = []
    result.reserveCapacity(items.count)
    for item in items {
      guard case .number(let text) = item.value, let value = Double(text), value.isFinite else {
        throw .malformed(line: item.line, problem: "\(what) holds \(item.kindName), not a finite number")
      }
      result.append(value)
    }
    return result
  }
}

/// What is wrong with a weights file.
public enum WeightsError: Error, Sendable, Equatable, CustomStringConvertible {
  case malformed(line: Int, problem: String)
  case layerCount(found: Int, expected: Int)
  case shape(layer: Int, what: String, found: Int, expected: Int)
  case bias(layer: Int, isGiven: Bool)
  /// An archive or a tensor file that cannot be read.
  case unreadableTensors(problem: String)
  /// Tensors that are not the state of a fully connected network.
  case names(problem: String, found: [String])
  case notFinite(tensor: String)
  /// The network is of a kind whose weights no file can hold.
  case network(NetworkError)
  case inFile(path: String, problem: String)

  public var description: String {
    switch self {
    case .malformed(let line, let problem):
      return "line \(line): \(problem). Write {\"layers\": [{\"weights\": [[1.0]], \"bias\": [0.5]}, …]}."
    case .layerCount(let found, let expected):
      return
        "there are the weights of \(found) layer\(found == 1 ? "" : "s"), but the network has \(expected), the readout included."
    case .shape(let layer, let what, let found, let expected):
      return "layer \(layer) has \(found) \(what) where the network needs \(expected)."
    case .bias(let layer, let isGiven):
      return isGiven
        ? "layer \(layer) has a bias, but the network says bias: none."
        : "layer \(layer) has no bias, but the network has one there."
    case .unreadableTensors(let problem): return "\(problem)."
    case .names(let problem, let found):
      let shown = found.prefix(8).map { "'\(excerpt($0))'" }.joined(separator: ", ")
      let list = found.isEmpty ? "nothing" : found.count > 8 ? "\(shown), …" : shown
      return "\(problem). The file holds \(list); name the tensors as PyTorch does, 0.weight, 0.bias, 2.weight, …"
    case .notFinite(let tensor):
      return "'\(excerpt(tensor))' holds NaN or an infinity. Weights are finite numbers."
    case .network(let error): return "\(error)"
    case .inFile(let path, let problem): return "\(path): \(problem)"
    }
  }
}
