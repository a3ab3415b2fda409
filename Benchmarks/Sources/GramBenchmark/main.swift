// Kernel matrices against the bare product X·Xᵀ of OpenBLAS, both in this process.
//
//     swift run -c release --package-path Benchmarks GramBenchmark [repetitions]
//
// Every ratio is the median over repetitions of (time of the matrix) / (time of a full dgemm X·Xᵀ next to it).
import Activations
import Expectation
import Foundation
import Gram
import LinearAlgebra
import Moments
import Networks

/// Wall-clock time in seconds.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

func network(_ activation: String, depth: Int, dimension: Int, weights: String = "normal(0, sqrt(2))") throws -> Network
{
  let law = try LawRegistry.law(parsing: weights)
  let hidden = DenseLayer(weights: law, activation: try ActivationRegistry.activation(parsing: activation))
  return try Network(
    inputDimension: dimension, layers: Array(repeating: hidden, count: depth) + [DenseLayer(weights: law)])
}

func inputs(_ count: Int, _ dimension: Int) throws -> GramInputs {
  var stream = RandomStream(seed: 7, stream: 1)
  return try GramInputs(
    count: count, dimension: dimension,
    elements: (0..<(count * dimension)).map { _ in stream.normal() })
}

let threads = ProcessInfo.processInfo.activeProcessorCount
let repetitions = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 7 : 7

/// The time of X·Xᵀ by dgemm on all threads, into storage that exists.
func productTime(_ x: GramInputs, into storage: inout [Double]) -> Double {
  let (n, d) = (x.count, x.dimension)
  BLAS.setThreads(threads)
  let start = now()
  x.elements.withUnsafeBufferPointer { p in
    storage.withUnsafeMutableBufferPointer { c in
      guard let p = p.baseAddress, let c = c.baseAddress else { return }
      BLAS.multiply(transposeB: true, m: n, n: n, k: d, p, lda: d, p, ldb: d, into: c, ldc: n)
    }
  }
  return now() - start
}

func measure(
  _ network: Network, _ x: GramInputs, tolerance: Double = 1e-14
) throws -> (ratio: Double, time: Double, product: Double) {
  var storage = [Double](repeating: 0, count: x.count * x.count)
  var (ratios, times, products): ([Double], [Double], [Double]) = ([], [], [])
  for round in 0...repetitions {
    let product = productTime(x, into: &storage)
    let start = now()
    let matrix = try GramMatrix(network, x, options: GramOptions(threads: threads, tolerance: tolerance))
    let time = now() - start
    guard matrix.ntk?[0, 0].isFinite ?? false else { continue }
    if round > 0 {
      ratios.append(time / product)
      times.append(time)
      products.append(product)
    }
  }
  return (median(ratios), median(times), median(products))
}

func processor() -> String {
  let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
  return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
}

/// The largest resident size so far, in MiB.
func peakMemory() -> Double {
  let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
  return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
}

let environment = ProcessInfo.processInfo.environment
let settings = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"].map { "\($0)=\(environment[$0] ?? "unset")" }
/// One line of the report, at once.
func line(_ name: String, _ value: String) {
  let text = name.padding(toLength: 52, withPad: " ", startingAt: 0) + " " + value + "\n"
  FileHandle.standardOutput.write(Data(text.utf8))
}

line("\(processor()), \(threads) threads", settings.joined(separator: ", "))

do {
  // Memory first: the peak of the process is what is asked.
  let x = try inputs(2000, 784)
  let before = peakMemory()
  let matrix = try GramMatrix(try network("relu", depth: 3, dimension: 784), x, options: GramOptions(threads: threads))
  let matrices = 2.0 * 2000 * 2000 * 8 / 1_048_576
  line(
    "memory beside two 2000 x 2000 matrices, inputs given",
    String(format: "%.1f MiB", peakMemory() - before - matrices) + (matrix.ntk == nil ? "!" : ""))
}

let x = try inputs(2000, 784)
for (activation, depth, tolerance, mark) in [
  ("relu", 3, 1e-14, 1.2), ("relu", 10, 1e-14, 2), ("erf", 3, 1e-14, 2.5), ("gelu", 3, 1e-14, 2.5),
  ("tanh", 3, 1e-10, 5), ("tanh", 3, 1e-14, 5),
] {
  let weights = activation == "tanh" || activation == "erf" ? "normal(0, 1)" : "normal(0, sqrt(2))"
  let result = try measure(
    try network(activation, depth: depth, dimension: 784, weights: weights), x, tolerance: tolerance)
  line(
    "\(activation), \(depth) hidden layers, n = 2000, d = 784" + (activation == "tanh" ? ", to \(tolerance)" : ""),
    String(
      format: "%6.2f times dgemm (at most %.1f)   %.1f ms, dgemm %.1f ms", result.ratio, mark, result.time * 1e3,
      result.product * 1e3))
}

