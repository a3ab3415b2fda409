import LinearAlgebra
import Moments
import Networks

/// A residual block with drawn parameters, `h′ = h + m B(h)`: derivatives reach the input directly and through the
/// branch.
struct ResidualModule: FiniteModule {
  private let branch: [any FiniteModule]
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
      { derivatives, parts in
        var inner = multiplier * derivatives
        for pullback in pullbacks.reversed() { inner = pullback(inner, &parts) }
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
