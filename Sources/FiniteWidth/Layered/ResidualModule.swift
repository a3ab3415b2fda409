import LinearAlgebra
import Moments
import Networks

/// A residual block with parameters, `h′ = h + m B(h)`: derivatives reach the input directly and through the
/// branch.
struct ResidualModule: FiniteModule {
  private var branch: [any FiniteModule]
  private let multiplier: Double

  init(
    _ block: ResidualBlock, in context: ModuleContext, from stream: inout RandomStream
  ) throws(LayeredNetworkError) {
    var branch: [any FiniteModule] = []
    for (index, layer) in block.branch.enumerated() {
      var inner = context
      inner.path = context.path.inBranch(index)
      branch.append(try inner.module(layer, from: &stream))
    }
    self.branch = branch
    multiplier = block.branchMultiplier.doubleValue
  }

  var parameters: [ModuleParameters] { branch.flatMap(\.parameters) }

  var kinkedNeurons: Int { branch.reduce(0) { $0 + $1.kinkedNeurons } }

  mutating func take(_ parameters: inout ArraySlice<Double>) {
    for index in branch.indices { branch[index].take(&parameters) }
  }

  func forward(_ input: Matrix) -> (output: Matrix, pullback: Pullback) {
    var values = input
    var pullbacks: [Pullback] = []
    for layer in branch {
      let pass = layer.forward(values)
      values = pass.output
      pullbacks.append(pass.pullback)
    }
    return (
      input + multiplier * values,
      { derivatives, sink in
        var inner = multiplier * derivatives
        for pullback in pullbacks.reversed() { inner = pullback(inner, sink) }
        return derivatives + inner
      }
    )
  }
}

extension ResidualBlock: FiniteLayer {
  func module(
    in context: ModuleContext, from stream: inout RandomStream
  ) throws(LayeredNetworkError) -> any FiniteModule {
    try ResidualModule(self, in: context, from: &stream)
  }

  func drawCount(inputs: Int, outputs: Int) -> Double {
    branch.reduce(0) { $0 + (($1 as? any FiniteLayer)?.drawCount(inputs: outputs, outputs: outputs) ?? 0) }
  }
}
