// Times the samplers of finite networks, as multiples of what they cannot do without: the random numbers and the matrix
// products.
//
//     swift run -c release --package-path Benchmarks SamplingBenchmark
import ControlVariates
import FiniteWidth
import FiniteWidthTheory
import Foundation
import LinearAlgebra
import Moments
import Networks

/// Processor time of this process, in seconds: a busy machine changes it little.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The least time of several runs, in seconds.
func time(repeats: Int = 5, _ body: () throws -> Void) rethrows -> Double {
  var least = Double.infinity
  for _ in 0..<repeats {
    let start = now()
    try body()
    least = min(least, now() - start)
  }
  return least
}

func processor() -> String {
  let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
  return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
}

func show(_ format: String, _ values: any CVarArg...) {
  print(String(format: format, arguments: values))
}

BLAS.setThreads(1)
print("\(processor()), \(ProcessInfo.processInfo.activeProcessorCount) processors, all figures for one thread\n")

/// One hidden layer: all neurons against their random numbers alone.
func oneHiddenLayer(_ name: String, _ network: Network, points: [[ExactNumber]]) throws {
  let (width, networks) = (65_536, 20)
  let sampler = NetworkSampler(network, width: width, seed: 1, points: points)
  let all = time { for index in 0..<networks { _ = sampler.kernels(index: index) } }
  let (hidden, readout) = (network.firstLayer, network.readout)
  let block = 1024
  let bare = time {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: block * network.inputDimension) { buffer in
      for index in 0..<networks {
        var streams = (0..<3).map { RandomStream(seed: 1, stream: UInt64(index), part: $0) }
        for _ in 0..<(width / block) {
          hidden.weights.sample(into: buffer, from: &streams[0])
          let one = UnsafeMutableBufferPointer(rebasing: buffer[..<block])
          hidden.bias?.sample(into: one, from: &streams[1])
          readout.weights.sample(into: one, from: &streams[2])
        }
      }
    }
  }
  let neurons = Double(width * networks)
  show("%@", name as NSString)
  show("  neurons per second      %10.3g", neurons / all)
  show("  ns per neuron           %10.2f, of which random numbers %.2f", all / neurons * 1e9, bare / neurons * 1e9)
  show("  ratio to random numbers %10.2f\n", all / bare)
}

/// A plain deep sampler against its matrix products with weights in memory, and against its random numbers.
func deep(law: String, activation: String, width: Int, depth: Int, points count: Int) throws {
  let hidden = "  - {weights: \"\(law)\", bias: none, activation: \(activation)}\n"
  let network = try Network(
    yaml: """
      input-dimension: 4
      parameterization: ntk
      layers:
      \(String(repeating: hidden, count: depth))  - {weights: "\(law)", bias: none}
      """)
  var stream = RandomStream(seed: 3, stream: 0)
  let points = try (0..<count).map { _ in
    try (0..<4).map { _ in try ExactNumber(parsing: String(format: "%.6f", stream.normal())) }
  }
  let widths = Array(repeating: width, count: depth)
  let sampler = try NetworkSampler(network, widths: widths, seed: 1, points: points, method: .plain)
  let all = time { _ = sampler.kernels(index: 0) }
  let matrices = depth - 1
  let numbers = width * width
  let weights = try network.denseLayers(for: "this benchmark")[1].weights
  var matrix = weights.samples(numbers, from: &stream)
  let block = 1 << 15
  let drawing = time {
    matrix.withUnsafeMutableBufferPointer { buffer in
      for _ in 0..<matrices {
        var stream = RandomStream(seed: 4, stream: 1)
        for first in stride(from: 0, to: numbers, by: block) {
          let part = UnsafeMutableBufferPointer(rebasing: buffer[first..<min(numbers, first + block)])
          weights.sample(into: part, from: &stream)
        }
      }
    }
  }
  var inputs = [Double](repeating: 1, count: count * width)
  var outputs = inputs
  var gram = [Double](repeating: 0, count: count * count)
  let products = time {
    for _ in 0..<matrices {
      BLAS.multiply(
        transposeB: true, m: count, n: width, k: width, inputs, lda: width, matrix, ldb: width, into: &outputs,
        ldc: width)
      BLAS.multiply(m: count, n: width, k: width, outputs, lda: width, matrix, ldb: width, into: &inputs, ldc: width)
      for index in inputs.indices { inputs[index] = 1 }
    }
    for _ in 0..<(2 * depth + 1) { BLAS.gramUpper(n: count, k: width, inputs, lda: width, into: &gram, ldc: count) }
  }
  let ways = sampler.plan.ways[1..<depth].map { "\($0)" }
  show(
    "%-16@ %-5@ N %5d n %4d %-8@ %9.2f %9.2f %9.2f %8.2f %8.2f %8.2f", law as NSString, activation as NSString, width,
    count, (Set(ways).sorted().joined(separator: "+")) as NSString, all * 1e3, products * 1e3, drawing * 1e3,
    all / products, all / drawing, all / (products + drawing))
}

