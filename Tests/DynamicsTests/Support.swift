import Activations
import Dynamics
import FiniteWidth
import Foundation
import GSL
import Moments
import Networks
import TestSupport
import Testing

/// A network of one or more hidden layers with one readout, everything off the standard case.
func network(
  _ activation: String, parameterization: String = "ntk", depth: Int = 1, dimension: Int = 2, readoutBias: Bool = true
) throws -> Network {
  let hidden = """
      - weights: normal(0, 1)
        bias: normal(1/4, 1/2)
        activation: \(activation)
        weight-multiplier: 5/4
        bias-multiplier: 2/3

    """
  return try Network(
    yaml: """
      input-dimension: \(dimension)
      parameterization: \(parameterization)
      layers:
      \(String(repeating: hidden, count: depth))
        - weights: uniform(-1, 1)
          bias: \(readoutBias ? "normal(0, 1/2)" : "none")
          weight-multiplier: 4/5
      """)
}

/// The product of two parameters, `f(x) = w₂ w₁ x`.
func twoParameters(_ first: Double, _ second: Double) throws -> FiniteNetwork {
  let description = try Network(
    yaml: """
      input-dimension: 1
      parameterization: ntk
      layers:
        - {weights: "normal(0, 1)", bias: none, activation: identity}
        - {weights: "normal(0, 1)", bias: none}
      """)
  return FiniteNetwork(
    description,
    layers: [
      .init(inputs: 1, outputs: 1, weights: [first], bias: nil),
      .init(inputs: 1, outputs: 1, weights: [second], bias: nil),
    ])
}

func flow(
  _ problem: TrainingProblem, times: [Double], solver: ODEMethod? = nil, relative: Double = 1e-12,
  absolute: Double = 1e-14
) throws -> TrainingRun {
  let options = FlowOptions(solver: solver, relativeTolerance: relative, absoluteTolerance: absolute)
  return try TrainingRun(problem: problem, method: .gradientFlow(options), times: times)
}
