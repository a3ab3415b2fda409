// Times one expectation E[φ(u) φ(v)] of each kind, in milliseconds and as a multiple of 1000 evaluations of φ.
//
//     swift run -c release --package-path Benchmarks ExpectationBenchmark
import Activations
import Expectation
import Foundation
import Moments

struct Problem {
  let weights: String
  let bias: String?
  let activation: String
  let x: [String]
  let y: [String]
}

let ten = ["1", "-1/2", "3/4", "1/4", "-5/4", "3/2", "-5/8", "7/16", "2", "-3/8"]
let shifted = Array(ten[3...] + ten[..<3])
let problems = [
  Problem(weights: "uniform(-1, 1)", bias: "uniform(-1/2, 1/2)", activation: "square", x: ["1"], y: ["-1"]),
  Problem(weights: "uniform(-1, 1)", bias: "uniform(-1/2, 1/2)", activation: "relu", x: ["1"], y: ["1/2"]),
  Problem(weights: "uniform(-1, 1)", bias: "uniform(-1/2, 1/2)", activation: "tanh", x: ["1/2"], y: ["-3/2"]),
  Problem(weights: "laplace(1/2)", bias: "normal(0, 1/2)", activation: "relu", x: ["1"], y: ["3/4"]),
  Problem(weights: "laplace(1/2)", bias: "normal(0, 1/2)", activation: "gelu", x: ["3/4"], y: ["5/4"]),
  Problem(weights: "laplace(3/4)", bias: "normal(0, 1/2)", activation: "hard-tanh", x: ["1"], y: ["3/4"]),
  Problem(weights: "student-t(3, 1)", bias: "uniform(-1/2, 1/2)", activation: "tanh", x: ["1"], y: ["-1/2"]),
  Problem(weights: "sparse(1/4, uniform(-1, 1))", bias: "normal(1/8, 1/2)", activation: "tanh", x: ["3/2"], y: ["3/4"]),
  Problem(
    weights: "uniform(-1, 1)", bias: "uniform(-1/2, 1/2)", activation: "gelu", x: ["1", "1/2"], y: ["-3/4", "2"]),
  Problem(
    weights: "uniform(-1, 1)", bias: "uniform(-1/2, 1/2)", activation: "silu", x: ["1", "1/2"], y: ["-3/4", "2"]),
  Problem(weights: "uniform(-1, 1)", bias: "uniform(-1/2, 1/2)", activation: "relu", x: ten, y: shifted),
  Problem(weights: "uniform(-1, 1)", bias: "uniform(-1/2, 1/2)", activation: "tanh", x: ten, y: shifted),
  Problem(weights: "laplace(1/2)", bias: "uniform(-1/2, 1/2)", activation: "relu", x: ten, y: shifted),
  Problem(weights: "laplace(1/2)", bias: "uniform(-1/2, 1/2)", activation: "relu", x: ["1", "1/2"], y: ["-3/4", "2"]),
  Problem(weights: "arcsine(1)", bias: nil, activation: "relu", x: ["1", "1/2"], y: ["-3/4", "2"]),
  Problem(weights: "student-t(5, 1)", bias: nil, activation: "relu", x: ["1", "1/2", "1/3"], y: ["-3/4", "2", "1/7"]),
  Problem(weights: "normal()", bias: "normal(0, 1/2)", activation: "tanh", x: ten, y: shifted),
  Problem(weights: "normal()", bias: "uniform(-1/2, 1/2)", activation: "relu", x: ten, y: shifted),
  Problem(weights: "normal()", bias: "uniform(-1/2, 1/2)", activation: "gelu", x: ten, y: shifted),
]

/// Processor time, in milliseconds: a busy machine does not change it.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) * 1e-6
}

for problem in problems {
  let activation = try ActivationRegistry.activation(parsing: problem.activation)
  let pair = PreactivationPair(
    weights: try LawRegistry.law(parsing: problem.weights),
    bias: try problem.bias.map { try LawRegistry.law(parsing: $0) }, weightScale: 1, biasScale: 1,
    x: try problem.x.map { try ExactNumber(parsing: $0) }, y: try problem.y.map { try ExactNumber(parsing: $0) })
  let start = now()
  let quantity = try ExpectationChain.expectation(ExpectationQuestion(activation.value, activation.value, pair))
  let time = now() - start
  var sum = 0.0
  let reference = now()
  for index in 0..<100_000 { sum += activation.value.evaluate(Double(index) * 1e-5) }
  let unit = (now() - reference) / 100 + sum * 0
  let estimate = quantity.estimate
  print(
    String(format: "%10.3f ms %12.1f ", time, time / unit), problem.activation, problem.weights, problem.bias ?? "none",
    "d=\(problem.x.count)", estimate.map { "\($0.method.rawValue) \($0.value) ± \($0.error)" } ?? "\(quantity)")
}
