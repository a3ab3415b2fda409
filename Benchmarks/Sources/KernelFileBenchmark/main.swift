// Throughput of a kernel matrix in a file against the same matrix in memory, measured in turn in one process.
//
//     swift run -c release --package-path Benchmarks KernelFileBenchmark [n] [d]
import Activations
import Foundation
import Gram
import KernelFiles
import Moments
import Networks

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let (n, d) = (arguments.first ?? 4000, arguments.dropFirst().first ?? 784)
let threads = ProcessInfo.processInfo.activeProcessorCount

let hidden = DenseLayer(
  weights: try NormalLaw(standardDeviation: ExactNumber(squareRootOf: 2)),
  activation: try ActivationRegistry.activation(parsing: "relu"))
let network = try Network(
  inputDimension: d, layers: [DenseLayer](repeating: hidden, count: 3) + [DenseLayer(weights: try NormalLaw())])
var random = RandomStream(seed: 1, stream: 0)
let elements = (0..<(n * d)).map { _ in random.normal() }
let inputs = try GramInputs(count: n, dimension: d, elements: elements)
let rows = RowFile(count: n, dimension: d, elements: elements)
let path = FileManager.default.temporaryDirectory.appendingPathComponent("infwidth-\(UUID().uuidString).npy").path

func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  return (ContinuousClock.now - start) / .seconds(1)
}

print("NTK, relu, 3 hidden layers, n = \(n), d = \(d), \(threads) threads, tiles of \(1024), \(8 * n * n >> 20) MiB")
print("in memory (s)  in a file (s)  ratio  MB/s")
for _ in 0..<5 {
  let memory = try seconds {
    _ = try GramMatrix(network, inputs, kinds: [.ntk], options: GramOptions(threads: threads))
  }
  let file = try seconds {
    _ = try KernelFile(
      network, rows: rows, kinds: [.ntk], path: path, settings: KernelFile.Settings(threads: threads)
    ).run()
  }
  print(
    String(
      format: "%13.3f  %13.3f  %5.2f  %4.0f", memory, file, file / memory, Double(8 * n * n) / file / 1e6))
}
try FileManager.default.removeItem(atPath: path)