/// The conditioning sampler at a width where the plain one would draw 10¹² weights a layer.
func conditioning(width: Int, depth: Int, points count: Int) throws {
  let hidden = "  - {weights: \"normal(0, sqrt(2))\", bias: none, activation: relu}\n"
  let network = try Network(
    yaml: """
      input-dimension: 4
      parameterization: ntk
      layers:
      \(String(repeating: hidden, count: depth))  - {weights: "normal(0, sqrt(2))", bias: none}
      """)
  var stream = RandomStream(seed: 3, stream: 0)
  let points = try (0..<count).map { _ in
    try (0..<4).map { _ in try ExactNumber(parsing: String(format: "%.6f", stream.normal())) }
  }
  let sampler = try NetworkSampler(
    network, widths: Array(repeating: width, count: depth), seed: 1, points: points, method: .conditioning)
  let all = time(repeats: 1) { _ = sampler.kernels(index: 0) }
  let numbers = 4 * count * width * (depth - 1) * 3 / 4
  var buffer = [Double](repeating: 0, count: 1 << 14)
  let drawing = time(repeats: 1) {
    var stream = RandomStream(seed: 4, stream: 1)
    for _ in 0..<(numbers / buffer.count) { buffer.withUnsafeMutableBufferPointer { stream.fill(normals: $0) } }
  }
  show(
    "N %8d, depth %d, %d points: %.2f s a network, %.1f times its random numbers; memory planned %.2f GB", width, depth,
    count, all, all / drawing, sampler.plan.memory / 1e9)
}

/// The standard deviation of the NTK at (1, 0.3), (-0.4, 0.9) with and without control variates, and the mean's effect of
/// the width against the theory's `c/N`.
func controlVariates(_ activation: String, depth: Int, law: String, bias: String, width: Int, networks: Int) throws {
  let layer = "  - {weights: \"\(law)\", bias: \(bias)"
  let network = try Network(
    yaml: """
      input-dimension: 2
      parameterization: ntk
      layers:
      \(String(repeating: "\(layer), activation: \(activation)}\n", count: depth))\(layer)}
      """)
  let x = try ["1", "0.3"].map { try ExactNumber(parsing: $0) }
  let y = try ["-0.4", "0.9"].map { try ExactNumber(parsing: $0) }
  let entry = try finiteWidthPrediction(of: network, at: [x, y]).entries[1].ntk
  let (limit, correction) = (entry.limit.estimate?.value ?? .nan, entry.meanCorrection.estimate?.value ?? .nan)
  let sampler = try ControlledNTK(network, width: width, seed: 1, x: x, y: y)
  var (plain, controlled) = (SampleStatistics(), SampleStatistics())
  for index in 0..<networks {
    let sample = try sampler.sample(index: index)
    plain.add(sample.ntk)
    controlled.add(sample.controlled)
  }
  let n = Double(width)
  show(
    "%-5@ L=%d N %4d %5d networks: sd %.4f, controlled %.5f, ratio %5.1f; N (mean - limit) = %8.4f ± %.4f, theory %8.4f",
    activation as NSString, depth, width, networks, plain.standardDeviation, controlled.standardDeviation,
    plain.standardDeviation / controlled.standardDeviation, n * (controlled.mean - limit),
    n * controlled.standardError, correction)
}

let arguments = CommandLine.arguments
if arguments.count == 2, arguments[1] == "--wide" {
  try conditioning(width: 1_000_000, depth: 10, points: 8)
  exit(0)
}
if arguments.count == 2, arguments[1] == "--control-variates" {
  for width in [32, 64, 128, 256] {
    try controlVariates("relu", depth: 2, law: "normal(0, sqrt(2))", bias: "none", width: width, networks: 400)
  }
  for width in [32, 64, 128] {
    try controlVariates(
      "erf", depth: 3, law: "normal(0, 3/2)", bias: "\"normal(0, 3/10)\"", width: width, networks: 200)
  }
  exit(0)
}
try oneHiddenLayer(
  "One hidden layer, square, uniform, one input, points 1 and -1", try Network.headline, points: [[1], [-1]])
try oneHiddenLayer(
  "One hidden layer, relu, Gaussian, ten inputs, 4 points",
  try Network(
    yaml: """
      input-dimension: 10
      parameterization: ntk
      layers:
        - {weights: "normal()", bias: none, activation: relu}
        - {weights: "normal()", bias: none}
      """),
  points: (0..<4).map { point in (0..<10).map { ExactNumber(point + $0, 10) } })

print(
  "Plain, three hidden layers: ms a network; products with the matrices in memory; drawing each matrix once; ratios")
print("                                              all  products   drawing /products /drawing /(both)")
for (law, activation) in [("uniform(-1, 1)", "relu"), ("normal(0, 1)", "relu"), ("laplace(1)", "tanh")] {
  for count in [1, 8, 64, 256] {
    try deep(law: law, activation: activation, width: 1024, depth: 3, points: count)
  }
}
for count in [8, 64, 256] { try deep(law: "uniform(-1, 1)", activation: "relu", width: 8192, depth: 3, points: count) }

print("\nConditioning, Gaussian relu networks")
try conditioning(width: 1000, depth: 10, points: 8)
try conditioning(width: 100_000, depth: 10, points: 8)
try conditioning(width: 1_000_000, depth: 10, points: 8)
