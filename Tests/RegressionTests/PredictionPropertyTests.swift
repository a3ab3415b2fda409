import Foundation
import LinearAlgebra
import Moments
import Networks
import Regression
import Testing

/// `K = B Bᵀ` and `Θ = C Cᵀ` for random B, C: kernels of any networks at all.
private func randomKernels(seed: UInt64, train n: Int, test t: Int) -> (nngp: RegressionKernel, ntk: RegressionKernel) {
  var random = RandomStream(seed: seed, stream: 0)
  func kernel() -> RegressionKernel {
    let factor = Matrix(
      rows: n + t, columns: n + t + 2, elements: (0..<((n + t) * (n + t + 2))).map { _ in 2 * random.uniform() - 1 })
    let full = factor.gram
    return RegressionKernel(
      train: Matrix((0..<n).map { Array(full.row($0).prefix(n)) }),
      testTrain: Matrix((n..<(n + t)).map { Array(full.row($0).prefix(n)) }),
      testDiagonal: (n..<(n + t)).map { full[$0, $0] })
  }
  return (kernel(), kernel())
}

@Suite struct PredictionPropertyTests {
  private let targets = [1.0, -0.5, 0.25, 2, -1]

  @Test(arguments: [UInt64(1), 2, 3])
  func priorAtTimeZero(seed: UInt64) throws {
    let (nngp, ntk) = randomKernels(seed: seed, train: 5, test: 3)
    let prediction = try TangentKernelRegression(ntk: ntk, nngp: nngp, targets: targets, ridge: 0.5).prediction(at: 0)
    #expect(prediction.mean.allSatisfy { $0.value == 0 && $0.error == 0 })
    #expect(prediction.variance.map(\.value) == nngp.testDiagonal)
  }

  /// Only the readout trained: Θ = K, and training to the end is Bayesian inference, with any ridge.
  @Test(arguments: [0, 0.125])
  func readoutTraining(ridge: Double) throws {
    let (nngp, _) = randomKernels(seed: 4, train: 5, test: 3)
    let posterior = try GaussianProcessPosterior(kernel: nngp, targets: targets, ridge: ridge)
    let trained = try TangentKernelRegression(ntk: nngp, nngp: nngp, targets: targets, ridge: ridge)
      .prediction(at: .infinity)
    for (a, b) in zip(posterior.prediction.mean, trained.mean) {
      #expect((a.value - b.value).magnitude <= a.error + b.error)
    }
    guard ridge == 0 else { return }
    for (a, b) in zip(posterior.prediction.variance, trained.variance) {
      #expect((a.value - b.value).magnitude <= a.error + b.error)
    }
  }

  /// d mean/dt = Θ(x_*, X) e^{−(Θ+R)t} y at the start: −Θ (f − y) with f = 0.
  @Test func velocityAtTheStart() throws {
    let (nngp, ntk) = randomKernels(seed: 6, train: 5, test: 3)
    let t = 1e-6
    let prediction = try TangentKernelRegression(ntk: ntk, nngp: nngp, targets: targets).prediction(at: t)
    for (mean, velocity) in zip(prediction.mean, ntk.testTrain * targets) {
      // The next term is t/2 · Θ_* Θ y, of relative size 1e-6 · λ_max, λ_max about 10.
      #expect((mean.value / t - velocity).magnitude <= 1e-4 * max(1, velocity.magnitude))
    }
  }

  @Test func longTrainingIsInfiniteTraining() throws {
    let (nngp, ntk) = randomKernels(seed: 7, train: 5, test: 3)
    let regression = try TangentKernelRegression(ntk: ntk, nngp: nngp, targets: targets)
    let (long, infinite) = (try regression.prediction(at: 1e6), try regression.prediction(at: .infinity))
    for (a, b) in zip(long.mean + long.variance, infinite.mean + infinite.variance) {
      #expect((a.value - b.value).magnitude <= a.error + b.error)
    }
    #expect(try regression.prediction(at: .greatestFiniteMagnitude).mean.map(\.value) == infinite.mean.map(\.value))
  }

