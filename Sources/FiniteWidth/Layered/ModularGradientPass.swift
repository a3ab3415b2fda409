import LinearAlgebra

/// Evaluates a network of layers of any kind by their forward passes and pullbacks.
final class ModularGradientPass: GradientPass {
  private var layers: [any FiniteModule]
  private let layout: ParameterLayout
  private let points: Matrix
  private var pullbacks: [Pullback] = []

  init(_ layers: [any FiniteModule], layout: ParameterLayout, points: Matrix) {
    self.layers = layers
    self.layout = layout
    self.points = points
  }

  func outputs(_ parameters: UnsafePointer<Double>, into outputs: UnsafeMutablePointer<Double>) {
    var rest = Array(UnsafeBufferPointer(start: parameters, count: layout.count))[...]
    pullbacks = []
    var values = points
    for index in layers.indices {
      layers[index].take(&rest)
      let pass = layers[index].forward(values)
      values = pass.output
      pullbacks.append(pass.pullback)
    }
    for (point, value) in values.elements.enumerated() { outputs[point] = value }
  }

  func gradient(
    _ coefficients: UnsafePointer<Double>, _ parameters: UnsafePointer<Double>,
    into gradient: UnsafeMutablePointer<Double>
  ) {
    let parts = GradientParts()
    var derivatives = Matrix(
      rows: points.rows, columns: 1, elements: Array(UnsafeBufferPointer(start: coefficients, count: points.rows)))
    for pullback in pullbacks.reversed() { derivatives = pullback(derivatives, parts) }
    for block in layout.blocks {
      let values = block.rate == 0 ? nil : parts[block.group]
      for (place, index) in block.range.enumerated() { gradient[index] = values?[place] ?? 0 }
    }
  }
}
