// Times one evaluation of the velocity of gradient flow, one hidden layer of 1000 neurons, against the bare cost of
// reading the parameters and evaluating φ and φ′ at all preactivations, in the same process and on as many threads.
//
//     swift run -c release --package-path Benchmarks DynamicsBenchmark
import Activations
import Dispatch
import FiniteWidth
import Foundation
import LinearAlgebra
import Networks

BLAS.setThreads(1)
let threads = ProcessInfo.processInfo.activeProcessorCount
let (width, dimension) = (1000, 10)

func network(_ activation: String) throws -> FiniteNetwork {
  let description = try Network(
    yaml: """
      input-dimension: \(dimension)
      parameterization: ntk
      layers:
        - {weights: "normal(0, 1)", bias: "normal(0, 1/2)", activation: \(activation)}
        - {weights: "normal(0, 1)", bias: none}
      """)
  return FiniteNetwork(sampling: description, width: width, seed: 1, index: 0)
}

/// The shortest of many times, in microseconds: other programs only ever add to it.
func shortest(_ repetitions: Int = 400, _ body: () -> Void) -> Double {
  body()
  var best = UInt64.max
  for _ in 0..<repetitions {
    let start = DispatchTime.now().uptimeNanoseconds
    body()
    best = min(best, DispatchTime.now().uptimeNanoseconds - start)
  }
  return Double(best) / 1000
}

/// Reads all parameters, and evaluates φ and φ′ once for each neuron and point.
func bare(_ parameters: [Double], _ points: Int, _ activation: any Activation) -> Double {
  let (value, derivative) = (activation.value.evaluate, activation.derivative.evaluate)
  var results = [Double](repeating: 0, count: 2 * width * points)
  var sums = [Double](repeating: 0, count: 16 * threads)
  return results.withUnsafeMutableBufferPointer { results in
    sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let (out, total) = (results, sums)
      return shortest {
        DispatchQueue.concurrentPerform(iterations: threads) { worker in
          var sum = 0.0
          for index in (parameters.count * worker / threads)..<(parameters.count * (worker + 1) / threads) {
            sum += parameters[index]
          }
          total[16 * worker] = sum
          for index in (width * points * worker / threads)..<(width * points * (worker + 1) / threads) {
            let z = 0.37 * Double(index % 17) - 3
            out[2 * index] = value(z)
            out[2 * index + 1] = derivative(z)
          }
        }
      }
    }
  }
}

print("width \(width), \(dimension) inputs, \(threads) threads; microseconds")
print("activation  points  velocity    bare   ratio")
for name in ["relu", "tanh", "erf", "gelu", "square"] {
  let activation = try ActivationRegistry.activation(parsing: name)
  for count in [1, 4, 16, 64] {
    let points = (0..<count).map { point in (0..<dimension).map { sin(Double(point * dimension + $0)) } }
    let targets = points.map { $0[0] }
    let network = try network(name)
    let evaluator = try GradientEvaluator(network, points: points, threads: threads)
    let parameters = network.parameters
    var (residuals, velocity) = ([Double](repeating: 0, count: count), parameters)
    let time = residuals.withUnsafeMutableBufferPointer { residuals in
      velocity.withUnsafeMutableBufferPointer { velocity in
        parameters.withUnsafeBufferPointer { parameters -> Double in
          guard let r = residuals.baseAddress, let v = velocity.baseAddress, let p = parameters.baseAddress else {
            return .nan
          }
          return shortest {
            evaluator.outputs(p, into: r)
            for index in 0..<count { r[index] -= targets[index] }
            evaluator.gradient(r, p, into: v)
            for index in 0..<velocity.count { v[index] = -v[index] }
          }
        }
      }
    }
    let floor = bare(parameters, count, activation)
    print(
      name.padding(toLength: 10, withPad: " ", startingAt: 0)
        + String(format: "  %6d  %8.1f  %6.1f  %6.2f", count, time, floor, time / floor))
  }
}