  @Test func trainingInputsAreLearned() throws {
    let (nngp, ntk) = randomKernels(seed: 8, train: 5, test: 1)
    func atTraining(_ kernel: RegressionKernel) -> RegressionKernel {
      RegressionKernel(train: kernel.train, testTrain: kernel.train, testDiagonal: kernel.train.diagonal)
    }
    let prediction = try TangentKernelRegression(ntk: atTraining(ntk), nngp: atTraining(nngp), targets: targets)
      .prediction(at: .infinity)
    for (mean, target) in zip(prediction.mean, targets) { #expect((mean.value - target).magnitude <= mean.error) }
    for variance in prediction.variance { #expect(variance.value <= variance.error && variance.error < 1e-10) }
  }

  @Test func singularKernels() throws {
    // Rank 2 of 3.
    let factor = Matrix([[1, 0], [0, 1], [1, 1]])
    let kernel = RegressionKernel(
      train: factor.gram, testTrain: Matrix([[1, 1, 2]]), testDiagonal: [2], relativeError: 1e-15)
    #expect(throws: RegressionError.singular(kernel: "NNGP kernel", order: 3, rank: 2)) {
      try GaussianProcessPosterior(kernel: kernel, targets: [1, 2, 3])
    }
    let regression = try TangentKernelRegression(ntk: kernel, nngp: kernel, targets: [1, 2, 3])
    #expect(throws: RegressionError.singular(kernel: "NTK", order: 3, rank: 2)) {
      try regression.prediction(at: .infinity)
    }
    // In finite time the lost direction does not move, and nothing is lost.
    let finite = try regression.prediction(at: 5)
    #expect(finite.mean[0].error < 1e-12)
    #expect(throws: RegressionError.self) { try regression.prediction(at: 1e20) }
    // A ridge makes it regular.
    #expect(
      try GaussianProcessPosterior(kernel: kernel, targets: [1, 2, 3], ridge: 0.1).prediction.mean[0].error < 1e-12)
  }

  @Test func wrongNumbers() throws {
    let (nngp, ntk) = randomKernels(seed: 9, train: 5, test: 1)
    #expect(throws: RegressionError.targetCount(found: 2, expected: 5)) {
      try GaussianProcessPosterior(kernel: nngp, targets: [1, 2])
    }
    #expect(throws: RegressionError.self) { try GaussianProcessPosterior(kernel: nngp, targets: [1, 2, .nan, 3, 4]) }
    #expect(throws: RegressionError.ridge(-1)) {
      try GaussianProcessPosterior(kernel: nngp, targets: targets, ridge: -1)
    }
    let regression = try TangentKernelRegression(ntk: ntk, nngp: nngp, targets: targets)
    #expect(throws: RegressionError.time(-1)) { try regression.prediction(at: -1) }
    #expect(throws: RegressionError.self) { try regression.prediction(at: .nan) }
  }

  @Test(arguments: [
    (
      RegressionError.singular(kernel: "NTK", order: 4, rank: 3),
      "The NTK of the 4 training inputs is singular: 1 of its eigenvalues vanish to double precision. Give a ridge, fewer inputs, or a finite training time."
    ),
    (
      .illConditioned(kernel: "NTK", condition: 3e15, time: 1e9),
      "The NTK of the training inputs has condition number about 1e15, and at training time 1000000000.0 rounding errors are as large as the prediction. Give a ridge or fewer inputs."
    ),
    (
      .contradiction(first: 0, second: 6, targets: [1, 2]),
      "Training inputs 1 and 7 are equal, and their targets are 1.0 and 2.0: no function passes through both. Give a ridge, or take one out."
    ),
  ])
  func messages(error: RegressionError, text: String) { #expect(error.description == text) }
}