do {
  // Pixels from 0 to 255, a third of them set: preactivations of variance 10⁴, beyond every Mehler series.
  var stream = RandomStream(seed: 7, stream: 2)
  let dimension = 784
  let pixels = (0..<(2000 * dimension)).map { _ in stream.uniform() < 0.33 ? (255 * stream.uniform()).rounded() : 0 }
  for activation in ["tanh", "silu", "softplus", "sigmoid"] {
    let net = try network(activation, depth: 2, dimension: dimension, weights: "normal()")
    var times: [String] = []
    for n in [20, 200, 2000] {
      let x = try GramInputs(count: n, dimension: dimension, elements: Array(pixels[..<(n * dimension)]))
      let start = now()
      _ = try GramMatrix(net, x, options: GramOptions(threads: threads))
      times.append(String(format: "%.3f", now() - start))
    }
    line("\(activation), 2 hidden layers, pixels, n = 20, 200, 2000", times.joined(separator: ", ") + " s")
  }
}

do {
  // The exponent of the cost, from n = 500 to 4000.
  var points: [(Double, Double)] = []
  for n in [500, 1000, 2000, 4000] {
    let x = try inputs(n, 784)
    var times: [Double] = []
    let net = try network("relu", depth: 3, dimension: 784)
    for _ in 0..<max(3, repetitions) {
      let start = now()
      _ = try GramMatrix(net, x, options: GramOptions(threads: threads))
      times.append(now() - start)
    }
    points.append((log(Double(n)), log(median(times))))
    line("relu, 3 hidden layers, n = \(n)", String(format: "%.2f ms", median(times) * 1e3))
  }
  let (mx, my) = (points.map(\.0).reduce(0, +) / 4, points.map(\.1).reduce(0, +) / 4)
  let slope =
    points.reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) } / points.reduce(0) { $0 + ($1.0 - mx) * ($1.0 - mx) }
  line("exponent of the cost in n", String(format: "%.2f (2.0 ± 0.1)", slope))
}

do {
  // The plain loop over pairs: one product of inputs, one acos and a few square roots a layer, one thread.
  let n = 500
  let x = try inputs(n, 784)
  let rows = (0..<n).map { Array(x.row($0)) }
  let start = now()
  var sum = 0.0
  for i in 0..<n {
    for j in 0..<n {
      var (dot, p, q) = (0.0, 0.0, 0.0)
      for k in 0..<784 {
        dot += rows[i][k] * rows[j][k]
        p += rows[i][k] * rows[i][k]
        q += rows[j][k] * rows[j][k]
      }
      var rho = min(1, dot / (p * q).squareRoot())
      var theta = dot
      for _ in 0..<3 {
        let angle = acos(rho)
        let step = 1 - angle / Double.pi
        rho = (max(0, 1 - rho * rho)).squareRoot() / Double.pi + step * rho
        theta = step * theta + rho
      }
      sum += theta
    }
  }
  let naive = now() - start
  let net = try network("relu", depth: 3, dimension: 784)
  let other = now()
  _ = try GramMatrix(net, x, options: GramOptions(threads: threads))
  let fast = now() - other
  line(
    "plain loop over pairs, n = 500, relatively",
    String(format: "%.0f times the matrix", naive / fast) + (sum == 0 ? "!" : ""))
}

/// The median over rounds of the seconds that one of `count` calls takes.
func perCall(_ count: Int, _ body: (Int) throws -> Double) rethrows -> Double {
  var times: [Double] = []
  var sum = 0.0
  for _ in 0..<max(5, repetitions) {
    let start = now()
    for index in 0..<count { sum += try body(index) }
    times.append((now() - start) / Double(count))
  }
  return sum.isNaN ? .nan : median(times)
}

do {
  // One pair at a time, three hidden layers, against the calls of the C library that its formulas need: in each layer one
  // for the pair and, where the length has no simple map, one for each of the inputs; each layer waits for the one before.
  let arguments = (0..<1024).map { 0.95 - Double($0) * 0.0017 }
  let points = arguments.map { [$0, (1 - $0 * $0).squareRoot(), 0.25] }
  for (activation, name, calls, function) in [
    ("relu", "acos", 1, { acos($0) }), ("erf", "asin", 3, { asin($0) }), ("gelu", "asin", 3, { asin($0) }),
    ("sin", "exp", 4, { exp($0) }),
  ] as [(String, String, Int, (Double) -> Double)] {
    let program = try KernelProgram(network(activation, depth: 3, dimension: 3))
    let fixed = [0.25, -0.5, 1]
    let pair = try perCall(200_000) { try program.pair(points[$0 & 1023], fixed).ntk }
    let needed = perCall(200_000) {
      var state = arguments[$0 & 1023]
      for _ in 0..<3 {
        var sum = 0.0
        for call in 0..<calls { sum += function(state * (1 - 0.125 * Double(call))) }
        state = 0.25 * sum / Double(calls)
      }
      return state
    }
    line(
      "one pair, \(activation), 3 hidden layers",
      String(
        format: "%.3f µs (at most 5)   %.1f times its %d calls of %@ (at most 3)", pair * 1e6, pair / needed, 3 * calls,
        name))
  }
  let program = try KernelProgram(network("tanh", depth: 3, dimension: 3, weights: "normal()"))
  let pair = try perCall(20) { try program.pair(points[$0], [0.25, -0.5, 1]).ntk }
  line("one pair, tanh, 3 hidden layers", String(format: "%.2f ms (at most a few)", pair * 1e3))
}
