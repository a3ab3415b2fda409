extension FiniteNetwork {
  /// The parameters as the JSON that `init(_:weightsFile:)` reads; every number reads back identically.
  public var weightsJSON: String {
    let layers = layers.map { layer in
      let rows = (0..<layer.outputs).map { row in
        "["
          + layer.weights[(row * layer.inputs)..<((row + 1) * layer.inputs)].map(\.description).joined(separator: ", ")
          + "]"
      }
      let bias = layer.bias.map { ", \"bias\": [" + $0.map(\.description).joined(separator: ", ") + "]" } ?? ""
      return "    {\"weights\": [\(rows.joined(separator: ",\n      "))]\(bias)}"
    }
    return "{\"layers\": [\n\(layers.joined(separator: ",\n"))\n]}\n"
  }
}
