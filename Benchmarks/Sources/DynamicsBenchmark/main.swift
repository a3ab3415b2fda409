// Times one evaluation of the velocity of gradient flow, one hidden layer of 1000 neurons, against the bare cost of
// reading the parameters and evaluating φ and φ′ at all preactivations in a plain loop, in the same process and on as
// many threads; then a width sweep.
//
//     swift run -c release --package-path Benchmarks DynamicsBenchmark
import Dispatch
import Dynamics
import FiniteWidth
import Foundation
import LinearAlgebra
import Networks

BLAS.setThreads(1)
let threads = ProcessInfo.processInfo.activeProcessorCount
let width = 1000

func network(_ activation: String, dimension: Int) throws -> FiniteNetwork {
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

/// φ and φ′ in the fewest calls of the mathematical library, written out for the compiler.
func plain(_ name: String) -> (Range<Int>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>) -> Void {
  switch name {
  case "relu":
    return { range, z, slope in
      for index in range {
        slope[index] = z[index] > 0 ? 1 : 0
        z[index] = max(z[index], 0)
      }
    }
  case "square":
    return { range, z, slope in
      for index in range {
        slope[index] = 2 * z[index]
        z[index] *= z[index]
      }
    }
  case "tanh":
    return { range, z, slope in
      for index in range {
        let value = Foundation.tanh(z[index])
        slope[index] = 1 - value * value
        z[index] = value
      }
    }
  case "erf":
    return { range, z, slope in
      for index in range {
        slope[index] = 1.1283791670955126 * Foundation.exp(-z[index] * z[index])
        z[index] = Foundation.erf(z[index])
      }
    }
  default:  // gelu
    return { range, z, slope in
      for index in range {
        let phi = 0.5 * (1 + Foundation.erf(0.7071067811865476 * z[index]))
        slope[index] = phi + 0.3989422804014327 * z[index] * Foundation.exp(-0.5 * z[index] * z[index])
        z[index] *= phi
      }
    }
  }
}

/// Reads all parameters, and evaluates φ and φ′ once for each neuron and point, on all threads or on one, whichever is
/// faster.
func bare(_ parameters: [Double], _ points: Int, _ name: String) -> Double {
  let activation = plain(name)
  let count = width * points
  var (values, slopes) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
  var sums = [Double](repeating: 0, count: 16 * threads)
  let source = (0..<count).map { 0.37 * Double($0 % 17) - 3 }
  return values.withUnsafeMutableBufferPointer { values in
    slopes.withUnsafeMutableBufferPointer { slopes in
      sums.withUnsafeMutableBufferPointer { sums -> Double in
        guard let z = values.baseAddress, let slope = slopes.baseAddress, let total = sums.baseAddress else {
          return .nan
        }
        nonisolated(unsafe) let (out, derivative, sum, body) = (z, slope, total, activation)
        @Sendable func work(_ worker: Int, of workers: Int) {
          var lanes = SIMD8<Double>(repeating: 0)
          for index in stride(
            from: parameters.count * worker / workers, to: parameters.count * (worker + 1) / workers - 7, by: 8)
          {
            for lane in 0..<8 { lanes[lane] += parameters[index + lane] }
          }
          sum[16 * worker] = lanes.sum()
          let range = (count * worker / workers)..<(count * (worker + 1) / workers)
          for index in range { out[index] = source[index] }
          body(range, out, derivative)
        }
        return min(
          shortest { work(0, of: 1) },
          shortest { DispatchQueue.concurrentPerform(iterations: threads) { work($0, of: threads) } })
      }
    }
  }
}

print("One evaluation of the flow, width \(width), \(threads) threads; microseconds")
print("activation  inputs  points  velocity    bare   ratio")
let cases = [1, 10].flatMap { dimension in [2, 16, 64].map { (dimension, $0) } }
for name in ["relu", "square", "tanh", "erf", "gelu"] {
  for (dimension, count) in cases {
    let points = (0..<count).map { point in (0..<dimension).map { sin(Double(point * dimension + $0)) } }
    let targets = points.map { $0[0] }
    let network = try network(name, dimension: dimension)
    let evaluator = GradientEvaluator(network, points: points, threads: threads)
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
    let floor = bare(parameters, count, name)
    print(
      name.padding(toLength: 10, withPad: " ", startingAt: 0)
        + String(format: "  %6d  %6d  %8.1f  %6.1f  %6.2f", dimension, count, time, floor, time / floor))
  }
}

// The sweep of docs/training.md: 500 networks.
let sweep = WidthSweep(
  network: try Network(
    yaml: """
      input-dimension: 1
      parameterization: ntk
      layers:
        - {weights: "uniform(-1, 1)", bias: "uniform(-1/2, 1/2)", activation: square}
        - {weights: "uniform(-1, 1)", bias: none}
      """),
  inputs: [[1], [-1]], targets: [0.5, 0.25], widths: [1, 2, 10, 100, 1000], repeats: 100, seed: 1,
  method: .gradientFlow(FlowOptions()), times: RecordingGrid.linear(count: 9).times(until: 2), timeScale: { _ in 1 })
let start = DispatchTime.now().uptimeNanoseconds
let result = try sweep.run(threads: threads)
let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
print(
  String(format: "\nsweep over widths 1 to 1000, %d networks: %.2f s", result.widths.count * sweep.repeats, seconds))
